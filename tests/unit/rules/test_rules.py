"""The rules at work, from messages to decisions."""

from itertools import permutations
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.effects import SensorChanged
from bridge.model.device import DeviceState
from bridge.model.facts import device_key, presence_key
from bridge.model.presence import NOT_SET, parse_presence
from bridge.rules.condition import AllOf, AnyOf, Condition, Count, DeviceComparison, During, NoneOf
from bridge.rules.manual import Until
from bridge.rules.reader import Reader
from bridge.rules.rule import Rule
from bridge.rules.sensor import Sensor, SensorRequest
from bridge.rules.window import Window
from support.rulebook import ALICE, UTC, Rulebook, compare, rule, sensor

DOOR = sensor("door")
CLOSED = rule("closed", {"door": "closed"}, "dnd,,Door closed")
OPEN = rule("open", {"door": "open"}, "available")


# --- what is read ---


def test_the_filters_are_those_of_all_topics_once():
    book = Rulebook(
        sensor("door", "z2m/{name}", availability=(Reader("z2m/bridge/state"),)),
        sensor("battery", "z2m/{name}", availability=(Reader("z2m/bridge/state"),)),
        sensor("hall", "hall/{path+}"),
    )
    assert book.rules.filters == ("z2m/+", "z2m/bridge/state", "hall/#")


def test_what_is_asked_of_sensors_after_a_connect():
    request = SensorRequest("cmnd/door/Status", b"10")
    assert Rulebook(sensor("door", requests=(request,)), DOOR).rules.requests == (request,)


def test_a_message_is_taken_if_a_sensor_listens_to_its_topic():
    book = Rulebook(DOOR)
    assert book.say("door", "closed")
    assert book.say("door", b"\xff")
    assert not book.say("gate", "closed")


def test_what_is_no_information_changes_nothing():
    reader = Reader("door", path="contact", values={"true": "closed", "false": "open"})
    book = Rulebook(Sensor("door", reader), rules=[CLOSED])
    book.synchronise()
    book.say("door", '{"contact": true}')
    for payload in ("", "null", "closed", '{"contact": null}', '{"battery": 3}', '{"contact": 7}', "{"):
        book.say("door", payload)
    assert book.value("door") == "closed"
    assert len(book.of(SensorChanged)) == 1


def test_a_change_is_observed_and_a_repeat_is_not():
    book = Rulebook(sensor("door", "z2m/{name}"))
    for text in ("open", "open", "closed", "unknown"):
        book.say("z2m/front", text)
    assert book.of(SensorChanged) == [
        SensorChanged("door", "front", "unknown", "open"),
        SensorChanged("door", "front", "open", "closed"),
        SensorChanged("door", "front", "closed", "unknown"),
    ]


def test_a_device_that_is_not_known_yet_counts_but_is_not_observed():
    lost = rule("lost", Count((compare("door", "unknown"),), 1), "away")
    book = Rulebook(sensor("door", "z2m/{name}"), rules=[lost])
    book.synchronise()
    book.say("z2m/front", "unknown")
    assert book.last == "away"
    assert book.of(SensorChanged) == []


def test_one_message_is_one_change_however_many_sensors_read_it():
    sensors = [
        Sensor(name, Reader("both", path=name, values={"true": "on", "false": "off"})) for name in "ab"
    ]
    book = Rulebook(
        *sensors,
        rules=[rule("one", {"a": "on", "b": "off"}, "xa"), rule("both", {"a": "on", "b": "on"}, "dnd")],
    )
    book.synchronise()
    book.say("both", '{"a": true, "b": true}')
    assert book.decided == [("2000", "dnd", "both")]


