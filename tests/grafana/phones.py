"""Phones on one socket of the loopback: they watch, and answer what they are told, or do not."""

import contextlib
import re
import socket
import threading
from typing import Self

_REQUEST = (
    "{method} sip:{user}@127.0.0.1:{port} SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.1:{own};rport;branch=z9hG4bK{name}{number}\r\n"
    "Max-Forwards: 70\r\n"
    "From: <sip:{name}@127.0.0.1>;tag={name}\r\n"
    "To: <sip:{user}@127.0.0.1>{tag}\r\n"
    "Call-ID: {name}@127.0.0.1\r\n"
    "CSeq: {number} {method}\r\n"
    "Contact: <sip:{name}@127.0.0.1:{own}>\r\n"
    "Event: presence\r\nAccept: application/pidf+xml\r\nExpires: {expires}\r\n"
    "Content-Length: 0\r\n\r\n"
)
_COPIED = re.compile(r"(?:Via|From|To|Call-ID|CSeq):.*\r\n")
_CALL_ID = re.compile(r"Call-ID: (\w+)@")
_TAG = re.compile(r"To: .*(;tag=\S+)")


class Phones:
    """`with Phones(port) as phones`: each has a name, which is its Call-ID too.

    `refusing` and `silent` are the names of those that answer 486, or nothing.
    """

    def __init__(self, port: int) -> None:
        self.refusing: set[str] = set()
        self.silent: set[str] = set()
        self.told: dict[str, int] = {}
        self._port = port
        self._numbers: dict[str, int] = {}
        self._tags: dict[str, str] = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.2)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="phones")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._over.set()
        self._thread.join(5)
        self._socket.close()

    def watch(self, name: str, extension: str, expires: int = 600) -> None:
        """SUBSCRIBE; again to refresh, with `expires` 0 to end."""
        self._send("SUBSCRIBE", name, extension, expires)

    def register(self, name: str) -> None:
        """REGISTER, in a call of its own."""
        self._send("REGISTER", f"{name}reg", name, 300)

    def say(self, damaged: bytes) -> None:
        """Send what is no SIP."""
        self._socket.sendto(damaged, ("127.0.0.1", self._port))

    def _send(self, method: str, name: str, user: str, expires: int) -> None:
        number = self._numbers[name] = self._numbers.get(name, 0) + 1
        own = self._socket.getsockname()[1]
        tag = self._tags.get(name, "")
        text = _REQUEST.format(
            method=method,
            user=user,
            port=self._port,
            own=own,
            name=name,
            number=number,
            tag=tag,
            expires=expires,
        )
        self._socket.sendto(text.encode(), ("127.0.0.1", self._port))

    def _listen(self) -> None:
        while not self._over.is_set():
            # While the bridge is away, the kernel says so here.
            with contextlib.suppress(TimeoutError, ConnectionError):
                data, source = self._socket.recvfrom(65_535)
                self._hear(data.decode(), source)

    def _hear(self, text: str, source: tuple[str, int]) -> None:
        call_id = _CALL_ID.search(text)
        assert call_id is not None, text
        name = call_id[1]
        if text.startswith("SIP/2.0 200 ") and (tag := _TAG.search(text)):
            self._tags[name] = tag[1]
        if not text.startswith("NOTIFY "):
            return
        self.told[name] = self.told.get(name, 0) + 1
        if "\r\nSubscription-State: terminated" in text:
            self._tags.pop(name, None)
        if name in self.silent:
            return
        status = "486 Busy Here" if name in self.refusing else "200 OK"
        head = text.partition("\r\n\r\n")[0] + "\r\n"
        answer = f"SIP/2.0 {status}\r\n{''.join(_COPIED.findall(head))}Content-Length: 0\r\n\r\n"
        self._socket.sendto(answer.encode(), source)
