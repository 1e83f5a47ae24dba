"""The socket by which a service speaks to systemd (sd_notify(3)): datagrams of assignments, and descriptors with them."""

import asyncio
import os
import socket
from array import array
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final, NamedTuple

# Seconds that systemd has to take what is still unsaid when the bridge stops.
_LAST_WORDS: Final = 2.0

# What waits while systemd is busy; as much as its store holds. Then nothing more is said until it listens again.
_MOST_WAITING: Final = 4096


class _Said(NamedTuple):
    text: bytes
    # A duplicate, which is ours to close.
    descriptor: int | None


class Channel:
    """Says things in their order, without ever waiting for systemd; `warn` is told once when it does not hear them.

    `address` is that of $NOTIFY_SOCKET; empty where there is nobody to speak to.
    """

    def __init__(self, address: str, warn: Callable[[str], None]) -> None:
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._warn = warn
        self._socket: socket.socket | None = None
        self._waiting: deque[_Said] = deque()
        self._emptied = asyncio.Event()
        self._has_warned = False

    @classmethod
    def of(cls, environ: Mapping[str, str], warn: Callable[[str], None]) -> "Channel":
        """The one that the environment names."""
        return cls(environ.get("NOTIFY_SOCKET", ""), warn)

    @property
    def is_open(self) -> bool:
        """Whether there is anybody to speak to."""
        return bool(self._address)

    def say(self, *assignments: str, descriptor: int | None = None) -> None:
        """Say `KEY=value`, several at once; on the running loop. A duplicate of `descriptor` goes with it."""
        if not self.is_open or len(self._waiting) >= _MOST_WAITING:
            return
        try:
            duplicate = None if descriptor is None else os.dup(descriptor)
        except OSError as error:
            self._unheard(error)
            return
        self._waiting.append(_Said("\n".join(assignments).encode(), duplicate))
        if len(self._waiting) == 1:
            self._flush()

    async def close(self) -> None:
        """Say what waits, and close."""
        if self._waiting:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._emptied.wait(), _LAST_WORDS)
        if self._socket is not None:
            asyncio.get_running_loop().remove_writer(self._socket)
            self._socket.close()
        self._socket, self._address = None, ""

    def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            said = self._waiting[0]
            try:
                self._send(said)
            except BlockingIOError:
                self._emptied.clear()
                if self._socket is not None:
                    loop.add_writer(self._socket, self._flush)
                return
            except OSError as error:
                self._unheard(error)
            self._waiting.popleft()
            if said.descriptor is not None:
                os.close(said.descriptor)
        self._emptied.set()
        if self._socket is not None:
            loop.remove_writer(self._socket)

    def _send(self, said: _Said) -> None:
        """Send it; once more by another socket, if systemd has made itself a new one."""
        ancillary = []
        if said.descriptor is not None:
            ancillary.append((socket.SOL_SOCKET, socket.SCM_RIGHTS, array("i", [said.descriptor])))
        try:
            self._connected().sendmsg([said.text], ancillary)
        except BlockingIOError:
            raise
        except OSError:
            self._disconnect()
            self._connected().sendmsg([said.text], ancillary)

    def _connected(self) -> socket.socket:
        if self._socket is None:
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            try:
                sock.connect(self._address)
            except OSError:
                sock.close()
                raise
            self._socket = sock
        return self._socket

    def _disconnect(self) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().remove_writer(self._socket)
            self._socket.close()
            self._socket = None

    def _unheard(self, error: OSError) -> None:
        if not self._has_warned:
            self._has_warned = True
            self._warn(f"systemd cannot be told how the bridge is ($NOTIFY_SOCKET): {error.strerror}")
