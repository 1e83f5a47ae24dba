"""The composition root: what is known, heard and spoken; what is measured and logged."""

import asyncio
import gc
import secrets
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from bridge import __version__
from bridge.config import MqttSettings, Settings
from bridge.effects import Observation
from bridge.engine import Engine
from bridge.events import Address, BrokerDisconnected, Event, Flow, Stopping
from bridge.io import log
from bridge.io.embedded import DEFAULT_ADDRESS, EmbeddedBroker, EmbeddedBrokerError, is_listening
from bridge.io.http import Health, HttpError, HttpServer, operation_routes
from bridge.io.mqtt import MqttLink, MqttOptions
from bridge.io.runner import Runner
from bridge.io.tasks import Tasks
from bridge.io.udp import UdpListener
from bridge.metrics import Observer, Readings, StateCollector, create_registry
from bridge.model.state import State
from bridge.notifier.bodies import PRESENCE_BODIES
from bridge.notifier.capacity import Limits
from bridge.notifier.notifier import Notifier, NotifierOptions
from bridge.notifier.packages import PACKAGES
from bridge.registrar.interval import Interval
from bridge.registrar.publisher import Publisher, PublisherOptions
from bridge.registrar.registrar import Registrar
from bridge.service import Context
from bridge.sip.addressing import host_port
from bridge.sip.endpoint import Endpoint, EndpointOptions
from bridge.sip.gate import Gate, GateOptions
from bridge.timers import Timers
from bridge.topics.hints import HintTopics
from bridge.topics.session import BrokerSession, Link, state_topic
from bridge.topics.truth import Truth

AGENT = f"Presence Bridge/{__version__}"

# Seconds that phones have to answer the last NOTIFY when the bridge stops.
_FAREWELL = 1.0

# Seconds that a thread may keep the interpreter from the loop: a scrape must not delay a NOTIFY.
_SWITCH_INTERVAL = 0.0005

# Seconds for which the loop may be silent before it counts as hung.
_HUNG = 10.0

Observe = Callable[[Observation], None]


class StartError(Exception):
    """The bridge cannot start; the text says why."""


