"""The lock by which a store belongs to one process. It ends with the process, however that ends.

A file of its own: closing any descriptor of the database would end the locks that SQLite has on it
(https://www.sqlite.org/howtocorrupt.html, section 2.2).
"""

import fcntl
import os
from pathlib import Path


class StoreInUse(Exception):  # noqa: N818 - named for what it says
    """Another process has the store; the text says which."""


class FileLock:
    """Held from `take` to `release`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1

    def take(self) -> None:
        """Take it, unless it is held already. Raise StoreInUse, or OSError where no file can be made."""
        if self._descriptor >= 0:
            return
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise StoreInUse(f"process {holder or 'unknown'} uses it") from None
        except OSError:
            os.close(descriptor)
            raise
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor

    def release(self) -> None:
        """Give it back. The file stays: who waits for it may have it open."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