def test_devices_that_go_together_are_one_change():
    doors = sensor("door", "z2m/{name}", availability=(Reader("z2m-bridge"),), on_unavailable="unknown")
    some = rule("some", Count((compare("door", "open"),), 1, 2), "away")
    book = Rulebook(doors, rules=[some, rule("many", Count((compare("door", "open"),), 3), "dnd")])
    book.synchronise()
    for name in "abcd":
        book.store(f"z2m/{name}", "open")
    book.say("z2m-bridge", "@unavailable")
    assert [name for _, _, name in book.decided] == ["some", "many"]


def test_the_operator_is_told_of_what_is_not_read():
    book = Rulebook(sensor("door", "z2m/{name}"))
    assert book.say(f"z2m/{'x' * 2000}", "open")
    (warning,) = book.warnings
    assert warning.startswith(f"sensor door does not read '{'x' * 79}…': it has room for 10000 devices")


def test_an_unknown_sensor_is_not_accepted():
    with pytest.raises(KeyError, match="gate"):
        Rulebook(DOOR, rules=[rule("gate", {"gate": "open"})])


# --- before and after a connection has been read ---


def test_nothing_is_decided_before_all_that_is_stored_has_been_read():
    book = Rulebook(DOOR, rules=[CLOSED, rule("else", sets="away")])
    book.store("door", "closed")
    book.say("door", "open")
    book.say("door", "closed")
    book.call("SIP/2000", DeviceState.INUSE)
    book.advance(1000)
    assert book.decided == []
    book.synchronise()
    assert book.decided == [("2000", "dnd,,Door closed", "closed")]


def test_what_stands_is_kept_until_the_sensors_have_spoken():
    book = Rulebook(DOOR, rules=[CLOSED, rule("else", sets="away")])
    book.synchronise()
    assert book.decided == []
    book.say("door", "open")
    assert book.last == "away"


def test_what_is_true_when_we_come_has_lasted():
    book = Rulebook(
        sensor("door", for_seconds={"closed": 60.0}),
        rules=[rule("closed", {"door": "closed"}, "dnd", for_seconds=60.0)],
    )
    book.store("door", "closed")
    book.synchronise()
    assert book.last == "dnd"


def test_what_becomes_true_while_we_read_has_not():
    book = Rulebook(DOOR, rules=[rule("closed", {"door": "closed"}, "dnd", for_seconds=60.0)])
    book.store("door", "open")
    book.say("door", "closed")
    book.synchronise()
    assert book.decided == []
    book.advance(60)
    assert book.last == "dnd"


def test_both_times_are_waited_for_one_after_the_other():
    book = Rulebook(
        sensor("door", for_seconds={"closed": 10.0}),
        rules=[rule("closed", {"door": "closed"}, "dnd", for_seconds=20.0)],
    )
    book.store("door", "open")
    book.synchronise()
    book.say("door", "closed")
    book.advance(29.9)
    assert book.decided == []
    book.advance(0.1)
    assert book.last == "dnd"


def test_after_a_reconnect_what_is_stored_changes_nothing_and_decisions_are_repeated():
    book = Rulebook(DOOR, rules=[CLOSED, OPEN])
    book.store("door", "closed")
    book.synchronise()
    book.disconnect()
    book.store("door", "closed")
    assert len(book.decided) == 1
    book.synchronise()
    assert book.decided == [("2000", "dnd,,Door closed", "closed")] * 2


def test_what_has_changed_meanwhile_is_decided_when_all_has_been_read():
    book = Rulebook(DOOR, rules=[rule("closed", {"door": "closed"}, "dnd", for_seconds=60.0), OPEN])
    book.store("door", "open")
    book.synchronise()
    book.disconnect()
    book.store("door", "closed")
    assert len(book.decided) == 1
    book.synchronise()
    assert book.last == "dnd"


def test_time_goes_on_without_a_connection_and_decides_nothing():
    book = Rulebook(DOOR, rules=[rule("closed", {"door": "closed"}, "dnd", for_seconds=60.0)])
    book.store("door", "open")
    book.synchronise()
    book.say("door", "closed")
    book.disconnect()
    book.advance(100)
    assert book.decided == []
    book.synchronise()
    assert book.last == "dnd"


