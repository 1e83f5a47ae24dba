"""What people, rules and bridges write at the same time ends well: with real rules, on a pretended broker."""

import json

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from bridge.model.device import DeviceState
from bridge.model.presence import NOT_SET, Presence, PresenceState
from bridge.topics.decoders.presence import decode_word
from support.house import DOOR, IN, LAMP, LAMP_TRUTH, RULES, SET, SHUT, TRUTH, Broker, House

AWAY = Presence(PresenceState.AWAY, "lunch")


@pytest.fixture
def house():
    return House()


# --- what crosses ---------------------------------------------------------------------------------


def crossing(house, topic, payload):
    """Somebody speaks while a decision is on its way, which replaces it in the broker."""
    house.publish(DOOR, b"open", retain=True)
    house.deliver(house.bridge)
    house.publish(topic, payload, retain=not topic.endswith("/set"))
    house.take(house.bridge)


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        (TRUTH, b"away,lunch"),
        (TRUTH, b'{"state":"away","subtype":"lunch","by":"command"}'),
        (SET, b"away,lunch"),
    ],
)
def test_a_manual_word_that_a_decision_crosses_stands(house, topic, payload):
    crossing(house, topic, payload)
    house.settle()
    assert house.bridge.presence == AWAY
    assert house.bridge.decides() == "manual"
    assert decode_word(house.retained[TRUTH]).value == AWAY


def test_it_is_written_as_it_was(house):
    crossing(house, TRUTH, b" away,lunch\n")
    house.settle()
    assert house.retained[TRUTH] == b" away,lunch\n"


def test_the_last_of_several_stands(house):
    house.publish(DOOR, b"open", retain=True)
    house.deliver(house.bridge)
    for word in (b"away", b"xa", b"chat"):
        house.publish(TRUTH, word, retain=True)
    house.take(house.bridge)
    house.settle()
    assert house.retained[TRUTH] == b"chat"


def test_what_is_lost_while_it_is_written_again_is_written_again(house):
    crossing(house, TRUTH, b"away,lunch")
    house.deliver(house.bridge)
    house.bridge.lose()
    house.connect(house.bridge)
    house.settle()
    assert house.retained[TRUTH] == b"away,lunch"
    assert house.bridge.decides() == "manual"


def test_a_decision_waits_behind_a_command_and_goes_when_that_is_lost(house):
    house.publish(SET, b"away,lunch")
    house.publish(DOOR, b"open", retain=True)
    house.deliver(house.bridge)
    house.deliver(house.bridge)
    # The command, and what the lamp shall show.
    assert len(house.bridge.to_broker) == 2
    house.bridge.to_broker.take()
    house.advance(11)
    house.settle()
    assert house.stands == (IN, "rule", "in")
    assert house.bridge.unanswered[0] == (TRUTH, 10.0)


def crossed_by_a_command():
    """A word of others arrives while a command is on its way, which would replace it."""
    house = House(door=None)
    house.publish(SET, b'{"state":"chat"}')
    house.deliver(house.bridge)
    house.publish(TRUTH, b"away,lunch", retain=True)
    house.deliver(house.bridge)
    house.bridge.to_broker.take()
    return house


def test_a_word_that_a_lost_command_was_to_replace_stands():
    house = crossed_by_a_command()
    house.bridge.lose()
    house.connect(house.bridge)
    house.settle()
    assert (house.bridge.presence, house.bridge.decides()) == (AWAY, "manual")


def test_if_the_broker_has_lost_both_the_command_is_said_again():
    house = crossed_by_a_command()
    house.bridge.lose()
    house.retained.clear()
    house.connect(house.bridge)
    house.settle()
    assert (house.bridge.presence.state, house.bridge.decides()) == (PresenceState.CHAT, "manual")


def test_it_stands_when_the_command_is_refused():
    house = crossed_by_a_command()
    assert house.bridge.decides() == "nobody"
    house.advance(11)
    assert (house.bridge.presence, house.bridge.decides()) == (AWAY, "manual")


def test_a_command_that_is_taken_back_before_it_has_come_back_does_not_stand(house):
    house.publish(SET, b"away,lunch")
    house.publish(SET, b'{"state":null}')
    house.settle()
    assert house.stands == (SHUT, "rule", "shut")
    assert house.bridge.decides() == "shut"


def test_a_command_that_has_ended_before_it_comes_back_does_not_stand(house):
    house.publish(SET, b'{"state":"away","until":1}')
    house.deliver(house.bridge)
    house.advance(2)
    house.settle()
    assert house.stands == (SHUT, "rule", "shut")
    assert house.bridge.decides() == "shut"


def test_what_was_written_again_and_had_arrived_is_not_written_a_third_time(house):
    crossing(house, TRUTH, b"away,lunch")
    house.deliver(house.bridge)
    while house.take(house.bridge):
        pass
    house.bridge.lose()
    house.bridge.effects.clear()
    house.connect(house.bridge)
    house.settle()
    assert not any(
        getattr(effect, "topic", "") == TRUTH and getattr(effect, "retain", False)
        for effect in house.bridge.effects
    )
    assert house.bridge.decides() == "manual"


