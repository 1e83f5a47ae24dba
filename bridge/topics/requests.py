"""Requests by MQTT: what is asked on `<base>/bridge/request/<command>` is answered on `…/response/<command>`.

The payload of a request is an object, or nothing; where a command has a chief argument, that alone
will do. The answer is `{"status": "ok", "data": {…}}` or `{"status": "error", "error": "…"}`; a
`transaction` that the request names comes back in it, so that whoever asks knows his answer from
others'. With MQTT 5, the answer goes to the response topic of the request, with its correlation data
(section 4.10).
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from bridge.effects import Emit, MessageRejected, Publish
from bridge.events import MessageReceived
from bridge.model.words import printable, printable_bytes, unknown_name
from bridge.mqtt.payload import BadPayload, read_payload, type_name
from bridge.topics.document import encode_document

# The error, empty where there is none, and the data that goes with it. To be called once.
Answer = Callable[[str, Mapping[str, object]], None]

# Arguments, the way back, and the time. The answer may be given later.
Handler = Callable[[Mapping[str, object], Answer, float], None]

# Whole numbers of 64 bits; everything beyond is beyond JSON's readers, infinity included.
_LARGEST_NUMBER: Final = 2**63


class _Served(NamedTuple):
    """`chief`: the argument that a payload stands for which is no object; empty where there is none."""

    handler: Handler
    chief: str


class Requests:
    """Handlers are registered by command, as those of the SIP endpoint are by method."""

    def __init__(self, base_topic: str, emit: Emit) -> None:
        self._base = f"{base_topic}/"
        self._asked = f"{base_topic}/bridge/request/"
        self._answered = f"{base_topic}/bridge/response/"
        self._emit = emit
        self._served: dict[str, _Served] = {}

    @property
    def filters(self) -> tuple[str, ...]:
        """The MQTT topic filters whose messages `received` wants."""
        return (f"{self._asked}+",)

    def serve(self, command: str, handler: Handler, chief: str = "") -> None:
        """Answer this command by `handler`; with `chief`, plain text is taken for that argument."""
        self._served[command] = _Served(handler, chief)

    def takes(self, topic: str) -> bool:
        """Whether a message on this topic is a request."""
        return topic.startswith(self._asked)

    def received(self, message: MessageReceived, now: float) -> None:
        """Hand one request to its handler, or answer what is wrong with it."""
        if message.retained:
            self._reject(message)
            return
        command = message.topic.removeprefix(self._asked)
        served = self._served.get(command)
        topic, refusal = self._way_back(message, command)
        arguments: Mapping[str, object] = {}
        try:
            arguments = _arguments(message.payload, served.chief if served is not None else "")
        except BadPayload as error:
            refusal = refusal or str(error)
        transaction = _transaction(arguments)

        def answer(error: str, data: Mapping[str, object]) -> None:
            payload = _document(transaction, error, data)
            self._emit(Publish(topic, payload, retain=False, correlation=message.correlation))

        if served is None:
            answer(unknown_name("request", command, sorted(self._served)), {})
        elif refusal:
            answer(refusal, {})
        else:
            served.handler(arguments, answer, now)

    def _way_back(self, message: MessageReceived, command: str) -> tuple[str, str]:
        """The topic of the answer; with a reason, the request must not be obeyed.

        The bridge may write where whoever asks may not: an answer must not pass for a command, or
        for somebody's state.
        """
        ours, wanted = self._answered + command, message.response_topic
        if not wanted:
            return ours, ""
        if wanted.startswith("$") or any(character in "+#\0" for character in wanted):
            return ours, f"{printable(wanted)} cannot be a response topic: nobody can publish there"
        if wanted.startswith(self._base) and not wanted.startswith(self._answered):
            return ours, f"a response topic under {self._base} must begin with {self._answered}"
        return wanted, ""

    def _reject(self, message: MessageReceived) -> None:
        """A retained request would be obeyed at each start; an empty one is its removal."""
        if message.payload:
            reason = "a request must not be retained: publish it without retain, and remove this one"
            value = printable_bytes(message.payload)
            self._emit(MessageRejected(printable(message.topic), "retained_set", value, reason))


def _document(transaction: Mapping[str, object], error: str, data: Mapping[str, object]) -> bytes:
    if error:
        return encode_document({"status": "error", "error": error, **transaction})
    return encode_document({"status": "ok", "data": data, **transaction})


def _transaction(arguments: Mapping[str, object]) -> Mapping[str, object]:
    """What is given back; Python's text can hold things that JSON cannot."""
    transaction = arguments.get("transaction", "")
    is_number = isinstance(transaction, int | float) and abs(transaction) <= _LARGEST_NUMBER
    is_plain = transaction is None or isinstance(transaction, str) or is_number
    return {"transaction": transaction} if is_plain and "transaction" in arguments else {}


def _arguments(payload: bytes, chief: str) -> Mapping[str, object]:
    if not payload:
        return {}
    document = read_payload(payload)
    if isinstance(document, dict):
        return document
    if chief and isinstance(document, str):
        return {chief: document}
    kind = "text" if isinstance(document, str) else type_name(document)
    raise BadPayload(f"needs a JSON object, not {kind}")
