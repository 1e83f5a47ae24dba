"""The bridge: the pure parts in their shells, opened and closed; what is measured and logged."""

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
from bridge.composition.core import Core, Outside
from bridge.config import MqttSettings, Settings
from bridge.config.provisioning import FOLDER, PasswordUnreadable, files_url, provisioned
from bridge.effects import Observation
from bridge.events import Address, BrokerDisconnected, Event, Flow, Stopping
from bridge.io import log
from bridge.io.connection import StreamLimits
from bridge.io.embedded import DEFAULT_ADDRESS, EmbeddedBroker, EmbeddedBrokerError, is_listening
from bridge.io.http import Health, HttpError, HttpServer, operation_routes
from bridge.io.listeners import ListenerOptions, ListenError, Listeners
from bridge.io.mqtt import MqttLink, MqttOptions
from bridge.io.phone_files import phone_files_route
from bridge.io.runner import Runner
from bridge.io.tasks import Tasks
from bridge.io.tls import TlsFiles
from bridge.metrics import Observer, Readings, StateCollector, create_registry
from bridge.phones.files import phone_files
from bridge.sip.addressing import host_port
from bridge.sip.transaction import TimerValues
from bridge.topics.session import state_topic

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
        self._broker_state = "not connected yet"
        self._heartbeat_at = time.monotonic()

        # What is known, heard and spoken.
        self._runner = Runner(self._observe)
        self._listeners = Listeners(_listening(settings), self._runner.feed, self._observe)
        self._core = Core(settings, Outside(self._runner.emit, _token, _wall, self._stream_to))
        self._runner.attach(self._core.engine)

        # What is measured.
        registry = create_registry((self._counter, StateCollector(self._readings())), __version__)
        routes = operation_routes(registry, self._healthy, self._ready)
        self._phone_files: dict[str, bytes] = {}
        if settings.provisioning.http:
            networks = settings.sip.networks
            routes.append(phone_files_route(FOLDER, self._phone_files, networks, log.observe))
        self._http = HttpServer(settings.http.address, routes)

    # --- life ------------------------------------------------------------------------------------

    async def serve(self) -> int:
        """Run until SIGTERM or SIGINT; the exit status of the process. SIGHUP takes renewed certificates."""
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._listeners.refresh)
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
        if self._core.notifier.subscriptions:
            self._runner.feed(Stopping())
            await self._last_answers()
        if self._mqtt is not None:
            await self._mqtt.stop((state_topic(self._base_topic), b"offline"))
        await self._tasks.stop()
        if self._embedded is not None:
            await self._embedded.stop()
        self._http.stop()
        await self._listeners.stop()

    async def _last_answers(self) -> None:
        answered = asyncio.Event()

        def look(_: Observation) -> None:
            if not self._core.endpoint.transactions[0]:
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
                listener = self._listeners.open(transport, Address(host, port))
            except ListenError as error:
                raise StartError(str(error)) from error
            self._runner.listen(transport, listener)
            log.note(f"SIP is served on {transport}://{host_port(listener.address)}")

    def _open_http(self) -> None:
        if self._settings.provisioning.http:
            self._make_phone_files()
        try:
            address = self._http.start()
        except HttpError as error:
            raise StartError(str(error)) from error
        log.note(f"metrics are at http://{host_port(address)}/metrics")

    def _make_phone_files(self) -> None:
        url = files_url(self._settings)
        try:
            for phone in provisioned(self._settings):
                self._phone_files.update(phone_files(phone, url))
        except PasswordUnreadable as error:
            raise StartError(str(error)) from error
        log.warn(
            f"the files of {len(self._settings.phones)} phones are served at {url} without encryption:"
            " the passwords in them can be read on the way"
        )

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
            subscriptions=lambda: len(self._core.notifier.subscriptions),
            in_flight=lambda: self._core.endpoint.transactions[0],
            queued=lambda: self._core.notifier.queued,
            unconverged=lambda: self._core.notifier.behind(time.monotonic()),
            extensions=self._extensions,
        )

    def _extensions(self) -> Iterator[tuple[str, int]]:
        for hint in self._core.state:
            yield hint.extension, self._core.state.extension_state(hint.extension).presence.state.code

    def _healthy(self) -> Health:
        silent = time.monotonic() - self._heartbeat_at
        return Health(silent < _HUNG, {"loop_silent_seconds": round(silent, 1)})

    def _ready(self) -> Health:
        synchronised = self._core.is_synchronised()
        broker = "synchronised" if synchronised else self._broker_state
        troubles = self._listeners.troubles
        sip = "; ".join(troubles) or ("served" if self._listeners else "not served yet")
        return Health(synchronised and sip == "served", {"mqtt": broker, "sip": sip})


def _listening(settings: Settings) -> ListenerOptions:
    sip = settings.sip
    # A phone that watches says something when it refreshes; a transaction later it has failed to.
    idle = sip.max_expires_seconds + TimerValues().transaction
    tls = TlsFiles(*sip.tls.files) if sip.tls is not None else None
    return ListenerOptions(sip.max_connections, StreamLimits(idle=idle), tls)


def _token() -> str:
    return secrets.token_hex(8)


def _wall(now: float) -> float:
    return time.time() - time.monotonic() + now
