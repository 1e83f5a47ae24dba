"""The connection to the manager interface of an Asterisk: one after the other, for as long as the bridge runs."""

import asyncio
import errno
import os
import ssl
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bridge.events import AsteriskConnected, AsteriskDisconnected, AsteriskReceived, Feed
from bridge.io.backoff import Backoff
from bridge.pbx import DropAsterisk, PbxCommand

# Seconds for the network and TLS.
_REACH_WITHIN: Final = 5.0

# Octets read in one go: some hundred events, so that a busy PBX does not keep phones waiting.
_SEGMENT: Final = 16_384

# Octets unsent above which an Asterisk that reads nothing is given up: more than all presences of a large one.
_MOST_UNSENT: Final = 4 << 20

# Seconds between two tries: while nobody answers, so that both sides are equal a second after Asterisk is back, and after Asterisk has refused us. It writes each
# refusal to its security log, and who reads that may lock us out (fail2ban: often five in ten minutes).
_KNOCK_FIRST, _KNOCK_LAST = 0.25, 0.8
_REFUSED_FIRST, _REFUSED_LAST = 30.0, 300.0

# Seconds after which a connection counts as good: the pauses begin anew.
_LIVED: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AmiOptions:
    """Where it is. With `tls`, its certificate must be of `ca` (None: of those that the system trusts) and for
    `tls_name` (None: for the host), unless `verify` is false.
    """

    host: str
    port: int
    tls: bool = False
    ca: Path | None = None
    tls_name: str | None = None
    verify: bool = True


class AmiLink:
    """Keeps a connection, and feeds the engine with what comes. All calls are on the loop that runs `run()`."""

    def __init__(
        self, options: AmiOptions, feed: Feed, knocking: Backoff | None = None, refused: Backoff | None = None
    ) -> None:
        """`knocking`: pauses while nobody answers; `refused`: after Asterisk has refused us."""
        self._options = options
        self._feed = feed
        self._knocking = knocking or Backoff(_KNOCK_FIRST, _KNOCK_LAST)
        self._refused = refused or Backoff(_REFUSED_FIRST, _REFUSED_LAST)
        self._writer: asyncio.StreamWriter | None = None
        self._is_refused = False

    async def run(self) -> None:
        """Keep connected until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            self._is_refused = False
            began = loop.time()
            reason = await self._serve()
            self._feed(AsteriskDisconnected(reason))
            if loop.time() - began >= _LIVED:
                self._knocking.reset()
            await asyncio.sleep((self._refused if self._is_refused else self._knocking).pause())

    def carry_out(self, command: PbxCommand) -> None:
        """Send, or end the connection; without one, nothing."""
        writer = self._writer
        if writer is None:
            return
        if isinstance(command, DropAsterisk):
            self._is_refused = command.refused
            writer.transport.abort()
        elif writer.transport.get_write_buffer_size() > _MOST_UNSENT:
            writer.transport.abort()
        else:
            writer.write(command.data)

    async def _serve(self) -> str:
        """One connection; why it ended or did not come about, in words."""
        try:
            async with asyncio.timeout(_REACH_WITHIN):
                reader, writer = await self._open()
        except (OSError, TimeoutError, ssl.SSLError) as error:
            return self._unreachable(error)
        self._writer = writer
        try:
            self._feed(AsteriskConnected())
            while data := await reader.read(_SEGMENT):
                self._feed(AsteriskReceived(data))
        except OSError as error:
            return f"the connection to Asterisk was lost: {_in_words(error)}"
        finally:
            self._writer = None
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        return "Asterisk closed the connection"

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        options = self._options
        if not options.tls:
            return await asyncio.open_connection(options.host, options.port)
        context = _context(options)
        name = options.tls_name or options.host
        return await asyncio.open_connection(options.host, options.port, ssl=context, server_hostname=name)

    def _unreachable(self, error: Exception) -> str:
        options = self._options
        place = f"{options.host}:{options.port}"
        if isinstance(error, OSError) and error.errno == errno.ECONNREFUSED:
            switch = "tlsenable = yes and tlsbindaddr" if options.tls else "enabled = yes, bindaddr and port"
            return f"nobody listens on {place}: see {switch} under [general] in manager.conf of Asterisk"
        if isinstance(error, ssl.SSLCertVerificationError):
            return (
                f"the certificate of {place} is not accepted: {error.verify_message}; see tls_ca and tls_name"
            )
        if isinstance(error, ssl.SSLError):
            words = (error.reason or str(error)).lower().replace("_", " ")
            return f"no TLS with {place}: {words}; is it the port of tlsbindaddr in manager.conf?"
        return f"{place} is not reached: {_in_words(error)}"


def _context(options: AmiOptions) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=options.ca)
    if not options.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _in_words(error: Exception) -> str:
    if isinstance(error, TimeoutError) and not error.args:
        return f"no answer within {_REACH_WITHIN:g} s"
    if isinstance(error, OSError) and error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    return str(error) or type(error).__name__
