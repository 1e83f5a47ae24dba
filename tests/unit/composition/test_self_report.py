"""What the bridge says of itself, in conversations with the whole engine."""

import json

import pytest

from bridge import __version__
from bridge.effects import Publish
from bridge.topics.surroundings import Surroundings
from support.playbook import BASE, Playbook

HINTS = ("2000 = SIP/2000,CustomPresence:2000", "2001 = ,CustomPresence:2001")


def set_level(level):
    if level not in ("debug", "info"):
        raise ValueError(f"unknown level '{level}': known are debug, info")
    before, set_level.now = set_level.now, level
    return before


@pytest.fixture
def play():
    set_level.now = "info"
    around = Surroundings(log_level=lambda: set_level.now, set_log_level=set_level)
    return Playbook(*HINTS, surroundings=around)


def ask(play, command, payload=""):
    """The answer of a request."""
    play.mqtt(f"bridge/request/{command}", payload)
    return json.loads(
        [effect for effect in play.of(Publish) if effect.topic == f"{BASE}/bridge/response/{command}"][
            -1
        ].payload
    )


def events(play):
    return [
        json.loads(effect.payload) for effect in play.of(Publish) if effect.topic == f"{BASE}/bridge/event"
    ]


def retained(play, topic):
    return json.loads(play.published[f"{BASE}/{topic}"])


def test_after_a_connect_everything_is_published_and_online_comes_last(play):
    order = [effect.topic.removeprefix(f"{BASE}/") for effect in play.of(Publish)]
    assert order.index("hint/2000") < order.index("bridge/info") < order.index("bridge/state")
    assert order.index("bridge/health") < order.index("bridge/state") == len(order) - 1
    assert retained(play, "bridge/info")["version"] == __version__
    assert retained(play, "bridge/health")["ready"] is True
    assert [event["type"] for event in events(play)] == ["started"]


def test_all_of_it_again_after_a_reconnect(play):
    phone = play.phone()
    phone.subscribe()
    phone.notified()
    play.advance(2)
    play.disconnect("connection reset")
    play.effects.clear()
    play.advance(300)
    assert play.of(Publish) == []
    play.connect()
    play.advance(1)
    topics = {effect.topic.removeprefix(f"{BASE}/") for effect in play.of(Publish) if effect.retain}
    assert topics >= {"bridge/info", "bridge/health", "phone/200@127.0.0.1", "bridge/state"}
    assert retained(play, "bridge/health")["last_broker_loss"]["reason"] == "connection reset"


def test_a_phone_has_a_topic_while_it_watches(play):
    phone = play.phone()
    phone.subscribe("2000", expires=600)
    phone.notified()
    play.advance(1)
    document = retained(play, "phone/200@127.0.0.1")
    assert document["agent"] == "Digium D40 1_4_0_0_57389"
    assert document["address"] == f"127.0.0.1:{phone.address.port}"
    assert (document["transport"], document["user"], document["behind"]) == ("udp", None, False)
    assert [(one["extension"], one["event"]) for one in document["subscriptions"]] == [("2000", "presence")]
    play.mqtt("presence/2000", "away")
    play.advance(0.002)
    phone.notified()
    play.advance(1)
    assert retained(play, "phone/200@127.0.0.1")["latency_ms"] == 2.0
    phone.subscribe("2000", expires=0)
    play.advance(1)
    assert play.published[f"{BASE}/phone/200@127.0.0.1"] == b""


def test_a_phone_that_does_not_answer_is_behind(play):
    phone = play.phone()
    phone.subscribe("2000", expires=600)
    phone.notified()
    play.advance(2)
    play.mqtt("presence/2000", "away")
    play.advance(1)
    assert retained(play, "phone/200@127.0.0.1")["behind"] is True
    phone.notified()
    play.advance(2)
    assert retained(play, "phone/200@127.0.0.1")["behind"] is False


