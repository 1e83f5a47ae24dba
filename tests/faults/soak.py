"""Random faults for a long time, and at the end a reckoning: what was published, confirmed, told and lost.

The broker keeps what it has confirmed when it is ended by SIGTERM. Killed, it has lost it: mosquitto confirms with
the PUBACK what it writes down later, by default half an hour. The publisher then says everything again.

In the first third of the time the bridge itself is killed and restarted, too; then the process is left alive, so that
its memory can be compared.

`make soak MINUTES=30`; alone: `python tests/faults/soak.py --minutes 30 --seed 1`, with `tests` on PYTHONPATH.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

from faults.figures import Figures
from faults.house import House, house
from support.invariants import check
from support.phones_outside import OutsidePhone
from support.record import NOT_SET, value
from support.relay import FAIR, Weather

_EXTENSIONS, _PHONES = 50, 300
_CHANGES = 20.0
_STORM = Weather(loss=0.1, duplication=0.05, delay=0.001, jitter=0.02)
# Seconds for which the last process has been alive when its memory is read first (a third of its life at most), and
# by what part it may have grown at the end.
_SETTLED_AFTER = 300.0
_GROWTH = 0.05


class Soak:
    """One run. Memory is read at the start, five minutes after the last restart of the bridge, and at the end."""

    def __init__(self, home: House, seconds: float, chance: random.Random) -> None:
        self._home = home
        self._seconds = seconds
        self._chance = chance
        self._faults: Counter[str] = Counter()
        self._restarts_until = 0.0

    async def run(self) -> dict[str, float | str]:
        """The reckoning; `violations` and `wrong_at_the_end` are to be 0."""
        home, clock = self._home, self._home.record.clock
        home.publisher.publish_all(home.extensions)
        await home.subscribe(_PHONES, 60)
        rss = {"rss_start_kb": home.bridge.rss}
        began_at = clock()
        self._restarts_until = began_at + self._seconds / 3
        settled_at = self._restarts_until + min(_SETTLED_AFTER, self._seconds * 2 / 9)
        tasks = [asyncio.get_running_loop().create_task(one) for one in (self._change(), self._live())]
        while clock() < began_at + self._seconds:
            await self._break()
            if "rss_settled_kb" not in rss and clock() >= settled_at:
                rss["rss_settled_kb"] = home.bridge.rss
        for task in tasks:
            assert not task.done(), task
            task.cancel()
        home.relay.change(FAIR)
        return await self._reckon(rss | {"rss_end_kb": home.bridge.rss})

    async def _change(self) -> None:
        while True:
            self._home.publisher.publish(self._chance.choice(self._home.extensions))
            await asyncio.sleep(1 / _CHANGES)

    async def _live(self) -> None:
        """Phones refresh, reboot and leave."""
        while True:
            await asyncio.sleep(0.1)
            phone = self._chance.choice(self._home.phones.all)
            if phone.is_waiting or not phone.is_confirmed:
                continue
            phone.reboot() if self._chance.random() < 0.1 else phone.refresh()

    async def _break(self) -> None:
        of_the_bridge = (self._kill, self._restart)
        faults = (self._broker_dies, self._broker_restarts, self._broker_hangs, self._storm, self._silence)
        if self._home.record.clock() < self._restarts_until:
            faults += of_the_bridge
        fault = self._chance.choice(faults)
        self._faults[fault.__name__[1:]] += 1
        await fault()
        await asyncio.sleep(self._chance.uniform(2, 8))

    async def _kill(self) -> None:
        with self._home.record.fault("bridge"):
            self._home.bridge.kill()
            await self._home.bridge.up(60)

    async def _restart(self) -> None:
        with self._home.record.fault("bridge"):
            await self._home.bridge.down()
            await self._home.bridge.up(60)

    async def _broker_dies(self) -> None:
        with self._home.record.fault("broker"):
            self._home.broker.kill()
            self._home.publisher.has_lost_all = True
            await self._broker_returns()

    async def _broker_restarts(self) -> None:
        with self._home.record.fault("broker"):
            self._home.broker.close()
            await self._broker_returns()

    async def _broker_returns(self) -> None:
        await asyncio.sleep(self._chance.uniform(0, 3))
        self._home.broker.start()
        await self._home.bridge.metrics_until(lambda seen: seen["mqtt_connected"] == 1, 60)

    async def _broker_hangs(self) -> None:
        with self._home.record.fault("broker"):
            self._home.broker.freeze()
            await asyncio.sleep(self._chance.uniform(1, 5))
            self._home.broker.thaw()

    async def _storm(self) -> None:
        with self._home.record.fault("network"):
            self._home.relay.change(_STORM)
            await asyncio.sleep(self._chance.uniform(2, 6))
            self._home.relay.change(FAIR)

    async def _silence(self) -> None:
        silent = self._chance.sample(self._home.phones.all, 10)
        with self._home.record.fault("phone"):
            for phone in silent:
                phone.status = None
            await asyncio.sleep(self._chance.uniform(1, 10))
            for phone in silent:
                phone.status = 200

    async def _reckon(self, rss: dict[str, int]) -> dict[str, float | str]:
        home = self._home
        await home.publisher.settled(60)
        until = home.record.clock() + 120
        while (wrong := self._wrong()) and home.record.clock() < until:
            await asyncio.sleep(0.5)
        for name in sorted({phone.extension for phone in wrong}):
            held = home.broker.retained(f"presence-bridge/presence/{name}")
            print(
                f"{name} is wrong: {home.record.taken[name]} was confirmed last, and the broker holds {held!r}"
            )
        verdict = check(home.record, clean=False)
        counted = Counter(violation.invariant for violation in verdict.violations)
        for violation in verdict.violations[:20]:
            print(violation)
        return {
            "minutes": self._seconds / 60,
            "phones": _PHONES,
            "faults": ", ".join(f"{name} {count}" for name, count in sorted(self._faults.items())),
            "published": verdict.published,
            "confirmed": verdict.confirmed,
            "notifies": verdict.notifies,
            "acknowledged": verdict.acknowledged,
            "superseded": verdict.skipped,
            "lost": counted["I2"],
            "invented": counted["I3"],
            "dialogs_lost": counted["I4"],
            "violations": len(verdict.violations),
            "wrong_at_the_end": len(wrong),
            "descriptors": home.bridge.descriptors,
            **rss,
            "growth": rss["rss_end_kb"] / rss["rss_settled_kb"] - 1,
        }

    def _wrong(self) -> list[OutsidePhone]:
        """Those who do not show what the broker has confirmed last."""
        taken = self._home.record.taken
        return [
            phone
            for phone in self._home.phones
            if (phone.shown or NOT_SET)
            != (value(taken[phone.extension]) if taken[phone.extension] else NOT_SET)
        ]


async def _main(minutes: float, seed: int, file: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        place = house(Path(folder), _EXTENSIONS, weather=FAIR, seed=seed, sockets=8, keeps=True)
        async with place as home:
            result = await Soak(home, minutes * 60, random.Random(seed)).run()
    for name, figure in result.items():
        print(f"{name.replace('_', ' '):18} {figure}")
    Figures(file).add("R19", **result)
    return 1 if result["violations"] or result["wrong_at_the_end"] or result["growth"] > _GROWTH else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--figures", default="", help="a file to add the result to")
    options = parser.parse_args()
    sys.exit(asyncio.run(_main(options.minutes, options.seed, options.figures)))
