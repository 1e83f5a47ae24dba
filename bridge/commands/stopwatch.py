"""From an MQTT message to the NOTIFY about it, measured from outside of the bridge."""

from collections import deque
from collections.abc import Sequence
from typing import Final

from bridge.model.facts import FactKey
from bridge.subscriber.reports import Seen

# Seconds by which a NOTIFY may overtake our own copy of the message: a broker serves its clients
# one after the other, and the bridge may come first.
GRACE: Final = 0.05

# Messages kept that no NOTIFY was about, such as repeats of the same state.
_KEPT: Final = 64


class Stopwatch:
    """Knows which MQTT message a NOTIFY is about. `keys` are the facts of the watched hint."""

    def __init__(self, keys: Sequence[FactKey]) -> None:
        self._keys = frozenset(keys)
        self._heard: deque[float] = deque(maxlen=_KEPT)

    def heard(self, key: FactKey, at: float) -> None:
        """A message about this fact reached us at second `at`."""
        if key in self._keys:
            self._heard.append(at)

    def forget(self) -> None:
        """Messages may have been missed: what was heard says nothing any more."""
        self._heard.clear()

    def latency(self, seen_at: float, *, first: bool = False) -> float | None:
        """Seconds from the message behind a NOTIFY that arrived at `seen_at`; None if none was heard.

        To be asked once for each NOTIFY, GRACE seconds after it. The message is the newest before the
        NOTIFY that no earlier NOTIFY was about, or else the first after it (the result is negative).
        The `first` of a subscription answers the phone (RFC 6665 section 4.2.1.2): no message is behind it.
        """
        heard = self._heard
        if first:
            self._pass_over(seen_at)
            return None
        claimed = next((at for at in reversed(heard) if at <= seen_at), None)
        if claimed is None:
            claimed = next((at for at in heard if at <= seen_at + GRACE), None)
        if claimed is None:
            return None
        self._pass_over(claimed)
        return seen_at - claimed

    def _pass_over(self, until: float) -> None:
        """What was heard up to this second has been told of."""
        while self._heard and self._heard[0] <= until:
            self._heard.popleft()


def begins_anew(last: Seen | None) -> bool:
    """Whether the NOTIFY after `last` is the first of a subscription."""
    return last is None or last.subscription == "terminated"