def test_a_refresh_is_not_published_for_its_own_sake(play):
    phone = play.phone()
    phone.subscribe("2000", expires=600)
    phone.notified()
    play.advance(2)
    play.effects.clear()
    suppressed = {"Suppress_If_Match": "*"}
    phone.subscribe("2000", expires=600, **suppressed)
    play.advance(5)
    assert not [effect for effect in play.of(Publish) if "/phone/" in effect.topic]


def test_with_phones_switched_off_there_is_no_topic():
    play = Playbook(*HINTS, publish_phones=False)
    play.phone().subscribe()
    play.advance(5)
    assert not [topic for topic in play.published if "/phone/" in topic]


def test_what_happens_is_told(play):
    phone = play.phone()
    phone.subscribe()
    phone.notified()
    play.mqtt("presence/2000", "away")
    play.mqtt("presence/2000", "bored")
    phone.notified(481)
    play.stop()
    assert [event["type"] for event in events(play)] == [
        "started",
        "subscription_created",
        "presence_changed",
        "rejected",
        "subscription_ended",
        "stopping",
    ]
    assert all(event["at"].startswith("2026-11-") for event in events(play))


def test_a_message_that_was_not_understood_is_an_event_with_the_reason(play):
    play.mqtt("presence/2000", b"b\x1bored")
    event = events(play)[-1]
    assert (event["type"], event["topic"], event["value"]) == (
        "rejected",
        f"{BASE}/presence/2000",
        "b\\x1bored",
    )
    assert event["reason"].startswith("unknown presence state 'b\\x1bored'")


# --- requests -------------------------------------------------------------------------------------------


def test_health_is_answered_fresh(play):
    play.phone().subscribe()
    answer = ask(play, "health")
    assert answer["status"] == "ok"
    assert answer["data"].keys() == retained(play, "bridge/health").keys()
    assert (retained(play, "bridge/health")["subscriptions"], answer["data"]["subscriptions"]) == (0, 1)


@pytest.mark.parametrize("payload", ['{"level": "debug"}', "debug", "{'level': 'debug'}", '"debug"'])
def test_the_log_level_is_set_and_shown(play, payload):
    assert ask(play, "log_level", payload) == {"status": "ok", "data": {"old": "info", "new": "debug"}}
    assert retained(play, "bridge/info")["log_level"] == "debug"


def test_a_level_that_there_is_not_is_refused_in_words(play):
    answer = ask(play, "log_level", "loud")
    assert answer == {"status": "error", "error": "unknown level 'loud': known are debug, info"}
    assert retained(play, "bridge/info")["log_level"] == "info"


@pytest.mark.parametrize("payload", ["", "{}", '{"level": 3}'])
def test_a_level_must_be_named(play, payload):
    assert "name the level" in ask(play, "log_level", payload)["error"]


@pytest.mark.parametrize(
    ("payload", "expected", "told"),
    [
        ("", {"subscriptions": 2, "hints": 2}, [True, True]),
        ('{"extension": "2000"}', {"subscriptions": 1, "hints": 1}, [True, False]),
        ("2000", {"subscriptions": 1, "hints": 1}, [True, False]),
        ('{"extension": 2001}', {"subscriptions": 1, "hints": 1}, [False, True]),
    ],
)
def test_resend_tells_phones_and_topics_again(play, payload, expected, told):
    phones = []
    for extension in ("2000", "2001"):
        phones.append(play.phone())
        phones[-1].subscribe(extension)
        phones[-1].notified()
    before = [len(phone.notifies()) for phone in phones]
    play.effects.clear()
    assert ask(play, "resend", payload) == {"status": "ok", "data": expected}
    assert [len(phone.notifies()) > count for phone, count in zip(phones, before, strict=True)] == told
    hints = [effect.topic for effect in play.of(Publish) if "/hint/" in effect.topic]
    assert hints == [f"{BASE}/hint/{2000 + index}" for index, was in enumerate(told) if was]


def test_resend_for_an_extension_without_a_hint_is_refused(play):
    assert ask(play, "resend", "999") == {"status": "error", "error": "there is no hint for '999'"}
