"""States of an extension, for tests that hold for all of them."""

import itertools

from hypothesis import strategies as st

from bridge.model.device import DeviceState
from bridge.model.hint import ExtensionState
from bridge.model.presence import Presence, PresenceState

# Markup, what XML turns into something else, and what it cannot hold.
TEXTS = (
    ("", ""),
    ("lunch", "back at 13:00"),
    ("sub", ""),
    ("", "Grüße ☃ 😀"),
    ('a<b>&"q"\'s', "]]>\t\n\r\n <!-- &amp; <?x?>"),
    ("\x01\x1f\x7f\ufffe", "\ud800\x00"),
    ("s" * 10_000, "é&" * 5_000),
)

STATES = [
    ExtensionState(device, Presence(presence, *texts))
    for device, presence, texts in itertools.product(DeviceState, PresenceState, TEXTS)
]

# With texts that no decoder would let through as well: a body does not rely on them.
states = st.builds(
    ExtensionState,
    st.sampled_from(DeviceState),
    st.builds(Presence, st.sampled_from(PresenceState), st.text(), st.text()),
)
