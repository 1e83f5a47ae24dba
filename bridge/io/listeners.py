"""All SIP listeners of the process: opened, kept open, and closed together (RFC 3261 section 18)."""

import socket
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol

from bridge.effects import Observation, Warned
from bridge.events import Address, Feed, Flow
from bridge.io import log
from bridge.io.capacity import Capacity
from bridge.io.connection import StreamLimits
from bridge.io.descriptors import allow_descriptors
from bridge.io.destination import is_same_family, leads_to
from bridge.io.pem import TlsError
from bridge.io.reopening import Reopenable, keep_open
from bridge.io.runner import Listener
from bridge.io.streams import Security, Streams
from bridge.io.systemd.inheritance import Inheritance, KeptStream
from bridge.io.systemd.keeping import Keeping
from bridge.io.systemd.refusal import refuse_calls, refuse_no_more
from bridge.io.tasks import Tasks
from bridge.io.tcp import TcpListener
from bridge.io.tls import Certificates, TlsFiles
from bridge.io.udp import UdpListener
from bridge.sip.addressing import host_port

# Open files beside connections: listeners, MQTT, HTTP with 64 of its own, threads.
_OTHER_FILES: Final = 256


class ListenError(Exception):
    """An address cannot be listened on; the text says why."""


class SipListener(Listener, Reopenable, Protocol):
    """A listener of any transport."""

    def start(self) -> None:
        """Begin to serve, on the running loop."""
        ...

    def hold(self) -> None:
        """Leave to the next run what waits for it in an inherited socket, and in connections that are kept."""
        ...

    async def stop(self) -> None:
        """Free the port, and close all connections."""
        ...


@dataclass(frozen=True, slots=True)
class ListenerOptions:
    """`limits.idle` must be longer than a subscription lasts; `tls` is needed for TLS."""

    max_connections: int
    limits: StreamLimits
    tls: TlsFiles | None = None


