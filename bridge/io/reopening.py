"""Listeners that stay open: one that is lost is told of in words, and opened again."""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from bridge.events import Address
from bridge.io.backoff import Backoff
from bridge.sip.addressing import host_port

# Seconds between two looks.
_LOOK: Final = 1.0


class Reopenable(Protocol):
    """What is watched: a transport on one port."""

    @property
    def transport(self) -> str:
        """`udp`, `tcp` or `tls`."""
        ...

    @property
    def address(self) -> Address:
        """The address that is bound."""
        ...

    @property
    def trouble(self) -> str | None:
        """Why nothing can come in any more, or None."""
        ...

    def reopen(self) -> None:
        """Bind anew; raise OSError as long as that is not possible."""
        ...


def place(listener: Reopenable) -> str:
    """`udp://192.0.2.1:5060`, as the configuration names it."""
    return f"{listener.transport}://{host_port(listener.address)}"


async def keep_open(
    listener: Reopenable, warn: Callable[[str], None], note: Callable[[str], None], look: float = _LOOK
) -> None:
    """Watch one listener, for ever."""
    while True:
        await asyncio.sleep(look)
        trouble = listener.trouble
        if trouble is not None:
            warn(f"{place(listener)} is lost: {trouble}; it is being opened again")
            await _reopen(listener, warn)
            note(f"{place(listener)} is served again")


async def _reopen(listener: Reopenable, warn: Callable[[str], None]) -> None:
    backoff = Backoff()
    told: str | None = None
    while True:
        try:
            listener.reopen()
        except OSError as error:
            reason = error.strerror or str(error)
            if reason != told:
                warn(f"{place(listener)} cannot be opened: {reason}; it is tried again and again")
            told = reason
            await asyncio.sleep(backoff.pause())
        else:
            return
