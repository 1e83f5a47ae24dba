"""Traces: `<base>/bridge/trace/<id>` shows a phone's SIP messages as they pass, on request. JSON, not retained.

A trace ends by itself: whoever wants more asks again before its time is over, with the same id.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from bridge.effects import Emit, Publish
from bridge.events import Flow
from bridge.model.words import meant, printable, quoted
from bridge.timers import Timer, Timers
from bridge.topics.document import encode_document
from bridge.topics.requests import Answer
from bridge.topics.sighting import Wanted, describe, parse_phone
from bridge.topics.surroundings import Tap
from bridge.walltime import format_utc

# Seconds for which a trace lasts, unless it is asked for again: who has gone away does not.
LONGEST: Final = 60.0

# Messages in a second of one trace; the others are counted.
MOST_MESSAGES: Final = 200
_SECOND: Final = 1.0

MOST_TRACES: Final = 4

_KNOWN: Final = ("phone", "extension", "call_id", "seconds", "bodies", "id", "transaction")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}").fullmatch


class TraceError(ValueError):
    """What was asked for cannot be traced; the text says why."""


class _Trace:
    __slots__ = ("bodies", "end", "left", "left_out", "missed", "shown", "topic", "wanted", "window_ends")

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.wanted = Wanted()
        self.bodies = True
        self.end: Timer | None = None
        self.window_ends = float("-inf")
        self.left = MOST_MESSAGES
        self.shown = 0
        # Since it was last told, and altogether.
        self.missed = 0
        self.left_out = 0


class Traces:
    """Answers the request `trace`. While there is none, nobody looks at what passes."""

    def __init__(
        self,
        base_topic: str,
        timers: Timers,
        wall: Callable[[float], float],
        token: Callable[[], str],
        emit: Emit,
        tap: Callable[[Tap | None], None],
    ) -> None:
        """`tap` is that of `Surroundings`; the others are those of `Context`."""
        self._base = f"{base_topic}/bridge/trace/"
        self._timers = timers
        self._wall = wall
        self._token = token
        self._emit = emit
        self._tap = tap
        self._traces: dict[str, _Trace] = {}

    def requested(self, arguments: Mapping[str, object], answer: Answer, now: float) -> None:
        """Begin a trace, go on with it (the same `id`), or end it (`seconds` 0)."""
        try:
            identity, seconds = self._identity(arguments), _seconds(arguments)
            if seconds == 0:
                self._stop(identity, now)
            else:
                self._begin(identity, arguments, seconds, now)
        except TraceError as error:
            answer(str(error), {})
            return
        answer("", {"id": identity, "topic": self._base + identity, "seconds": seconds})

    def see(self, direction: str, flow: Flow, data: bytes, now: float) -> None:
        """A message passes: show it in every trace that wants it."""
        # The broker's answer to what is shown may not change what is looped over.
        for trace in tuple(self._traces.values()):
            if trace.wanted.takes(flow, data):
                self._show(trace, direction, flow, data, now)

    def _identity(self, arguments: Mapping[str, object]) -> str:
        for key in arguments:
            if key not in _KNOWN:
                raise TraceError(f"unknown argument {quoted(key)}{meant(key, _KNOWN)}")
        identity = arguments.get("id")
        if identity is None:
            return self._token()
        if not isinstance(identity, str) or not _ID(identity):
            raise TraceError("id needs 1 to 64 letters and digits")
        return identity

    def _begin(self, identity: str, arguments: Mapping[str, object], seconds: float, now: float) -> None:
        wanted, bodies = _wanted(arguments), _bodies(arguments)
        trace = self._traces.get(identity)
        if trace is None:
            if len(self._traces) >= MOST_TRACES:
                raise TraceError(f"{MOST_TRACES} traces are running, as many as there may be")
            trace = self._traces[identity] = _Trace(self._base + identity)
            self._tap(self.see)
        elif trace.end is not None:
            trace.end.cancel()
        trace.wanted, trace.bodies = wanted, bodies
        trace.end = self._timers.call_at(now + seconds, lambda at: self._end(identity, "time is over", at))

    def _stop(self, identity: str, now: float) -> None:
        if identity not in self._traces:
            raise TraceError(f"there is no trace {printable(identity)}")
        self._end(identity, "stopped", now)

    def _end(self, identity: str, why: str, now: float) -> None:
        trace = self._traces.pop(identity)
        if trace.end is not None:
            trace.end.cancel()
        if not self._traces:
            self._tap(None)
        self._publish(trace, {"end": why, "messages": trace.shown, "left_out": trace.left_out}, now)

    def _show(self, trace: _Trace, direction: str, flow: Flow, data: bytes, now: float) -> None:
        if now >= trace.window_ends:
            trace.window_ends = now + _SECOND
            trace.left = MOST_MESSAGES
        if trace.left:
            trace.left -= 1
            trace.shown += 1
            self._publish(trace, describe(direction, flow, data, bodies=trace.bodies), now)
            return
        if not trace.missed:
            self._timers.call_at(trace.window_ends, lambda at: self._tell_missed(trace, at))
        trace.missed += 1
        trace.left_out += 1

    def _tell_missed(self, trace: _Trace, now: float) -> None:
        missed, trace.missed = trace.missed, 0
        if trace in self._traces.values():
            self._publish(trace, {"left_out": missed}, now)

    def _publish(self, trace: _Trace, document: Mapping[str, object], now: float) -> None:
        dated = {"at": format_utc(self._wall(now)), **document}
        self._emit(Publish(trace.topic, encode_document(dated), retain=False))


def _seconds(arguments: Mapping[str, object]) -> float:
    seconds = arguments.get("seconds", LONGEST)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= LONGEST:
        raise TraceError(
            f"seconds needs a number from 0 (which ends it) to {LONGEST:g};"
            " ask again with the same id, and it goes on"
        )
    return seconds


def _wanted(arguments: Mapping[str, object]) -> Wanted:
    texts = {name: _text(arguments, name) for name in ("phone", "extension", "call_id")}
    if not any(texts.values()):
        raise TraceError('name whose messages to show: {"phone": "10.0.0.7"}, or extension, or call_id')
    try:
        host, port = parse_phone(texts["phone"]) if texts["phone"] else ("", 0)
    except ValueError as error:
        raise TraceError(printable(str(error), 200)) from None
    return Wanted(host, port, texts["extension"], texts["call_id"])


def _text(arguments: Mapping[str, object], name: str) -> str:
    value = arguments.get(name, "")
    if isinstance(value, int) and not isinstance(value, bool):
        # An extension is easily written as a number.
        return str(value)
    if not isinstance(value, str):
        raise TraceError(f"{name} needs a text")
    return value


def _bodies(arguments: Mapping[str, object]) -> bool:
    bodies = arguments.get("bodies", True)
    if not isinstance(bodies, bool):
        raise TraceError("bodies needs true or false")
    return bodies
