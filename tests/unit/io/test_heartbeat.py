import asyncio

import pytest

from bridge.io.heartbeat import Heartbeat


class Heart:
    """A heart without a loop: a sleep of no time is a plain `yield`, and the clock is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.lags: list[float] = []
        self.heartbeat = Heartbeat(self.lags.append, interval=0.0, clock=lambda: self.now)
        self._beating = self.heartbeat.run()
        self._beating.send(None)

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def beat(self) -> None:
        self._beating.send(None)


def test_each_beat_tells_how_late_it_is():
    heart = Heart()
    for late in (0.0, 0.25, 2.0):
        heart.wait(late)
        heart.beat()
    assert heart.lags == [0.0, 0.25, 2.0]


def test_one_that_comes_too_early_is_not_late():
    heart = Heart()
    heart.wait(-0.001)
    heart.beat()
    assert heart.lags == [0.0]


def test_silence_is_since_the_last_beat():
    heart = Heart()
    heart.wait(12.5)
    assert heart.heartbeat.silence == 12.5
    heart.beat()
    assert heart.heartbeat.silence == 0.0


def test_a_stall_of_the_loop_is_seen():
    lags: list[float] = []

    async def scenario():
        heartbeat = Heartbeat(lags.append, interval=0.001)
        beating = asyncio.ensure_future(heartbeat.run())  # noqa: TID251 - held by this function
        while not lags:
            await asyncio.sleep(0.001)
        until = asyncio.get_running_loop().time() + 0.05
        while asyncio.get_running_loop().time() < until:
            pass
        while max(lags) < 0.04:
            await asyncio.sleep(0.001)
        beating.cancel()
        with pytest.raises(asyncio.CancelledError):
            await beating

    asyncio.run(asyncio.wait_for(scenario(), 5))
    assert max(lags) < 5