def test_a_restart_does_not_change_the_time_in_a_text():
    timed = rule("closed", {"door": "closed"}, "dnd,{sensor},Closed at {time}")
    book = Rulebook(DOOR, rules=[timed])
    book.state.put(ALICE, "2000", parse_presence("dnd,door,Closed at 08:12"), None)
    book.store("door", "closed")
    book.synchronise()
    assert book.last == "dnd,door,Closed at 08:12"
    book.say("door", "open")
    book.say("door", "closed")
    assert book.last == "dnd,door,Closed at 11:23"


# --- silence, calls, the clock ---


def test_silence_decides():
    motion = sensor("motion", expire_seconds=300.0, expire_to="off")
    book = Rulebook(
        motion, rules=[rule("on", {"motion": "on"}, "available"), rule("off", {"motion": "off"}, "away")]
    )
    book.synchronise()
    book.say("motion", "on")
    book.advance(300)
    assert book.last == "away"


def test_silence_that_changes_nothing_decides_nothing():
    book = Rulebook(
        sensor("motion", expire_seconds=300.0, expire_to="off"), rules=[rule("off", {"motion": "off"})]
    )
    book.synchronise()
    book.say("motion", "off")
    book.advance(1000)
    assert book.decided == [("2000", "dnd", "off")]


def test_a_call_stands_above_the_rest_and_is_no_change_of_a_sensor():
    talks = rule(
        "call", DeviceComparison("SIP/2000", (DeviceState.INUSE, DeviceState.RINGING)), "dnd,,On a call"
    )
    book = Rulebook(DOOR, rules=[CLOSED, OPEN, talks])
    book.store("door", "open")
    book.synchronise()
    book.call("SIP/2000", DeviceState.INUSE)
    assert book.last == "dnd,,On a call"
    book.call("SIP/2000", DeviceState.NOT_INUSE)
    assert book.last == "available"
    book.override(Until(on_change=True))
    book.call("SIP/2000", DeviceState.INUSE)
    assert len(book.decided) == 3


def test_a_stored_call_has_lasted():
    long = rule("call", DeviceComparison("SIP/2000", (DeviceState.INUSE,)), "dnd", for_seconds=60.0)
    book = Rulebook(rules=[long])
    book.call("SIP/2000", DeviceState.INUSE, retained=True)
    book.synchronise()
    assert book.last == "dnd"
    live = Rulebook(rules=[long])
    live.synchronise()
    live.call("SIP/2000", DeviceState.INUSE)
    assert live.decided == []
    live.advance(60)
    assert live.last == "dnd"


def test_the_schedule_decides_at_its_bounds():
    noon = During(Window(UTC, begin=12 * 3600, end=13 * 3600))
    book = Rulebook(rules=[rule("lunch", noon, "away,lunch,since {time}"), rule("else", sets="available")])
    book.synchronise()
    book.advance(3600)
    assert book.decided == [("2000", "available", "else"), ("2000", "away,lunch,since 12:00", "lunch")]
    book.advance(3600)
    assert book.last == "available"


def test_a_window_must_last_too_but_not_when_we_come_into_it():
    hours = During(Window(UTC, begin=11 * 3600, end=12 * 3600))
    later = During(Window(UTC, begin=12 * 3600, end=13 * 3600))
    book = Rulebook(
        rules=[rule("now", hours, "dnd", for_seconds=60.0), rule("then", later, "away", for_seconds=60.0)]
    )
    book.synchronise()
    assert book.last == "dnd"
    book.advance(2201)
    assert book.last == "dnd"
    book.advance(60)
    assert book.last == "away"


