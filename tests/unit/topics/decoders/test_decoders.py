"""What every registered dialect promises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.device import DeviceState
from bridge.model.presence import Presence
from bridge.mqtt.payload import MAX_PAYLOAD, PayloadTooLarge
from bridge.topics.decoders import DECODERS, BadPayload

NEAR = ["away", "INUSE", '{"state":', "'state'", "null", "}", ",", "e", '"', "\x00", "\n", "\\ud800", "😀"]


@pytest.mark.parametrize("dialect", DECODERS)
@given(payload=st.binary() | st.lists(st.sampled_from(NEAR)).map(lambda parts: "".join(parts).encode()))
def test_any_bytes_are_a_value_or_a_refusal_in_words(dialect, payload):
    try:
        value = DECODERS[dialect](payload).value
    except BadPayload as refusal:
        reason = str(refusal)
    else:
        reason = "read"
        assert isinstance(value, Presence | DeviceState)
    assert reason.isprintable()
    assert 0 < len(reason) < 300


@pytest.mark.parametrize("dialect", DECODERS)
def test_a_payload_that_is_too_large_is_not_looked_at(dialect):
    with pytest.raises(PayloadTooLarge):
        DECODERS[dialect](b"\xff" * (MAX_PAYLOAD + 1))
