"""Bridges without phones, on a pretended broker that is as slow and as lossy as a test likes."""

import json
from collections import deque
from zoneinfo import ZoneInfo

from bridge.composition.arbiter import RulesAsArbiter
from bridge.effects import Publish
from bridge.events import MessageReceived
from bridge.io.mqtt.outbox import Outbox
from bridge.model.device import DeviceState
from bridge.model.facts import device_key, presence_key
from bridge.model.presence import Presence, PresenceState
from bridge.model.state import State
from bridge.rules.condition import Comparison
from bridge.rules.layer import Layer
from bridge.rules.options import RuleOptions
from bridge.rules.reader import Reader
from bridge.rules.rule import Output, Rule
from bridge.rules.rules import Rules
from bridge.rules.sensor import Sensor
from bridge.rules.template import PresenceTemplate, Template
from bridge.timers import Timers
from bridge.topics.decoders.presence import decode_word
from bridge.topics.truth import Truth
from support.context import pretended_context

BASE = "bridge"
DOOR = "house/door"
TRUTH = f"{BASE}/presence/2000"
SET = f"{TRUTH}/set"
LAMP_TRUTH = f"{BASE}/device/Custom/lamp"
UTC = ZoneInfo("UTC")
PROVIDER, LAMP = presence_key("2000"), device_key("Custom:lamp")
SENSORS = (Sensor("door", Reader(DOOR)),)


def presence_rule(name, door, state, message=""):
    """While the door says `door`, the provider 2000 says this."""
    value = PresenceTemplate(PresenceState(state), message=Template(message))
    return Rule(name, Output(PROVIDER, "2000"), Layer.SENSOR, Comparison("door", (door,)), value, UTC)


def lamp_rule(name, door, state):
    """While the door says `door`, the lamp shows this."""
    output = Output(LAMP, "Custom/lamp")
    return Rule(name, output, Layer.SENSOR, Comparison("door", (door,)), DeviceState(state), UTC)


RULES = (
    presence_rule("shut", "closed", "dnd", "Door closed"),
    presence_rule("in", "open", "available"),
    lamp_rule("red", "closed", "INUSE"),
    lamp_rule("dark", "open", "NOT_INUSE"),
)

# What the rules say of 2000 while the door is closed, and open.
SHUT = Presence(PresenceState.DND, "", "Door closed")
IN = Presence(PresenceState.AVAILABLE)


class Bridge:
    """Truth and rules. What it publishes waits in `to_broker`, what the broker delivers in `to_us`."""

    def __init__(self, clock, sensors=SENSORS, rules=RULES, options=RuleOptions(min_interval=0.0)):  # noqa: B008
        self._clock = clock
        self.timers = Timers()
        self.state = State([])
        self.effects = []
        self.unanswered = []
        context = pretended_context(self.state, self.emit, self.timers)
        self.truth = Truth(context, BASE, lambda *told: self.unanswered.append(told))
        self.rules = Rules(context, sensors, rules, options, self.truth.decide)
        self.truth.heed(RulesAsArbiter(self.rules))
        self.connected = False
        self.to_broker = Outbox()
        self.to_us = deque()

    @property
    def now(self):
        return self._clock.now

    def tick(self):
        """Nothing takes no time."""
        self._clock.now += 0.001
        self.timers.run(self.now)

    def emit(self, effect):
        self.effects.append(effect)
        if isinstance(effect, Publish) and self.connected:
            self.to_broker.put(effect)

    def read(self, topic, payload, *, retained=False):
        """Take one message, as the engine does."""
        self.tick()
        message = MessageReceived(topic, payload, retained, self.now)
        if self.truth.takes(topic):
            change = self.truth.received(message, self.now)
            if change is not None:
                self.rules.changed(change, self.now)
        self.rules.received(message, self.now)

    def synchronise(self):
        """All that is retained has been read."""
        self.tick()
        self.rules.synchronised(self.now)
        self.truth.republish(self.now)

    def lose(self):
        """The connection breaks, with all that was under way."""
        self.connected = False
        self.to_broker = Outbox()
        self.to_us.clear()
        self.rules.disconnected()
        self.truth.disconnected()

    def claim(self, presence):
        self.tick()
        self.truth.claims.claim("2000", presence, self.now)

    def give_way(self):
        self.tick()
        self.truth.claims.give_way("2000", None, self.now)

    @property
    def presence(self):
        return self.state.facts.presence("2000")

    @property
    def lamp(self):
        return self.state.facts.device("Custom:lamp")

    def decides(self, key=PROVIDER):
        """Who decides, to the rules: `manual`, `nobody`, or the name of a rule."""
        shown = self.rules.explain(key, self.now)
        return shown["rule"] or shown["decides"]