def test_a_decision_that_is_refused_is_not_tried_again_and_again(house):
    house.publish(DOOR, b"open", retain=True)
    house.deliver(house.bridge)
    while house.bridge.to_broker.take():
        pass
    house.advance(100)
    assert len(house.bridge.to_broker) == 0
    assert house.bridge.unanswered == [(TRUTH, 10.0), (LAMP_TRUTH, 10.0)]


def test_what_a_decision_for_a_device_crosses_may_be_that_of_another_bridge(house):
    crossing(house, LAMP_TRUTH, b"INUSE")
    house.settle()
    assert house.bridge.lamp is DeviceState.NOT_INUSE
    assert house.bridge.decides(LAMP) == "dark"


def test_a_command_for_a_device_that_was_taken_back_is_none_when_it_has_arrived_all_the_same():
    house = House(door=None)
    house.publish(f"{LAMP_TRUTH}/set", b"RINGING")
    house.publish(f"{LAMP_TRUTH}/set", b'{"state":null}')
    house.deliver(house.bridge)
    house.deliver(house.bridge)
    house.take(house.bridge)
    house.bridge.lose()
    house.connect(house.bridge)
    house.settle()
    assert house.bridge.decides(LAMP) == "nobody"


# --- several bridges ------------------------------------------------------------------------------


def connected(count=2):
    broker = Broker(count)
    broker.retained[DOOR] = b"closed"
    for bridge in broker.bridges:
        broker.connect(bridge)
    broker.settle()
    return broker


def test_several_bridges_carry_out_each_command_and_agree():
    broker = connected(3)
    broker.publish(SET, b'{"state":"away","subtype":"lunch","message":"","until":60}')
    broker.settle()
    assert {bridge.presence for bridge in broker.bridges} == {AWAY}
    assert {bridge.decides() for bridge in broker.bridges} == {"manual"}
    broker.advance(61)
    broker.settle()
    assert {(bridge.presence, bridge.decides()) for bridge in broker.bridges} == {(SHUT, "shut")}


def test_without_rules_they_agree_as_well():
    broker = Broker(2, rules=(), sensors=())
    for bridge in broker.bridges:
        broker.connect(bridge)
    for payload in (b'{"state":"away"}', b'{"subtype":"lunch"}', b'{"message":"x"}', b'{"message":""}'):
        broker.publish(SET, payload)
    broker.settle()
    assert {bridge.presence for bridge in broker.bridges} == {AWAY}
    assert decode_word(broker.retained[TRUTH]).value == AWAY


def test_a_manual_word_crossed_by_the_decisions_of_all_stands():
    broker = connected(3)
    broker.publish(DOOR, b"open", retain=True)
    for bridge in broker.bridges:
        broker.deliver(bridge)
    broker.publish(TRUTH, b"away", retain=True)
    broker.publish(TRUTH, b"xa", retain=True)
    broker.settle()
    assert {(bridge.presence.state, bridge.decides()) for bridge in broker.bridges} == {
        (PresenceState.XA, "manual")
    }
    assert broker.retained[TRUTH] == b"xa"


def test_a_word_that_comes_behind_the_end_of_another_stands_for_all():
    broker = connected()
    broker.publish(DOOR, b"ajar", retain=True)
    broker.publish(SET, b'{"state":"chat"}')
    broker.settle()
    broker.publish(SET, b'{"state":null}')
    broker.deliver(broker.bridges[0])
    broker.publish(TRUTH, b"away", retain=True)
    broker.settle()
    assert [bridge.decides() for bridge in broker.bridges] == ["manual", "manual"]
    assert broker.retained[TRUTH] == b"away"


def test_a_softphone_of_another_bridge_gives_back_to_all():
    broker = connected()
    first, second = broker.bridges
    first.claim(AWAY)
    broker.settle()
    assert second.decides() == "manual"
    first.give_way()
    broker.settle()
    assert {(bridge.presence, bridge.decides()) for bridge in broker.bridges} == {(SHUT, "shut")}


def test_a_bridge_that_does_not_know_the_sensors_leaves_the_decision_to_one_that_does():
    broker = connected()
    del broker.retained[DOOR]
    newcomer = broker.bridges[1]
    newcomer.lose()
    broker.bridges[1] = type(newcomer)(broker)
    broker.connect(broker.bridges[1])
    broker.publish(TRUTH, b"away", retain=True)
    broker.publish(SET, b'{"state":null}')
    broker.settle()
    assert [bridge.decides() for bridge in broker.bridges] == ["shut", "nobody"]
    assert {bridge.presence for bridge in broker.bridges} == {SHUT}


# --- whatever happens -----------------------------------------------------------------------------

DOORS = ["closed", "open", "ajar"]