def test_the_rules_of_one_output_do_not_concern_another():
    lamp = rule("lamp", {"door": "open"}, "INUSE", output="Custom:lamp")
    book = Rulebook(DOOR, rules=[CLOSED, lamp])
    book.store("door", "closed")
    book.synchronise()
    book.say("door", "open")
    assert book.decided == [("2000", "dnd,,Door closed", "closed"), ("Custom/lamp", "INUSE", "lamp")]
    assert book.decisions[1][1].key == device_key("Custom:lamp")


# --- between rules and people ---


def test_what_is_governed():
    book = Rulebook(DOOR, rules=[CLOSED, rule("lamp", {"door": "open"}, "INUSE", output="Custom:lamp"), OPEN])
    assert book.rules.governed == ("2000", "Custom/lamp")
    assert book.rules.governs(presence_key("2000"))
    assert book.rules.governs(device_key("custom/LAMP"))
    assert not book.rules.governs(presence_key("2001"))


def test_what_is_known_of_sensors():
    book = Rulebook(DOOR, sensor("gate"), rules=[CLOSED, OPEN])
    book.say("door", "open")
    assert book.rules.sensors == ("door", "gate")
    assert book.rules.fed_by("door") == (ALICE,)
    assert book.rules.fed_by("gate") == ()
    assert book.rules.explain_sensor("door", book.now) == book.explain()["sensors"][0]
    assert book.rules.explain_sensor("cellar", book.now) is None


def test_a_word_about_what_no_rule_sets_is_nobodys():
    book = Rulebook(DOOR, rules=[CLOSED])
    book.synchronise()
    book.override(Until(), presence_key("2001"))
    book.release(presence_key("2001"))
    book.say("door", "closed")
    assert book.last == "dnd,,Door closed"


def test_without_sensors_and_rules_nothing_happens():
    book = Rulebook()
    book.synchronise()
    book.disconnect()
    assert book.rules.filters == ()
    assert book.rules.governed == ()
    assert book.effects == []
    assert book.state.facts.value(ALICE) == NOT_SET


# --- whatever happens ---

TEXTS = ("on", "off", "zone", "unknown")
TOPICS = ("a", "b", "c/1", "c/2", "c/3")
SENSORS = (sensor("a"), sensor("b"), sensor("c", "c/{id}"))

COMPARISONS = st.builds(
    compare, st.sampled_from("abc"), st.lists(st.sampled_from(TEXTS), min_size=1, max_size=2).map(tuple)
)
PARTS = st.lists(COMPARISONS, min_size=1, max_size=3).map(tuple)
CONDITIONS = st.one_of(
    st.builds(AllOf, st.lists(COMPARISONS, max_size=2).map(tuple)),
    st.builds(AnyOf, PARTS),
    st.builds(NoneOf, PARTS),
    st.builds(Count, PARTS, st.integers(0, 3), st.one_of(st.none(), st.integers(3, 5))),
)


@st.composite
def rule_lists(draw: st.DrawFn, held: bool = True) -> list[Rule]:
    """Rules of one output, each with a value of its own."""
    conditions = draw(st.lists(CONDITIONS, min_size=1, max_size=4))
    return [
        rule(
            f"rule {n}",
            condition,
            f"dnd,{n}",
            for_seconds=draw(st.sampled_from((0.0, 0.0, 5.0))) if held else 0.0,
        )
        for n, condition in enumerate(conditions)
    ]


MESSAGES = st.tuples(st.sampled_from(TOPICS), st.sampled_from(TEXTS))


