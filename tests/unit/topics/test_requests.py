"""Requests by MQTT and their answers."""

import json

import pytest

from bridge.effects import MessageRejected, Publish, TruthReceived
from bridge.events import MessageReceived
from support.playbook import BASE, Playbook

ASKED, ANSWERED = "bridge/request", f"{BASE}/bridge/response"


@pytest.fixture
def play():
    """A bridge that answers `echo` at once with its arguments, and `later` when told to."""
    book = Playbook("2000 = SIP/2000")
    book.requests.serve("echo", lambda arguments, answer, _now: answer("", arguments))
    book.requests.serve("word", lambda arguments, answer, _now: answer("", arguments), chief="text")
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


@pytest.mark.parametrize(
    "transaction", ["1e999", "[1]", "9" * 30, "b'x'", "{1}", "1j"], ids=lambda text: text[:5]
)
def test_a_transaction_that_json_cannot_hold_is_left_out(play, transaction):
    play.mqtt(f"{ASKED}/fail", f"{{'transaction': {transaction}}}")
    assert answers(play, "fail") == [{"status": "error", "error": "no such thing"}]


def test_half_a_surrogate_pair_comes_back_as_it_was(play):
    play.mqtt(f"{ASKED}/echo", r'{"transaction": "\ud800"}')
    assert answers(play, "echo")[0]["transaction"] == "\ud800"


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ("hello you", {"text": "hello you"}),
        ('"hello"', {"text": "hello"}),
        ("2000", {"text": "2000"}),
        ("{'text': 'hello'}", {"text": "hello"}),
        ("", {}),
    ],
)
def test_plain_text_is_the_chief_argument_where_there_is_one(play, payload, expected):
    play.mqtt(f"{ASKED}/word", payload)
    assert answers(play, "word") == [{"status": "ok", "data": expected}]


def test_a_list_is_no_argument(play):
    play.mqtt(f"{ASKED}/word", "[1]")
    assert answers(play, "word")[0]["error"] == "needs a JSON object, not a list"


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
    error = "unknown request 'ecko': known are echo, explain, fail, health, later, log_level, reload, resend, resync, trace, word (did you mean echo?)"
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


# --- the way back of MQTT 5 -----------------------------------------------------------------------------


def ask(play, command, response_topic, payload=b"{}", correlation=b"\x00\xff"):
    """What was published after a question by MQTT 5."""
    topic = f"{BASE}/{ASKED}/{command}"
    play.feed(MessageReceived(topic, payload, False, play.now, response_topic, correlation))
    return play.of(Publish)


@pytest.mark.parametrize("topic", ["me/answers", f"{ANSWERED}/echo", f"{ANSWERED}/mine/1", "a", f"{BASE}x/y"])
def test_the_answer_goes_to_the_response_topic_with_its_correlation(play, topic):
    (answer,) = ask(play, "echo", topic, b'{"transaction": 1}')
    assert (answer.topic, answer.correlation, answer.retain) == (topic, b"\x00\xff", False)
    assert json.loads(answer.payload) == {"status": "ok", "data": {"transaction": 1}, "transaction": 1}


def test_an_answer_that_comes_later_knows_its_way(play):
    assert ask(play, "later", "me/1", correlation=b"1") == []
    ask(play, "later", "me/2", correlation=b"2")
    play.later[0]("", {})
    play.later[1]("no", {})
    sent = [(answer.topic, answer.correlation) for answer in play.of(Publish)]
    assert sent == [("me/1", b"1"), ("me/2", b"2")]


@pytest.mark.parametrize(("command", "payload"), [("fail", b"{}"), ("nothing", b""), ("echo", b"[")])
def test_errors_go_there_too(play, command, payload):
    (answer,) = ask(play, command, "me/answers", payload)
    assert (answer.topic, answer.correlation) == ("me/answers", b"\x00\xff")
    assert json.loads(answer.payload)["status"] == "error"


def test_correlation_without_a_response_topic_comes_back_on_ours(play):
    (answer,) = ask(play, "echo", "")
    assert (answer.topic, answer.correlation) == (f"{ANSWERED}/echo", b"\x00\xff")


@pytest.mark.parametrize(
    "topic",
    [
        "$SYS/broker",
        "a/+/b",
        "a/#",
        "a\0b",
        f"{BASE}/presence/2000",
        f"{BASE}/presence/2000/set",
        f"{BASE}/device/Custom/lamp/set",
        f"{BASE}/{ASKED}/echo",
        f"{BASE}/bridge/state",
        f"{BASE}/bridge/response",
    ],
)
def test_where_an_answer_must_not_go_the_question_is_not_obeyed_and_that_is_said(play, topic):
    (answer,) = ask(play, "later", topic)
    assert (answer.topic, answer.correlation) == (f"{ANSWERED}/later", b"\x00\xff")
    assert "response topic" in json.loads(answer.payload)["error"]
    assert play.later == []