class Conversation(RuleBasedStateMachine):
    """Sensors, people, softphones and bridges, and a broker that is slow and gets lost.

    When all has been carried through: everybody knows what the broker holds. If a manual word stands,
    it is the last that was spoken and not taken back; else the rule that holds has spoken last.
    """

    bridges = 1

    def __init__(self):
        super().__init__()
        self.broker = Broker(self.bridges)
        self.words = 0
        # The manual word that must stand: None if none may, unless what crosses what makes that unclear.
        self.expected = None
        self.unclear = False
        self.speaking = False
        self.claiming = self.clearing = False
        for bridge in self.broker.bridges:
            self.broker.connect(bridge)

    def pick(self, number):
        return self.broker.bridges[number % self.bridges]

    def speak(self, expected):
        """Somebody says something by hand; what is said while that is on its way may come before or behind.

        With several bridges, it is not taken back before it has come through: each writes what it was told,
        and one's copy of the word may come after the other's end of it.
        """
        self.unclear = self.unclear or self.speaking
        self.speaking = True
        self.expected = expected

    def next_word(self):
        self.words += 1
        return f"word {self.words}"

    @rule(door=st.sampled_from(DOORS))
    def the_door_moves(self, door):
        if self.broker.retained.get(DOOR) != door.encode():
            self.broker.publish(DOOR, door.encode(), retain=True)

    @rule(form=st.sampled_from(["line", "json", "until"]))
    def others_write(self, form):
        word = self.next_word()
        self.speak(word)
        payload = f"xa,{word}"
        if form != "line":
            until = {"until": "2027-01-01T00:00Z"} if form == "until" else {}
            payload = json.dumps({"state": "xa", "subtype": word, **until})
        self.broker.publish(TRUTH, payload.encode(), retain=True)

    @rule(until=st.sampled_from([None, 5000]))
    def others_command(self, until):
        word = self.next_word()
        payload = {"state": "chat", "subtype": word, "message": "", "until": until}
        self.order(word, payload)

    @precondition(lambda self: self.bridges == 1 or not self.speaking)
    @rule()
    def others_give_back(self):
        self.order(None, {"state": None})

    def order(self, expected, payload):
        """A command, which nobody carries out who does not hear it."""
        if any(bridge.connected for bridge in self.broker.bridges):
            self.speak(expected)
        self.broker.publish(SET, json.dumps(payload).encode())

    @precondition(lambda self: all(bridge.connected for bridge in self.broker.bridges))
    @precondition(lambda self: self.bridges == 1 or not self.speaking)
    @rule()
    def others_clear(self):
        """A bridge that does not hear it could not tell it from a broker that has lost all."""
        self.speak(None)
        self.clearing = True
        self.broker.publish(TRUTH, b"", retain=True)

    @rule()
    def the_softphone_speaks(self):
        word = self.next_word()
        self.speak(word)
        self.claiming = True
        self.unclear = self.unclear or not self.pick(0).connected
        self.pick(0).claim(Presence(PresenceState.AWAY, word))

    @precondition(lambda self: self.claiming)
    @rule()
    def the_softphone_leaves(self):
        # Whether its word stands still is not ours to repeat here.
        self.claiming = False
        self.unclear = True
        self.pick(0).give_way()

    @rule(number=st.integers(0, 1))
    def a_message_is_delivered(self, number):
        self.broker.now += 0.001
        self.broker.deliver(self.pick(number))

    @rule(number=st.integers(0, 1))
    def a_message_is_taken(self, number):
        self.broker.now += 0.001
        self.broker.take(self.pick(number))

    @rule(number=st.integers(0, 1))
    def a_connection_is_lost(self, number):
        self.unclear = self.unclear or self.speaking
        if self.clearing:
            self.broker.settle()
        self.pick(number).lose()

    @rule(number=st.integers(0, 1))
    def it_is_back(self, number):
        bridge = self.pick(number)
        if not bridge.connected:
            self.broker.connect(bridge)

    @rule()
    def all_is_carried_through(self):
        for bridge in self.broker.bridges:
            if not bridge.connected:
                self.broker.connect(bridge)
        self.broker.settle()
        self.check()
        self.speaking = self.unclear = self.clearing = False

    def check(self):
        held = self.broker.retained.get(TRUTH)
        word = decode_word(held) if held else None
        is_manual = word is not None and word.origin.by != "rule"
        for bridge in self.broker.bridges:
            assert bridge.presence == (word.value if word else NOT_SET)
            decides = bridge.decides()
            assert (decides == "manual") == is_manual
            if not is_manual and decides != "nobody":
                wanted = next(rule for rule in RULES if rule.name == decides)
                assert word.value.state is wanted.value.state
                assert word.origin.rule == decides
            self.check_lamp(bridge)
        said = word.value.subtype if is_manual else None
        if not self.unclear:
            assert said == self.expected
        self.expected = said

    def check_lamp(self, bridge):
        wanted = {"red": DeviceState.INUSE, "dark": DeviceState.NOT_INUSE}.get(bridge.decides(LAMP))
        assert wanted is None or bridge.lamp is wanted

    def teardown(self):
        self.all_is_carried_through()


TestConversation = Conversation.TestCase
TestConversation.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)


class ConversationOfTwo(Conversation):
    """The same, with two bridges that have the same rules."""

    bridges = 2


TestConversationOfTwo = ConversationOfTwo.TestCase
TestConversationOfTwo.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)
