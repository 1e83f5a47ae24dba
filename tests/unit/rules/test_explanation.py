"""Why an output is what it is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.device import DeviceState
from bridge.model.facts import device_key, presence_key
from bridge.model.presence import parse_presence
from bridge.rules.condition import AllOf, DeviceComparison, During, NoneOf
from bridge.rules.explanation import MOST_INSTANCES
from bridge.rules.manual import Until
from bridge.rules.reader import Reader
from bridge.rules.window import Window
from support.rulebook import UTC, Rulebook, compare, rule, sensor

CALL = rule("call", DeviceComparison("SIP/2000", (DeviceState.INUSE,)), "dnd,,On a call")
CLOSED = rule(
    "closed",
    AllOf((compare("door", "closed"), NoneOf((compare("alice", "out"),)))),
    "dnd,,Door {name} closed",
    for_seconds=30.0,
)
NIGHT = rule("night", During(Window(UTC, begin=22 * 3600, end=6 * 3600)), "xa")
ELSE = rule("else", sets="available")

DOOR = sensor(
    "door",
    "z2m/{name}",
    expire_seconds=300.0,
    for_seconds={"closed": 10.0},
    availability=(Reader("z2m-bridge"),),
)


def house(*rules: object, **options: object) -> Rulebook:
    book = Rulebook(DOOR, sensor("alice"), rules=rules or (CLOSED, CALL, ELSE, NIGHT), **options)
    book.store("z2m/front", "open")
    book.store("alice", "home")
    book.synchronise()
    return book


def outcomes(document: dict) -> dict[str, str]:
    return {listed["rule"]: listed["text"] for listed in document["rules"]}


def test_the_rules_stand_in_their_order_with_their_outcomes():
    document = house().explain()
    assert list(outcomes(document)) == ["call", "night", "closed", "else"]
    assert outcomes(document) == {"call": "false", "night": "false", "closed": "false", "else": "true"}
    assert document["output"] == "2000"
    assert document["kind"] == "presence"
    assert (document["decides"], document["rule"]) == ("rule", "else")
    assert document["why"] == "rule 'else' is the first that is true: always"
    assert document["rules"][2] == {
        "rule": "closed",
        "layer": "sensor",
        "outcome": "false",
        "text": "false",
        "since": None,
        "for_seconds": 30.0,
        "seconds_left": None,
        "sets": "dnd,,Door {name} closed",
        "conditions": [
            {"text": "door is closed", "outcome": "false"},
            {"text": "none of: alice is out", "outcome": "true"},
        ],
    }


def test_a_rule_that_waits_says_how_long():
    book = house()
    book.say("z2m/front", "closed")
    book.advance(28)
    listed = book.explain()["rules"][2]
    assert (listed["outcome"], listed["seconds_left"]) == ("waiting", 12.0)
    assert listed["text"] == "true, but not long enough: in 12 s"
    assert listed["since"] == "2026-11-18T11:23:30.000+00:00"
    assert listed["sets"] == "dnd,,Door front closed"
    book.advance(12)
    document = book.explain()
    assert document["rule"] == "closed"
    assert (
        document["why"] == "rule 'closed' is the first that is true: door is closed and none of: alice is out"
    )


def test_sensors_say_what_is_known_of_them():
    book = house()
    book.advance(20)
    book.say("z2m/front", "closed")
    book.say("z2m-bridge", "@unavailable")
    book.advance(4)
    assert book.explain()["sensors"] == [
        {
            "sensor": "door",
            "more": 0,
            "instances": [
                {
                    "captures": {"name": "front"},
                    "value": "open",
                    "since": "2026-11-18T11:23:20.000+00:00",
                    "available": False,
                    "pending": {"value": "closed", "seconds_left": 6.0},
                    "expires_in_seconds": 296.0,
                }
            ],
        },
        {
            "sensor": "alice",
            "more": 0,
            "instances": [
                {
                    "captures": {},
                    "value": "home",
                    "since": "2026-11-18T11:23:20.000+00:00",
                    "available": True,
                    "pending": None,
                    "expires_in_seconds": None,
                }
            ],
        },
    ]


def test_what_was_never_heard_is_unknown_and_holds_up_what_is_below():
    book = Rulebook(sensor("door"), sensor("alice"), rules=[CLOSED, ELSE])
    book.synchronise()
    document = book.explain()
    assert document["sensors"][0]["instances"][0]["value"] == "unknown"
    assert document["sensors"][0]["instances"][0]["since"] is None
    assert (document["decides"], document["rule"]) == ("nobody", None)
    assert document["why"] == (
        "rule 'closed' may be true, it is not known whether door is closed, none of: alice is out; what stands is kept"
    )
    assert outcomes(document) == {"closed": "unknown", "else": "true"}


def test_when_no_rule_is_true_it_says_so():
    document = house(CLOSED).explain()
    assert document["decides"] == "nobody"
    assert document["why"] == "no rule is true; what stands is kept"


def test_before_all_has_been_read_nothing_is_decided():
    book = Rulebook(rules=[ELSE])
    assert book.explain()["decides"] == "nobody"
    assert "nothing is decided before" in book.explain()["why"]


def test_a_decision_that_is_put_off_says_so():
    book = house(ELSE, rule("away", {"alice": "out"}, "away"), min_interval=1.0)
    book.say("alice", "out")
    assert book.explain()["why"] == "rule 'away' is the first that is true: alice is out; put off for 1.0 s"


@pytest.mark.parametrize(
    ("until", "words"),
    [
        ((None, False), "until it is taken back"),
        ((None, True), "until a sensor of its rules changes"),
        ((60.0, False), "until 2026-11-18T11:24:20.000+00:00 (in 50 s)"),
        (
            (60.0, True),
            "until 2026-11-18T11:24:20.000+00:00 (in 50 s) or until a sensor of its rules changes",
        ),
    ],
)
def test_a_manual_word_says_when_it_ends(until, words):
    book = house()
    seconds, on_change = until
    at = None if seconds is None else book.wall(book.now) + seconds
    book.override(Until(at, on_change))
    book.advance(10)
    document = book.explain()
    assert (document["decides"], document["rule"]) == ("manual", None)
    assert document["why"] == f"a manual word stands above all rules, {words}"
    assert document["manual"] == {
        "since": "2026-11-18T11:23:20.000+00:00",
        "until": None if at is None else "2026-11-18T11:24:20.000+00:00",
        "seconds_left": None if at is None else 50.0,
        "until_change": on_change,
    }


def test_it_shows_what_stands_and_what_devices_do():
    book = house()
    book.state.put(presence_key("2000"), "2000", parse_presence("away,lunch,back at 13"), None)
    book.call("SIP/2000", DeviceState.RINGING)
    document = book.explain()
    assert document["value"] == "away,lunch,back at 13"
    assert document["devices"] == [{"device": "SIP/2000", "state": "RINGING"}]


def test_the_output_may_be_a_device():
    book = Rulebook(rules=[rule("lamp", sets="INUSE", output="Custom:lamp")])
    book.synchronise()
    document = book.explain(device_key("Custom:lamp"))
    assert (document["output"], document["kind"], document["value"]) == ("Custom/lamp", "device", "UNKNOWN")
    assert document["rules"][0]["sets"] == "INUSE"


def test_a_condition_that_is_no_list_is_listed():
    document = house(CALL).explain()
    assert document["rules"][0]["conditions"] == [{"text": "SIP/2000 is INUSE", "outcome": "false"}]


def test_many_devices_are_not_all_listed():
    book = house()
    for number in range(50):
        book.say(f"z2m/{number}", "open")
        book.advance(0.1)
    doors = book.explain()["sensors"][0]
    assert len(doors["instances"]) == MOST_INSTANCES
    assert doors["more"] == 51 - MOST_INSTANCES
    assert doors["instances"][0]["captures"] == {"name": "49"}


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("200", "no rule sets '200' (did you mean 2000?)"),
        ("Alice", "no rule sets 'alice'"),
        ("\x1b[31m", "no rule sets '\\x1b[31m'"),
    ],
)
def test_an_output_without_rules_is_refused_with_the_nearest(name, error):
    assert house().explain(presence_key(name))["error"] == error


@given(st.lists(st.tuples(st.text(st.characters(codec=None), max_size=5), st.binary(max_size=5))))
def test_it_is_always_a_document(messages):
    book = house()
    for level, payload in messages:
        book.say(f"z2m/{level}", payload)
    assert json.loads(json.dumps(book.explain(), allow_nan=False)) == book.explain()
