"""`phone/<id>`: kept up to date, removed in time, and never a flood."""

import json
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bridge.effects import Publish, Unsubscribe, Warned
from bridge.events import MessageReceived
from bridge.timers import Timers
from bridge.topics.phones import MOST_PHONES, PhoneTopics, Seen


@dataclass(eq=False)
class Subscription:
    """What a test subscribes."""

    phone: str = "200@192.0.2.1"
    extension: str = "2000"
    agent: str = "Digium D65 2_9_19"
    behind: bool = False


def describe(one):
    return Seen(one.agent, "192.0.2.1:5060", "udp", None, one.extension, "presence", 700.0, one.behind)


class House:
    """Phone topics at second 100; `retained` is what the broker holds under them."""

    def __init__(self, most=MOST_PHONES, shared=(), bridge=""):
        self.now = 100.0
        self.timers = Timers()
        self.warnings = []
        self.published = []
        self.unsubscribed = []
        self.retained = {}
        self.topics = PhoneTopics(
            "b",
            most,
            lambda one: one.phone,
            describe,
            self.timers,
            lambda now: 1_795_000_000 + now,
            self.emit,
            lambda: shared,
            bridge,
        )

    def emit(self, effect):
        if isinstance(effect, Warned):
            self.warnings.append(effect.text)
            return
        if isinstance(effect, Unsubscribe):
            self.unsubscribed.append(effect.filters)
            return
        assert isinstance(effect, Publish)
        assert effect.retain
        name = effect.topic.removeprefix("b/phone/")
        self.published.append((self.now, name))
        if effect.payload:
            self.retained[name] = json.loads(effect.payload)
        else:
            del self.retained[name]

    def joined(self, **traits):
        one = Subscription(**traits)
        self.topics.joined(one, self.now)
        return one

    def read(self):
        """The broker replays what it retains, and all has been read."""
        for name, document in self.retained.items():
            payload = json.dumps(document).encode()
            assert self.topics.received(MessageReceived(f"b/phone/{name}", payload, True, self.now), self.now)
        self.topics.synchronised(self.now)

    def advance(self, seconds):
        end = self.now + seconds
        while (deadline := self.timers.deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self.timers.run(self.now)
        self.now = end


@pytest.fixture
def house():
    house = House()
    house.read()
    return house


def test_the_document(house):
    first = house.joined()
    house.advance(2.0)
    second = house.joined(extension="2001", behind=True)
    house.topics.told(first, 0.00321, house.now)
    house.topics.told(second, None, house.now)
    house.advance(0.25)
    assert house.retained == {
        "200@192.0.2.1": {
            "id": "200@192.0.2.1",
            "at": "2026-11-18T11:08:22.250+00:00",
            "agent": "Digium D65 2_9_19",
            "address": "192.0.2.1:5060",
            "transport": "udp",
            "user": None,
            "watching": 2,
            "subscriptions": [
                {
                    "extension": "2000",
                    "event": "presence",
                    "since": "2026-11-18T11:08:20.000+00:00",
                    "expires_in": 598,
                },
                {
                    "extension": "2001",
                    "event": "presence",
                    "since": "2026-11-18T11:08:22.000+00:00",
                    "expires_in": 598,
                },
            ],
            "last_notify": "2026-11-18T11:08:22.000+00:00",
            "latency_ms": 3.21,
            "behind": True,
        }
    }


def test_what_was_never_told_has_no_last_notify(house):
    house.joined(agent="\x1b[2J")
    house.advance(1.0)
    (document,) = house.retained.values()
    assert (document["last_notify"], document["latency_ms"], document["behind"]) == (None, None, False)
    assert document["agent"] == "\\x1b[2J"


def test_the_newest_notify_counts(house):
    first, second = house.joined(), house.joined(extension="2001")
    house.topics.told(second, 0.002, house.now)
    house.advance(5.0)
    house.topics.told(first, 0.001, house.now)
    house.advance(1.0)
    (document,) = house.retained.values()
    assert (document["last_notify"][17:23], document["latency_ms"]) == ("25.000", 1.0)


def test_a_latency_outlives_notifies_that_have_none(house):
    one = house.joined()
    house.topics.told(one, 0.002, house.now)
    house.topics.told(one, None, house.now)
    house.advance(1.0)
    assert house.retained[one.phone]["latency_ms"] == 2.0


def test_of_many_subscriptions_a_hundred_are_listed(house):
    for number in range(150):
        house.joined(extension=str(number))
    house.advance(1.0)
    (document,) = house.retained.values()
    assert (document["watching"], len(document["subscriptions"])) == (150, 100)


def test_a_phone_that_leaves_is_removed(house):
    first, second = house.joined(), house.joined(extension="2001")
    house.advance(1.0)
    house.topics.left(first, house.now)
    house.advance(2.0)
    assert house.retained[first.phone]["watching"] == 1
    house.topics.left(second, house.now)
    house.advance(2.0)
    assert house.retained == {}
    house.topics.left(second, house.now)
    house.topics.told(second, 0.1, house.now)
    house.advance(2.0)
    assert house.retained == {}


def test_one_that_has_left_before_it_was_told_of_is_never_told_of(house):
    house.topics.left(house.joined(), house.now)
    house.advance(2.0)
    assert house.published == []


def test_a_phone_is_published_once_a_second_at_most_however_often_it_is_told(house):
    one = house.joined()
    for _ in range(1000):
        house.topics.telling(one, house.now)
        house.topics.told(one, 0.001, house.now)
        house.advance(0.01)
    assert len(house.published) <= 11
    assert all(later - earlier >= 1.0 for (earlier, _), (later, _) in pairwise(house.published))


def test_a_phone_at_rest_costs_nothing(house):
    house.joined()
    house.advance(2.0)
    assert house.timers.deadline() is None


def test_many_phones_are_published_a_hundred_a_second(house):
    for number in range(300):
        house.joined(phone=f"{number}@h")
    house.advance(1.25)
    assert 95 <= len(house.published) <= 105
    house.advance(3.0)
    assert len(house.retained) == len(house.published) == 300


def test_above_the_most_phones_there_are_no_more_topics_and_one_warning():
    house = House(most=2)
    house.read()
    phones = [house.joined(phone=f"{number}@h") for number in range(4)]
    house.joined(phone="0@h", extension="2001")
    house.advance(2.0)
    assert [*house.retained] == ["0@h", "1@h"]
    assert house.retained["0@h"]["watching"] == 2
    assert house.warnings == ["more than 2 phones: those beyond have no topic under b/phone/"]
    house.topics.left(phones[1], house.now)
    house.topics.left(phones[2], house.now)
    house.topics.telling(phones[3], house.now)
    house.joined(phone="4@h")
    house.advance(2.0)
    assert [*house.retained] == ["0@h", "4@h"]


def test_nothing_is_published_before_the_brokers_state_is_known():
    house = House()
    one = house.joined()
    house.topics.told(one, 0.1, house.now)
    house.advance(5.0)
    assert house.published == []
    house.read()
    house.advance(1.0)
    assert [*house.retained] == [one.phone]


def test_topics_of_an_earlier_run_are_removed():
    house = House()
    house.retained = {f"{number}@h": {"id": number} for number in range(300)}
    house.joined(phone="7@h")
    house.read()
    house.advance(1.0)
    assert 190 <= len(house.retained) <= 202
    house.advance(3.0)
    assert [*house.retained] == ["7@h"]
    assert house.retained["7@h"]["watching"] == 1


def test_switched_off_the_topics_of_an_earlier_run_are_removed_all_the_same():
    house = House(most=0)
    house.retained = {"1@h": {}}
    house.joined()
    house.read()
    house.advance(5.0)
    assert house.retained == {}
    assert house.warnings == []


def test_all_is_published_again_after_a_reconnect(house):
    house.joined()
    house.advance(1.0)
    house.topics.disconnected()
    assert house.timers.deadline() is None
    house.retained.clear()
    house.read()
    house.advance(1.0)
    assert len(house.retained) == 1


def test_what_left_while_the_broker_was_away_is_removed_when_it_is_back(house):
    one = house.joined()
    house.advance(1.0)
    house.topics.disconnected()
    house.topics.left(one, house.now)
    house.advance(5.0)
    assert len(house.published) == 1
    house.read()
    assert house.retained == {}


def test_when_all_has_been_read_nothing_is_to_come_back(house):
    assert house.unsubscribed == [("b/phone/+",)]


def test_a_filter_that_others_have_is_kept():
    house = House(shared=("b/phone/+",))
    house.read()
    assert house.unsubscribed == []


def test_our_own_messages_that_come_back_are_nothing_new(house):
    one = house.joined()
    house.advance(1.0)
    echo = MessageReceived(f"b/phone/{one.phone}", b"{}", False, house.now)
    assert house.topics.received(echo, house.now)
    house.advance(5.0)
    assert len(house.published) == 1


def test_other_topics_are_others():
    topics = House().topics
    assert topics.filters == ("b/phone/+",)
    assert not topics.received(MessageReceived("b/phones/x", b"", True, 0.0), 0.0)


class RetainedPhones(RuleBasedStateMachine):
    """At rest, the broker retains a topic for each phone that watches, and no other."""

    def __init__(self):
        super().__init__()
        self.house = House(most=4)
        self.alive = []
        self.synchronised = False

    @rule(phone=st.sampled_from("abcd"))
    def join(self, phone):
        self.alive.append(self.house.joined(phone=phone))

    @rule(data=st.data())
    def leave(self, data):
        if self.alive:
            one = data.draw(st.sampled_from(self.alive))
            self.alive.remove(one)
            self.house.topics.left(one, self.house.now)

    @rule(data=st.data())
    def tell(self, data):
        if self.alive:
            self.house.topics.told(data.draw(st.sampled_from(self.alive)), 0.1, self.house.now)

    @rule(seconds=st.sampled_from([0.01, 0.2, 1.5]))
    def time_passes(self, seconds):
        self.house.advance(seconds)

    @rule()
    def synchronise(self):
        if not self.synchronised:
            self.synchronised = True
            self.house.read()

    @rule()
    def disconnect(self):
        self.synchronised = False
        self.house.topics.disconnected()

    @rule(name=st.sampled_from("axyz"))
    def somebody_retains(self, name):
        if not self.synchronised:
            self.house.retained[name] = {}

    @invariant()
    def retained_is_true(self):
        if self.synchronised and self.house.timers.deadline() is None:
            watching = {name: document["watching"] for name, document in self.house.retained.items()}
            assert watching == {
                name: sum(one.phone == name for one in self.alive)
                for name in {one.phone for one in self.alive}
            }


TestRetainedPhones = RetainedPhones.TestCase
TestRetainedPhones.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_what_another_bridge_has_written_stays():
    house = House(bridge="near")
    one = {"id": "200@192.0.2.1"}
    house.retained = {"a": {**one, "bridge": "far"}, "b": {**one, "bridge": "near"}, "c": one}
    house.read()
    house.advance(2)
    assert house.retained == {"a": {**one, "bridge": "far"}}
    house.joined(phone="d")
    house.advance(2)
    assert house.retained["d"]["bridge"] == "near"