class Bridge:
    """Everything, put together for one configuration.

    `observers` are told what the log is told; `mqtt5` is false for a broker that is known not to
    speak MQTT 5.
    """

    def __init__(self, settings: Settings, observers: Sequence[Observe] = (), *, mqtt5: bool = True) -> None:
        self._settings = settings
        self._mqtt5 = mqtt5
        self._base_topic = settings.base_topic
        self._counter = Observer()
        self._observers = (log.observe, self._counter.observe, *observers)
        self._tasks = Tasks(lambda name, error: log.warn(f"{name} failed: {error!r}"))
        self._embedded: EmbeddedBroker | None = None
        self._mqtt: MqttLink | None = None
        self._listeners: list[UdpListener] = []
        self._broker_state = "not connected yet"
        self._heartbeat_at = time.monotonic()

        # What is known.
        self._runner = Runner(self._observe)
        timers, emit = Timers(), self._runner.emit
        self._state = State(settings.parsed_hints)

        # What is heard: MQTT.
        truth = Truth(self._state, self._base_topic, emit)
        hint_topics = HintTopics(self._state, self._base_topic, emit, timers)
        self._session = BrokerSession(self._base_topic, truth, hint_topics, timers, emit, _token)

        # What is spoken: SIP.
        self._endpoint = Endpoint(
            EndpointOptions(tuple(PACKAGES), tuple(PRESENCE_BODIES), AGENT),
            timers,
            emit,
            _token,
            Gate(_admission(settings), settings.sip.parsed_users, emit, _token).admit,
        )
        context = Context(self._state, timers, emit, _token)
        self._notifier = Notifier(
            context, self._endpoint, _pace(settings), hint_topics.watchers, self._stream_to
        )
        interval = Interval(settings.sip.min_expires_seconds, settings.sip.max_expires_seconds)
        publisher = PublisherOptions(interval, settings.sip.accept_publish)
        self._publisher = Publisher(context, self._endpoint, publisher, truth.claims)
        self._registrar = None
        if settings.sip.accept_register:
            self._registrar = Registrar(context, self._endpoint, interval)
        self._runner.attach(Engine(timers, self._session, self._endpoint, self._notifier, [hint_topics]))

        # What is measured.
        registry = create_registry((self._counter, StateCollector(self._readings())), __version__)
        routes = operation_routes(registry, self._healthy, self._ready)
        self._http = HttpServer(settings.http.address, routes)

    # --- life ------------------------------------------------------------------------------------

    async def serve(self) -> int:
        """Run until SIGTERM or SIGINT; the exit status of the process."""
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        try:
            await self.start()
            await stop.wait()
        except StartError as error:
            log.fail(str(error))
            return 1
        finally:
            await self.stop()
        return 0

    async def start(self) -> None:
        """Open everything. Raise StartError; `stop` closes what was opened by then."""
        sys.setswitchinterval(_SWITCH_INTERVAL)
        self._open_sip()
        self._open_http()
        await self._open_mqtt()
        self._tasks.start("heartbeat", self._beat())
        # What lives by now lives long; the collector need not look at it again.
        gc.collect()
        gc.freeze()

    async def stop(self) -> None:
        """Say goodbye to phones and broker, and close everything."""
        if self._notifier.subscriptions:
            self._runner.feed(Stopping())
            await self._last_answers()
        if self._mqtt is not None:
            await self._mqtt.stop((state_topic(self._base_topic), b"offline"))
        await self._tasks.stop()
        if self._embedded is not None:
            await self._embedded.stop()
        self._http.stop()
        for listener in self._listeners:
            listener.close()

    async def _last_answers(self) -> None:
        answered = asyncio.Event()

        def look(_: Observation) -> None:
            if not self._endpoint.transactions[0]:
                answered.set()

        self._observers = (*self._observers, look)
        with suppress(TimeoutError):
            await asyncio.wait_for(answered.wait(), _FAREWELL)

    async def _beat(self) -> None:
        while True:
            self._heartbeat_at = time.monotonic()
            await asyncio.sleep(1)

    # --- opening ---------------------------------------------------------------------------------

    def _open_sip(self) -> None:
        for transport, host, port in self._settings.sip.listeners:
            try:
                listener = UdpListener(Address(host, port), self._runner.feed)
            except OSError as error:
                where = f"{transport}://{host_port(Address(host, port))}"
                raise StartError(f"SIP cannot listen on {where}: {error.strerror}") from error
            self._listeners.append(listener)
            self._runner.listen(transport, listener)
            listener.start()
            log.note(f"SIP is served on {transport}://{host_port(listener.address)}")

    def _open_http(self) -> None:
        try:
            address = self._http.start()
        except HttpError as error:
            raise StartError(str(error)) from error
        log.note(f"metrics are at http://{host_port(address)}/metrics")

    async def _open_mqtt(self) -> None:
        embedded = self._settings.mqtt is None and not await self._found_broker()
        if embedded:
            await self._open_embedded()
        mqtt = self._settings.mqtt or MqttSettings()
        options = MqttOptions(
            host=mqtt.host,
            port=mqtt.port,
            client_id=mqtt.client_id or f"presence-bridge-{socket.gethostname()}",
            will_topic=state_topic(self._base_topic),
            username=mqtt.username,
            password=mqtt.password.get_secret_value() if mqtt.password is not None else None,
            keepalive_seconds=mqtt.keepalive_seconds,
            mqtt5=self._mqtt5 and not embedded,
        )
        self._mqtt = MqttLink(options, self._heard, log.warn)
        self._runner.connect(self._mqtt)
        self._tasks.start("mqtt", self._mqtt.run())

    async def _found_broker(self) -> bool:
        """With no broker configured, one that runs already is the better one."""
        found = await is_listening(*DEFAULT_ADDRESS)
        if found:
            log.warn(
                f"no [mqtt] is configured; the broker that listens on {host_port(DEFAULT_ADDRESS)} is used. "
                "Write [mqtt] into the configuration to choose it for good"
            )
        return found

    async def _open_embedded(self) -> None:
        self._embedded = EmbeddedBroker(DEFAULT_ADDRESS)
        try:
            await self._embedded.start()
        except EmbeddedBrokerError as error:
            raise StartError(str(error)) from error
        log.warn(
            f"no [mqtt] is configured: a broker runs inside the bridge, on {host_port(DEFAULT_ADDRESS)}. "
            "What it retains is lost when the bridge stops; name a broker of your own for good use"
        )

    def _stream_to(self, flow: Flow) -> Flow | None:
        """The TCP flow in place of a datagram flow, if a TCP listener can send it (RFC 3261 18.1.1)."""
        if self._settings.sip.large_requests == "never":
            return None
        stream = flow._replace(transport="tcp")
        return stream if self._runner.can_send(stream) else None

    # --- what comes in and goes out --------------------------------------------------------------

    def _heard(self, event: Event) -> None:
        if isinstance(event, BrokerDisconnected):
            self._broker_state = event.reason
            log.warn(f"no broker: {event.reason}")
        self._counter.observe(event)
        self._runner.feed(event)

    def _observe(self, effect: Observation) -> None:
        for observer in self._observers:
            observer(effect)

    # --- what is asked (in the thread of the HTTP server) ----------------------------------------

    def _readings(self) -> Readings:
        return Readings(
            ready=lambda: self._ready().ok,
            mqtt_connected=lambda: self._mqtt is not None and self._mqtt.connected,
            subscriptions=lambda: len(self._notifier.subscriptions),
            in_flight=lambda: self._endpoint.transactions[0],
            queued=lambda: self._notifier.queued,
            unconverged=lambda: self._notifier.behind(time.monotonic()),
            extensions=self._extensions,
        )

    def _extensions(self) -> Iterator[tuple[str, int]]:
        for hint in self._state:
            yield hint.extension, self._state.extension_state(hint.extension).presence.state.code

    def _healthy(self) -> Health:
        silent = time.monotonic() - self._heartbeat_at
        return Health(silent < _HUNG, {"loop_silent_seconds": round(silent, 1)})

    def _ready(self) -> Health:
        synchronised = self._session.link is Link.SYNCHRONISED
        broker = "synchronised" if synchronised else self._broker_state
        return Health(synchronised and bool(self._listeners), {"mqtt": broker, "sip": len(self._listeners)})


def _pace(settings: Settings) -> NotifierOptions:
    sip = settings.sip
    return NotifierOptions(
        sip.min_expires_seconds,
        sip.max_expires_seconds,
        sip.notify_min_interval_seconds,
        AGENT,
        Limits(sip.max_subscriptions, sip.max_subscriptions_per_source),
    )


def _admission(settings: Settings) -> GateOptions:
    sip = settings.sip
    return GateOptions(
        sip.networks, sip.realm, sip.offered_algorithms, sip.lowered_md5_only, sip.digest_without_qop
    )


def _token() -> str:
    return secrets.token_hex(8)
