"""Requests by MQTT and their answers."""

import json

import pytest

from bridge.effects import MessageRejected, Publish, TruthReceived
from support.playbook import BASE, Playbook

ASKED, ANSWERED = "bridge/request", f"{BASE}/bridge/response"


@pytest.fixture
def play():
    """A bridge that answers `echo` at once with its arguments, and `later` when told to."""
    book = Playbook("2000 = SIP/2000")
    book.requests.serve("echo", lambda arguments, answer, _now: answer("", arguments))
    book.requests.serve("fail", lambda _arguments, answer, _now: answer("no such thing", {"x": 1}))
    book.later = []
    book.requests.serve("later", lambda _arguments, answer, _now: book.later.append(answer))
    book.effects.clear()
    return book


def answers(play, command):
    """What was published as an answer to this command."""
    found = [effect for effect in play.of(Publish) if effect.topic == f"{ANSWERED}/{command}"]
    assert not any(effect.retain for effect in found)
    return [json.loads(effect.payload) for effect in found]


def test_an_answer_holds_what_the_handler_says(play):
    play.mqtt(f"{ASKED}/echo", '{"a": [1, "ü"]}')
    assert answers(play, "echo") == [{"status": "ok", "data": {"a": [1, "ü"]}}]


@pytest.mark.parametrize("payload", ["", "{}"])
def test_a_request_may_have_no_arguments(play, payload):
    play.mqtt(f"{ASKED}/echo", payload)
    assert answers(play, "echo") == [{"status": "ok", "data": {}}]


def test_an_error_is_one_with_its_reason(play):
    play.mqtt(f"{ASKED}/fail", "{}")
    assert answers(play, "fail") == [{"status": "error", "error": "no such thing"}]


@pytest.mark.parametrize("transaction", ["abc", 7, None])
def test_a_transaction_comes_back(play, transaction):
    for command in ("fail", "echo"):
        play.mqtt(f"{ASKED}/{command}", json.dumps({"transaction": transaction}))
        assert answers(play, command)[0]["transaction"] == transaction


def test_an_answer_may_come_later(play):
    play.mqtt(f"{ASKED}/later", '{"transaction": "a"}')
    play.mqtt(f"{ASKED}/later", '{"transaction": "b"}')
    assert answers(play, "later") == []
    first, second = play.later
    second("", {})
    first("too late", {})
    assert answers(play, "later") == [
        {"status": "ok", "data": {}, "transaction": "b"},
        {"status": "error", "error": "too late", "transaction": "a"},
    ]


def test_an_unknown_request_is_told_what_is_known(play):
    play.mqtt(f"{ASKED}/ecko", "{}")
    error = "unknown request 'ecko': known are echo, fail, later (did you mean echo?)"
    assert answers(play, "ecko") == [{"status": "error", "error": error}]


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ("hello", "needs a JSON object, not text"),
        ("[1]", "needs a JSON object, not a list"),
        ('{"a"', "not JSON"),
        (b"\xff", "not UTF-8"),
        ("{" + " " * 70_000 + "}", "more than the 65536 that are read"),
    ],
)
def test_what_is_no_request_is_said(play, payload, words):
    play.mqtt(f"{ASKED}/echo", payload)
    (answer,) = answers(play, "echo")
    assert answer["status"] == "error"
    assert words in answer["error"]


def test_a_retained_request_is_not_obeyed_and_is_reported(play):
    play.mqtt(f"{ASKED}/echo", "{}", retained=True)
    assert answers(play, "echo") == []
    (rejected,) = play.of(MessageRejected)
    assert (rejected.topic, rejected.kind, rejected.value) == (f"{BASE}/{ASKED}/echo", "retained_set", "{}")
    assert "must not be retained" in rejected.reason


def test_the_removal_of_a_retained_request_is_nothing(play):
    play.mqtt(f"{ASKED}/echo", "", retained=True)
    assert play.effects == []


def test_a_request_is_no_truth(play):
    play.mqtt(f"{ASKED}/echo", "{}")
    assert play.of(TruthReceived) == play.of(MessageRejected) == []
