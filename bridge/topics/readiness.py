"""Whether phones are told the truth, and if not, which part of the bridge is why: one answer for HTTP and for MQTT."""

from collections.abc import Mapping
from typing import NamedTuple


class Part(NamedTuple):
    """One part of the bridge; `why` says in words how it is, well or not."""

    ok: bool
    why: str


class Readiness(NamedTuple):
    """Of the broker, of the SIP listeners, of the store, and of the PBX if there is one."""

    mqtt: Part
    sip: Part
    store: Part
    asterisk: Part | None = None

    @property
    def ready(self) -> bool:
        """Whether phones are served with what the broker holds; a store that fails does not keep them from that."""
        return self.mqtt.ok and self.sip.ok

    def document(self) -> Mapping[str, object]:
        """`{"ready": false, "parts": {"mqtt": {"ok": false, "why": "no answer from broker:1883"}, ...}}`."""
        parts = {name: part._asdict() for name, part in self._asdict().items() if part is not None}
        return {"ready": self.ready, "parts": parts}