class Seen(NamedTuple):
    """The newest text of each topic: all that the model knows."""

    texts: dict[str, str]

    def values(self, name: str) -> list[str | None]:
        topics = [topic for topic in self.texts if topic.split("/")[0] == name]
        values = [None if self.texts[topic] == "unknown" else self.texts[topic] for topic in topics]
        return values if values or name == "c" else [None]

    def outcome(self, condition: Condition) -> bool | None:
        if isinstance(condition, Count):
            return self.counted(condition)
        if isinstance(condition, AllOf | AnyOf | NoneOf):
            parts = [self.outcome(part) for part in condition.parts]
            if isinstance(condition, AllOf):
                return False if False in parts else None if None in parts else True
            found = True if True in parts else None if None in parts else False
            return found if isinstance(condition, AnyOf) or found is None else not found
        wanted = {None if value == "unknown" else value for value in condition.values}
        values = self.values(condition.sensor)
        if wanted & set(values) or (None in wanted and not values):
            return True
        return None if set(values) <= {None} else False

    def counted(self, count: Count) -> bool | None:
        sure = maybe = 0
        for part in count.parts:
            values = self.values(part.sensor)
            wanted = {None if value == "unknown" else value for value in part.values}
            sure += sum(value in wanted for value in values)
            if None not in wanted:
                maybe += sum(value is None for value in values) if values else 1000
        most = 10_000 if count.at_most is None else count.at_most
        possible = [count.at_least <= sure + more <= most for more in range(maybe + 1)]
        return all(possible) if len(set(possible)) == 1 else None

    def winner(self, rules: list[Rule], held: set[str]) -> str | None:
        for candidate in sorted(rules, key=lambda r: r.layer.rank):
            outcome = self.outcome(candidate.condition)
            if outcome is None:
                return None
            if outcome and candidate.name in held:
                return candidate.name
        return None


@given(rule_lists(), st.lists(MESSAGES, max_size=5, unique_by=lambda message: message[0]), st.data())
def test_levels_at_the_start_decide_the_same_in_any_order(rules, messages, data):
    decided = []
    for order in (messages, data.draw(st.permutations(messages))):
        book = Rulebook(*SENSORS, rules=rules)
        for topic, text in order:
            book.store(topic, text)
        assert book.decided == []
        book.synchronise()
        decided.append(book.decided)
    names = {candidate.name for candidate in rules}
    expected = Seen(dict(messages)).winner(rules, held=names)
    assert decided[0] == decided[1]
    assert [name for _, _, name in decided[0]] == ([] if expected is None else [expected])


ENDINGS = st.sampled_from(["say", "store", "disconnect", "synchronise", "pause"])


@given(rule_lists(), st.lists(st.tuples(ENDINGS, MESSAGES, st.floats(0, 4)), max_size=30))
def test_what_is_decided_is_what_a_look_at_everything_gives(rules, steps):
    book = Rulebook(*SENSORS, rules=rules)
    texts: dict[str, str] = {}
    since: dict[str, float] = {}
    connected = False
    stands = None
    for what, (topic, text), pause in steps:
        before = {r.name: Seen(texts).outcome(r.condition) for r in rules}
        if what in ("say", "store"):
            book.say(topic, text, retained=what == "store")
            texts[topic] = text
        elif what == "disconnect":
            book.disconnect()
            connected = False
        elif what == "synchronise":
            book.synchronise()
            connected = True
        for candidate in rules:
            if Seen(texts).outcome(candidate.condition) is not True:
                since.pop(candidate.name, None)
            elif before[candidate.name] is not True:
                since[candidate.name] = book.now if what == "say" else float("-inf")
            else:
                since.setdefault(candidate.name, float("-inf"))
        book.advance(pause)
        if not connected:
            continue
        held = {r.name for r in rules if r.name in since and book.now - since[r.name] >= r.for_seconds}
        winner = Seen(texts).winner(rules, held)
        stands = winner or stands
        assert (book.decided[-1][2] if book.decided else None) == stands


@given(rule_lists(), st.lists(MESSAGES, max_size=10))
def test_repeats_decide_nothing(rules, messages):
    book = Rulebook(*SENSORS, rules=rules)
    book.synchronise()
    for topic, text in messages:
        book.say(topic, text)
    book.advance(10)
    before = len(book.decided)
    for topic, text in dict(messages).items():
        book.say(topic, text)
        book.say(topic, text.upper())
        book.store(topic, text)
    book.advance(10)
    assert len(book.decided) == before


