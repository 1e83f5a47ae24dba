"""Datagrams that the kernel dropped since nobody fetched them in time: read from the socket itself.

`getsockopt(SO_MEMINFO)` gives nine words of 32 bits and asks for no privilege. The last
(`SK_MEMINFO_DROPS` of linux/sock_diag.h) counts what this socket had no room for; each socket begins at 0.
"""

import socket
import struct
import threading
from typing import Final

# Not named in the socket module (asm-generic/socket.h).
_SO_MEMINFO: Final = 55
_WORDS: Final = struct.Struct("=9I")
_DROPS: Final = 8


class SocketDrops:
    """One count over all the sockets that a listener has, one after the other. For any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of_earlier = 0
        self._of_this = 0

    def read(self, sock: socket.socket | None) -> int:
        """All drops so far. Without a socket, or with one that is closed: those that were known."""
        with self._lock:
            if sock is not None:
                self._of_this = max(self._of_this, _dropped(sock))
            return self._of_earlier + self._of_this

    def replace(self, sock: socket.socket | None) -> None:
        """Read this socket, if there is still one, for the last time: the next one begins at 0."""
        with self._lock:
            last = 0 if sock is None else _dropped(sock)
            self._of_earlier += max(self._of_this, last)
            self._of_this = 0


def _dropped(sock: socket.socket) -> int:
    try:
        words = sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _WORDS.size)
    except OSError:
        # Closed meanwhile; or a kernel before 4.12, which cannot tell.
        return 0
    return int(_WORDS.unpack(words)[_DROPS])
