"""Documents that the bridge publishes: compact JSON in UTF-8, and a retained topic that holds one."""

from collections.abc import Mapping
from json import JSONEncoder
from typing import Final

from bridge.effects import Emit, Publish

_encode: Final = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def encode_document(document: Mapping[str, object]) -> bytes:
    """Return the payload. Half a surrogate pair, which JSON can carry and UTF-8 cannot, stays escaped."""
    return _encode(document).encode(errors="backslashreplace")


class RetainedDocument:
    """One retained topic, published when the document has changed since it was last."""

    __slots__ = ("_emit", "_published", "_topic")

    def __init__(self, topic: str, emit: Emit) -> None:
        self._topic = topic
        self._emit = emit
        self._published = b""

    def publish(self, document: Mapping[str, object]) -> None:
        """Publish, unless the topic holds this document already."""
        payload = encode_document(document)
        if payload != self._published:
            self._published = payload
            self._emit(Publish(self._topic, payload, retain=True))

    def forget(self) -> None:
        """What the topic holds is not known any more."""
        self._published = b""
