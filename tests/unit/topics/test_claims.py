import json
from collections import deque

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bridge.effects import Publish
from bridge.events import MessageReceived
from bridge.model.presence import NOT_SET, Presence, PresenceState
from bridge.model.state import State
from bridge.topics.decoders.presence import decode_presence, encode_presence
from bridge.topics.truth import Truth
from support.context import pretended_context

HERE = Presence(PresenceState.AVAILABLE)
AWAY = Presence(PresenceState.AWAY, "lunch")
TRUTH = "bridge/presence/Alice"
SET = f"{TRUTH}/set"


class House:
    """A truth with its claims; the test plays the broker, which is there unless `connected` is false."""

    def __init__(self, *, connected=True):
        self.state = State([])
        self.effects = []
        self.context = pretended_context(self.state, self.effects.append)
        self.truth = Truth(self.context, "bridge", lambda *_told: None)
        self.now = 1.0
        # What was written, by what it says: the broker gives back the same bytes.
        self.payloads = {}
        if connected:
            self.truth.republish(self.now)

    def claim(self, presence):
        return self.writes(lambda: self.truth.claims.claim("Alice", presence, self.now))

    def give_way(self, presence=None):
        return self.writes(lambda: self.truth.claims.give_way("Alice", presence, self.now))

    def receive(self, payload, topic=TRUTH, *, retained=False):
        data = payload if isinstance(payload, bytes) else self.payloads.get(payload, encode_presence(payload))
        return self.writes(
            lambda: self.truth.received(MessageReceived(topic, data, retained, self.now), self.now)
        )

    def reconnect(self, *replayed):
        for payload in replayed:
            self.receive(payload, retained=True)
        return self.writes(lambda: self.truth.republish(self.now))

    def writes(self, act):
        """What is written to the truth topic by an act."""
        self.effects.clear()
        act()
        payloads = [effect.payload for effect in self.effects if getattr(effect, "retain", False)]
        presences = [decode_presence(payload) for payload in payloads]
        self.payloads |= zip(presences, payloads, strict=True)
        return presences

    @property
    def known(self):
        return self.state.facts.presence("alice")


@pytest.fixture
def house():
    return House()


def test_a_claim_is_written_as_the_truth_and_is_no_fact_yet(house):
    assert house.claim(AWAY) == [AWAY]
    (effect,) = house.effects
    assert effect == Publish(TRUTH, effect.payload, retain=True)
    assert json.loads(effect.payload) == {
        "state": "away",
        "subtype": "lunch",
        "message": "",
        "since": "2026-11-18T11:06:41.000+00:00",
        "by": "phone",
        "rule": "",
    }
    assert house.known == NOT_SET


def test_it_gives_way_to_what_was_there(house):
    house.receive(b"xa,trip")
    house.receive(house.claim(AWAY)[0])
    house.receive(house.claim(HERE)[0])
    assert house.give_way() == [Presence(PresenceState.XA, "trip")]


def test_to_nothing_if_nothing_was_there(house):
    house.receive(house.claim(AWAY)[0])
    assert house.give_way() == [NOT_SET]


def test_it_gives_way_to_what_the_person_said_before(house):
    house.receive(house.claim(AWAY)[0])
    assert house.give_way(HERE) == [HERE]
    assert house.give_way() == [NOT_SET]


def test_a_claim_of_what_is_true_writes_nothing(house):
    house.receive(AWAY)
    assert house.claim(AWAY) == []
    assert house.give_way() == []


def test_before_the_echo_it_gives_way_as_well(house):
    house.claim(AWAY)
    assert house.give_way() == [NOT_SET]


@pytest.mark.parametrize(("topic", "word"), [(TRUTH, b"dnd,by hand"), (SET, b'{"state":"dnd"}')])
def test_a_later_word_of_others_stays(house, topic, word):
    house.receive(house.claim(AWAY)[0])
    for write in house.receive(word, topic):
        house.receive(write)
    assert house.known.state is PresenceState.DND
    assert house.give_way(HERE) == []
    assert house.give_way() == []


