"""paho's client under the asyncio loop: the loop watches the socket, paho reads and writes packets.

paho's own loop waits in select(), which cannot watch a descriptor above 1,023: with as many open
SIP connections it would never connect, and not say so.
"""

import asyncio
import socket
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING

from paho.mqtt.client import Client
from paho.mqtt.enums import MQTTErrorCode

if TYPE_CHECKING:
    from paho.mqtt.client import SocketLike  # does not exist at run time

# Seconds of reading before the loop has its turn again: a flood of messages must not hold up SIP.
_READ_FOR = 0.001


class Driver:
    """Drives one client from `attach` to `close`. `failed` gets the words when paho gave up on a packet.

    `messages` tells how many messages have arrived: loop_read does not say whether it found a packet,
    and without a message there is no flood.
    """

    def __init__(
        self,
        client: Client,
        messages: Callable[[], int],
        failed: Callable[[str], None],
        clock: Callable[[], float],
    ) -> None:
        self._client = client
        self._messages = messages
        self._failed = failed
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._attached = False

    def attach(self) -> bool:
        """Begin to read a client that has connected; false if its socket is closed already."""
        client = self._client
        sock = client.socket()
        if sock is None:
            return False
        client.on_socket_close = self._detach
        client.on_socket_register_write = self._want_write
        client.on_socket_unregister_write = self._want_no_write
        # Without it a publication waits for the acknowledgement of the packet before: 20 ms and more.
        _set(sock, socket.TCP_NODELAY)
        self._loop.add_reader(sock, self._readable)
        self._attached = True
        return True

    def tick(self) -> None:
        """Look at the keepalive; to be called about once a second."""
        self._carry(self._client.loop_misc)

    def close(self) -> None:
        """Close the socket, if it is open, without a DISCONNECT."""
        sock = self._client.socket()
        if sock is None:
            return
        if self._attached:
            self._detach(self._client, None, sock)
        # paho closes once more when the client is collected, and would call.
        self._client.on_socket_close = self._client.on_socket_unregister_write = None
        sock.close()

    def _readable(self) -> None:
        self._acknowledge_at_once()
        until = self._clock() + _READ_FOR
        reading = True
        while reading:
            before = self._messages()
            self._carry(self._client.loop_read)
            reading = self._messages() != before and self._clock() < until
        if _pending(self._client.socket()):
            # Decrypted already: the kernel will not say that there is something to read.
            self._loop.call_soon(self._readable)

    def _acknowledge_at_once(self) -> None:
        """Let the kernel acknowledge what has come without waiting for something to send.

        A broker without TCP_NODELAY (mosquitto as it comes) holds back its second packet until we have
        acknowledged the first: what we publish would come back 40 ms later. The kernel forgets the wish.
        """
        sock = self._client.socket()
        if sock is not None:
            _set(sock, socket.TCP_QUICKACK)

    def _writable(self) -> None:
        self._carry(self._client.loop_write)

    def _carry(self, step: Callable[[], MQTTErrorCode]) -> None:
        try:
            step()
        except Exception as error:  # noqa: BLE001 - paho is in the middle of a packet: only a new client is sound
            self._failed(f"the connection failed: {described(error)}")

    def _detach(self, _client: Client, _data: object, sock: "SocketLike") -> None:
        self._attached = False
        self._loop.remove_reader(sock)
        self._loop.remove_writer(sock)

    def _want_write(self, _client: Client, _data: object, sock: "SocketLike") -> None:
        self._loop.add_writer(sock, self._writable)

    def _want_no_write(self, _client: Client, _data: object, sock: "SocketLike") -> None:
        self._loop.remove_writer(sock)


def described(error: Exception) -> str:
    """What was raised and where: enough to find a fault, without a page of traceback."""
    return f"{error!r} at {origin(error)}"


def origin(error: Exception) -> str:
    """The line that raised, as file:line."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{frame.filename}:{frame.lineno}"


def _set(sock: "SocketLike", option: int) -> None:
    """Switch on an option of TCP, also under websockets, which paho wraps around the socket."""
    if isinstance(sock, socket.socket):
        sock.setsockopt(socket.IPPROTO_TCP, option, 1)
        return
    borrowed = socket.socket(socket.AF_INET, socket.SOCK_STREAM, fileno=sock.fileno())
    try:
        borrowed.setsockopt(socket.IPPROTO_TCP, option, 1)
    finally:
        borrowed.detach()


def _pending(sock: "SocketLike | None") -> int:
    """How much is decrypted already; 0 without TLS. A plain socket cannot tell."""
    ask: Callable[[], int] | None = getattr(sock, "pending", None)
    return 0 if ask is None else ask()
