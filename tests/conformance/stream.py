"""A TCP connection to a bridge, with answers cut out of it by the simplest means."""

import contextlib
import re
import socket
from types import TracebackType
from typing import Self

from conformance.live import LiveBridge, options

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Stream:
    """One connection; `own` is its end here."""

    def __init__(self, bridge: LiveBridge, host: str = "127.0.0.1") -> None:
        self._bridge = bridge
        self._socket = socket.create_connection(bridge.address, 5, (host, 0))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.own: tuple[str, int] = self._socket.getsockname()
        self.pongs = 0
        self._received = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send, whether or not the other end has closed by now."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(data)

    def half_close(self) -> None:
        """Say that nothing more is sent."""
        self._socket.shutdown(socket.SHUT_WR)

    def ask(self) -> bytes:
        """Send an OPTIONS; its answer."""
        request, call_id = options(self._bridge.address, self.own, "TCP")
        self.send(request)
        answer = self.message()
        assert answer is not None
        assert call_id.encode() in answer
        return answer

    def answers_to(self, data: bytes, *, size: int = 0, wait: bool = True) -> tuple[list[bytes], bool]:
        """What `data` is answered with, and whether the connection was closed after that.

        It is sent in pieces of `size` octets, and an OPTIONS behind it: the bridge handles messages in their
        order. Without `wait` a tenth of a second has to do.
        """
        request, call_id = options(self._bridge.address, self.own, "TCP")
        for at in range(0, len(data), size or len(data)):
            self.send(data[at : at + (size or len(data))])
        self.send(request)
        answers: list[bytes] = []
        if not wait:
            self._socket.settimeout(0.1)
        with contextlib.suppress(TimeoutError):
            while (message := self.message()) is not None:
                if call_id.encode() in message:
                    return answers, False
                answers.append(message)
            return answers, True
        return answers, False

    def message(self) -> bytes | None:
        """The next message; None when the connection was closed. Line ends before it are counted as pongs."""
        while True:
            while self._received.startswith(b"\r\n"):
                self._received = self._received[2:]
                self.pongs += 1
            head, end, rest = self._received.partition(b"\r\n\r\n")
            if end:
                length = _LENGTH.search(head)
                body = int(length[1]) if length else 0
                if len(rest) >= body:
                    self._received = rest[body:]
                    return head + end + rest[:body]
            with contextlib.suppress(ConnectionResetError):
                data = self._socket.recv(65_535)
                if data:
                    self._received += data
                    continue
            return None

    def rest(self) -> bytes:
        """Everything until the other end closes."""
        received = self._received
        with contextlib.suppress(ConnectionResetError):
            while data := self._socket.recv(65_535):
                received += data
        return received
