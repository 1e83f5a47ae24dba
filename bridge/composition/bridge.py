"""The bridge: the pure parts in their shells, opened and closed; what is measured and logged."""

import asyncio
import gc
import math
import secrets
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from bridge import __version__
from bridge.composition.broker import broker_inside
from bridge.composition.core import Core, Outside
from bridge.composition.distribution import Distribution, Observe
from bridge.composition.instruments import Instruments
from bridge.composition.options import client_id, idle, link_options, listening
from bridge.composition.pbx import stand_beside
from bridge.composition.reloading import Prepared, Reloading, served_files
from bridge.composition.supervision import Supervision
from bridge.composition.website import website
from bridge.config import Settings
from bridge.config.insecurity import insecure
from bridge.config.provisioning import FOLDER, files_url
from bridge.effects import Observation, PhoneFileAnswered
from bridge.events import (
    Address,
    BrokerConnected,
    BrokerDisconnected,
    Event,
    Flow,
    Stopping,
    StoreReturned,
    Wake,
)
from bridge.io import log
from bridge.io.collector import Collector
from bridge.io.embedded import EmbeddedBroker, EmbeddedBrokerError
from bridge.io.heartbeat import Heartbeat
from bridge.io.http import Health, HttpError, HttpServer, operation_routes
from bridge.io.listeners import ListenError, Listeners
from bridge.io.mqtt import MqttLink
from bridge.io.phone_files import Served, phone_files_route
from bridge.io.questions import Questions
from bridge.io.runner import Runner
from bridge.io.store import Content, Store, StoreInUse
from bridge.io.tasks import Tasks
from bridge.metrics import Observer, Registry, StateCollector
from bridge.metrics.revision import revision
from bridge.notifier.rows import TABLE as SUBSCRIPTIONS
from bridge.sip.addressing import host_port
from bridge.topics.readiness import Part
from bridge.topics.requests import Answer
from bridge.topics.session import state_topic
from bridge.topics.surroundings import Surroundings

# Seconds that phones have to answer the last NOTIFY when the bridge stops.
_FAREWELL = 1.0

# Seconds that a thread may keep the interpreter from the loop: a scrape must not delay a NOTIFY.
_SWITCH_INTERVAL = 0.0005

# Seconds for which the loop may be silent before it counts as hung.
_HUNG = 10.0


class StartError(Exception):
    """The bridge cannot start; the text says why."""