class Broker:
    """Retains, and orders what is published on a topic. It is the clock, too."""

    def __init__(self, bridges=1, **options):
        self.now = 1000.0
        self.retained = {}
        self.bridges = [Bridge(self, **options) for _ in range(bridges)]

    def publish(self, topic, payload, *, retain=False):
        """A message from somebody, or from a bridge."""
        if retain:
            self.retained.pop(topic, None)
            if payload:
                self.retained[topic] = payload
        for bridge in self.bridges:
            if bridge.connected:
                bridge.to_us.append((topic, payload))

    def connect(self, bridge):
        """Accept a bridge, and let it read what is retained."""
        bridge.connected = True
        for topic, payload in [*self.retained.items()]:
            bridge.read(topic, payload, retained=True)
        bridge.synchronise()

    def take(self, bridge):
        """Take what a bridge has published first; false if there is nothing."""
        message = bridge.to_broker.take()
        if message is not None:
            self.publish(message.topic, message.payload, retain=message.retain)
        return message is not None

    def deliver(self, bridge):
        """Deliver one message to a bridge; false if there is none."""
        if not bridge.to_us:
            return False
        topic, payload = bridge.to_us.popleft()
        bridge.read(topic, payload)
        return True

    def settle(self):
        """Carry everything until nothing is under way; at most as many messages as no loop would stop at."""
        for _ in range(1000):
            moved = [move(bridge) for bridge in self.bridges for move in (self.deliver, self.take)]
            if not any(moved):
                return
            self.now += 0.001
        raise AssertionError("the bridges go on for ever")

    def advance(self, seconds):
        """Let time pass, and what follows from it."""
        end = self.now + seconds
        while True:
            due = [bridge.timers.deadline() for bridge in self.bridges]
            first = min((moment for moment in due if moment is not None), default=end)
            if first > end:
                break
            self.now = max(self.now, first)
            for bridge in self.bridges:
                bridge.timers.run(self.now)
            if first == end:
                break
        self.now = max(self.now, end)


class House(Broker):
    """One bridge that has connected, and settles after each thing that happens."""

    def __init__(self, *, door="closed", retained=(), **options):
        super().__init__(**options)
        (self.bridge,) = self.bridges
        self.retained |= dict(retained)
        if door:
            self.retained[DOOR] = door.encode()
        self.connect(self.bridge)
        self.settle()

    def say(self, topic, payload, *, retain=None):
        """Somebody publishes, and all is carried through."""
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        self.publish(topic, data, retain=not topic.endswith("/set") if retain is None else retain)
        self.settle()

    def door(self, value):
        self.say(DOOR, value.encode())

    def command(self, **fields):
        self.say(SET, fields)

    def restart(self):
        """A new process on the same broker."""
        return type(self)(door=None, retained=self.retained)

    @property
    def written(self):
        """What the broker holds of the provider."""
        return json.loads(self.retained[TRUTH])

    @property
    def stands(self):
        """What stands, and by whom."""
        word = decode_word(self.retained[TRUTH])
        assert self.bridge.presence == word.value
        return word.value, word.origin.by, word.origin.rule
