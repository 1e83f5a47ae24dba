"""The other end of sd_notify(3): what a service says to systemd, and the descriptors that come with it."""

import array
import os
import socket
import time
from typing import NamedTuple


class Said(NamedTuple):
    """`lines`: what was said at once, by key; `descriptors` came with it."""

    lines: dict[str, str]
    descriptors: list[int]


class NotifySocket:
    """Bound to a path, or to an abstract name that begins with `@`."""

    def __init__(self, address):
        self.address = str(address)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(f"\0{self.address[1:]}" if self.address.startswith("@") else self.address)
        self.said = []
        self._descriptors = set()

    def hear(self, timeout=10.0):
        """The next thing that is said, or None."""
        self.socket.settimeout(timeout)
        try:
            data, ancillary, _, _ = self.socket.recvmsg(65_536, socket.CMSG_SPACE(16 * 4))
        except (TimeoutError, BlockingIOError):
            return None
        descriptors = array.array("i")
        for level, kind, content in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                descriptors.frombytes(content[: len(content) // 4 * 4])
        said = Said(dict(line.split("=", 1) for line in data.decode().splitlines()), list(descriptors))
        self.said.append(said)
        self._descriptors.update(said.descriptors)
        return said

    def drop(self, descriptor):
        """Close one that came with what was said."""
        self._descriptors.remove(descriptor)
        os.close(descriptor)

    def until(self, key, within=20.0):
        """What is said until this key is: the last of it."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            said = self.hear(0.2)
            if said is not None and key in said.lines:
                return said
        raise AssertionError(f"{key} was not said, but {self.said}")

    def all(self):
        """Everything that was said by now and not heard yet."""
        found = []
        while (said := self.hear(0.0)) is not None:
            found.append(said)
        return found

    def close(self):
        """Close it, and what came with what was said."""
        self.socket.close()
        for descriptor in [*self._descriptors]:
            self.drop(descriptor)