@given(st.lists(st.floats(0.1, 4.9), max_size=20))
def test_flapping_within_the_time_of_a_rule_never_decides(pauses):
    book = Rulebook(DOOR, rules=[rule("closed", {"door": "closed"}, "dnd", for_seconds=5.0)])
    book.store("door", "open")
    book.synchronise()
    for pause in pauses:
        book.say("door", "closed")
        book.advance(pause)
        book.say("door", "open")
    book.advance(100)
    assert book.decided == []


def test_all_orders_of_availability_and_values_at_the_start():
    alice = sensor("alice", availability=(Reader("phone"),), on_unavailable="gone")
    for order in permutations([("alice", "home"), ("phone", "@unavailable"), ("door", "closed")]):
        book = Rulebook(alice, DOOR, rules=[rule("gone", {"alice": "gone", "door": "closed"}, "away")])
        for topic, text in order:
            book.store(topic, text)
        book.synchronise()
        assert book.last == "away"


# --- other sensors and rules ---


def test_what_becomes_of_the_rules_is_told():
    request = SensorRequest("ask", b"?")
    other = sensor("lamp", "lamp/{x}", requests=(request,))
    book = Rulebook(DOOR, rules=[CLOSED])
    lamp = rule("lamp", {"lamp": "on"}, "INUSE", output="Custom:lamp")
    found = book.replace([DOOR, other], [CLOSED, lamp])
    assert (found.filters, found.requests) == (("lamp/+",), (request,))
    assert (found.gained, found.lost) == ({device_key("Custom:lamp"): "Custom/lamp"}, ())
    assert book.rules.filters == ("door", "lamp/+")
    found = book.replace([other], [lamp])
    assert (found.filters, found.requests, dict(found.gained), found.lost) == ((), (), {}, (ALICE,))


def test_nothing_waits_for_what_is_gone():
    slow = sensor("door", for_seconds={"closed": 9.0}, expire_seconds=50.0)
    held = rule("held", {"window": "open"}, "dnd", for_seconds=10)
    book = Rulebook(slow, sensor("window"), rules=[held], min_interval=5.0)
    book.synchronise()
    book.say("door", "open")
    book.say("door", "closed")
    book.say("window", "open")
    book.override(Until(at_wall=book.wall(book.now) + 100))
    book.replace([], [])
    assert len(book.timers) == 0


def test_a_rule_with_the_condition_of_another_goes_on_in_its_place():
    twice = [
        rule("a", {"door": "closed"}, "dnd", for_seconds=10),
        rule("b", {"door": "closed"}, "xa", for_seconds=20),
    ]
    book = Rulebook(DOOR, rules=twice)
    book.synchronise()
    book.say("door", "open")
    book.say("door", "closed")
    book.advance(5)
    book.replace([DOOR], twice[1:])
    book.advance(14)
    assert book.last is None
    book.advance(2)
    assert book.last == "xa"


def test_a_text_with_the_time_tells_when_its_condition_became_true():
    book = Rulebook(DOOR, rules=[rule("shut", {"door": "closed"}, "dnd,,Closed")])
    book.synchronise()
    book.say("door", "closed")
    book.advance(3600)
    book.replace([DOOR], [rule("shut", {"door": "closed"}, "dnd,,Closed at {time}")])
    assert book.last == "dnd,,Closed at 11:23"


def test_what_a_new_rule_finds_standing_as_its_own_word_keeps_its_time():
    book = Rulebook(DOOR)
    book.synchronise()
    book.say("door", "closed")
    book.state.put(ALICE, "2000", parse_presence("dnd,,Closed at 09:30"), None)
    book.replace([DOOR], [rule("shut", {"door": "closed"}, "dnd,,Closed at {time}")])
    # The sensor is as new as the rule.
    book.store("door", "closed")
    assert book.last == "dnd,,Closed at 09:30"
