"""One stream with a peer: messages in, bytes out, and its limits in time and memory (RFC 3261 section 18)."""

import asyncio
import os
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol, cast

from bridge.events import BytesReceived, Feed, Flow
from bridge.sip.framer import PING, PONG, Awaited, StreamFramer

# Bytes read in one go: some 40 messages, so that one busy peer does not keep the others waiting.
SEGMENT: Final = 16_384

# Unsent bytes above which a peer is not read from, as it does not read either, and below which it is again.
_MUCH_UNSENT: Final = 65_536
_LITTLE_UNSENT: Final = 16_384


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """What one stream may cost: seconds, and bytes unsent."""

    # Longer than a subscription lasts: a phone behind a NAT cannot be called, and until it refreshes
    # it may have nothing to say.
    idle: float = 3600.0 + 32.0
    # 64*T1: whatever is sent or read after that, its transaction has failed (17.1.2.2).
    first_message: float = 32.0
    message: float = 32.0
    unread: float = 32.0
    # A head leaves in one go; losing the same segment three times costs 1 + 2 + 4 (RFC 6298).
    head: float = 10.0
    handshake: float = 10.0
    # A phone in reach answers in milliseconds, or in a second when a SYN was lost.
    connect: float = 3.0
    # For the peer to read our last words and to close as well.
    linger: float = 2.0
    # How often the others are looked at.
    sweep: float = 1.0
    # One change of which 3,000 phones behind one proxy are told.
    unsent: int = 4 << 20


class Owner(Protocol):
    """Who has the connections of a listener.

    `buffer` is what all of them read into: it is emptied before anything else is read.
    """

    buffer: memoryview
    feed: Feed

    def proven(self, connection: "Connection") -> None:
        """It has brought its first message."""
        ...

    def lost(self, connection: "Connection", reason: str) -> None:
        """The stream is gone, or could not be established."""
        ...