class Listeners:
    """Opens listeners that feed `feed`. What operators should read is observed as Warned.

    `inheritance` and `keeping`: what an earlier run or systemd has opened, and what the next run gets.
    """

    def __init__(
        self,
        options: ListenerOptions,
        feed: Feed,
        observe: Callable[[Observation], None],
        inheritance: Inheritance | None = None,
        keeping: Keeping | None = None,
    ) -> None:
        self._options = options
        self._inheritance = inheritance or Inheritance()
        self._keeping = keeping
        # The flows of connections of an earlier run, by what they were but for their number.
        self._resumed: dict[Flow, Flow] = {}
        self._feed = feed
        self._observe = observe
        self._capacity: Capacity | None = None
        self._certificates: Certificates | None = None
        self._open: list[SipListener] = []
        self._streams: list[Streams] = []
        self._tasks = Tasks(lambda name, error: self._warn(f"{name} failed: {error!r}"))

    def __len__(self) -> int:
        return len(self._open)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where phones are served, such as `udp://127.0.0.1:5060`."""
        return tuple(f"{one.transport}://{host_port(one.address)}" for one in self._open)

    @property
    def troubles(self) -> tuple[str, ...]:
        """Which listeners are lost at the moment, and why. May be asked in any thread."""
        return tuple(
            f"{one.transport}://{host_port(one.address)} {one.trouble}" for one in self._open if one.trouble
        )

    @property
    def connections(self) -> Mapping[str, int]:
        """How many are open, by transport. May be asked in any thread."""
        found: Counter[str] = Counter()
        for one in self._open:
            if isinstance(one, TcpListener):
                found[one.transport] += one.connections
        return found

    @property
    def socket_drops(self) -> Mapping[str, int]:
        """How many datagrams the kernel has dropped, by transport. May be asked in any thread."""
        return {"udp": sum(one.drops for one in self._open if isinstance(one, UdpListener))}

    @property
    def certificate_expiry(self) -> float | None:
        """The Unix seconds at which the certificate expires; None without one. May be asked in any thread."""
        return None if self._certificates is None else self._certificates.expires_at

    def open(self, transport: str, address: Address) -> SipListener:
        """Open a listener, and keep it open; raise ListenError."""
        where = f"{transport}://{host_port(address)}"
        inherited = self._inheritance.claim(transport, address)
        try:
            listener = self._listener(transport, address, inherited)
        except OSError as error:
            raise ListenError(
                f"SIP cannot listen on {where}: {self._obstacle(transport, address) or error.strerror}"
            ) from error
        except TlsError as error:
            raise ListenError(str(error)) from error
        self._open.append(listener)
        if inherited is None and self._inheritance.is_activated:
            self._warn(
                f"systemd does not hold {where}: what phones send there while the bridge restarts is lost."
                " Write it into the socket unit (systemctl edit), then stop service and sockets, and start them"
            )
        listener.start()
        self._tasks.start(f"the watch over {transport}", keep_open(listener, self._warn, log.note))
        return listener

    def home(self, flow: Flow) -> Flow | None:
        """The flow by which a peer of an earlier run is reached now; None if nothing has its transport.

        Where the address that the peer knows is gone, another listener takes its place.
        """
        alike = [one for one in self._open if one.transport == flow.transport]
        if any(one.serves(flow.local) for one in alike):
            return flow
        for one in alike:
            if is_same_family(one.address.host, flow.remote.host):
                moved = flow.local._replace(port=one.address.port)
                return flow._replace(local=moved if one.serves(moved) else one.address)
        return None

    def kept(self, flow: Flow) -> Flow | None:
        """The flow of a connection that has outlived the earlier run, in place of the one that it had there."""
        return self._resumed.get(flow._replace(connection=0))

    def take_over(self) -> None:
        """Go on with the connections of an earlier run, and say which sockets of systemd nobody uses."""
        for kept in self._inheritance.streams():
            flow = self._resume(kept)
            if flow is not None:
                self._resumed[flow._replace(connection=0)] = flow
        if self._keeping is not None:
            self._keeping.forget(self._inheritance.rests)
        for place, sock in self._inheritance.unclaimed():
            self._warn(
                f"systemd holds {place}, which [sip] listen does not have: it is not served. Write it into listen,"
                " or take it out of the socket unit (systemctl edit, or disable --now)"
            )
            refuse_calls(sock)

    def hold(self) -> None:
        """Leave to the next run what comes in from now on, as far as it waits for it."""
        for listener in self._open:
            listener.hold()

    def allow_idle(self, seconds: float) -> None:
        """Let streams be silent for so long, those that are open included."""
        self._options = replace(self._options, limits=replace(self._options.limits, idle=seconds))
        for streams in self._streams:
            streams.allow(self._options.limits)

    def refresh(self) -> None:
        """Take certificates that were renewed, now."""
        if self._certificates is not None:
            self._certificates.refresh(self._warn, log.note)

    async def stop(self) -> None:
        """Close all of them."""
        await self._tasks.stop()
        for listener in self._open:
            await listener.stop()
        for _, sock in self._inheritance.unclaimed():
            refuse_no_more(sock)
        self._inheritance.close()

    def _obstacle(self, transport: str, address: Address) -> str | None:
        held = self._inheritance.obstacle(transport, address)
        if held is None:
            return None
        return (
            f"systemd holds {held}; write this address into the socket unit (systemctl edit), then stop service"
            " and sockets, and start them"
        )

    def _resume(self, kept: KeptStream) -> Flow | None:
        local = Address(*kept.sock.getsockname()[:2])
        if self._keeping is not None:
            for one in self._open:
                if isinstance(one, TcpListener) and one.transport == "tcp" and one.serves(local):
                    return one.resume(kept)
            self._keeping.forget([kept.name])
        kept.sock.close()
        return None

    def _listener(self, transport: str, address: Address, inherited: socket.socket | None) -> SipListener:
        if transport == "udp":
            return UdpListener(address, self._feed, inherited)
        streams = Streams(
            self._feed,
            self._observe,
            self._room(),
            self._options.limits,
            security=self._security() if transport == "tls" else None,
            is_ours=self._is_ours,
            keeping=self._keeping if transport == "tcp" else None,
        )
        self._streams.append(streams)
        return TcpListener(address, streams, self._warn, inherited)

    def _room(self) -> Capacity:
        """The room that all streams share."""
        if self._capacity is not None:
            return self._capacity
        most = self._options.max_connections
        allowed = allow_descriptors(most + _OTHER_FILES)
        if allowed < most + _OTHER_FILES:
            self._warn(
                f"this process may open {allowed} files, too few for {most} connections:"
                " raise the limit (LimitNOFILE of systemd, ulimit -n), or lower [sip] max_connections"
            )
        self._capacity = Capacity(most)
        return self._capacity

    def _security(self) -> Security:
        if self._options.tls is None:
            raise TlsError("a tls:// address needs [sip.tls] with certificate and key")
        if self._certificates is None:
            self._certificates = Certificates(self._options.tls)
            self._tasks.start("the watch over certificates", self._certificates.watch(self._warn, log.note))
        return self._certificates

    def _is_ours(self, destination: Address) -> bool:
        return any(leads_to(one.address, destination) for one in self._open if one.transport != "udp")

    def _warn(self, text: str) -> None:
        self._observe(Warned(text))