class Bridge:
    """Everything, put together for one configuration.

    `observers` are told what the log is told; `mqtt5` is false for a broker that is known not to
    speak MQTT 5; `store` is the file that keeps what must outlive the process, None for none. `read`
    gives the settings that stand in the file now, None where there is no file to reload. It is called in a thread.
    `supervision`: systemd, if that has started the process.
    """

    def __init__(
        self,
        settings: Settings,
        observers: Sequence[Observe] = (),
        *,
        mqtt5: bool = True,
        store: Path | None = None,
        read: Callable[[], Settings] | None = None,
        supervision: Supervision | None = None,
    ) -> None:
        self._settings = settings
        self._mqtt5 = mqtt5
        self._base_topic = settings.base_topic
        limit = settings.metrics.per_extension_limit
        self._counter = Observer(sensors=islice(settings.sensors, limit))
        self._heartbeat = Heartbeat(self._counter.lagged)
        self._supervision = supervision or Supervision({})
        self._log = log.Behind()
        self._distribution = Distribution(self._log, self._counter, self._supervision)
        for one in observers:
            self._distribution.add(one)
        self._tasks = Tasks(lambda name, error: log.warn(f"{name} failed: {error!r}"))
        self._embedded: EmbeddedBroker | None = None
        self._mqtt: MqttLink | None = None
        self._started_at = time.monotonic()

        # What is known, heard and spoken.
        observe = self._distribution.observe
        self._runner = Runner(observe)
        self._listeners = Listeners(
            listening(settings),
            self._runner.feed,
            observe,
            self._supervision.inheritance,
            self._supervision.keeping,
        )
        outside = Outside(
            self._runner.emit,
            _token,
            _wall,
            self._stream_to,
            self._surroundings(),
            store=store is not None,
            reload=self._reload,
        )
        self._core = Core(settings, outside)
        self._runner.attach(self._core.engine)
        self._collector = Collector(lambda: len(self._core.notifier))
        # Why there is none, as long as that is so: it is said once, not with each try.
        self._no_broker = ""
        self._store = Store(store, self._heard, log.warn) if store is not None else None

        self._reloading = Reloading(settings, read, self._renew, self._runner.feed, self._tasks)

        # What is measured.
        readings = Instruments(
            self._core, self._listeners, self._is_connected, lambda: self._reloading.last, store
        ).readings
        gauges = StateCollector(readings, limit)
        registry = Registry((self._counter, gauges), __version__, revision())
        routes = operation_routes(registry.expose, self._healthy, self._ready)
        self._served = Served({}, settings.sip.networks)
        if settings.provisioning.http:
            routes.append(phone_files_route(FOLDER, lambda: self._served, self._file_answered))

        # What is shown.
        self._questions = Questions(self._runner.feed)
        self._site = website(settings, self._core, self._questions, log.warn)
        routes += self._site.routes()
        self._http = HttpServer(settings.http.address, routes)

    # --- life ------------------------------------------------------------------------------------

    async def serve(self) -> int:
        """Run until SIGTERM or SIGINT; the exit status of the process. SIGHUP reloads."""
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._reload)
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
        for words in insecure(self._settings):
            log.warn(f"insecure: {words}")
        self._questions.open()
        content = self._open_store()
        self._open_sip()
        self._resume(content)
        self._open_http()
        await self._open_mqtt()
        stand_beside(self._settings.asterisk, self._runner, self._tasks)
        self._tasks.start("heartbeat", self._heartbeat.run())
        self._tasks.start("log", log.tend())
        if self._supervision.is_wanted:
            self._tasks.start("supervision", self._supervision.run(self._core, self._runner, self._store))
        self._collector.begin()
        self._tasks.start("collector", self._collector.tend())

    async def stop(self) -> None:
        """Say goodbye to phones and broker, and close everything."""
        self._supervision.stopping()
        has_farewells = len(self._core.notifier) > 0 and not self._core.memory.is_safe
        if not has_farewells:
            self._listeners.hold()
        self._runner.feed(Stopping())
        if has_farewells:
            await self._last_answers()
        if self._mqtt is not None:
            await self._mqtt.stop((state_topic(self._base_topic), b"offline"))
        if self._store is not None:
            await self._store.stop()
        # What is asked from now on nobody can keep: it is asked again in the next run.
        await self._listeners.stop()
        await self._tasks.stop()
        if self._embedded is not None:
            await self._embedded.stop()
        self._site.close()
        self._http.stop()
        await self._supervision.close()
        self._log.flush()
        log.sum_up(math.inf)

    async def _last_answers(self) -> None:
        answered = asyncio.Event()

        def look(_: Observation) -> None:
            if not self._core.endpoint.transactions[0]:
                answered.set()

        self._distribution.add(look)
        with suppress(TimeoutError):
            await asyncio.wait_for(answered.wait(), _FAREWELL)

    # --- opening ---------------------------------------------------------------------------------

    def _open_store(self) -> Content:
        if self._store is None:
            return {}
        self._runner.keep(self._store)
        try:
            content = self._store.open()
        except StoreInUse as error:
            raise StartError(f"the store {self._store.path} cannot be shared: {error}") from error
        log.note(f"the store is {self._store.path}")
        return content

    def _resume(self, content: Content) -> None:
        """Go on with what an earlier run knew; to be called when it is known who listens."""
        if self._store is not None:
            self._take_up(content)
            self._tasks.start("store", self._store.run())
            self._runner.feed(Wake())

    def _take_up(self, content: Content) -> None:
        # All that is made lives: to look through it again and again would take longer than to make it.
        gc.disable()
        self._core.resume(content, self._listeners.home, time.monotonic(), self._listeners.kept)
        gc.enable()

    def _open_sip(self) -> None:
        for transport, host, port in self._settings.sip.listeners:
            try:
                listener = self._listeners.open(transport, Address(host, port))
            except ListenError as error:
                raise StartError(str(error)) from error
            self._runner.listen(transport, listener)
            log.note(f"SIP is served on {transport}://{host_port(listener.address)}")
        self._listeners.take_over()

    def _open_http(self) -> None:
        if self._settings.provisioning.http:
            self._make_phone_files()
        try:
            address = self._http.start()
        except HttpError as error:
            raise StartError(str(error)) from error
        log.note(f"metrics are at http://{host_port(address)}/metrics")
        log.note(f"the status page is at http://{host_port(address)}/")

    def _make_phone_files(self) -> None:
        self._served = served_files(self._settings)
        url = files_url(self._settings)
        log.note(f"the files of {len(self._settings.phones)} phones are served at {url}")

    async def _open_mqtt(self) -> None:
        try:
            self._embedded = await broker_inside(self._settings)
        except EmbeddedBrokerError as error:
            raise StartError(str(error)) from error
        options = link_options(self._settings, mqtt5=self._mqtt5 and self._embedded is None)
        self._mqtt = MqttLink(options, self._heard, log.warn)
        self._runner.connect(self._mqtt)
        self._tasks.start("mqtt", self._mqtt.run())

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            name=client_id(self._settings),
            started_at=self._started_at,
            mqtt_protocol=lambda: self._mqtt.protocol if self._mqtt is not None else "",
            listeners=lambda: self._listeners.addresses,
            sip_trouble=self._sip_trouble,
            log_level=log.level,
            set_log_level=log.set_level,
            tap=self._runner.tap,
        )

    def _sip_trouble(self) -> str:
        return "; ".join(self._listeners.troubles) or ("" if self._listeners else "not served yet")

    def _stream_to(self, flow: Flow) -> Flow | None:
        """The TCP flow in place of a datagram flow, if a TCP listener can send it (RFC 3261 18.1.1)."""
        if self._settings.sip.large_requests == "never":
            return None
        stream = flow._replace(transport="tcp")
        return stream if self._runner.can_send(stream) else None

    # --- another configuration -------------------------------------------------------------------

    def _reload(self, answer: Answer = lambda _error, _data: None) -> None:
        """Take certificates that were renewed, and what the file says now."""
        self._listeners.refresh()
        self._reloading.ask(self._supervision.reloading(answer))

    def _renew(self, prepared: Prepared, now: float) -> None:
        settings = prepared.settings
        before = self._settings.log
        if settings.log.level != before.level:
            log.set_level(settings.log.level)
        if settings.log.format != before.format:
            log.configure(log.level(), settings.log.format)
        self._settings, self._served = settings, prepared.served
        self._listeners.allow_idle(idle(settings))
        self._counter.admit_sensors(islice(settings.sensors, settings.metrics.per_extension_limit))
        self._core.reload(settings, prepared.said, prepared.shown, now)

    # --- what comes in and goes out --------------------------------------------------------------

    def _heard(self, event: Event) -> None:
        """Of the broker, and of the store."""
        if isinstance(event, BrokerDisconnected) and event.reason != self._no_broker:
            self._no_broker = event.reason
            log.warn(f"no broker: {event.reason}")
        elif isinstance(event, BrokerConnected):
            self._no_broker = ""
        elif isinstance(event, StoreReturned) and event.unread:
            # Facts have been heard of meanwhile.
            self._take_up({SUBSCRIPTIONS: event.unread[SUBSCRIPTIONS]})
        self._counter.observe(event)
        self._runner.feed(event)

    # --- what is asked (in the thread of the HTTP server) ----------------------------------------

    def _file_answered(self, seen: PhoneFileAnswered) -> None:
        log.observe(seen)
        self._counter.observe(seen)

    def _is_connected(self) -> bool:
        return self._mqtt is not None and self._mqtt.connected

    def _healthy(self) -> Health:
        silence = self._heartbeat.silence
        loop = Part(silence < _HUNG, f"last beat {silence:.1f} s ago")
        return Health(loop.ok, {"healthy": loop.ok, "parts": {"loop": loop._asdict()}})

    def _ready(self) -> Health:
        readiness = self._core.readiness()
        return Health(readiness.ready, readiness.document())


def _token() -> str:
    return secrets.token_hex(8)


def _wall(now: float) -> float:
    return time.time() - time.monotonic() + now
