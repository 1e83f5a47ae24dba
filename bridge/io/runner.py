"""Feeds the engine, carries out its commands, hands on its observations, and keeps the one timer."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from bridge.effects import Effect, Publish, Remember, Rewrite, Send, Subscribe, Unsubscribe
from bridge.events import Address, BytesReceived, Event, Flow, Wake
from bridge.pbx import DropAsterisk, PbxCommand, SendToAsterisk

_NEVER = float("inf")


class Core(Protocol):
    """What is run: the engine, or a subscriber of the same build."""

    def handle(self, event: Event, now: float) -> None:
        """Take one event."""
        ...

    def deadline(self) -> float | None:
        """When to be called again."""
        ...


class Listener(Protocol):
    """A transport on one port."""

    def serves(self, local: Address) -> bool:
        """Whether a flow with this local address is ours."""
        ...

    def send(self, flow: Flow, data: bytes) -> None:
        """Send to the flow's remote address."""
        ...


class Broker(Protocol):
    """An MQTT connection."""

    def subscribe(self, filters: Iterable[str]) -> None:
        """Subscribe with QoS 1."""
        ...

    def unsubscribe(self, filters: Iterable[str]) -> None:
        """End the subscriptions to these."""
        ...

    def publish(
        self, topic: str, payload: bytes, retain: bool, qos: int, correlation: bytes, every: bool
    ) -> None:
        """Publish."""
        ...


class Store(Protocol):
    """What outlives the process."""

    def put(self, command: Remember | Rewrite, /) -> None:
        """Write this when its turn comes."""
        ...


class Pbx(Protocol):
    """The connection to an Asterisk."""

    def carry_out(self, command: PbxCommand, /) -> None:
        """Send, or close."""
        ...


class Runner:
    """Between the event and its effects there is no await: a command is carried out as it is emitted.

    But for what is published: it leaves in its order when the event has been handled, behind what phones are
    sent. To publish takes as long as a NOTIFY and its answer.
    """

    def __init__(self, observe: Callable[[Any], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._observe = observe
        self._clock = clock
        self._core: Core | None = None
        self._listeners: list[tuple[str, Listener]] = []
        self._by_local: dict[tuple[str, Address], Listener] = {}
        self._broker: Broker | None = None
        self._store: Store | None = None
        self._to_publish: list[Publish] = []
        self._pbx: Pbx | None = None
        self._tap: Callable[[str, Flow, bytes, float], None] | None = None
        self._fed_at = self._clock()
        self._timer: asyncio.Handle | None = None
        self._armed_for = _NEVER
        self._commands: Mapping[type, Callable[[Any], None]] = {
            Send: self._send,
            Publish: self._to_publish.append,
            Subscribe: self._subscribe,
            Unsubscribe: self._unsubscribe,
            Remember: self._remember,
            Rewrite: self._remember,
            SendToAsterisk: self._tell_asterisk,
            DropAsterisk: self._tell_asterisk,
        }

    def attach(self, core: Core) -> None:
        """Run this core; on the running loop."""
        self._core = core

    def listen(self, transport: str, listener: Listener) -> None:
        """Send by this listener what has its transport and local address."""
        self._listeners.append((transport, listener))

    def can_send(self, flow: Flow) -> bool:
        """Whether there is a listener for the flow's transport and local address."""
        return any(
            transport == flow.transport and listener.serves(flow.local)
            for transport, listener in self._listeners
        )

    def connect(self, broker: Broker) -> None:
        """Publish and subscribe by this connection."""
        self._broker = broker

    def keep(self, store: Store) -> None:
        """Keep in this store what must outlive the process."""
        self._store = store

    def stand_beside(self, pbx: Pbx) -> None:
        """Speak with Asterisk by this connection."""
        self._pbx = pbx

    def tap(self, tap: Callable[[str, Flow, bytes, float], None] | None) -> None:
        """Show each message of SIP: `in` before it is handled, `out` before it is sent. None: no longer."""
        self._tap = tap

    def feed(self, event: Event) -> None:
        """Let the core handle an event that has just happened."""
        if self._core is None:
            raise AssertionError("a core is attached before anything is fed")
        now = self._clock()
        if self._tap is not None and isinstance(event, BytesReceived):
            self._tap("in", event.flow, event.data, now)
        self._core.handle(event, now)
        self._fed_at = now
        if self._to_publish:
            self._publish_all()
        self._arm(now)

    @property
    def overdue(self) -> float:
        """The seconds for which the core has done nothing though it was due; 0 while it is in time."""
        deadline = None if self._core is None else self._core.deadline()
        return 0.0 if deadline is None else max(0.0, self._clock() - max(deadline, self._fed_at))

    def emit(self, effect: Effect) -> None:
        """Carry out a command, or hand on an observation."""
        command = self._commands.get(type(effect))
        if command is not None:
            command(effect)
        else:
            self._observe(effect)

    def _send(self, effect: Send) -> None:
        flow = effect.flow
        listener = self._by_local.get((flow.transport, flow.local))
        if listener is None:
            listener = self._by_local[flow.transport, flow.local] = self._listener(flow)
        if self._tap is not None:
            self._tap("out", flow, effect.data, self._clock())
        listener.send(flow, effect.data)

    def _listener(self, flow: Flow) -> Listener:
        for transport, listener in self._listeners:
            if transport == flow.transport and listener.serves(flow.local):
                return listener
        raise AssertionError(f"no listener for {flow}: flows are made by listeners")

    def _publish_all(self) -> None:
        messages, self._to_publish[:] = tuple(self._to_publish), ()
        if self._broker is not None:
            for message in messages:
                self._broker.publish(*message)

    def _subscribe(self, effect: Subscribe) -> None:
        self._publish_all()
        if self._broker is not None:
            self._broker.subscribe(effect.filters)

    def _unsubscribe(self, effect: Unsubscribe) -> None:
        self._publish_all()
        if self._broker is not None:
            self._broker.unsubscribe(effect.filters)

    def _remember(self, command: Remember | Rewrite) -> None:
        if self._store is not None:
            self._store.put(command)

    def _tell_asterisk(self, command: PbxCommand) -> None:
        if self._pbx is not None:
            self._pbx.carry_out(command)

    def _arm(self, now: float) -> None:
        deadline = self._core.deadline() if self._core is not None else None
        # Waking too early costs less than moving the timer with each answer that cancels one.
        if deadline is None or self._armed_for <= deadline:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._armed_for = deadline
        loop = asyncio.get_running_loop()
        if deadline <= now:
            # Behind the sockets that are readable by now.
            self._timer = loop.call_soon(self._wake)
        else:
            self._timer = loop.call_later(deadline - now, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._armed_for = _NEVER
        self.feed(Wake())
