"""Which windows are open, in pretended time."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bridge.rules.schedule import LONGEST, Schedule
from bridge.rules.window import Window
from bridge.timers import Timers

BERLIN = ZoneInfo("Europe/Berlin")
TOKYO = ZoneInfo("Asia/Tokyo")
HOUR = 3600
WORK = Window(BERLIN, frozenset(range(5)), 8 * HOUR, 17 * HOUR)


class Clock:
    """A schedule, and a clock on the wall that can be set."""

    def __init__(self, *windows: Window, at: datetime) -> None:
        self.now = 50.0
        self.ahead = at.timestamp() - self.now
        self.timers = Timers()
        self.reports: list[tuple[str, list[Window]]] = []
        self.schedule = Schedule(windows, self.timers, self.wall, self.report)

    def wall(self, now: float) -> float:
        return self.ahead + now

    def report(self, windows: list[Window], now: float) -> None:
        self.reports.append((datetime.fromtimestamp(self.wall(now), BERLIN).strftime("%a %H:%M:%S"), windows))

    def start(self) -> None:
        self.schedule.start(self.now)

    def advance(self, hours: float) -> int:
        end, looks = self.now + hours * HOUR, 0
        while (deadline := self.timers.deadline()) is not None and deadline <= end:
            self.now, looks = deadline, looks + 1
            self.timers.run(self.now)
        self.now = end
        return looks


def test_nothing_is_open_before_the_start():
    clock = Clock(WORK, at=datetime(2026, 11, 18, 12, 0, tzinfo=BERLIN))
    assert not clock.schedule.is_open(WORK)
    clock.start()
    assert clock.schedule.is_open(WORK)
    assert clock.reports == []


def test_without_windows_no_time_is_waited_for():
    clock = Clock(at=datetime(2026, 11, 18, tzinfo=BERLIN))
    clock.start()
    assert clock.timers.deadline() is None


def test_windows_open_and_close_to_the_second():
    clock = Clock(WORK, at=datetime(2026, 11, 18, 7, 59, 30, tzinfo=BERLIN))
    clock.start()
    clock.advance(24)
    assert clock.reports == [("Wed 08:00:00", [WORK]), ("Wed 17:00:00", [WORK])]
    assert not clock.schedule.is_open(WORK)


def test_windows_of_several_zones_and_equal_ones():
    tokyo = Window(TOKYO, begin=20 * HOUR, end=21 * HOUR)
    clock = Clock(WORK, tokyo, WORK, at=datetime(2026, 11, 18, 11, 0, tzinfo=BERLIN))
    clock.start()
    clock.advance(3)
    assert clock.reports == [("Wed 12:00:00", [tokyo]), ("Wed 13:00:00", [tokyo])]


def test_the_clock_is_looked_at_once_a_minute_at_least():
    clock = Clock(WORK, at=datetime(2026, 11, 18, 12, 0, tzinfo=BERLIN))
    clock.start()
    assert clock.advance(1) == HOUR / LONGEST


@pytest.mark.parametrize("ahead", [8 * HOUR, -8 * HOUR])
def test_a_clock_that_is_set_is_noticed_within_a_minute(ahead):
    clock = Clock(WORK, at=datetime(2026, 11, 18, 12, 0, tzinfo=BERLIN))
    clock.start()
    clock.ahead += ahead
    clock.advance(LONGEST / HOUR)
    assert not clock.schedule.is_open(WORK)
    assert len(clock.reports) == 1


def test_a_bound_that_a_night_does_not_have_is_met_within_a_minute():
    early = Window(
        BERLIN, begin=0, end=2 * HOUR + 1800
    )  # until 02:30, and the clock goes from 02:00 to 03:00
    clock = Clock(early, at=datetime(2026, 3, 29, 1, 0, tzinfo=BERLIN))
    clock.start()
    assert clock.schedule.is_open(early)
    clock.advance(1 + LONGEST / HOUR)
    assert not clock.schedule.is_open(early)
    clock.advance(4)
    assert len(clock.reports) == 1


def test_an_hour_that_comes_twice_opens_its_window_twice():
    window = Window(BERLIN, begin=2 * HOUR, end=2 * HOUR + 1800)
    clock = Clock(window, at=datetime(2026, 10, 25, 1, 0, tzinfo=BERLIN))
    clock.start()
    clock.advance(5)
    assert len(clock.reports) == 4
    assert not clock.schedule.is_open(window)


def test_the_clock_and_the_windows_agree_through_a_year():
    windows = [WORK, Window(BERLIN, frozenset({4, 5}), 22 * HOUR, 6 * HOUR)]
    clock = Clock(*windows, at=datetime(2026, 1, 1, tzinfo=BERLIN))
    clock.start()
    for _ in range(365):
        clock.advance(24.1)
        moment = datetime.fromtimestamp(clock.wall(clock.now), BERLIN)
        second = moment.hour * HOUR + moment.minute * 60 + moment.second
        assert clock.schedule.is_open(WORK) is (moment.weekday() < 5 and 8 * HOUR <= second < 17 * HOUR)


def test_other_windows_are_looked_at_at_once_and_nothing_is_reported():
    evening = Window(BERLIN, begin=18 * HOUR, end=20 * HOUR)
    night = Window(BERLIN, begin=19 * HOUR, end=7 * HOUR)
    clock = Clock(WORK, evening, at=datetime(2026, 11, 18, 19, 0, tzinfo=BERLIN))
    clock.start()
    clock.schedule.replace((night, WORK), clock.now)
    assert clock.schedule.is_open(night)
    assert not clock.schedule.is_open(evening)
    assert clock.reports == []
    clock.advance(14)
    assert clock.reports == [("Thu 07:00:00", [night]), ("Thu 08:00:00", [WORK])]
    clock.schedule.replace((), clock.now)
    assert clock.timers.deadline() is None
    assert not clock.schedule.is_open(WORK)


def test_other_windows_before_the_start_wait_for_it():
    clock = Clock(at=datetime(2026, 11, 18, 12, 0, tzinfo=BERLIN))
    clock.schedule.replace((WORK,), clock.now)
    assert not clock.schedule.is_open(WORK)
    clock.start()
    assert clock.schedule.is_open(WORK)
