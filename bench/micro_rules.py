"""What one MQTT message costs the rules, against json.loads of its payload in the same run.

    .venv/bin/python bench/micro_rules.py [rounds]

repeat  a message that says what was known       goal: 5 times json.loads
change  a message that changes what is decided   goal: 14 times json.loads

There are 1,000 sensors and as many rules, each of an output of its own. No message may take more than 100 us,
whatever the ratio. The least of the rounds counts: what is above it is somebody else's work.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bridge.events import MessageReceived  # noqa: E402 - found by now
from bridge.model.facts import presence_key  # noqa: E402
from bridge.model.presence import PresenceState  # noqa: E402
from bridge.model.state import State  # noqa: E402
from bridge.rules.condition import AllOf, Comparison  # noqa: E402
from bridge.rules.decision import Decision  # noqa: E402
from bridge.rules.layer import Layer  # noqa: E402
from bridge.rules.options import RuleOptions  # noqa: E402
from bridge.rules.reader import Reader  # noqa: E402
from bridge.rules.rule import Output, Rule  # noqa: E402
from bridge.rules.rules import Rules  # noqa: E402
from bridge.rules.sensor import Sensor  # noqa: E402
from bridge.rules.template import PresenceTemplate, Template  # noqa: E402
from bridge.service import Context  # noqa: E402
from bridge.timers import Timers  # noqa: E402

SENSORS = 1000
ROUNDS = 15

# Times json.loads.
GOALS = {"repeat": 5, "change": 14}
# Microseconds.
LIMIT = 100.0

# What zigbee2mqtt sends of a door.
PAYLOAD = (
    '{{"battery":97,"contact":{contact},"device_temperature":22,"last_seen":"2026-11-23T02:25:33.477Z",'
    '"linkquality":120,"power_outage_count":3,"trigger_count":null,"voltage":3005}}'
)
ZONE = ZoneInfo("UTC")


def main() -> None:
    """Measure, and print the figures."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    house = House()
    measured: dict[str, Callable[[bool], float]] = {
        "loads": loads,
        "repeat": house.repeat,
        "change": house.change,
    }
    figures = {
        name: [measure(bool(number % 2)) for number in range(rounds)] for name, measure in measured.items()
    }
    least = {name: min(values) for name, values in figures.items()}
    print(f"loads   {least['loads']:6.2f} us")
    for name, goal in GOALS.items():
        ratio = least[name] / least["loads"]
        verdict = "within" if ratio <= goal and least[name] <= LIMIT else "OVER"
        print(
            f"{name:7} {least[name]:6.2f} us, {ratio:5.2f} times json.loads: {verdict} the goal of {goal:g}"
        )


def loads(closed: bool) -> float:
    """The library's own reading of the payloads."""
    payloads = [message.payload for message in messages(closed)]
    began = time.perf_counter()
    for payload in payloads:
        json.loads(payload)
    return per_message(time.perf_counter() - began)


class House:
    """A thousand doors, and a person behind each."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.decisions: list[Decision] = []
        context = Context(State(()), Timers(), lambda _effect: None, str, lambda now: 1_795_000_000.0 + now)
        sensors = [door(number) for number in range(SENSORS)]
        rules = [rule(number) for number in range(SENSORS)]
        self.rules = Rules(
            context, sensors, rules, RuleOptions(), lambda decision, _now: self.decisions.append(decision)
        )
        self.rules.synchronised(self.now)
        self.take(messages(True))

    def repeat(self, _closed: bool) -> float:
        """Nothing new."""
        return self.take(messages(True))

    def change(self, closed: bool) -> float:
        """Each door moves, and each person's presence with it."""
        self.decisions.clear()
        took = self.take(messages(closed))
        if len(self.decisions) != SENSORS:
            raise AssertionError(f"{len(self.decisions)} of {SENSORS} decisions were made")
        return took

    def take(self, received: list[MessageReceived]) -> float:
        """Let the rules have them, a minute later."""
        self.now += 60.0
        began = time.perf_counter()
        for message in received:
            self.rules.received(message, self.now)
        return per_message(time.perf_counter() - began)


def door(number: int) -> Sensor:
    """A contact as the preset has it."""
    reader = Reader(f"zigbee2mqtt/door_{number}", path="contact", values={"false": "open", "true": "closed"})
    return Sensor(f"door_{number}", reader, expire_seconds=86_400.0)


def rule(number: int) -> Rule:
    """Whoever sits behind a closed door is not to be disturbed, and else there."""
    key = presence_key(str(number))
    texts = PresenceTemplate(PresenceState.DND, message=Template("Door {value} at {time}"))
    condition = AllOf((Comparison(f"door_{number}", ("closed", "open")),))
    return Rule(f"rule {number}", Output(key, str(number)), Layer.SENSOR, condition, texts, ZONE)


def messages(closed: bool) -> list[MessageReceived]:
    """One of each door."""
    payload = PAYLOAD.format(contact=json.dumps(closed)).encode()
    return [
        MessageReceived(f"zigbee2mqtt/door_{number}", payload, retained=False, at=0.0)
        for number in range(SENSORS)
    ]


def per_message(seconds: float) -> float:
    """Microseconds a message."""
    return seconds / SENSORS * 1e6


if __name__ == "__main__":
    main()
