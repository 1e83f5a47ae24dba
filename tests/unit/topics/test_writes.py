import pytest

from bridge.effects import Publish
from bridge.events import MessageReceived
from bridge.model.facts import presence_key
from bridge.model.presence import Presence, PresenceState
from bridge.timers import Timers
from bridge.topics.decoders.word import Word
from bridge.topics.writes import Author, Writes

TOPIC = "pb/presence/2000"
KEY = presence_key("2000")
WORD = Word(Presence(PresenceState.AWAY))


class House:
    def __init__(self):
        self.timers = Timers()
        self.published = []
        self.given_up = []
        self.writes = Writes(
            self.timers,
            self.published.append,
            lambda _topic, sent, now: self.given_up.append((sent.payload, now)),
        )

    def write(self, payload, author=Author.RULE, now=0.0):
        self.writes.write(TOPIC, payload, author, KEY, WORD, now)

    def receive(self, payload, *, retained=False):
        return self.writes.settle(MessageReceived(TOPIC, payload, retained, 0.0))

    def outstanding(self):
        return [sent.payload for sent in self.writes.outstanding(TOPIC)]


@pytest.fixture
def house():
    return House()


def test_a_write_is_published_and_on_its_way_until_it_comes_back(house):
    house.write(b"a", Author.COMMAND)
    assert house.published == [Publish(TOPIC, b"a", retain=True)]
    assert house.outstanding() == [b"a"]
    sent = house.receive(b"a")
    assert (sent.author, sent.key, sent.word) == (Author.COMMAND, KEY, WORD)
    assert house.outstanding() == []


def test_what_others_write_is_none_of_ours(house):
    assert house.receive(b"x") is None
    house.write(b"a")
    assert house.receive(b"x") is None
    assert house.outstanding() == [b"a"]


def test_one_out_of_turn_has_overtaken_those_before_it(house):
    for payload in (b"a", b"b", b"c"):
        house.write(payload)
    assert house.receive(b"b").payload == b"b"
    assert house.outstanding() == [b"c"]


def test_the_newest_is_known_again_however_often_it_comes(house):
    house.write(b"a")
    house.write(b"b")
    house.receive(b"a")
    house.receive(b"b")
    assert house.receive(b"b").payload == b"b"
    assert house.receive(b"a") is None


def test_what_has_ended_is_so_when_it_comes_back(house):
    house.write(b"a", Author.COMMAND)
    house.writes.end(TOPIC)
    house.write(b"b")
    assert house.receive(b"a").ended
    assert not house.receive(b"b").ended


def test_what_has_come_back_is_not_ended(house):
    house.writes.end(TOPIC)
    house.write(b"a", Author.CLAIM)
    house.receive(b"a")
    house.writes.end(TOPIC)
    assert not house.receive(b"a").ended


def test_what_does_not_come_back_in_time_is_given_up(house):
    house.write(b"a", now=0.0)
    house.write(b"b", now=4.0)
    house.timers.run(9.9)
    assert house.given_up == []
    house.timers.run(10.0)
    assert house.given_up == [(b"a", 10.0)]
    assert house.outstanding() == [b"b"]
    house.timers.run(14.0)
    assert house.given_up[1:] == [(b"b", 14.0)]
    assert house.timers.deadline() is None


def test_of_equal_writes_one_that_comes_back_is_enough(house):
    for payload in (b"a", b"b", b"a"):
        house.write(payload)
    house.receive(b"a")
    assert house.outstanding() == [b"b", b"a"]
    house.timers.run(10.0)
    assert house.given_up == []
    assert house.outstanding() == []


def test_what_is_ours_and_lost_is_repeated_and_what_is_held_or_of_others_is_not(house):
    house.write(b"a")
    house.receive(b"a")
    house.writes.disconnected()
    house.writes.repeat(1.0)
    assert house.published == [Publish(TOPIC, b"a", retain=True)] * 2
    assert house.outstanding() == [b"a"]
    house.writes.disconnected()
    house.receive(b"a", retained=True)
    house.writes.repeat(2.0)
    house.receive(b"x")
    house.writes.disconnected()
    house.writes.repeat(3.0)
    assert len(house.published) == 2


@pytest.mark.parametrize(
    ("author", "known"), [(Author.RULE, True), (Author.OTHERS, True), (Author.COMMAND, False)]
)
def test_what_had_arrived_before_the_connection_broke_is_known_if_it_is_repeated_until_it_stands(
    house, author, known
):
    house.write(b"a", author)
    house.write(b"b", author)
    house.writes.disconnected()
    sent = house.receive(b"a", retained=True)
    assert (sent is not None) is known
    house.writes.repeat(1.0)
    assert len(house.published) == 2
