"""What only the shells know, and the bridge says of itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bridge.events import Flow

# A message of SIP that passes: "in" or "out", its way, and the monotonic second.
Tap = Callable[[str, Flow, bytes, float], None]


def _cannot(_level: str) -> str:
    raise ValueError("there is no log whose level could be set")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """All are asked when the answer is needed, on the engine's own thread.

    `name`: what the bridge calls itself at the broker, one among several. `started_at`: the monotonic second at which the bridge began. `mqtt_protocol`: `5` or `3.1.1`.
    `listeners`: such as `udp://127.0.0.1:5060`. `sip_trouble`: which of them are lost and why, empty
    when all are served. `set_log_level` returns the level that was; ValueError in words for one that
    there is not. `tap` shows what passes by SIP from now on; given None, no longer.
    """

    name: str = ""
    started_at: float = 0.0
    mqtt_protocol: Callable[[], str] = str
    listeners: Callable[[], Sequence[str]] = tuple
    sip_trouble: Callable[[], str] = str
    log_level: Callable[[], str] = lambda: "info"
    set_log_level: Callable[[str], str] = _cannot
    tap: Callable[[Tap | None], None] = lambda _tap: None
