"""A pretended Asterisk on a port of loopback: its manager interface by TCP, or TLS, for real clients.

    with AsteriskDouble() as asterisk:
        asterisk.pbx.hint("2000", "PJSIP/2000,CustomPresence:2000")
        asterisk.do(lambda pbx: pbx.device("PJSIP/2000", "INUSE"))

Faults: `drop()` ends all connections, `stop()` and `start()` all of it; `faults` are answers that go wrong; `slow`
is the seconds that each piece waits before it is sent; `pieces`, how many octets are sent at once.
"""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from support.asterisk.manager import Conversation, Faults, User
from support.asterisk.pbx import Pbx

USERNAME, SECRET = "bridge", "hush"


class AsteriskDouble:
    """One PBX, and all who are connected with it."""

    def __init__(
        self, pbx: Pbx | None = None, *, tls: ssl.SSLContext | None = None, user: User | None = None
    ) -> None:
        self.pbx = pbx or Pbx(system_name="peer")
        self.users = {USERNAME: user or User(SECRET)}
        self.faults = Faults()
        self.slow = 0.0
        self.pieces = 0
        self.port = 0
        self.logins = 0
        self._tls = tls
        self._lock = threading.RLock()
        self._listening: socket.socket | None = None
        self._clients: dict[socket.socket, Conversation] = {}

    # --- life -------------------------------------------------------------------------------------

    def start(self) -> None:
        """Listen, on the port of before if there was one."""
        listening = socket.create_server(("127.0.0.1", self.port), reuse_port=False)
        self.port = listening.getsockname()[1]
        self._listening = listening
        threading.Thread(target=self._accept, args=(listening,), daemon=True).start()

    def stop(self) -> None:
        """Nobody listens any more; what is stored stays."""
        if self._listening is not None:
            with contextlib.suppress(OSError):
                self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()
            self._listening = None
        self.drop()

    def drop(self) -> None:
        """End all connections at once."""
        with self._lock:
            clients, self._clients = self._clients, {}
            self.pbx.listeners.clear()
        for client in clients:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
            client.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # --- what happens in it -----------------------------------------------------------------------

    def do(self, what: Callable[[Pbx], object]) -> object:
        """Let something happen, while nobody else looks."""
        with self._lock:
            return what(self.pbx)

    def set(self, provider: str, value: str) -> None:
        """`presencestate change`."""
        self.do(lambda pbx: pbx.set(provider, value))

    def presence(self, provider: str) -> tuple[str, str, str]:
        """What is stored of a provider."""
        with self._lock:
            held = self.pbx.presence(provider)
            return held.state, held.subtype, held.message

    @property
    def connected(self) -> int:
        """How many have logged in."""
        with self._lock:
            return sum(conversation.user is not None for conversation in self._clients.values())

    # --- connections ------------------------------------------------------------------------------

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        client = plain
        with contextlib.suppress(OSError):
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                client = self._tls.wrap_socket(plain, server_side=True)
            self._converse(client)
        with contextlib.suppress(OSError):
            client.close()

    def _converse(self, client: socket.socket) -> None:
        with self._lock:
            conversation = Conversation(
                self.pbx,
                self.users,
                self.faults,
                lambda data: self._send(client, data),
                lambda: self._end(client),
            )
            self._clients[client] = conversation
            self.pbx.listeners.append(conversation.event)
        try:
            while data := client.recv(65536):
                with self._lock:
                    conversation.feed(data)
        finally:
            with self._lock:
                self._clients.pop(client, None)
                if conversation.event in self.pbx.listeners:
                    self.pbx.listeners.remove(conversation.event)

    def _send(self, client: socket.socket, data: bytes) -> None:
        if self.slow:
            time.sleep(self.slow)
        size = self.pieces or len(data)
        with contextlib.suppress(OSError):
            for begin in range(0, len(data), size):
                client.sendall(data[begin : begin + size])

    def _end(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)
