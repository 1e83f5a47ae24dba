import json
from collections import deque

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bridge.effects import MessageRejected, Publish, TruthReceived
from bridge.events import MessageReceived
from bridge.model.device import DeviceState
from bridge.model.facts import Change, device_key, presence_key
from bridge.model.presence import NOT_SET, Presence, PresenceState
from bridge.model.state import State
from bridge.topics.decoders import BadPayload
from bridge.topics.decoders.presence import decode_command, decode_presence, decode_word, encode_word
from bridge.topics.truth import Truth
from support.context import pretended_context

AWAY = Presence(PresenceState.AWAY, "lunch", "back at 13:00")
TRUTH = "bridge/presence/alice"
SET = "bridge/presence/alice/set"


class House:
    """A truth with its surroundings; the test plays the broker."""

    def __init__(self):
        self.state = State([])
        self.effects = []
        self.unanswered = []
        self.context = pretended_context(self.state, self.effects.append)
        self.truth = Truth(self.context, "bridge", lambda *told: self.unanswered.append(told))

    def receive(self, topic, payload, *, retained=False, now=1.0):
        self.context.timers.run(now)
        self.effects.clear()
        return self.truth.received(MessageReceived(topic, payload, retained, now - 0.5), now)

    def command(self, payload, now=1.0):
        """The payload that is written because of a command."""
        self.receive(SET, payload, now=now)
        (published,) = [effect for effect in self.effects if isinstance(effect, Publish)]
        assert (published.topic, published.retain) == (TRUTH, True)
        return published.payload

    def republished(self):
        self.effects.clear()
        self.truth.republish(1.0)
        assert all(effect.retain for effect in self.effects)
        return {effect.topic: effect.payload for effect in self.effects}

    def commanded(self, payload, now=1.0):
        """The presence that is written because of a command."""
        return decode_presence(self.command(payload, now))


@pytest.fixture
def house():
    return House()


def presence(state, subtype="", message=""):
    return Presence(PresenceState(state), subtype, message)


def test_it_wants_presence_and_devices(house):
    assert house.truth.filters == ("bridge/presence/#", "bridge/device/#")


def test_a_live_truth_is_a_change_since_it_reached_us(house):
    change = house.receive(TRUTH, b"away,lunch,back at 13:00", now=7.0)
    assert change == Change(presence_key("alice"), "alice", AWAY, NOT_SET, 6.5)
    assert house.state.facts.presence("Alice") == AWAY
    assert house.effects == [TruthReceived(TRUTH, False, True)]


def test_a_replayed_truth_is_a_change_without_a_moment(house):
    assert house.receive(TRUTH, b"away", retained=True).since is None
    assert house.effects[-1] == TruthReceived(TRUTH, True, True)


def test_a_truth_that_is_known_changes_nothing(house):
    house.receive(TRUTH, b"away")
    assert house.receive(TRUTH, b'{"state":"away"}') is None
    assert house.effects == [TruthReceived(TRUTH, False, False)]


def test_a_device_is_a_change_but_no_presence(house):
    change = house.receive("bridge/device/SIP/2000", b"BUSY")
    assert (change.key, change.new) == (device_key("SIP/2000"), DeviceState.BUSY)
    assert house.effects == [TruthReceived("bridge/device/SIP/2000", False, True)]


def test_what_is_ours_to_write_is_not_read(house):
    assert house.receive("bridge/presence/alice/event", b"{}") is None
    assert house.effects == []


def test_a_rejected_message_changes_nothing_and_is_reported(house):
    house.receive(TRUTH, b"away")
    assert house.receive(TRUTH, b"b\x1bored") is None
    (rejection,) = house.effects
    assert rejection == MessageRejected(TRUTH, "payload", "b\\x1bored", rejection.reason)
    assert rejection.reason.startswith("unknown presence state 'b\\x1bored'")
    assert house.state.facts.presence("alice").state is PresenceState.AWAY


def test_a_topic_is_reported_printable_and_short(house):
    house.receive("bridge/presence/" + "\x1b[2J" + "x" * 60_000, b"bored")
    assert house.effects[0].topic.startswith("bridge/presence/\\x1b[2Jxxx")
    assert len(house.effects[0].topic) == 256


def test_a_retained_command_is_reported_and_not_obeyed(house):
    house.receive(SET, b"away", retained=True)
    assert [type(effect) for effect in house.effects] == [MessageRejected]
    assert house.effects[0].kind == "retained_set"


def test_a_command_is_written_as_the_truth_and_is_no_fact_yet(house):
    assert house.receive(SET, b"away,lunch") is None
    assert house.effects == [
        Publish(TRUTH, house.effects[0].payload, retain=True),
        TruthReceived(SET, False, False),
    ]
    assert json.loads(house.effects[0].payload) == {
        "state": "away",
        "subtype": "lunch",
        "message": "",
        "since": "2026-11-18T11:06:41.000+00:00",
        "by": "command",
        "rule": "",
    }
    assert house.state.facts.presence("alice") == NOT_SET


