"""The descriptors that systemd hands over to a service, from number 3 on (sd_listen_fds(3))."""

import os
import time
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

_FIRST: Final = 3

# Twenty starts in two seconds make a socket unit give up (TriggerLimitBurst= of systemd.socket(5)): a start that
# fails, and that the next datagram asks for again at once, must not close the port for good.
_PAUSE: Final = 1.5


class Descriptor(NamedTuple):
    """`name`: FileDescriptorName= of a socket unit, or FDNAME= of what was put into the store."""

    name: str
    number: int


def handed_over(environ: Mapping[str, str], pid: int) -> tuple[Descriptor, ...]:
    """Those of the process `pid`; they are not inherited by programs that it starts."""
    count = environ.get("LISTEN_FDS", "")
    if environ.get("LISTEN_PID", "") != str(pid) or not count.isdecimal():
        return ()
    names = environ.get("LISTEN_FDNAMES", "").split(":")
    names += [""] * (int(count) - len(names))
    found = tuple(Descriptor(name, _FIRST + index) for index, name in enumerate(names[: int(count)]))
    for descriptor in found:
        os.set_inheritable(descriptor.number, False)
    return found


def pause_before_failure(
    environ: Mapping[str, str], pid: int, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Wait before a process ends that systemd has handed its sockets to, and that cannot serve them."""
    if handed_over(environ, pid):
        sleep(_PAUSE)
