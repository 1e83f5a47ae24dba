"""Connections of phones in the store of systemd (sd_notify(3), FDSTORE): they outlive the process, a killed one too.

systemd holds a duplicate of each, so that the peer sees no end of it when the process is gone, and hands it to the
next run. What a stopping run has read of a message that is not complete is put beside it, as a file in memory.
"""

import os
from collections.abc import Iterable
from typing import Final

from bridge.io.systemd.channel import Channel

_STREAM: Final = "stream-"
_REST: Final = "rest-"


def stream_name(descriptor: int) -> str:
    """What a connection is called in the store: by the number of its inode, which is one in all processes."""
    return f"{_STREAM}{os.fstat(descriptor).st_ino}"


def rest_name(stream: str) -> str:
    """What the beginning of a message is called that came by this connection."""
    return _REST + stream.removeprefix(_STREAM)


def is_rest(name: str) -> bool:
    """Whether a descriptor of this name is the beginning of a message."""
    return name.startswith(_REST)


class Keeping:
    """Puts connections into the store, and takes them out again."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def keep(self, descriptor: int) -> str:
        """Put a connection into the store; its name there."""
        name = stream_name(descriptor)
        self._channel.say("FDSTORE=1", f"FDNAME={name}", descriptor=descriptor)
        return name

    def leave(self, name: str, rest: bytes) -> None:
        """Let a connection be gone on with by the next run, which first reads `rest`."""
        if rest:
            with os.fdopen(os.memfd_create(rest_name(name)), "wb") as file:
                file.write(rest)
                file.flush()
                self._channel.say("FDSTORE=1", f"FDNAME={rest_name(name)}", descriptor=file.fileno())

    def forget(self, names: Iterable[str]) -> None:
        """Take these out of the store; a connection ends when nobody has it any more."""
        for name in names:
            self._channel.say("FDSTOREREMOVE=1", f"FDNAME={name}")
