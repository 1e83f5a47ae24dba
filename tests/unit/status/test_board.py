import pytest

from bridge.effects import MessageRejected, PresenceChanged, Warned
from bridge.model.device import DeviceState
from bridge.model.facts import device_key, presence_key
from bridge.model.hint import parse_hint
from bridge.model.presence import Presence, PresenceState
from bridge.model.state import State
from bridge.status.board import MOST_EVENTS, Board
from support.context import wall

DND, AWAY = Presence(PresenceState.DND), Presence(PresenceState.AWAY)


class House:
    """A board beside a state whose facts can be said."""

    def __init__(self, *hints):
        self.state = State([parse_hint(str(number), hint) for number, hint in enumerate(hints, 2000)])
        self.synchronised = True
        self.board = Board(self.state, lambda: self.synchronised, wall)

    def say(self, key, value, now, *, level=False):
        change = self.state.put(key, key.name, value, None if level else now)
        self.board.changed(change, now)


@pytest.fixture
def house():
    return House("SIP/2000,CustomPresence:a&CustomPresence:b", ",CustomPresence:a")


def test_since_when_an_extension_shows_what_it_shows(house):
    house.say(presence_key("a"), DND, 1010.0)
    since = house.board.since("2000")
    assert since is not None
    assert since == house.board.since("2001")
    # A weaker word of another provider changes nothing that is shown.
    house.say(presence_key("b"), AWAY, 1020.0)
    assert house.board.since("2000") == since
    house.say(device_key("SIP/2000"), DeviceState.INUSE, 1030.0)
    assert house.board.since("2000") > since
    assert house.board.since("2001") == since


def test_of_what_was_so_before_we_came_it_is_not_known_since_when(house):
    house.say(presence_key("a"), DND, 1010.0)
    house.say(presence_key("a"), AWAY, 1020.0, level=True)
    assert house.board.since("2000") is None
    assert house.board.since("9999") is None


def test_changes_are_taken_once(house):
    house.say(presence_key("b"), DND, 1010.0)
    assert house.board.take_changes() == {"2000"}
    assert house.board.take_changes() == frozenset()


def test_too_many_changes_are_not_told_one_by_one(house):
    for number in range(4096):
        house.say(presence_key("b"), Presence(PresenceState.DND, "", f"{number}"), 1010.0 + number)
    assert house.board.take_changes() is None
    assert house.board.take_changes() == frozenset()


def test_events_are_numbered_dated_and_bounded(house):
    for number in range(MOST_EVENTS + 5):
        house.board.observe(Warned(f"warning {number}"), 1000.0 + number)
    events = house.board.events()
    assert [event["number"] for event in events] == list(range(6, MOST_EVENTS + 6))
    assert events[-1]["type"] == "warning"
    assert events[-1]["text"] == f"warning {MOST_EVENTS + 4}"
    assert events[-1]["at"] > events[0]["at"]
    assert house.board.events(after=MOST_EVENTS + 4) == events[-1:]


def test_how_things_stand_when_we_come_is_no_event(house):
    house.synchronised = False
    house.board.observe(PresenceChanged("a", "not_set", "dnd"), 1000.0)
    house.board.observe(MessageRejected("topic", "payload", "x", "y"), 1000.0)
    assert [event["type"] for event in house.board.events()] == ["rejected"]
    house.synchronised = True
    house.board.observe(PresenceChanged("a", "dnd", "away"), 1001.0)
    assert house.board.events()[-1]["new"] == "away"


def test_it_takes_what_is_told_as_an_event(house):
    assert house.board.kinds[Warned] == house.board.observe
    assert len(house.board.kinds) > 5


def test_another_configuration(house):
    house.say(presence_key("a"), DND, 1010.0)
    before = house.board.since("2000"), house.board.since("2001")
    hints = house.state.replace_hints([parse_hint("2001", ",CustomPresence:b"), parse_hint("2002", "SIP/1")])
    house.board.replaced(hints, 1020.0)
    assert house.board.configurations == 1
    assert house.board.since("2000") is None
    assert house.board.since("2001") not in (None, *before)
    assert house.board.since("2002") is None
