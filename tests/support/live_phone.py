"""A phone on a real socket, with one dialog: it subscribes, and answers every NOTIFY."""

import contextlib
import itertools
import socket
import time

from bridge.sip.framer import StreamFramer
from bridge.sip.message import Request, Response
from bridge.sip.parser import parse

# Of all phones of a process: what was heard of one must not be taken for another's.
_NUMBERS = itertools.count(1)


class LivePhone:
    """Speaks with `bridge`, an address, by UDP or over one TCP connection. NOTIFYs are kept in `notifies`, once each."""

    def __init__(self, transport, bridge, extension="2000"):
        self.transport, self.bridge, self.extension = transport, bridge, extension
        self.number, self.cseq, self.to_tag = next(_NUMBERS), 0, ""
        self.notifies, self._pieces, self._framer = [], [], StreamFramer()
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        self.socket = socket.socket(socket.AF_INET, kind)
        self.socket.settimeout(10)
        self.socket.connect(bridge)
        self.host, self.port = self.socket.getsockname()

    def request(self, method, *lines, to_tag=""):
        """A request of this phone, as octets."""
        self.cseq += 1
        head = [
            f"{method} sip:{self.extension}@{self.bridge[0]} SIP/2.0",
            f"Via: SIP/2.0/{self.transport.upper()} {self.host}:{self.port};rport;branch=z9hG4bK{self.port}x{self.cseq}",
            f"From: <sip:a@{self.host}>;tag={self.port}",
            f"To: <sip:{self.extension}@{self.bridge[0]}>{to_tag and f';tag={to_tag}'}",
            f"Call-ID: {self.number}-{self.port}",
            f"CSeq: {self.cseq} {method}",
            f"Contact: <sip:a@{self.host}:{self.port};transport={self.transport}>",
            "User-Agent: Digium D40",
            *lines,
            "Content-Length: 0",
        ]
        return ("\r\n".join(head) + "\r\n\r\n").encode()

    def subscribe(self, expires=600):
        """The answer; NOTIFYs that come before it are answered too."""
        self.send(self.request("SUBSCRIBE", "Event: presence", f"Expires: {expires}", to_tag=self.to_tag))
        while True:
            message = self.hear()
            if isinstance(message, Response):
                if message.status == 200:
                    self.to_tag = message.to.tag
                return message.status

    def send(self, data):
        """Send octets."""
        self.socket.sendall(data)

    def hear(self):
        """The next message; a request is answered."""
        while not self._pieces:
            data = self.socket.recv(65_535)
            if not data:
                raise ConnectionError("closed by the bridge")
            self._pieces += [data] if self.transport == "udp" else self._framer.feed(data)
        message = parse(self._pieces.pop(0))
        if isinstance(message, Request):
            # One that was answered too late comes again.
            if message.top_via.branch not in [notify.top_via.branch for notify in self.notifies]:
                self.notifies.append(message)
            names = ("Via", "From", "To", "Call-ID", "CSeq")
            copied = [f"{name}: {value}" for name in names for value in message.lines(name.lower())]
            self.send(("\r\n".join(["SIP/2.0 200 OK", *copied, "Content-Length: 0"]) + "\r\n\r\n").encode())
        return message

    def told(self, word, within=20.0):
        """The NOTIFY that holds this; all before it are answered."""
        until = time.monotonic() + within
        while time.monotonic() < until:
            with contextlib.suppress(TimeoutError):
                message = self.hear()
                if isinstance(message, Request) and word.encode() in message.body:
                    return message
        raise AssertionError(f"{word} was not told, but {[notify.body for notify in self.notifies]}")

    @property
    def cseqs(self):
        """Those of the NOTIFYs, in the order in which they came."""
        return [notify.cseq.number for notify in self.notifies]

    def close(self):
        """Be gone, without a word."""
        self.socket.close()
