"""What the bridge tells Home Assistant, with a pretended broker and a pretended Home Assistant.

broker = Broker()
hass = broker.home_assistant()
house = House("2000 = ,CustomPresence:2000", broker=broker)
house.connect()
assert "presence-bridge_presence_2000_state" in hass.entities
"""

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from bridge.effects import Effect, Publish
from bridge.events import MessageReceived
from bridge.homeassistant.home import HomeAssistant, HomeOptions, showing
from bridge.homeassistant.pace import Step
from bridge.model.facts import presence_key
from bridge.model.hint import Hint, parse_hint
from bridge.model.presence import parse_presence
from bridge.model.state import State
from bridge.mqtt.filter import TopicFilter
from bridge.timers import Timers
from support.context import pretended_context

BASE = "presence-bridge"
HALFWAY = "8000000000000000"  # of all tokens


class Broker:
    """What is retained, and all that was published to it. It loses messages on topics that it `refuses`."""

    def __init__(self) -> None:
        self.retained: dict[str, bytes] = {}
        self.log: list[Publish] = []
        self.refuses: Callable[[str], bool] = lambda _topic: False
        self.listeners: list[Callable[[str, bytes], None]] = []

    def publish(self, message: Publish) -> None:
        self.log.append(message)
        if message.retain and message.payload:
            self.retained[message.topic] = message.payload
        elif message.retain:
            self.retained.pop(message.topic, None)
        for listener in self.listeners:
            listener(message.topic, message.payload)

    def documents(self) -> dict[str, object]:
        """What is retained for discovery, decoded."""
        return {
            topic: json.loads(payload)
            for topic, payload in self.retained.items()
            if topic.endswith("/config")
        }

    def home_assistant(self) -> "PretendedHomeAssistant":
        hass = PretendedHomeAssistant()
        self.listeners.append(hass.received)
        return hass


class PretendedHomeAssistant:
    """Discovery as Home Assistant 2024.12 and newer does it: a unique id belongs to the topic it came by.

    `entities`: unique id -> topic and component, those that are there. `registry`: unique id -> entity id,
    which the user may have changed; removed entities are forgotten, released ones are not.
    """

    def __init__(self) -> None:
        self.entities: dict[str, tuple[str, str]] = {}
        self.registry: dict[str, str] = {}
        self.conflicts: list[str] = []

    def received(self, topic: str, payload: bytes) -> None:
        levels = topic.split("/")
        if levels[-1] != "config":
            return
        document = json.loads(payload) if payload else None
        if document is None or document == {"migrate_discovery": True}:
            self._leave(topic, keep=document is not None)
        elif levels[1] == "device":
            for key, component in document["components"].items():
                self._discover((topic, key), component if len(component) > 1 else None)
        else:
            self._discover((topic, ""), document)

    def _leave(self, topic: str, *, keep: bool) -> None:
        for unique_id in [unique_id for unique_id, source in self.entities.items() if source[0] == topic]:
            del self.entities[unique_id]
            if not keep:
                del self.registry[unique_id]

    def _discover(self, source: tuple[str, str], config: dict[str, object] | None) -> None:
        if config is None:
            for unique_id in [unique_id for unique_id, known in self.entities.items() if known == source]:
                del self.entities[unique_id], self.registry[unique_id]
            return
        unique_id = str(config["unique_id"])
        if self.entities.setdefault(unique_id, source) != source:
            self.conflicts.append(unique_id)
            return
        self.registry.setdefault(unique_id, str(config["default_entity_id"]))


class House:
    """The part of the bridge that speaks to Home Assistant, at second 1000 of a pretended clock."""

    def __init__(
        self,
        *hints: str | Hint,
        broker: Broker | None = None,
        governed: Iterable[str] = (),
        repeat: Callable[[], Collection[Step]] = list,
        tidy: Collection[Step] = (),
        **options: str,
    ) -> None:
        self.now = 1000.0
        self.broker = broker or Broker()
        self.unanswered: list[str] = []
        self.timers = Timers()
        self.state = State([hint if isinstance(hint, Hint) else _hint(hint) for hint in hints])
        self._connected = False
        self._echoes: list[Publish] = []
        context = pretended_context(self.state, self._emit, self.timers)
        context = replace(context, token=lambda: HALFWAY)
        self.home = HomeAssistant(
            context,
            HomeOptions(BASE, "1.2.3", **options),
            tuple(self.state),
            governed,
            repeat,
            tidy,
            lambda topic, _seconds: self.unanswered.append(topic),
        )
        self._filters = [_matcher(topic_filter) for topic_filter in self.home.filters]

    def connect(self, seconds: float = 60.0) -> None:
        """The broker accepts us, what it retains is read, and time passes."""
        self.read()
        self.advance(seconds)

    def read(self) -> None:
        """The broker accepts us, and what it retains is read."""
        self._connected = True
        for topic, payload in [*self.broker.retained.items()]:
            self.hear(topic, payload, retained=True)
        self.home.synchronised(self.now)

    def replace(self, *hints: str, governed: Iterable[str] = (), **options: str) -> None:
        """The configuration is another; what is to be read now is subscribed to."""
        parsed = tuple(map(_hint, hints))
        self.state.replace_hints(parsed)
        self.home.replace(showing(HomeOptions(BASE, "1.2.3", **options), parsed, governed), self.now)
        self._filters = [_matcher(topic_filter) for topic_filter in self.home.filters]

    def disconnect(self) -> None:
        """The broker is lost, with what it had not given back yet."""
        self._connected = False
        self._echoes.clear()
        self.home.disconnected()

    def advance(self, seconds: float) -> None:
        """Let time pass; the broker gives back at once."""
        end = self.now + seconds
        self._give_back()
        while (deadline := self.timers.deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self.timers.run(self.now)
            self._give_back()
        self.now = end

    def hear(self, topic: str, payload: bytes, *, retained: bool = False) -> bool:
        """One message of the broker, if it was subscribed to; whether it was taken."""
        if not any(matches(topic) for matches in self._filters):
            return False
        return self.home.received(MessageReceived(topic, payload, retained, self.now), self.now)

    def say(self, provider: str, line: str) -> None:
        """A provider's truth comes from the broker."""
        change = self.state.put(presence_key(provider), provider, parse_presence(line), self.now)
        assert change is not None
        self.home.changed(change, self.now)

    def _emit(self, effect: Effect) -> None:
        if isinstance(effect, Publish) and self._connected and not self.broker.refuses(effect.topic):
            self.broker.publish(effect)
            self._echoes.append(effect)

    def _give_back(self) -> None:
        while self._echoes:
            echo = self._echoes.pop(0)
            self.hear(echo.topic, echo.payload)


def _matcher(topic_filter: str) -> Callable[[str], bool]:
    """Whether a topic matches a wildcard filter."""
    levels = topic_filter.split("/")
    pattern = "/".join(
        {"+": f"{{x{place}}}", "#": f"{{x{place}+}}"}.get(level, level) for place, level in enumerate(levels)
    )
    match = TopicFilter(pattern).match
    return lambda topic: match(topic) is not None


def _hint(text: str) -> Hint:
    extension, _, hint = text.partition(" = ")
    return parse_hint(extension, hint)