def test_a_newer_claim_goes_over_the_word_of_others_and_gives_way_to_it(house):
    house.receive(house.claim(AWAY)[0])
    house.receive(b"dnd,by hand")
    house.receive(house.claim(HERE)[0])
    assert house.give_way() == [Presence(PresenceState.DND, "by hand")]


def test_a_word_of_others_that_ours_overtakes_is_what_it_gives_way_to(house):
    written = house.claim(AWAY)
    house.receive(b"dnd,by hand")
    house.receive(written[0])
    assert house.give_way() == [Presence(PresenceState.DND, "by hand")]


def test_the_spelling_of_a_topic_makes_no_other_person(house):
    house.receive(house.claim(AWAY)[0])
    house.receive(b"dnd", "bridge/presence/alice")
    assert house.give_way() == []


def test_a_command_that_is_merged_counts_as_a_word_of_others(house):
    house.claim(AWAY)
    assert house.receive(b'{"message":"soon"}', SET) == [AWAY._replace(message="soon")]
    assert house.give_way() == []


def test_nothing_gives_way_where_nothing_was_claimed(house):
    house.receive(b"away")
    assert house.give_way() == []
    assert house.give_way(AWAY) == []


def test_a_claim_that_ended_is_over(house):
    house.receive(house.claim(AWAY)[0])
    house.receive(house.give_way()[0])
    house.receive(b"xa")
    house.receive(house.claim(HERE)[0])
    assert house.give_way() == [Presence(PresenceState.XA)]


# --- without a broker ----------------------------------------------------------------------------


def test_before_the_broker_is_known_a_claim_waits_and_remembers_what_the_broker_held():
    house = House(connected=False)
    assert house.claim(HERE) == []
    assert house.claim(AWAY) == []
    assert house.reconnect(b"xa,yesterday") == [AWAY]
    house.receive(AWAY)
    assert house.give_way() == [Presence(PresenceState.XA, "yesterday")]


def test_a_claim_that_ended_while_it_waited_leaves_no_trace():
    house = House(connected=False)
    house.claim(AWAY)
    house.give_way()
    assert house.reconnect(b"xa") == []


def test_what_was_lost_on_the_way_is_written_again(house):
    house.claim(AWAY)
    house.truth.disconnected()
    assert house.reconnect(NOT_SET) == [AWAY]


@pytest.mark.parametrize("arrived", [HERE, AWAY])
def test_what_had_arrived_is_not_taken_for_a_word_of_others(house, arrived):
    house.claim(HERE)
    house.claim(AWAY)
    house.truth.disconnected()
    house.reconnect(arrived)
    house.receive(AWAY)
    assert house.give_way() == [NOT_SET]


def test_a_lost_end_is_written_again(house):
    house.receive(house.claim(AWAY)[0])
    house.give_way()
    house.truth.disconnected()
    assert house.reconnect(AWAY) == [NOT_SET]


def test_an_end_while_the_broker_is_away_is_written_when_it_is_back(house):
    house.receive(house.claim(AWAY)[0])
    house.truth.disconnected()
    assert house.give_way() == []
    assert house.reconnect(AWAY) == [NOT_SET]


def test_an_end_while_the_broker_is_away_leaves_what_others_wrote_meanwhile(house):
    house.receive(house.claim(AWAY)[0])
    house.truth.disconnected()
    house.give_way()
    assert house.reconnect(b"dnd") == []


def test_a_broker_that_has_lost_all_is_told_the_claim_once(house):
    house.receive(house.claim(AWAY)[0])
    house.truth.disconnected()
    assert house.reconnect() == [AWAY]


def test_a_broker_that_has_lost_all_is_told_no_claim_that_has_ended(house):
    house.claim(AWAY)
    house.truth.disconnected()
    house.give_way()
    assert house.reconnect() == [NOT_SET]


def test_a_broker_that_refuses_our_writes_changes_nothing(house):
    house.receive(b"xa")
    house.claim(AWAY)
    house.now += 60
    house.give_way()
    house.now += 60
    assert house.known.state is PresenceState.XA
    house.receive(b"dnd")
    assert set(house.give_way()) <= {Presence(PresenceState.DND)}


SAID = [Presence(PresenceState(state), "said") for state in ("available", "away", "dnd")]