class Connection(asyncio.BufferedProtocol):
    """Feeds its owner what `flow` brings, and tells it once when the stream is gone.

    `called` is true for a connection that we open: it can be sent to at once, and what it is sent waits
    until it is established.
    """

    def __init__(self, flow: Flow, owner: Owner, limits: StreamLimits, *, called: bool) -> None:
        self.flow = flow
        self.called = called
        # Flows that were sent over this connection without naming it.
        self.aliases: set[Flow] = set()
        # Whether it has brought a message; one that we open need not.
        self.is_proven = called
        # Whether it was ended by one of its limits.
        self.is_over_limit = False
        # Whether it ends for this process only: the next one goes on with it.
        self.is_left = False
        self.limits = limits
        self._owner = owner
        self._framer = StreamFramer()
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._waiting: list[bytes] = []
        # At most what is unsent; measured anew when it seems too much.
        self._unsent = 0
        self._reason: str | None = None
        self._is_gone = False
        self._is_held = False
        # Since when: nothing was heard, a message has been coming, nothing is read, it is about to close.
        self._quiet_since = self._loop.time()
        self._message_since: float | None = None
        self._unread_since: float | None = None
        self._ending_since: float | None = None

    # --- for its owner ---------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether it can be sent to."""
        closing = self._transport is not None and self._transport.is_closing()
        return not (closing or self._is_gone or self._ending_since is not None)

    def send(self, data: bytes) -> None:
        """Send, or keep until the connection is established. Raise ConnectionError if that cannot be."""
        if not self.is_open:
            raise ConnectionError("the connection is closing")
        self._make_room(len(data))
        if self._transport is None:
            self._waiting.append(data)
        else:
            self._transport.write(data)

    def end(self, reason: str) -> None:
        """Send what is still unsent, and close.

        What the peer sends meanwhile is read and thrown away: closing with something unread resets the
        connection (RFC 1122 section 4.2.2.13), and the peer might never see our last answer.
        """
        if self._transport is None or not self.is_open:
            return
        self._reason = reason
        self._ending_since = self._loop.time()
        self._transport.resume_reading()
        if self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self._transport.close()

    def drop(self, reason: str) -> None:
        """Close now, because of a limit, and forget what is unsent."""
        if self._reason is None:
            self._reason = reason
            self.is_over_limit = True
        self.abort()

    @property
    def descriptor(self) -> int | None:
        """The number of its socket, once it is established."""
        sock = None if self._transport is None else self._transport.get_extra_info("socket")
        return None if sock is None else int(sock.fileno())

    @property
    def rest(self) -> bytes:
        """What was read of a message that is not complete."""
        return self._framer.rest

    def resume(self, rest: bytes) -> None:
        """Be the connection of an earlier run, which has read `rest` of a message."""
        self.is_proven = True
        self._framer.feed(rest)
        self._run_clocks(heard=True)

    def hold(self) -> None:
        """Read nothing more."""
        self._is_held = True
        if self._transport is not None and self.is_open:
            self._transport.pause_reading()

    def leave(self) -> None:
        """Close for this process, when what is unsent is sent; another has it too, and the peer sees nothing."""
        self.is_left = True
        self.close()

    def close(self) -> None:
        """Close without waiting for the peer; what is unsent is sent."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close now."""
        self.is_left = False
        if self._transport is not None:
            self._transport.abort()

    def fail(self, reason: str) -> None:
        """It is gone, or could not be established: tell the owner, once."""
        if not self._is_gone:
            self._is_gone = True
            self._owner.lost(self, self._reason or reason)

    def fail_unless_established(self) -> None:
        """Nobody tries to establish it any more."""
        if self._transport is None:
            self.fail("given up")

    def overdue(self, now: float) -> str | None:
        """Which limit of time it has passed, in words; None if none."""
        limits = self.limits
        if self._transport is None:
            # Whoever establishes it has a limit for that.
            return None
        if self._ending_since is not None:
            return _past(now, self._ending_since, limits.linger, "did not close")
        if self._unread_since is not None:
            return _past(now, self._unread_since, limits.unread, "did not read")
        if self._message_since is not None:
            limit = limits.head if self._framer.awaited is Awaited.HEAD else limits.message
            return _past(now, self._message_since, limit, "did not finish a message")
        if not self.is_proven:
            return _past(now, self._quiet_since, limits.first_message, "sent no message")
        return _past(now, self._quiet_since, limits.idle, "was idle")

    # --- for the loop ----------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Established; by TLS, after the handshake."""
        self._transport = stream = cast("asyncio.Transport", transport)
        self._quiet_since = self._loop.time()
        stream.set_write_buffer_limits(_MUCH_UNSENT, _LITTLE_UNSENT)
        if self._is_held:
            stream.pause_reading()
        for data in self._waiting:
            stream.write(data)
        self._waiting.clear()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - one size for all
        """Where to read to."""
        return self._owner.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Feed the messages that are complete now."""
        if self._ending_since is not None:
            return
        pieces = self._framer.feed(self._owner.buffer[:nbytes])
        for piece in pieces:
            if not self.is_open:
                # Dropped in the middle: what follows could not be answered.
                return
            if piece is PING:
                with suppress(ConnectionError):
                    self.send(PONG)
            else:
                if not self.is_proven:
                    self.is_proven = True
                    self._owner.proven(self)
                self._owner.feed(BytesReceived(self.flow, piece))
        self._run_clocks(heard=bool(pieces))
        if self._framer.ended:
            self.end("the end of a message could not be known")

    def eof_received(self) -> None:
        """The peer sends nothing more; the loop closes when all is sent."""
        if self._reason is None and self._framer.awaited is not Awaited.NOTHING:
            self._reason = "closed by the peer within a message"

    def pause_writing(self) -> None:
        """The peer reads more slowly than it is sent to."""
        self._unread_since = self._loop.time()
        if self._transport is not None and self.is_open:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """The peer has caught up."""
        self._unread_since = None
        if self._transport is not None and not self._is_held:
            self._transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Closed, by whomever."""
        self.is_left = self.is_left and exc is None
        self.fail(in_words(exc) if exc is not None else "closed by the peer")

    def _make_room(self, size: int) -> None:
        self._unsent += size
        if self._unsent <= self.limits.unsent:
            return
        if self._transport is not None:
            self._unsent = self._transport.get_write_buffer_size() + size
        if self._unsent > self.limits.unsent:
            reason = f"left {self._unsent} bytes unread"
            self.drop(reason)
            raise ConnectionError(reason)

    def _run_clocks(self, *, heard: bool) -> None:
        """The clock of a message runs from its first byte to its last, however slowly the others come."""
        now = self._loop.time()
        if heard and self.is_proven:
            self._quiet_since = now
        if self._framer.awaited is Awaited.NOTHING:
            self._message_since = None
        elif heard or self._message_since is None:
            self._message_since = now


def in_words(error: Exception) -> str:
    """Why a stream was lost or could not be established."""
    match error:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not accepted: {error.verify_message}"
        case ssl.SSLError():
            return f"TLS failed: {(error.reason or str(error)).lower().replace('_', ' ')}"
        case OSError(errno=int(number)):
            return os.strerror(number)
        case TimeoutError():
            return "no answer in time"
    return str(error) or type(error).__name__


def _past(now: float, since: float, limit: float, words: str) -> str | None:
    return f"{words} for {limit:g} seconds" if now - since > limit else None