def test_a_partial_command_keeps_the_fact_that_it_does_not_name(house):
    house.receive(TRUTH, b"away,lunch,back at 13:00")
    assert house.commanded(b'{"state":"dnd"}') == presence("dnd", "lunch", "back at 13:00")


def test_two_partial_commands_in_a_row_both_count(house):
    house.command(b'{"state":"dnd"}')
    assert house.commanded(b'{"message":"x"}') == presence("dnd", "", "x")


def test_a_command_after_the_echo_builds_on_the_fact(house):
    house.receive(TRUTH, house.command(b"dnd"))
    house.receive(TRUTH, b"away")
    assert house.commanded(b'{"message":"x"}') == presence("away", "", "x")


def test_a_foreign_write_that_ours_will_replace_is_not_built_on(house):
    ours = house.command(b"dnd")
    house.receive(TRUTH, b"away,lunch")
    merged = house.command(b'{"message":"x"}')
    assert decode_presence(merged) == presence("dnd", "", "x")
    house.receive(TRUTH, ours)
    house.receive(TRUTH, merged)
    assert house.state.facts.presence("alice") == Presence(PresenceState.DND, "", "x")


def test_when_both_writes_came_back_a_foreign_value_is_built_on(house):
    first, second = house.command(b'{"state":"dnd"}'), house.command(b'{"message":"x"}')
    house.receive(TRUTH, first)
    house.receive(TRUTH, second)
    house.receive(TRUTH, b"away,lunch")
    assert house.commanded(b'{"message":"y"}') == presence("away", "lunch", "y")


def test_a_value_written_twice_waits_for_both_echoes(house):
    first, second, third = house.command(b"dnd"), house.command(b"away"), house.command(b"dnd")
    assert first == third
    house.receive(TRUTH, first)
    house.receive(TRUTH, second)
    assert house.commanded(b'{"message":"x"}') == presence("dnd", "", "x")


def test_a_write_that_comes_back_has_overtaken_those_before_it(house):
    house.command(b"dnd")
    house.receive(TRUTH, house.command(b"xa"))
    house.receive(TRUTH, b"away,lunch")
    assert house.commanded(b'{"message":"y"}') == presence("away", "lunch", "y")


def test_a_write_that_the_broker_never_gives_back_is_given_up(house):
    house.command(b"dnd", now=1.0)
    assert house.commanded(b'{"message":"x"}', now=10.9) == presence("dnd", "", "x")
    assert house.unanswered == []
    # The second is on its way still.
    assert house.commanded(b'{"message":"y"}', now=11.0) == presence("dnd", "", "y")
    assert house.unanswered == [(TRUTH, 10.0)]
    assert house.commanded(b'{"message":"z"}', now=30.0) == presence("not_set", "", "z")


def test_a_lost_connection_forgets_what_the_broker_owes(house):
    house.command(b"dnd")
    house.truth.disconnected()
    assert house.commanded(b'{"message":"x"}') == presence("not_set", "", "x")


def test_a_command_is_answered_on_the_topic_beside_it(house):
    house.receive("bridge/presence/house/Alice Müller/set", b"away")
    assert house.effects[0].topic == "bridge/presence/house/Alice Müller"


def test_a_custom_device_is_written_as_its_truth(house):
    house.receive("bridge/device/Custom/lamp/set", b"inuse")
    assert house.effects[0] == Publish("bridge/device/Custom/lamp", b"INUSE", retain=True)
    assert house.state.facts.device("Custom:lamp") is DeviceState.UNKNOWN
    assert house.receive("bridge/device/Custom/lamp", b"INUSE").new is DeviceState.INUSE


def reconnected(house, *replayed):
    house.truth.disconnected()
    for topic, payload in replayed:
        house.receive(topic, payload, retained=True)
    return house.republished()


def test_what_is_ours_is_written_again_when_the_broker_came_back_empty(house):
    ours = house.command(b"dnd")
    house.receive(TRUTH, ours)
    house.receive("bridge/device/Custom/lamp/set", b"INUSE")
    assert reconnected(house) == {TRUTH: ours, "bridge/device/Custom/lamp": b"INUSE"}
    assert house.state.facts.presence("alice").state is PresenceState.DND


def test_what_the_broker_still_has_is_not_written_again(house):
    ours = house.command(b"dnd")
    house.receive(TRUTH, ours)
    assert reconnected(house, (TRUTH, ours)) == {}
    assert reconnected(house) == {TRUTH: ours}


@pytest.mark.parametrize("foreign", [b"away", b"", b"bored"])
def test_what_somebody_else_wrote_since_is_theirs(house, foreign):
    house.receive(TRUTH, house.command(b"dnd"))
    house.receive(TRUTH, foreign)
    assert reconnected(house) == {}


def test_what_somebody_else_wrote_while_we_were_away_is_theirs(house):
    house.receive(TRUTH, house.command(b"dnd"))
    assert reconnected(house, (TRUTH, b"away")) == {}


def test_what_we_write_after_somebody_else_is_ours_again(house):
    house.receive(TRUTH, house.command(b"dnd"))
    house.receive(TRUTH, b"away")
    ours = house.command(b"xa")
    house.receive(TRUTH, ours)
    assert reconnected(house) == {TRUTH: ours}


