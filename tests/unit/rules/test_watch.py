"""One sensor at work."""

from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.rules import watch as module
from bridge.rules.availability import ITSELF
from bridge.rules.reader import Reader
from bridge.rules.sensor import Sensor, fold
from bridge.rules.watch import Shift, Watch
from bridge.timers import Timers
from support.rulebook import sensor


class Watched:
    """A watch in pretended time, and what it has told."""

    def __init__(self, watched: Sensor, *, listening: bool = True) -> None:
        self.now = 0.0
        self.timers = Timers()
        self.shifts: list[Shift] = []
        self.warnings: list[str] = []
        self.watch = Watch(watched, self.timers, self.report, self.warnings.append)
        if listening:
            self.watch.listen(self.now)

    def report(self, shifts, now) -> None:
        self.shifts += shifts

    def read(self, text: str, *, voice: int = ITSELF, level: bool = False, **names: str) -> "Watched":
        self.report(self.watch.received(voice, names, text, self.now, level=level), self.now)
        return self

    def level(self, text: str, *, voice: int = ITSELF, **names: str) -> "Watched":
        return self.read(text, voice=voice, level=True, **names)

    def advance(self, seconds: float) -> "Watched":
        end = self.now + seconds
        while (deadline := self.timers.deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self.timers.run(self.now)
        self.now = end
        return self

    def value(self, *key: str) -> str | None:
        return self.watch.instances[key].value

    @property
    def told(self) -> list[tuple[str | None, str | None]]:
        return [(shift.old, shift.new) for shift in self.shifts]


# --- values ---


def test_a_sensor_without_captures_is_there_and_not_known():
    watched = Watched(sensor("door"))
    assert watched.value() is None
    assert not watched.watch.known


def test_a_change_is_told_and_a_repeat_is_not():
    watched = Watched(sensor("door"))
    watched.read("closed").read("closed").read("CLOSED").read("open")
    assert watched.told == [(None, "closed"), ("closed", "open")]
    assert watched.watch.known


def test_a_value_keeps_its_spelling():
    watched = Watched(sensor("alice"))
    assert watched.read("Work").value() == "Work"


def test_the_word_unknown_means_not_known():
    watched = Watched(sensor("door")).read("closed").read("Unknown").read("unknown")
    assert watched.told == [(None, "closed"), ("closed", None)]


def test_devices_are_told_apart_by_their_captures():
    watched = Watched(sensor("door", "z2m/{name}"))
    watched.read("open", name="front").read("closed", name="back")
    assert watched.value("front") == "open"
    assert watched.value("back") == "closed"


def test_devices_are_grouped_by_value_and_the_newest_stands_last():
    watched = Watched(sensor("door", "z2m/{name}")).watch
    for name, text in [("a", "open"), ("b", "open"), ("c", "closed"), ("a", "closed"), ("a", "Open")]:
        watched.received(ITSELF, {"name": name}, text, 0.0, level=False)
    assert (watched.having("open"), watched.having("closed"), watched.having("x")) == (2, 1, 0)
    assert watched.newest("open").key == ("a",)
    assert watched.newest("x") is None
    assert watched.known


@given(st.lists(st.tuples(st.sampled_from("abc"), st.text(max_size=3), st.booleans())))
def test_the_groups_are_what_the_devices_are(messages):
    watched = Watched(sensor("door", "z2m/{name}"))
    for name, text, level in messages:
        watched.read(text, level=level, name=name)
    instances = list(watched.watch.instances.values())
    for value in {fold(instance.value) for instance in instances} | {None}:
        having = [i for i in instances if fold(i.value) == value]
        assert watched.watch.having(value) == len(having)
    assert len(watched.watch._by_value) == len({fold(i.value) for i in instances})


def test_names_are_made_fit_to_be_shown_and_those_of_a_preset_are_added():
    watched = Watched(sensor("door", "z2m/{name}", names={"base": "z2m", "name": "any"}))
    watched.read("open", name="front\x1b[31m\x00")
    assert watched.watch.instances["front\x1b[31m\x00",].names == {"base": "z2m", "name": "front[31m"}


# --- holding back ---


def test_a_value_must_last():
    watched = Watched(sensor("door", for_seconds={"Closed": 30.0})).read("open")
    watched.read("closed").advance(29.9)
    assert watched.value() == "open"
    watched.advance(0.1)
    assert watched.value() == "closed"
    watched.read("open")
    assert watched.told == [(None, "open"), ("open", "closed"), ("closed", "open")]


def test_when_the_old_value_returns_before_nothing_has_happened():
    watched = Watched(sensor("door", for_seconds={"closed": 30.0})).read("open")
    watched.read("closed").advance(29).read("open").advance(100)
    assert watched.told == [(None, "open")]
    assert watched.timers.deadline() is None


def test_a_repeat_does_not_begin_the_time_anew():
    watched = Watched(sensor("door", for_seconds={"closed": 30.0})).read("open")
    watched.read("closed").advance(20).read("closed").advance(10)
    assert watched.value() == "closed"


def test_a_third_value_takes_the_place_of_the_one_that_waits():
    watched = Watched(sensor("alice", for_seconds={"away": 30.0, "zone": 10.0})).read("home")
    watched.read("away").advance(20).read("zone").advance(10)
    assert watched.value() == "zone"
    watched.advance(100)
    assert watched.told == [(None, "home"), ("home", "zone")]


def test_a_level_is_not_held_back():
    watched = Watched(sensor("door", for_seconds={"closed": 30.0})).level("closed")
    assert watched.value() == "closed"
    watched.read("open").read("closed").level("open")
    assert watched.advance(100).value() == "open"


def test_the_replay_of_what_was_said_does_not_end_the_waiting():
    watched = Watched(sensor("door", for_seconds={"closed": 30.0})).level("open").read("closed")
    watched.advance(10).level("closed")
    assert watched.value() == "open"
    assert watched.advance(20).value() == "closed"


@given(st.lists(st.floats(0.1, 29.9), min_size=1, max_size=20))
def test_flapping_within_the_time_is_never_told(pauses):
    watched = Watched(sensor("door", for_seconds={"closed": 30.0})).read("open")
    for pause in pauses:
        watched.read("closed").advance(pause).read("open")
    watched.advance(100)
    assert watched.told == [(None, "open")]


# --- silence ---


def test_a_silent_sensor_is_not_known_any_more():
    watched = Watched(sensor("motion", expire_seconds=300.0)).read("on").advance(299)
    assert watched.value() == "on"
    assert watched.advance(1).value() is None
    assert watched.timers.deadline() is None


def test_every_message_breaks_the_silence():
    watched = Watched(sensor("motion", expire_seconds=300.0, expire_to="Off")).read("on")
    for _ in range(5):
        watched.advance(200).read("on")
    assert watched.told == [(None, "on")]
    watched.advance(299)
    assert watched.value() == "on"
    assert watched.advance(1).value() == "Off"


def test_after_silence_the_same_word_is_news():
    watched = Watched(sensor("motion", expire_seconds=300.0)).read("on").advance(300).read("on")
    assert watched.told == [(None, "on"), ("on", None), (None, "on")]


def test_silence_is_not_held_back():
    motion = sensor("motion", expire_seconds=300.0, expire_to="off", for_seconds={"off": 900.0})
    assert Watched(motion).read("on").advance(300).value() == "off"
    assert Watched(motion).read("on").read("off").advance(300).value() == "off"


def test_the_time_until_silence_costs_one_timer_however_much_is_said():
    watched = Watched(sensor("motion", expire_seconds=300.0))
    for _ in range(100):
        watched.read("on")
    assert len(watched.timers) == 1


def test_silence_is_not_counted_while_nothing_can_be_heard():
    watched = Watched(sensor("motion", expire_seconds=300.0), listening=False).level("on").advance(1000)
    assert watched.value() == "on"
    watched.watch.listen(watched.now)
    watched.advance(200)
    watched.watch.listening = False
    watched.advance(1000)
    watched.watch.listen(watched.now)
    assert watched.advance(299).value() == "on"
    assert watched.advance(1).value() is None


def test_a_replay_does_not_wake_what_has_fallen_silent():
    watched = Watched(sensor("motion", expire_seconds=300.0)).level("on").advance(300).level("on")
    assert watched.value() is None
    assert watched.level("off").value() == "off"


# --- availability ---

OFFLINE, ONLINE = "@unavailable", "@available"


def unavailable(policy: str, **options: object) -> Watched:
    return Watched(
        sensor("door", availability=(Reader("door/availability"),), on_unavailable=policy, **options)
    )


def test_an_unavailable_sensor_may_keep_its_value():
    watched = unavailable("keep").read("closed").read(OFFLINE, voice=1)
    assert watched.value() == "closed"
    assert not watched.watch.instances[()].available
    assert watched.read("open").value() == "open"


@pytest.mark.parametrize(("policy", "value"), [("unknown", None), ("away", "away")])
def test_or_have_another_until_it_is_available_again(policy, value):
    watched = unavailable(policy).read("closed").read(OFFLINE, voice=1)
    assert watched.value() == value
    assert watched.read(ONLINE, voice=1).value() == "closed"
    assert watched.told == [(None, "closed"), ("closed", value), (value, "closed")]


def test_what_it_says_meanwhile_counts_afterwards():
    watched = unavailable("unknown").read("closed").read(OFFLINE, voice=1).read("open")
    assert watched.value() is None
    assert watched.read(ONLINE, voice=1).value() == "open"


def test_what_was_known_returns_at_once_and_what_was_not_must_last():
    watched = unavailable("unknown", for_seconds={"closed": 30.0}).level("closed")
    assert watched.read(OFFLINE, voice=1).read(ONLINE, voice=1).value() == "closed"
    watched.read("open").read(OFFLINE, voice=1).read("closed").advance(50).read(ONLINE, voice=1)
    assert watched.value() is None
    assert watched.advance(30).value() == "closed"


def test_a_short_absence_can_be_overlooked():
    watched = unavailable("unknown", for_seconds={"unknown": 60.0}).read("closed").read(OFFLINE, voice=1)
    assert watched.advance(50).read(ONLINE, voice=1).advance(100).value() == "closed"
    watched.read(OFFLINE, voice=1).advance(60)
    assert watched.told == [(None, "closed"), ("closed", None)]


def test_what_has_expired_meanwhile_does_not_return():
    watched = unavailable("away", expire_seconds=300.0, expire_to="out", for_seconds={"out": 60.0})
    watched.read("home").read(OFFLINE, voice=1)
    watched.advance(300)
    assert watched.value() == "away"
    assert watched.read(ONLINE, voice=1).value() == "out"


def test_availability_may_be_told_before_the_value():
    for order in permutations([("closed", ITSELF), (OFFLINE, 1)]):
        watched = unavailable("away")
        for text, voice in order:
            watched.level(text, voice=voice)
        assert watched.value() == "away"


def test_availability_may_be_told_on_the_topic_of_the_value():
    watched = Watched(sensor("window", on_unavailable="unknown"))
    watched.read("on").read(OFFLINE)
    assert watched.value() is None
    assert watched.read("on").value() == "on"
    assert watched.read(OFFLINE).read("off").value() == "off"
    assert watched.read(OFFLINE).read(ONLINE).value() == "off"


def test_it_is_no_information_on_the_value_that_would_break_a_silence():
    watched = (
        Watched(sensor("window", expire_seconds=300.0)).read("on").advance(200).read(ONLINE).advance(100)
    )
    assert watched.value() is None


def test_a_device_can_be_known_by_its_absence_alone():
    watched = Watched(sensor("window", "ha/{id}", on_unavailable="gone")).read(OFFLINE, id="a")
    assert watched.value("a") == "gone"
    assert watched.told == [(None, None), (None, "gone")]


def test_a_new_device_is_told_of_before_it_is_known():
    watched = Watched(sensor("door", "z2m/{name}", for_seconds={"open": 30.0}))
    watched.read("unknown", name="a").read("open", name="b").read("unknown", name="a")
    assert watched.told == [(None, None), (None, None)]


def test_a_bridge_that_goes_takes_its_devices_with_it():
    doors = sensor("door", "z2m/{name}", availability=(Reader("z2m/bridge/state"),), on_unavailable="unknown")
    watched = Watched(doors).read("open", name="front").read("closed", name="back")
    watched.read(OFFLINE, voice=1)
    assert (watched.value("front"), watched.value("back")) == (None, None)
    watched.read("open", name="new")
    assert watched.value("new") is None
    watched.read(ONLINE, voice=1)
    assert (watched.value("front"), watched.value("back"), watched.value("new")) == ("open", "closed", "open")


def test_a_device_that_goes_takes_no_other_with_it():
    doors = sensor(
        "door", "z2m/{name}", availability=(Reader("z2m/{name}/availability"),), on_unavailable="unknown"
    )
    watched = Watched(doors).read("open", name="front").read("closed", name="back")
    watched.read(OFFLINE, voice=1, name="front").read(OFFLINE, voice=1, name="cellar")
    assert (watched.value("front"), watched.value("back")) == (None, "closed")
    assert ("cellar",) not in watched.watch.instances


def test_another_word_on_a_topic_of_availability_is_none():
    assert unavailable("unknown").read("closed").read("sleeping", voice=1).value() == "closed"


# --- news ---


def news(watched: Watched) -> list[bool]:
    return [shift.counts for shift in watched.shifts]


def test_a_first_level_is_no_news_and_a_first_word_is():
    assert news(Watched(sensor("door")).level("closed").read("open").level("closed")) == [False, True, True]
    assert news(Watched(sensor("door")).read("closed")) == [True]


def test_what_was_known_before_it_was_not_is_no_news():
    watched = unavailable("unknown").read("closed").read(OFFLINE, voice=1).read(ONLINE, voice=1)
    assert news(watched) == [True, False, False]
    watched.read(OFFLINE, voice=1).read("open").read(ONLINE, voice=1)
    assert news(watched)[3:] == [False, True]


# --- bounds ---


def test_devices_are_bounded_and_the_operator_is_told_once(monkeypatch):
    monkeypatch.setattr(module, "MAX_INSTANCES", 2)
    watched = Watched(sensor("door", "z2m/{name}"))
    for name in "abcd":
        watched.read("open", name=name)
    watched.read(OFFLINE, name="e")
    assert len(watched.watch.instances) == 2
    assert watched.read("closed", name="a").value("a") == "closed"
    assert len(watched.warnings) == 1
    assert "sensor door does not read 'c': it has room for 2 devices" in watched.warnings[0]


def test_names_are_bounded():
    watched = Watched(sensor("door", "z2m/{name}")).read("open", name="x" * 1025).read("open", name="front")
    assert list(watched.watch.instances) == [("front",)]
    assert len(watched.warnings) == 1


def test_values_that_nobody_has_any_more_take_no_room():
    watched = Watched(sensor("lux"))
    for number in range(100):
        watched.read(str(number))
    assert len(watched.watch._by_value) == 1


# --- whatever happens ---

STEPS = st.one_of(
    st.tuples(st.sampled_from(["open", "closed", "OPEN", "unknown", OFFLINE, ONLINE]), st.just(ITSELF)),
    st.tuples(st.sampled_from([OFFLINE, ONLINE]), st.just(1)),
)


@given(
    st.lists(st.tuples(STEPS, st.booleans(), st.floats(0, 50))), st.sampled_from(["keep", "unknown", "gone"])
)
def test_shifts_are_a_chain_and_repeats_change_nothing(steps, policy):
    watched = unavailable(policy, for_seconds={"closed": 10.0}, expire_seconds=60.0, expire_to="open")
    for (text, voice), level, pause in steps:
        watched.read(text, voice=voice, level=level)
        before = len(watched.shifts)
        watched.read(text, voice=voice, level=level)
        watched.level(text, voice=voice)
        assert len(watched.shifts) == before
        watched.advance(pause)
    values = [None, *(new for _, new in watched.told)]
    assert values == [*(old for old, _ in watched.told), watched.value()]
    assert all(fold(a) != fold(b) for a, b in pairwise(values))