class Conversation(RuleBasedStateMachine):
    """A person, others, and a broker that is slow and gets lost; what waits for it is coalesced, as by `Outbox`.

    Whatever happens: when the person has nothing to say, the truth is the last word of others that
    reached us, and so is what the broker holds.
    """

    def __init__(self):
        super().__init__()
        self.house = House()
        self.to_broker = {}
        self.to_us = deque()
        self.held = b""
        self.connected = True
        self.others = NOT_SET
        self.words = 0
        self.saying = False
        # What we have written and not read yet. A command among it is later than what others write.
        self.outstanding = []

    def sent(self, writes, *, commanded=False):
        for presence in writes:
            assert self.connected
            payload = self.house.payloads[presence]
            if self.to_broker and any(payload == one for one, _ in self.outstanding):
                # Coalesced, the echoes of equal values could not be told apart.
                self.the_broker_reads()
            self.to_broker[TRUTH] = payload
            self.outstanding.append((payload, commanded))

    @rule(presence=st.sampled_from(SAID))
    def the_person_speaks(self, presence):
        self.saying = True
        self.sent(self.house.claim(presence))

    @precondition(lambda self: self.saying)
    @rule(presence=st.sampled_from([*SAID, None]))
    def the_person_says_less(self, presence):
        self.saying = presence is not None
        self.sent(self.house.give_way(presence))

    @rule()
    def others_write(self):
        self.words += 1
        self.held = f"xa,word {self.words}".encode()
        if self.connected:
            self.to_us.append((TRUTH, self.held))

    @precondition(lambda self: self.connected)
    @rule()
    def others_command(self):
        self.words += 1
        self.to_us.append((SET, f"chat,command {self.words}".encode()))

    @precondition(lambda self: self.to_us)
    @rule()
    def we_read(self):
        topic, payload = self.to_us.popleft()
        waiting = [one for one, _ in self.outstanding]
        if payload in waiting:
            del self.outstanding[: waiting.index(payload) + 1]
        elif topic == SET or not any(commanded for _, commanded in self.outstanding):
            self.others = decode_presence(payload)
        self.sent(self.house.receive(payload, topic), commanded=topic == SET)

    @precondition(lambda self: self.to_broker)
    @rule()
    def the_broker_reads(self):
        self.held = self.to_broker.pop(TRUTH)
        self.to_us.append((TRUTH, self.held))

    @precondition(lambda self: self.connected)
    @rule()
    def the_broker_is_lost(self):
        # What others had commanded must be carried out first: a command that is lost is lost.
        if any(topic == SET for topic, _ in self.to_us) or b"command" in self.to_broker.get(TRUTH, b""):
            self.all_is_delivered()
        self.to_us.clear()
        self.to_broker.clear()
        self.outstanding.clear()
        self.connected = False
        self.house.truth.disconnected()

    @precondition(lambda self: not self.connected)
    @rule(forgetful=st.booleans())
    def the_broker_is_back(self, forgetful):
        self.connected = True
        ours = self.held.startswith(b"{")
        if forgetful and ours and decode_presence(self.held) == self.house.known:
            # What others wrote is theirs to write again.
            self.held = b""
        replayed = [self.held] if self.held else []
        if self.held and not ours and decode_presence(self.held) != self.house.known:
            self.others = decode_presence(self.held)
        self.sent(self.house.reconnect(*replayed))
        if not replayed:
            # What we write again goes over what others write at the same moment.
            self.all_is_delivered()

    @precondition(lambda self: self.connected)
    @rule()
    def all_is_delivered(self):
        while self.to_us or self.to_broker:
            while self.to_us:
                self.we_read()
            while self.to_broker:
                self.the_broker_reads()
        assert self.house.known == (decode_presence(self.held) if self.held else self.house.known)

    @invariant()
    def a_person_has_one_claim(self):
        assert len(self.house.truth.claims._claims) <= 1

    def teardown(self):
        if not self.connected:
            self.the_broker_is_back(False)
        if self.saying:
            self.the_person_says_less(None)
        self.all_is_delivered()
        assert self.house.known == self.others
        assert self.held == b"" or decode_presence(self.held) == self.others


TestConversation = Conversation.TestCase
TestConversation.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)
