"""Phones that know two servers: they go to the other one when theirs does not answer (RFC 3263 section 4.3)."""

import re
import select
import socket
import time
from collections.abc import Sequence
from contextlib import suppress

T1 = 0.5
GIVE_UP = 64 * T1

_TAG = re.compile(rb"\nTo:[^\r]*;tag=([^;\r]+)").search

_SUBSCRIBE = (
    "SUBSCRIBE sip:{extension}@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {here};rport;branch=z9hG4bK{call}{cseq}\r\n"
    "Max-Forwards: 70\r\nFrom: <sip:{extension}@127.0.0.1>;tag=t{call}\r\n"
    "To: <sip:{extension}@127.0.0.1>{to_tag}\r\nCall-ID: {call}\r\nCSeq: {cseq} SUBSCRIBE\r\n"
    "Contact: <sip:{extension}@{here}>\r\nEvent: presence\r\nAccept: application/pidf+xml\r\n"
    "Expires: {expires}\r\nUser-Agent: Digium D40\r\nContent-Length: 0\r\n\r\n"
)


class Phone:
    """Watches one extension. `told_by` is the port of the server whose NOTIFY came last, at `told_at`.

    A server refuses by the network's own word (ICMP, as of a process that is gone), or by silence.
    """

    def __init__(self, extension: int, servers: Sequence[int], expires: int) -> None:
        self.extension = extension
        self.told_by: int | None = None
        self.told_at = 0.0
        self.refresh_at = 0.0
        self._servers = list(servers)
        self._expires = expires
        self._calls = 0
        self._begin()

    def fileno(self) -> int:
        """For select."""
        return self._socket.fileno()

    def tick(self) -> None:
        """Do what is due."""
        now = time.monotonic()
        if self._answered:
            if now >= self.refresh_at:
                self._ask()
        elif now - self._asked_at >= GIVE_UP:
            self._change_server()
        elif now >= self._repeat_at:
            self._interval = min(2 * self._interval, 4.0)
            self._repeat_at = now + self._interval
            self._send(self._request)

    def receive(self) -> None:
        """Take what has come."""
        try:
            data = self._socket.recv(8192)
        except BlockingIOError:
            return
        except OSError:
            self._change_server()
            return
        if data.startswith(b"SIP/2.0 2"):
            self._answered = True
            tag = _TAG(data)
            self._to_tag = f";tag={tag[1].decode()}" if tag else ""
        elif data.startswith(b"NOTIFY "):
            self.told_by, self.told_at = self._servers[0], time.monotonic()
            head = data[: data.index(b"\r\n\r\n")].split(b"\r\n")
            names = (b"Via:", b"From:", b"To:", b"Call-ID:", b"CSeq:")
            copied = b"\r\n".join(line for line in head if line.startswith(names))
            with suppress(OSError):
                self._socket.send(b"SIP/2.0 200 OK\r\n" + copied + b"\r\nContent-Length: 0\r\n\r\n")

    def _begin(self) -> None:
        """Subscribe anew, at the first of the servers."""
        if self._calls:
            self._socket.close()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.connect(("127.0.0.1", self._servers[0]))
        self._calls += 1
        self._cseq, self._to_tag = 0, ""
        self._ask()

    def _ask(self) -> None:
        self._cseq += 1
        host, port = self._socket.getsockname()
        self._request = _SUBSCRIBE.format(
            extension=self.extension,
            here=f"{host}:{port}",
            call=f"c{self.extension}x{self._calls}",
            cseq=self._cseq,
            to_tag=self._to_tag,
            expires=self._expires,
        ).encode()
        self._asked_at, self._interval = time.monotonic(), T1
        self._repeat_at = self._asked_at + T1
        self.refresh_at = self._asked_at + self._expires / 2
        self._answered = False
        self._send(self._request)

    def _send(self, data: bytes) -> None:
        try:
            self._socket.send(data)
        except BlockingIOError:
            return
        except OSError:
            self._change_server()

    def _change_server(self) -> None:
        self._servers.reverse()
        self._begin()


def live(phones: Sequence[Phone]) -> None:
    """A moment of their lives."""
    readable, _, _ = select.select(phones, (), (), 0.05)
    for phone in readable:
        phone.receive()
    for phone in phones:
        phone.tick()
