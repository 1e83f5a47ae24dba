"""Open files of this process: whether a socket is still the one that was opened, and how many there may be."""

import fcntl
import os
import resource
import socket


class Descriptor:
    """Tells when the file descriptor of a socket was closed, or given to something else, behind our back.

    A loop hears nothing of that: epoll(7) forgets a descriptor that is closed.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self.number = sock.fileno()
        self._identity = os.fstat(self.number)

    @property
    def is_lost(self) -> bool:
        """Whether the descriptor no longer stands for the socket."""
        try:
            return not os.path.samestat(os.fstat(self.number), self._identity)
        except OSError:
            return True

    def close(self) -> None:
        """Close the socket, but not what may have its number by now."""
        if self.is_lost:
            self._socket.detach()
        else:
            self._socket.close()


def duplicate(sock: socket.socket, above: int = 0) -> socket.socket:
    """Another descriptor of a socket, not blocking, with a number above this one.

    epoll(7) remembers one that was closed behind its back for as long as the socket has another.
    """
    other = socket.socket(fileno=fcntl.fcntl(sock, fcntl.F_DUPFD_CLOEXEC, above + 1))
    other.setblocking(False)
    return other


def allow_descriptors(wanted: int) -> int:
    """Raise the limit of open files to `wanted`, as far as the system lets us; the limit that holds then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return allowed
