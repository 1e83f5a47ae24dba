import pytest

from bridge.effects import Warned
from bridge.topics.access import Access

SYNC = "pb/bridge/sync/01ab"


class Log:
    def __init__(self, *, tells_refusals=False):
        self.effects = []
        self.access = Access("pb", "user bridge", self.effects.append)
        self.access.connected(tells_refusals)

    @property
    def said(self):
        assert all(isinstance(effect, Warned) for effect in self.effects)
        return [effect.text for effect in self.effects]


def test_a_refusal_is_a_right_to_write_that_is_missing():
    log = Log(tells_refusals=True)
    log.access.refused("pb/presence/2000", "Not authorized")
    (text,) = log.said
    assert text == (
        "user bridge may not write pb/presence/#: the broker refused pb/presence/2000."
        " Mend the broker's access rules"
    )


def test_a_refusal_for_another_reason_is_told_with_it_once():
    log = Log(tells_refusals=True)
    log.access.refused("pb/hint/1", "Quota exceeded")
    log.access.refused("pb/hint/1", "Quota exceeded")
    assert log.said == ["the broker refused a message to pb/hint/1: Quota exceeded"]


def test_where_refusals_are_told_what_does_not_come_back_cannot_be_read():
    log = Log(tells_refusals=True)
    log.access.unanswered(SYNC, 5.0)
    assert log.said == [
        f"user bridge may not read pb/bridge/#: {SYNC} did not come back within 5 s. Mend the broker's access rules"
    ]


def test_where_others_come_back_ours_cannot_be_written():
    log = Log()
    log.access.heard("pb/presence/2001")
    log.access.unanswered("pb/presence/2000", 10.0)
    (text,) = log.said
    assert text == (
        "user bridge may not write pb/presence/#: pb/presence/2000 did not come back within 10 s,"
        " though others there did. Mend the broker's access rules"
    )


def test_otherwise_it_may_be_either():
    log = Log()
    log.access.heard("pb/presence/2001")
    log.access.heard("zigbee2mqtt/door")
    log.access.unanswered(SYNC, 5.0)
    assert log.said[0].startswith("user bridge may not read or write pb/bridge/#: ")


def test_each_branch_is_told_once_in_a_connection():
    log = Log(tells_refusals=True)
    for topic in ("pb/hint/1", "pb/hint/2", "pb/presence/1", "homeassistant/x/config"):
        log.access.refused(topic, "Not authorized")
        log.access.unanswered(topic, 10.0)
    assert [text.partition(" may not write ")[2].partition(":")[0] for text in log.said] == [
        "pb/hint/#",
        "pb/presence/#",
        "homeassistant/#",
    ]
    log.access.connected(tells_refusals=False)
    log.access.unanswered("pb/hint/1", 10.0)
    assert len(log.said) == 4


def test_what_was_heard_in_an_earlier_connection_does_not_count():
    log = Log()
    log.access.heard("pb/presence/2001")
    log.access.connected(tells_refusals=False)
    log.access.unanswered("pb/presence/2000", 10.0)
    assert "may not read or write" in log.said[0]


@pytest.mark.parametrize("topic", ["pb/presence/" + "n" * 20, SYNC])
def test_a_line_of_the_log_has_room_for_it(topic):
    log = Log()
    log.access.heard(topic)
    log.access.unanswered(topic, 10.0)
    assert len(log.said[0]) <= 200
