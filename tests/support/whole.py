"""The whole of the pure parts for one configuration, with a pretended broker that retains and gives back.

whole = Whole({"hints": [{"extension": "2000", "hint": "SIP/2000"}]})
phone = whole.phone()
phone.subscribe("2000")
whole.reload({"hints": []})
"""

import json
from collections import deque
from functools import partial

from paho.mqtt.client import topic_matches_sub

from bridge.composition.core import Core, Outside
from bridge.composition.options import configured, governed_providers, home_options
from bridge.config import Settings
from bridge.config.reload import Renewed, renewed
from bridge.effects import Effect, Publish, Remember, Rewrite, Send, Subscribe, Unsubscribe
from bridge.events import Address, Asked, BrokerConnected, BrokerDisconnected, Event, MessageReceived, Wake
from bridge.homeassistant.home import showing
from support.context import wall
from support.disk import Disk
from support.phone import Phone

BASE = "presence-bridge"


class Whole:
    """Connected and synchronised. The broker delivers at once, and holds `retained` from the beginning."""

    def __init__(
        self, config: dict, retained: dict[str, str] | None = None, disk: Disk | None = None
    ) -> None:
        self.now = 1000.0
        self.effects: list[Effect] = []
        self.phones: dict[Address, Phone] = {}
        self.retained = {topic: text.encode() for topic, text in (retained or {}).items()}
        self.filters: dict[str, None] = {}
        self.disk = disk
        self._connected = False
        self._to_us: deque[MessageReceived] = deque()
        self._tokens = iter(range(1, 1_000_000))
        self.settings = Settings.model_validate(config)
        outside = Outside(self._emit, self._token, wall, lambda _flow: None, store=disk is not None)
        self.core = Core(self.settings, outside)
        self.connect()

    # --- what happens ---

    def connect(self) -> None:
        """The broker is there."""
        self._connected = True
        self.filters.clear()
        self.feed(BrokerConnected())

    def disconnect(self) -> None:
        """The broker is gone, and forgets whom it had to tell what."""
        self._connected = False
        self._to_us.clear()
        self.feed(BrokerDisconnected("gone"))

    def reload(self, config: dict) -> Renewed:
        """The file says this now, and somebody asks for it to be read."""
        new = renewed(self.settings, Settings.model_validate(config))
        self.settings = new.settings
        said = configured(new.settings, new.restart_needed)
        hints, governed = new.settings.parsed_hints, governed_providers(new.settings)
        shown = showing(home_options(new.settings), hints, governed)
        self.feed(Asked(partial(self.core.reload, new.settings, said, shown)))
        return new

    def say(self, topic: str, payload: str, *, retain: bool = False) -> None:
        """Somebody publishes."""
        self._publish(Publish(topic, payload.encode(), retain))
        self.settle()

    def phone(self, host: str = "127.0.0.1", **traits: object) -> Phone:
        """A pretended Digium phone at an address of its own."""
        address = Address(host, 40_000 + len(self.phones))
        self.phones[address] = phone = Phone(self, address, **traits)
        return phone

    def feed(self, event: Event) -> None:
        """One event, and all that follows from it at once."""
        self.core.engine.handle(event, self.now)
        self.settle()

    def settle(self) -> None:
        """Deliver, and do what is due."""
        for _ in range(100_000):
            deadline = self.core.engine.deadline()
            if self._to_us:
                self.core.engine.handle(self._to_us.popleft(), self.now)
            elif deadline is not None and deadline <= self.now:
                self.core.engine.handle(Wake(), self.now)
            elif self.disk is not None and self.disk.has_work and not self.disk.slow:
                self.core.engine.handle(self.disk.commit(), self.now)
            else:
                return
        raise AssertionError("the engine does not come to rest")

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        end = self.now + seconds
        while (deadline := self.core.engine.deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self.feed(Wake())
        self.now = end

    # --- what is seen ---

    def of(self, kind: type) -> list:
        """The effects of one kind so far."""
        return [effect for effect in self.effects if type(effect) is kind]

    def held(self, topic: str) -> object:
        """What the broker retains under our base topic, decoded; None for nothing."""
        payload = self.retained.get(f"{BASE}/{topic}")
        return None if payload is None else json.loads(payload)

    def ask(self, command: str, **arguments: object) -> dict:
        """Ask the bridge by MQTT, and return its answer."""
        self.say(f"{BASE}/bridge/request/{command}", json.dumps(arguments))
        answers = [one for one in self.of(Publish) if one.topic == f"{BASE}/bridge/response/{command}"]
        return json.loads(answers[-1].payload)

    def _emit(self, effect: Effect) -> None:
        self.effects.append(effect)
        if isinstance(effect, Publish) and self._connected:
            self._publish(effect)
        elif isinstance(effect, Subscribe):
            for wanted in effect.filters:
                self.filters[wanted] = None
                for topic, payload in self.retained.items():
                    if topic_matches_sub(wanted, topic):
                        self._to_us.append(MessageReceived(topic, payload, True, self.now))
        elif isinstance(effect, Unsubscribe):
            for gone in effect.filters:
                self.filters.pop(gone, None)
        elif isinstance(effect, Remember | Rewrite) and self.disk is not None:
            self.disk.put(effect)
        elif isinstance(effect, Send) and (phone := self.phones.get(effect.flow.remote)):
            phone.received.append(effect.data)

    def _publish(self, message: Publish) -> None:
        if message.retain and message.payload:
            self.retained[message.topic] = message.payload
        elif message.retain:
            self.retained.pop(message.topic, None)
        if message.topic in self.filters or any(
            topic_matches_sub(wanted, message.topic)
            for wanted in self.filters
            if wanted[-1] == "#" or "+" in wanted
        ):
            self._to_us.append(MessageReceived(message.topic, message.payload, False, self.now))

    def _token(self) -> str:
        return f"{next(self._tokens):016x}"
