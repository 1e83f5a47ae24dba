"""Requests by MQTT: what is asked on `<base>/bridge/request/<command>` is answered on `…/response/<command>`.

The payload of a request is a JSON object, or nothing. The answer is `{"status": "ok", "data": {…}}`
or `{"status": "error", "error": "…"}`; a `transaction` that the request names comes back in it, so
that whoever asks knows his answer from others'.
"""

from collections.abc import Callable, Mapping
from json import JSONEncoder
from typing import Final

from bridge.effects import Emit, MessageRejected, Publish
from bridge.events import MessageReceived
from bridge.model.words import printable, printable_bytes, unknown_name
from bridge.mqtt.payload import BadPayload, read_payload, type_name

# The error, empty where there is none, and the data that goes with it. To be called once.
Answer = Callable[[str, Mapping[str, object]], None]

# Arguments, the way back, and the time. The answer may be given later.
Handler = Callable[[Mapping[str, object], Answer, float], None]

_encode: Final = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Requests:
    """Handlers are registered by command, as those of the SIP endpoint are by method."""

    def __init__(self, base_topic: str, emit: Emit) -> None:
        self._asked = f"{base_topic}/bridge/request/"
        self._answered = f"{base_topic}/bridge/response/"
        self._emit = emit
        self._handlers: dict[str, Handler] = {}

    @property
    def filters(self) -> tuple[str, ...]:
        """The MQTT topic filters whose messages `received` wants."""
        return (f"{self._asked}+",)

    def serve(self, command: str, handler: Handler) -> None:
        """Answer this command by `handler`."""
        self._handlers[command] = handler

    def takes(self, topic: str) -> bool:
        """Whether a message on this topic is a request."""
        return topic.startswith(self._asked)

    def received(self, message: MessageReceived, now: float) -> None:
        """Hand one request to its handler, or answer what is wrong with it."""
        command = message.topic.removeprefix(self._asked)
        if message.retained:
            self._reject(message)
            return
        try:
            arguments = _arguments(message.payload)
        except BadPayload as error:
            self._answer(command, {}, str(error), {})
            return

        def answer(error: str, data: Mapping[str, object]) -> None:
            self._answer(command, arguments, error, data)

        handler = self._handlers.get(command)
        if handler is None:
            answer(unknown_name("request", command, sorted(self._handlers)), {})
        else:
            handler(arguments, answer, now)

    def _answer(
        self, command: str, arguments: Mapping[str, object], error: str, data: Mapping[str, object]
    ) -> None:
        document: dict[str, object] = (
            {"status": "error", "error": error} if error else {"status": "ok", "data": dict(data)}
        )
        if "transaction" in arguments:
            document["transaction"] = arguments["transaction"]
        self._emit(Publish(self._answered + command, _encode(document).encode(), retain=False))

    def _reject(self, message: MessageReceived) -> None:
        """A retained request would be obeyed at each start; an empty one is its removal."""
        if message.payload:
            reason = "a request must not be retained: publish it without retain, and remove this one"
            value = printable_bytes(message.payload)
            self._emit(MessageRejected(printable(message.topic), "retained_set", value, reason))


def _arguments(payload: bytes) -> Mapping[str, object]:
    if not payload:
        return {}
    document = read_payload(payload)
    if not isinstance(document, dict):
        raise BadPayload(f"needs a JSON object, not {_kind(document)}")
    return document


def _kind(document: object) -> str:
    return "text" if isinstance(document, str) else type_name(document)
