"""Calls to a port that systemd holds open and the bridge does not serve: refused, not left waiting."""

import asyncio
import socket
import struct
from contextlib import suppress
from typing import Final

# Close by a reset, as a port does that nobody listens on (SO_LINGER, socket(7)).
_RESET: Final = struct.pack("ii", 1, 0)

_BURST: Final = 32


def refuse_calls(sock: socket.socket) -> None:
    """Close every connection that comes in at `sock`, on the running loop; there are none to a socket of UDP."""
    if sock.type == socket.SOCK_STREAM:
        asyncio.get_running_loop().add_reader(sock, _refuse, sock)


def refuse_no_more(sock: socket.socket) -> None:
    """Leave them to the next run."""
    asyncio.get_running_loop().remove_reader(sock)


def _refuse(sock: socket.socket) -> None:
    with suppress(OSError):
        for _ in range(_BURST):
            accepted, _source = sock.accept()
            with accepted:
                accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
