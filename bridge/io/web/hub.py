"""Server-sent events (HTML standard, section 9.2): what has changed, to every open page.

While a page is open, the hub looks twenty times a second whether anything has changed, and spends a
tenth of its time on it at most. What it finds is put into words once, however many pages there are.
"""

import asyncio
import json
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Final, NamedTuple

from bridge.io.tasks import Tasks
from bridge.io.web.desk import Desk
from bridge.io.web.problem import Problem
from bridge.status.status import Document

MOST_PAGES: Final = 32

# Seconds between looks; and as a multiple of what the last look took.
_LOOK: Final = 0.05
_REST: Final = 9

# Seconds between looks at what nobody tells of: counts of watchers, and the status.
_TICK: Final = 2.0
_HEARTBEAT: Final = 10.0

# Seconds for which changes are kept for a page that was cut off, and how many messages.
_LINGER: Final = 60.0
_MOST_KEPT: Final = 256

# Messages that wait for a page. One that is so late is cut off, and comes back by itself.
_MOST_WAITING: Final = 64

# After how many milliseconds a page that was cut off comes back.
_RETRY: Final = b"retry: 1500\n\n"

# Numbers that change without anything happening.
_RESTLESS: Final = ("uptime_seconds", "unconverged_seconds")


class _Kept(NamedTuple):
    number: int
    text: bytes


class _Page:
    """An open page; None in its queue is the end."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue(_MOST_WAITING)

    def put(self, text: bytes) -> bool:
        """False if the page is too slow, and is told nothing more."""
        if self.queue.full():
            self.end()
            return False
        self.queue.put_nowait(text)
        return True

    def end(self) -> None:
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


class Hub:
    """For one event loop. `close` may be called on any thread."""

    def __init__(self, desk: Desk, tasks: Tasks) -> None:
        self._desk = desk
        self._tasks = tasks
        self._run_id = secrets.token_hex(4)
        self._pages: set[_Page] = set()
        self._kept: deque[_Kept] = deque(maxlen=_MOST_KEPT)
        self._number = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._idle_since = 0.0
        self._event = 0
        self._counts: tuple[Mapping[str, int], Mapping[str, int]] = ({}, {})
        self._bridge: Document = {}
        self._configurations = 0
        self._next_tick = self._last_sent = 0.0
        self._closed = False

    @property
    def pages(self) -> int:
        """How many are open."""
        return len(self._pages)

    def open(self, last_id: str) -> AsyncIterator[bytes]:
        """A new page, which has seen the message `last_id`, if any. Problem (503) if there are too many."""
        if len(self._pages) >= MOST_PAGES or self._closed:
            raise Problem(503, f"{MOST_PAGES} pages are open: close some", {"Retry-After": "30"})
        page = _Page()
        self._pages.add(page)
        if self._loop is None:
            self._begin()
        return self._messages(page, self._greeting(last_id))

    def close(self) -> None:
        """Tell all pages that it is over, so that the server need not wait for them."""
        self._closed = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        for page in self._pages:
            page.end()

    async def _messages(self, page: _Page, greeting: Iterable[bytes]) -> AsyncIterator[bytes]:
        try:
            yield _RETRY
            for text in greeting:
                yield text
            while (news := await page.queue.get()) is not None:
                yield news
        finally:
            self._pages.discard(page)
            self._idle_since = time.monotonic()

    def _greeting(self, last_id: str) -> list[bytes]:
        """What a page has missed; or, if that is not known any more, that it must ask for everything."""
        run, _, number = last_id.partition("-")
        seen = int(number) if run == self._run_id and number.isdecimal() else -1
        kept = [one for one in self._kept if one.number > seen]
        if seen >= 0 and (seen == self._number or (kept and kept[0].number == seen + 1)):
            return [_message("hello", {"resumed": True}), *(one.text for one in kept)]
        return [_message("hello", {"resumed": False}, f"{self._run_id}-{self._number}")]

    # --- looking ---------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._desk.board.take_changes()
        events = self._desk.board.events()
        self._event = _last_number(events)
        self._configurations = self._desk.board.configurations
        self._kept.clear()
        self._number += 1
        self._next_tick = self._last_sent = time.monotonic()
        self._tasks.start("status page", self._run())

    async def _run(self) -> None:
        try:
            while not self._closed and (self._pages or time.monotonic() - self._idle_since < _LINGER):
                began = time.monotonic()
                await self._look(began)
                spent = time.monotonic() - began
                await asyncio.sleep(max(_LOOK, _REST * spent))
        finally:
            self._loop = None

    async def _look(self, now: float) -> None:
        changed = self._desk.board.take_changes()
        messages: list[tuple[str, object]] = []
        if now >= self._next_tick:
            self._next_tick = now + _TICK
            changed = None if changed is None else changed | self._recounted(now)
            messages += await self._news_of_bridge()
        if changed is None:
            messages.append(("extensions", self._desk.status.extensions(now)))
        elif changed:
            found = [self._desk.status.extension(extension, now) for extension in sorted(changed)]
            messages.append(("extensions", [document for document in found if document is not None]))
        if events := self._desk.board.events(self._event):
            self._event = _last_number(events)
            messages.append(("events", events))
        if self._configurations != self._desk.board.configurations:
            # Other extensions, or the same ones otherwise: a page asks for everything.
            self._configurations = self._desk.board.configurations
            messages.append(("hello", {"resumed": False}))
        if not messages and now - self._last_sent > _HEARTBEAT:
            messages.append(("heartbeat", {}))
        if messages:
            self._last_sent = now
            self._send(messages)

    def _recounted(self, now: float) -> frozenset[str]:
        """Extensions with more or fewer watchers than last time, in all or of those behind."""
        before, self._counts = self._counts, (self._desk.status.watchers(), self._desk.status.behind(now))
        return frozenset(
            extension
            for old, new in zip(before, self._counts, strict=True)
            for extension in old.keys() | new.keys()
            if old.get(extension, 0) != new.get(extension, 0)
        )

    async def _news_of_bridge(self) -> list[tuple[str, object]]:
        try:
            bridge = await self._desk.bridge()
        except Problem as problem:
            return [("trouble", {"detail": problem.detail})]
        before, self._bridge = self._bridge, bridge
        return [("status", bridge)] if _calm(bridge) != _calm(before) else []

    def _send(self, messages: list[tuple[str, object]]) -> None:
        """The last one has the number: a page that has not come so far is told all of them again."""
        self._number += 1
        *others, (name, document) = messages
        text = b"".join(_message(*other) for other in others)
        text += _message(name, document, f"{self._run_id}-{self._number}")
        self._kept.append(_Kept(self._number, text))
        for page in tuple(self._pages):
            if not page.put(text):
                self._pages.discard(page)


def _message(name: str, document: object, number: str = "") -> bytes:
    """One line of JSON: it has no line breaks of its own."""
    head = f"id: {number}\nevent: {name}\n" if number else f"event: {name}\n"
    return f"{head}data: {json.dumps(document, separators=(',', ':'))}\n\n".encode()


def _last_number(events: list[Mapping[str, object]]) -> int:
    number = events[-1]["number"] if events else 0
    return number if isinstance(number, int) else 0


def _calm(bridge: Document) -> Document:
    health = bridge.get("health")
    if not isinstance(health, dict):
        return bridge
    return {**bridge, "health": {name: value for name, value in health.items() if name not in _RESTLESS}}
