import json

import pytest

from bridge.mqtt.payload import BadPayload
from bridge.rules.question import Explanations
from bridge.status.board import Board
from bridge.status.status import MOST_LISTED, Sources, Status
from bridge.topics.decoders.presence import PresenceCommand
from bridge.topics.session import Link
from support.context import wall
from support.house import DOOR, RULES, SENSORS
from support.playbook import BASE, Playbook

HINTS = ("2000 = SIP/2000,CustomPresence:2000", "2001 = ,CustomPresence:Bob")
NOTHING_SAID = {"state": "not_set", "subtype": "", "message": ""}


def status_of(play):
    return Status(
        Sources(
            state=play.state,
            notifier=play.notifier,
            board=Board(play.state, lambda: True, wall),
            wall=wall,
            origin=play.truth.origin,
            info=play.report.info.document,
            health=play.report.health.document,
            explanations=Explanations(play.state, play.rules),
            obey=play.truth.obey,
            is_synchronised=lambda: play.session.link is Link.SYNCHRONISED,
        )
    )


@pytest.fixture
def play():
    return Playbook(*HINTS)


@pytest.fixture
def status(play):
    return status_of(play)


def test_an_extension_of_which_nothing_is_known(play, status):
    assert status.extension("2000", play.now) == {
        "extension": "2000",
        "name": "",
        "presence": NOTHING_SAID,
        "device": "UNKNOWN",
        "state": "Idle",
        "since": None,
        "providers": ["2000"],
        "watchers": 0,
        "behind": 0,
    }
    assert status.extension("9999", play.now) is None
    assert status.details("9999", play.now) is None


def test_all_extensions_in_configured_order(play, status):
    assert [one["extension"] for one in status.extensions(play.now)] == ["2000", "2001"]
    assert status.extensions(play.now)[1] == status.extension("2001", play.now)


def test_who_has_said_it_and_since_when(play, status):
    play.mqtt("presence/Bob/set", '{"state": "dnd", "message": "Door closed"}')
    play.give_back()
    details = status.details("2001", play.now)
    (said,) = details["presences"]
    assert (said["provider"], said["state"], said["message"]) == ("Bob", "dnd", "Door closed")
    assert (said["by"], said["rule"], said["until"]) == ("command", "", None)
    # It tells itself since when it is so, though we may have come later.
    assert details["since"] == said["since"] is not None


def test_what_a_device_has_a_part_in_has_no_such_moment(play, status):
    play.mqtt("presence/2000/set", "dnd")
    play.give_back()
    assert status.extension("2000", play.now)["since"] is not None
    play.mqtt("device/SIP/2000", "INUSE")
    assert status.extension("2000", play.now)["since"] is None


def test_who_watches_an_extension(play, status):
    phone = play.phone()
    phone.subscribe("2000", expires=600)
    phone.notified()
    play.advance(5)
    summary = status.extension("2000", play.now)
    assert (summary["watchers"], summary["behind"]) == (1, 0)
    (watcher,) = status.details("2000", play.now)["watching"]
    assert (watcher["extension"], watcher["event"], watcher["transport"]) == ("2000", "presence", "udp")
    assert watcher["expires_in"] == 595
    assert watcher["last_notify"] is not None
    assert watcher["latency_ms"] is None
    assert not watcher["behind"]
    assert status.watchers() == {"2000": 1, "2001": 0}


def test_a_watcher_that_is_silent_is_behind_after_a_second(play, status):
    phone = play.phone()
    phone.subscribe("2000")
    phone.notified()
    play.advance(1)
    play.mqtt("presence/2000", "dnd")
    play.advance(0.5)
    assert status.behind(play.now) == {}
    play.advance(1)
    assert status.behind(play.now) == {"2000": 1}
    assert status.extension("2000", play.now)["behind"] == 1
    assert status.extensions(play.now)[0]["behind"] == 1
    phone.notified()
    assert status.behind(play.now) == {}
    (watcher,) = status.details("2000", play.now)["watching"]
    assert watcher["latency_ms"] > 1000


def test_phones_with_all_that_they_watch(play, status):
    for last, extension in ((1, "2000"), (2, "2000"), (2, "2001")):
        # Each dialog of a pretended phone has a port of its own.
        play.phone(f"127.0.0.{last}").subscribe(extension)
    found = status.phones(MOST_LISTED, 0, play.now)
    assert found["total"] == 2
    assert [phone["extensions"] for phone in found["phones"]] == [["2000"], ["2000", "2001"]]
    assert status.phones(1, 1, play.now)["phones"] == found["phones"][1:2]
    assert status.phones(10, 50, play.now) == {"total": found["total"], "phones": []}


def test_the_bridge_as_its_topics_tell(play, status):
    found = status.status(play.now)
    assert found["info"] == json.loads(play.published[f"{BASE}/bridge/info"])
    assert found["health"].keys() == json.loads(play.published[f"{BASE}/bridge/health"]).keys()


def test_the_verdict_of_the_rules():
    play = Playbook("2000 = ,CustomPresence:2000", "2001 = ,CustomPresence:Bob", sensors=SENSORS, rules=RULES)
    play.feed_sensor(DOOR, "closed")
    play.give_back()
    status = status_of(play)
    (verdict,) = status.rules("2000", play.now)
    assert (verdict["output"], verdict["rule"]) == ("2000", "shut")
    assert status.rules("2001", play.now) == []


def test_a_presence_is_set_as_by_a_command(play, status):
    assert status.is_known("bob")
    assert not status.is_known("nobody")
    assert status.is_synchronised()
    status.set_presence("Bob", PresenceCommand(None, None, "back soon"), play.now)
    play.give_back()
    assert status.extension("2001", play.now)["presence"]["message"] == "back soon"
    with pytest.raises(BadPayload, match="no rules"):
        status.set_presence("Bob", PresenceCommand(None, None, None, released=True), play.now)
    play.disconnect()
    assert not status.is_synchronised()
