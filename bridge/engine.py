"""The engine: one event in, its effects out. Synchronous, and without a clock."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from bridge.events import (
    Asked,
    BrokerConnected,
    BrokerDisconnected,
    BytesReceived,
    Event,
    MessageReceived,
    PublishRefused,
    Remembered,
    Stopping,
    StoreLost,
    StoreReturned,
    TransportFailed,
    Wake,
)
from bridge.memory.memory import Memory
from bridge.model.facts import Change
from bridge.notifier.notifier import Notifier
from bridge.service import Service
from bridge.sip.endpoint import Endpoint
from bridge.timers import Timers
from bridge.topics.session import BrokerSession


class Engine:
    """`handle(event, now)` and `deadline()`; times are monotonic seconds that never go back.

    Effects leave through the `emit` that the parts were given, in the order in which they must be
    carried out. A shell calls `handle(Wake(), now)` when the deadline has come; a deadline in the
    past means that a fair slice of work is waiting, behind whatever else has arrived meanwhile.
    `now` is the time of the event that is being handled, for who observes its effects.
    """

    def __init__(
        self,
        timers: Timers,
        session: BrokerSession,
        endpoint: Endpoint,
        notifier: Notifier,
        memory: Memory,
        services: Sequence[Service] = (),
        handlers: Mapping[type[Event], Callable[[Any, float], None]] = MappingProxyType({}),
    ) -> None:
        """`services` are told of every change after the first watchers, in this order.

        `handlers` take the kinds of events that not every bridge has.
        """
        self.now = float("-inf")
        self._timers = timers
        self._session = session
        self._endpoint = endpoint
        self._notifier = notifier
        self._memory = memory
        self._services = tuple(services)
        self._working = False
        self._told: tuple[MessageReceived, Change | None] | None = None
        self._dispatch: dict[type[Event], Callable[[Any, float], None]] = {
            BytesReceived: self._bytes_received,
            TransportFailed: self._transport_failed,
            MessageReceived: self._message_received,
            BrokerConnected: session.connected,
            BrokerDisconnected: lambda event, now: session.disconnected(event.reason, now),
            PublishRefused: session.refused,
            Remembered: memory.remembered,
            StoreLost: memory.lost,
            StoreReturned: lambda _, now: memory.returned(now),
            Wake: lambda _, _now: None,
            Asked: lambda event, now: event.question(now),
            Stopping: self._stopping,
            **handlers,
        }

    def handle(self, event: Event, now: float) -> None:
        """Take one event, make every call that is due, and do a slice of what is queued.

        No slice behind what a phone sends: hundreds of datagrams come in one round of the loop, mostly answers
        to the slice before, and with a slice for each the broker would wait until everybody is told.
        """
        self.now = now
        kind = type(event)
        self._dispatch[kind](event, now)
        self._timers.run(now)
        if kind is BytesReceived:
            self._working = self._notifier.has_work or self._memory.has_work
        else:
            is_telling = self._notifier.work(now)
            self._working = self._memory.work(now) or is_telling
        self._follow_up(now)

    def deadline(self) -> float | None:
        """When `handle` wants to be called again, or None if only an event can change anything."""
        return float("-inf") if self._working else self._timers.deadline()

    def _bytes_received(self, event: BytesReceived, now: float) -> None:
        self._endpoint.receive(event.flow, event.data, now)

    def _transport_failed(self, event: TransportFailed, now: float) -> None:
        self._endpoint.transport_failed(event.flow, now)
        self._notifier.transport_failed(event.flow, now)

    def _message_received(self, event: MessageReceived, now: float) -> None:
        change = self._session.received(event, now)
        if change is not None:
            self._notifier.changed(change, now)
        self._told = event, change

    def _follow_up(self, now: float) -> None:
        """What a message means to others than watchers; these have been told by now, or the first of them."""
        if self._told is None:
            return
        (event, change), self._told = self._told, None
        if change is not None:
            for service in self._services:
                service.changed(change, now)
        self._session.sense(event, now)

    def _stopping(self, _event: Stopping, now: float) -> None:
        self._session.stopping()
        if self._memory.is_safe:
            # The subscriptions go on in the next run.
            self._memory.flush(now)
        else:
            self._notifier.stop(now)
