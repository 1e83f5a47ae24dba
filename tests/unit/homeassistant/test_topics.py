"""The topics that Home Assistant is sent to."""

from bridge.homeassistant.topics import Topics
from bridge.topics.route import Routes
from bridge.topics.session import state_topic

TOPICS = Topics("pb")


def test_they_are_those_that_the_bridge_reads_and_writes():
    assert TOPICS.state == state_topic("pb")
    assert TOPICS.truth("a/b") == Routes("pb").presence_topic("a/b")
    assert TOPICS.command("2000") == "pb/presence/2000/set"
    assert TOPICS.event("2000") == "pb/presence/2000/event"
    assert TOPICS.hint("2000") == "pb/hint/2000"
    assert TOPICS.info == "pb/bridge/info"
    assert TOPICS.health == "pb/bridge/health"
    assert TOPICS.request("resend") == "pb/bridge/request/resend"


def test_a_view_is_no_truth():
    assert TOPICS.view("2000") == "pb/homeassistant/presence/2000"
    assert TOPICS.view("2000").startswith(TOPICS.views)
