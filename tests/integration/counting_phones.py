"""Phones on real sockets that count what they send and hear, to be held against what the bridge has counted."""

import itertools
import re
import select
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator

_COPIED = re.compile(r"^(?:Via|From|To|Call-ID|CSeq): .*\r\n", re.MULTILINE)
_CSEQ = re.compile(r"^CSeq: (\d+) ", re.MULTILINE)
_MESSAGE = re.compile(r"<digium_presence[^>]*>([^<]*)<")


class CountingPhone:
    """One phone with one subscription.

    `status` is what it answers to a NOTIFY, None for silence. `statuses` counts the answers to its requests,
    `notifies` are the datagrams with a NOTIFY by CSeq, `messages` the message that each CSeq told.
    """

    def __init__(self, port: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.connect(("127.0.0.1", port))
        self.status: int | None = 200
        self.sent: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self.answered: Counter[int] = Counter()
        self.notifies: Counter[int] = Counter()
        self.messages: dict[int, str] = {}
        self._own = self.socket.getsockname()[1]
        self._numbers = itertools.count(1)
        self._to_tag = ""
        self._waiting: dict[int, str] = {}

    def subscribe(self, extension: str, expires: int = 600) -> None:
        """SUBSCRIBE, in the dialog if there is one."""
        number = next(self._numbers)
        self.sent["SUBSCRIBE"] += 1
        self.send(
            f"SUBSCRIBE sip:{extension}@127.0.0.1 SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{self._own};rport;branch=z9hG4bK{self._own}n{number}\r\n"
            f"From: <sip:{self._own}@127.0.0.1>;tag={self._own}\r\n"
            f"To: <sip:{extension}@127.0.0.1>{self._to_tag}\r\n"
            f"Call-ID: {self._own}\r\nCSeq: {number} SUBSCRIBE\r\n"
            f"Contact: <sip:a@127.0.0.1:{self._own}>\r\n"
            f"Event: presence\r\nExpires: {expires}\r\nUser-Agent: Digium D40\r\nContent-Length: 0\r\n\r\n"
        )

    def send(self, text: str) -> None:
        """One datagram."""
        self.socket.send(text.encode())

    def hear(self) -> None:
        """Take one datagram, and answer it if it is a NOTIFY."""
        text = self.socket.recv(65_535).decode()
        if text.startswith("SIP/2.0 "):
            status = int(text[8:11])
            self.statuses[status] += 1
            if status == 200 and not self._to_tag:
                self._to_tag = re.search(r"^To: [^;]*(;tag=\S+)", text, re.MULTILINE)[1]
            return
        cseq = int(_CSEQ.search(text)[1])
        self.notifies[cseq] += 1
        shown = _MESSAGE.search(text)
        self.messages[cseq] = shown[1] if shown else ""
        self._waiting[cseq] = text
        if self.status is not None:
            self.answer(self.status)

    def answer(self, status: int) -> None:
        """Answer all that was not answered yet."""
        for text in self._waiting.values():
            self.answered[status] += 1
            self.send(
                f"SIP/2.0 {status} Whatever\r\n{''.join(_COPIED.findall(text))}Content-Length: 0\r\n\r\n"
            )
        self._waiting.clear()


class CountingPhones:
    """All phones of a test, and their time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._all: list[CountingPhone] = []

    def add(self) -> CountingPhone:
        """One more."""
        self._all.append(CountingPhone(self._port))
        return self._all[-1]

    def __iter__(self) -> Iterator[CountingPhone]:
        return iter(self._all)

    def until(self, condition: Callable[[], object], within: float = 10.0) -> None:
        """Let them listen and answer until the condition holds."""
        until = time.monotonic() + within
        while not condition():
            assert time.monotonic() < until, "it does not come about"
            readable, _, _ = select.select([phone.socket for phone in self._all], [], [], 0.02)
            for phone in self._all:
                if phone.socket in readable:
                    phone.hear()

    def total(self, count: Callable[[CountingPhone], int]) -> int:
        """Of all of them."""
        return sum(map(count, self._all))

    def close(self) -> None:
        """Hang up."""
        for phone in self._all:
            phone.socket.close()
