"""How a state is asked for and told: the variables and the values, to the letter."""

import pytest

from bridge.asterisk.message import Message
from bridge.asterisk.session import Answer
from bridge.asterisk.sides import CustomDeviceSide, PresenceSide
from bridge.model.device import DeviceState
from bridge.model.facts import Facts, device_key, presence_key
from bridge.model.presence import Presence, PresenceState
from bridge.pbx import AsteriskTaken, AsteriskWritten


class Desk:
    """A session, a truth, and whoever listens: takes everything down."""

    def __init__(self):
        self.asked, self.commands, self.effects, self.limits = [], [], [], []
        self.written = []
        self.facts = Facts()

    def ask(self, action, fields, then, now):
        self.asked.append((action, dict(fields), then))

    def answer(self, *pairs):
        action, fields, then = self.asked.pop(0)
        then(Answer(Message((("Response", "Success"), *pairs))), 1.0)
        return action, fields

    def refuse(self, words):
        _, _, then = self.asked.pop(0)
        then(Answer(Message((("Response", "Error"), ("Message", words)))), 1.0)

    def command(self, name, value, now):
        self.commands.append((name, value))

    report = command

    def intended(self, name, now):
        return Presence(PresenceState.CHAT)

    def device(self, name):
        return DeviceState.ONHOLD

    def said_at(self, key):
        return 7.0

    def side(self, kind):
        return kind(
            self,
            self,
            self.facts,
            self.effects.append,
            "pb",
            lambda _about, why, _now: self.limits.append(why),
            self.written.append,
        )


@pytest.fixture
def desk():
    return Desk()


def test_a_presence_is_asked_for_by_three_questions(desk):
    side, found = desk.side(PresenceSide), []
    side.read("2000", lambda value, _now: found.append(value), 0.0)
    asked = [desk.answer(("Value", value))[1]["Variable"] for value in ("away", "bHVuY2g=", "")]
    assert asked == [
        "PRESENCE_STATE(CustomPresence:2000,value)",
        "PRESENCE_STATE(CustomPresence:2000,subtype,e)",
        "PRESENCE_STATE(CustomPresence:2000,message,e)",
    ]
    assert found == [Presence(PresenceState.AWAY, "lunch")]


def test_a_presence_that_is_not_answered_is_not_known(desk):
    found = []
    desk.side(PresenceSide).read("2000", lambda value, _now: found.append(value), 0.0)
    for _ in range(3):
        desk.refuse("Permission denied")
    assert found == [None]


def test_a_presence_is_told_by_setvar(desk):
    done = []
    presence = Presence(PresenceState.AWAY, "lunch", "back at 13:00")
    desk.side(PresenceSide).write("2000", presence, lambda ok, _now: done.append(ok), 0.0)
    assert desk.answer(("Message", "Variable Set")) == (
        "Setvar",
        {"Variable": "PRESENCE_STATE(CustomPresence:2000)", "Value": "away,lunch,back at 13:00"},
    )
    assert done == [True]
    assert desk.written == [1.0]
    assert desk.effects == [AsteriskWritten("presence", "success")]


def test_what_is_refused_is_counted_and_told(desk):
    done = []
    side = desk.side(CustomDeviceSide)
    for words in ("Variable not set", "Permission denied"):
        side.write("lamp", DeviceState.INUSE, lambda ok, _now: done.append(ok), 0.0)
        desk.refuse(words)
    assert done == [False, False]
    assert desk.effects == [AsteriskWritten("device", "refused")] * 2
    assert desk.limits[0] == "Asterisk refused 'INUSE' for 'DEVICE_STATE(Custom:lamp)': Variable not set"
    assert "add call" in desk.limits[1]


@pytest.mark.parametrize(("value", "state"), [("INUSE", DeviceState.INUSE), ("", None)])
def test_a_custom_device_is_asked_for_by_one_question(desk, value, state):
    found = []
    desk.side(CustomDeviceSide).read("lamp", lambda read, _now: found.append(read), 0.0)
    assert desk.answer(("Value", value)) == ("Getvar", {"Variable": "DEVICE_STATE(Custom:lamp)"})
    assert found == [state]


def test_a_custom_device_that_is_not_answered_is_not_known(desk):
    found = []
    desk.side(CustomDeviceSide).read("lamp", lambda read, _now: found.append(read), 0.0)
    desk.refuse("Permission denied")
    assert found == [None]


def test_what_each_says_of_the_truth(desk):
    presences, customs = desk.side(PresenceSide), desk.side(CustomDeviceSide)
    desk.facts.put(presence_key("Bob"), Presence(PresenceState.XA))
    desk.facts.put(device_key("Custom:lamp"), DeviceState.BUSY)
    assert presences.true("bob") == Presence(PresenceState.XA)
    assert customs.true("LAMP") is DeviceState.BUSY
    assert presences.intended("Bob", 0.0).state is PresenceState.CHAT
    assert customs.intended("lamp", 0.0) is DeviceState.ONHOLD
    assert (presences.key("Bob"), customs.key("Lamp")) == (presence_key("bob"), device_key("Custom:lamp"))
    assert (presences.said_at(presence_key("Bob")), customs.said_at(device_key("Custom:lamp"))) == (7.0, None)
    assert presences.can_be_written(Presence(PresenceState.NOT_SET))
    assert not customs.can_be_written(DeviceState.UNKNOWN)
    assert customs.held(DeviceState.BUSY) is DeviceState.BUSY


def test_what_asterisk_says_is_commanded_and_counted(desk):
    desk.side(PresenceSide).command("Bob", Presence(PresenceState.XA), 0.0)
    desk.side(CustomDeviceSide).command("lamp", DeviceState.BUSY, 0.0)
    assert desk.commands == [("Bob", Presence(PresenceState.XA)), ("Custom/lamp", DeviceState.BUSY)]
    assert desk.effects == [AsteriskTaken("presence"), AsteriskTaken("device")]