FOREIGN = [b"away", b"xa,trip", b"not_set", b"", b"bored", b"\xff"]
PARTIAL = [
    b'{"state":"dnd"}',
    b'{"state":"away"}',
    b'{"message":"x"}',
    b'{"message":""}',
    b'{"subtype":"s"}',
    b"chat,c",
]


class Conversation(RuleBasedStateMachine):
    """A broker, somebody else who writes, and us; messages travel as slowly as the test likes.

    The broker is modelled as what it is: the order of all writes to one topic.
    """

    def __init__(self):
        super().__init__()
        self.house = House()
        self.now = 0.0
        self.to_broker = deque()
        self.to_us = deque()
        self.held = b""
        self.written_by_us = None
        self.expected = NOT_SET
        self.intended = NOT_SET
        self.undisturbed = True

    def accept(self, payload):
        self.held = payload
        self.to_us.append((TRUTH, payload))
        try:
            self.expected = decode_presence(payload)
        except BadPayload:
            self.undisturbed = False

    @rule(payload=st.sampled_from(FOREIGN))
    def somebody_writes(self, payload):
        self.undisturbed = False
        self.accept(payload)

    @rule(payload=st.sampled_from(PARTIAL))
    def somebody_commands(self, payload):
        self.intended = decode_command(payload).apply(self.intended)
        self.to_us.append((SET, payload))

    @precondition(lambda self: self.to_us)
    @rule()
    def we_read(self):
        topic, payload = self.to_us.popleft()
        self.now += 0.001
        self.house.receive(topic, payload, now=self.now)
        self.collect()

    @precondition(lambda self: self.to_broker)
    @rule()
    def broker_reads(self):
        self.accept(self.to_broker.popleft())

    @rule()
    def all_is_delivered(self):
        while self.to_us or self.to_broker:
            while self.to_us:
                self.we_read()
            while self.to_broker:
                self.broker_reads()
        known = self.house.state.facts.presence("alice")
        assert known == self.expected
        if self.undisturbed:
            assert known == self.intended
        self.intended, self.undisturbed = known, True

    @rule(broker_forgets=st.booleans(), publishes_arrive=st.booleans())
    def connection_is_lost(self, broker_forgets, publishes_arrive):
        while self.to_broker and publishes_arrive:
            self.broker_reads()
        self.to_broker.clear()
        self.to_us.clear()
        if broker_forgets:
            self.held = b""
        self.reconnect()

    @rule()
    def broker_comes_back_empty(self):
        self.all_is_delivered()
        ours = self.held == self.written_by_us
        payload, self.held = self.held, b""
        self.reconnect()
        assert list(self.to_broker) == ([payload] if ours else [])

    def reconnect(self):
        self.house.truth.disconnected()
        if self.held:
            self.house.receive(TRUTH, self.held, retained=True, now=self.now)
        self.house.effects.clear()
        self.house.truth.republish(self.now)
        self.collect()
        self.expected = self.house.state.facts.presence("alice")
        self.undisturbed = False

    def collect(self):
        for effect in self.house.effects:
            if isinstance(effect, Publish) and effect.topic == TRUTH:
                self.to_broker.append(effect.payload)
                self.written_by_us = effect.payload

    @invariant()
    def what_we_write_is_a_whole_presence(self):
        for payload in self.to_broker:
            assert encode_word(*decode_word(payload)) == payload

    def teardown(self):
        self.all_is_delivered()


TestConversation = Conversation.TestCase
TestConversation.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)


# --- what a PBX says ------------------------------------------------------------------------------


def test_what_a_pbx_reports_is_written_and_is_meant_from_then_on():
    house = House()
    for state in (DeviceState.RINGING, DeviceState.INUSE):
        house.truth.report("PJSIP/2000", state, 1.0)
        assert house.truth.device("PJSIP/2000") is state
    topic = "bridge/device/PJSIP/2000"
    written = [effect for effect in house.effects if isinstance(effect, Publish)]
    assert written == [
        Publish(topic, b"RINGING", retain=True, every=True),
        Publish(topic, b"INUSE", retain=True, every=True),
    ]
    assert house.state.facts.device("PJSIP/2000") is DeviceState.UNKNOWN
    house.receive(topic, b"RINGING")
    assert house.truth.device("PJSIP/2000") is DeviceState.INUSE
    house.receive(topic, b"INUSE")
    assert house.state.facts.device("PJSIP/2000") is house.truth.device("PJSIP/2000") is DeviceState.INUSE


def test_it_is_told_of_what_something_is_said_and_when_it_was():
    house = House()
    house.receive(TRUTH, b'{"state":"away","by":"command","since":"2026-11-24T11:00:00+00:00"}')
    house.receive("bridge/device/SIP/1", b"INUSE")
    alice, device = presence_key("alice"), device_key("SIP/1")
    assert [*house.truth.spoken()] == [(alice, "alice"), (device, "SIP/1")]
    assert house.truth.said_at(alice) == 1_795_518_000.0
    assert house.truth.said_at(device) is None
