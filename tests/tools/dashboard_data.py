"""What the dashboard shows of a real office in the last minutes, as JSON: what `make dashboard-picture` draws.

    PYTHONPATH=.:tests python tests/tools/dashboard_data.py FILE [--minutes 8]

Everything is real but the people: a broker, a bridge, phones on sockets, Prometheus. People come to work one
after the other; one phone is unplugged for a while, one refuses, the broker is restarted, the bridge as well.
"""

import argparse
import json
import random
import tempfile
import time
from itertools import product
from pathlib import Path

from grafana.files import asked, panels
from grafana.house import House

PEOPLE = tuple(str(number) for number in range(2000, 2008))

# Seconds that a state lasts, and how often it follows another.
_DAY = {
    "available": (45, 4),
    "away,lunch,Back at 13:00": (60, 2),
    "dnd,,In a meeting": (50, 3),
    "chat": (25, 1),
    "xa,,On the road": (70, 1),
    "unavailable": (40, 1),
}

# Seconds between two steps of the office, and between two points of the picture.
_STEP = 0.25
_POINT = 4


class Office(House):
    """Eight people, each watched by four phones."""

    extensions = PEOPLE

    def _live(self) -> None:
        chance = random.Random(7)
        due = dict.fromkeys(PEOPLE, 0.0)
        began, second = time.monotonic(), -1
        while not self._over.wait(_STEP):
            now = time.monotonic() - began
            for person in PEOPLE:
                if now >= due[person]:
                    due[person] = now + self._turn(person, chance)
            if chance.random() < _STEP / 20:
                self.say("sensors/door", chance.choice(["open", "closed"]))
            if int(now) != second:
                second = int(now)
                self._refresh(second)

    def _turn(self, person: str, chance: random.Random) -> float:
        word = chance.choices([*_DAY], [often for _, often in _DAY.values()])[0]
        self.say(f"presence-bridge/presence/{person}", word, retain=True)
        return chance.expovariate(1 / _DAY[word][0])

    def _refresh(self, second: int) -> None:
        """The phones renew their subscriptions one after the other, each once a minute; some come and go."""
        for number, (person, desk) in enumerate(product(PEOPLE, range(4))):
            if second in {0, number // 8} or second % 64 == number * 2:
                self.phones.watch(f"p{person}d{desk}", person)
        if second % 20 == 0:
            self.phones.watch("guest", PEOPLE[0], expires=0 if second % 40 else 600)
            self.phones.register(f"p{PEOPLE[1]}d0")


def main() -> None:
    """Live, look, write."""
    parser = argparse.ArgumentParser(description="Record what the dashboard shows of a real run.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--minutes", type=float, default=8)
    arguments = parser.parse_args()
    seconds = arguments.minutes * 60
    with tempfile.TemporaryDirectory() as folder, Office(Path(folder)) as office:
        began = time.time()
        _adventures(office, seconds)
        found = _look(office, began + 10, time.time())
    arguments.file.parent.mkdir(parents=True, exist_ok=True)
    arguments.file.write_text(json.dumps(found))


def _adventures(office: Office, seconds: float) -> None:
    rooms = [f"p{person}d1" for person in PEOPLE]
    time.sleep(seconds * 0.25)
    office.phones.silent.update(rooms)
    time.sleep(24)
    office.phones.silent.clear()
    time.sleep(seconds * 0.15)
    office.phones.refusing.update(rooms[:2])
    time.sleep(seconds * 0.1)
    office.phones.refusing.clear()
    office.mosquitto.kill()
    time.sleep(8)
    office.mosquitto.start()
    time.sleep(seconds * 0.2)
    office.bridge.stop()
    office.bridge.start()
    time.sleep(seconds * 0.25)


def _look(office: Office, began: float, now: float) -> dict:
    shown = {}
    for panel in panels():
        shown[panel["id"]] = [
            {"refId": target["refId"], "labels": labels, "points": points}
            for target in panel["targets"]
            for labels, points in office.prometheus.between(asked(target["expr"], "16s"), began, now, _POINT)
        ]
    return {"from": began, "to": now, "panels": shown}


if __name__ == "__main__":
    main()
