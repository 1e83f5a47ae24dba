"""The bridge is killed at random moments, under changes and SUBSCRIBEs (R6), and its disk is full (R12)."""

import asyncio
import math
import os
import random
import sqlite3

import pytest

from faults.house import house

pytestmark = pytest.mark.faults

# So many that there are always some who do not wait for an answer, also while the bridge is down.
_EXTENSIONS = 100
_PHONES = 400


def _kills(seeds):
    """KILLS of the environment in all, spread over the seeds; three in the short run."""
    return math.ceil(int(os.environ.get("KILLS", "3")) / seeds)


def test_r6_killed_at_any_moment_nothing_that_was_answered_is_lost(tmp_path, seed, seeds, figures):
    chance = random.Random(seed)
    kills = _kills(seeds)

    async def load(home):
        """200 changes and 200 SUBSCRIBEs a second."""
        at = home.record.clock()
        while True:
            home.publisher.publish(chance.choice(home.extensions))
            phone = next((one for one in chance.choices(home.phones.all, k=20) if not one.is_waiting), None)
            if phone is not None:
                action = chance.random()
                if action < 0.8 and phone.is_confirmed:
                    phone.refresh()
                elif action < 0.97:
                    phone.reboot()
                elif phone.is_confirmed:
                    phone.unsubscribe()
            # What this process was late with is not made good for at once.
            at = max(at + 0.005, home.record.clock() - 0.1)
            await asyncio.sleep(at - home.record.clock())

    async def scenario():
        async with house(tmp_path, _EXTENSIONS) as home:
            home.publisher.publish_all(home.extensions)
            await home.subscribe(_PHONES)
            began_at, before = home.record.clock(), home.phones.count["subscribes"]
            loading = asyncio.get_running_loop().create_task(load(home))
            for _ in range(kills):
                await asyncio.sleep(chance.uniform(0.05, 0.8))
                with home.record.fault("bridge"):
                    home.bridge.kill()
                    assert _integrity(home.bridge.store) == "ok"
                    await home.bridge.up()
            loading.cancel()
            loaded = home.record.clock() - began_at
            subscribes = home.phones.count["subscribes"] - before
            await home.phones.until(
                lambda: not any(phone.is_waiting for phone in home.phones), 40, "answers to all SUBSCRIBEs"
            )
            for phone in home.phones:
                if not phone.is_confirmed:
                    phone.subscribe()
            seconds = await home.converged()
            await home.refreshed()
            home.publisher.publish_all(home.extensions)
            await home.converged()
            verdict = home.verdict()
            assert verdict.alive >= _PHONES * 0.9
            accepted = sum(phone.statuses[200] for phone in home.phones)
            figures.add(
                "R6",
                seed=seed,
                kills=kills,
                seconds=seconds,
                loaded_for=loaded,
                subscribes=subscribes,
                accepted=accepted,
                published=verdict.published,
                notifies=verdict.notifies,
                lost=0,
            )

    asyncio.run(scenario())


def _integrity(path):
    connection = sqlite3.connect(path)
    try:
        return connection.execute("PRAGMA integrity_check").fetchone()[0]
    finally:
        connection.close()
