"""One manager connection: login, answers in any number, events, and all that can go wrong."""

import pytest

from bridge.asterisk.message import UnsendableError
from bridge.asterisk.session import PATIENCE, Account, Session, Standing
from bridge.pbx import DropAsterisk, SendToAsterisk
from bridge.timers import Timers
from support.asterisk.manager import Conversation, Faults, User
from support.asterisk.pbx import Pbx

SECRET = "hush"
WANTED = ("DeviceStateChange", "PresenceStateChange")


class Talk:
    """A session that speaks with an Asterisk at once. What is told to its user is in `told`."""

    def __init__(self, *, secret=SECRET, pbx=None, user=None, faults=None, instant=True):
        self.now = 100.0
        self.timers = Timers()
        self.told, self.sent, self.dropped, self.answers = [], [], [], []
        self.instant = instant
        self.pbx = pbx or Pbx()
        self.user = user or User("hush")
        self.faults = faults or Faults()
        tokens = iter(range(10**6))
        account = Account("bridge", secret)
        self.session = Session(account, WANTED, self, self.timers, self.emit, lambda: f"{next(tokens):016x}")
        self.to_us = []
        self.conversation = None

    # what the session tells
    def opened(self, now):
        self.told.append("opened")

    def heard(self, event, now):
        self.told.append(event)

    def closed(self, reason, now):
        self.told.append(f"closed: {reason}")

    def limited(self, trouble, now):
        self.told.append(f"limited: {trouble}")

    def emit(self, effect):
        if isinstance(effect, SendToAsterisk):
            self.sent.append(effect.data)
            if self.instant and self.conversation is not None:
                self.conversation.feed(effect.data)
        elif isinstance(effect, DropAsterisk):
            self.dropped.append(effect)

    def connect(self):
        self.session.connected(self.now)
        self.conversation = Conversation(
            self.pbx, {"bridge": self.user}, self.faults, self.to_us.append, lambda: None
        )
        self.pbx.listeners[:] = [self.conversation.event]
        self.settle()
        return self

    def settle(self):
        while self.to_us:
            self.session.received(self.to_us.pop(0), self.now)

    def say(self, text):
        self.session.received(text.encode(), self.now)

    def advance(self, seconds):
        end = self.now + seconds
        while (due := self.timers.deadline()) is not None and due <= end:
            self.now = due
            self.timers.run(due)
            self.settle()
        self.now = end

    def ask(self, action, **fields):
        self.session.ask(action, fields.items(), lambda answer, _now: self.answers.append(answer), self.now)
        self.settle()

    @property
    def events(self):
        return [event.event for event in self.told if not isinstance(event, str)]


# --- login ----------------------------------------------------------------------------------------


def test_the_login_succeeds_and_the_secret_is_not_sent():
    talk = Talk().connect()
    assert talk.told == ["opened"]
    assert talk.session.standing is Standing.UP
    assert talk.session.version == "9.0.0"
    assert not any(b"hush" in data for data in talk.sent)
    assert talk.conversation.actions == ["Challenge", "Login", "Filter"]
    assert "hush" not in repr(Account("bridge", "hush"))


@pytest.mark.parametrize(("version", "banner"), [(11, "1.3"), (13, "2.10.6"), (16, "5.0.5"), (22, "11.0.0")])
def test_every_version_lets_us_in(version, banner):
    talk = Talk(pbx=Pbx(version=version)).connect()
    assert talk.told == ["opened"]
    assert talk.session.version == banner


def test_a_wrong_secret_is_told_with_the_place_to_look_at_and_not_tried_soon():
    talk = Talk(secret="hash").connect()
    (drop,) = talk.dropped
    assert drop.refused
    assert talk.told == [f"closed: {drop.reason}"]
    assert "look at [bridge] in manager.conf" in drop.reason
    assert "Authentication failed" in drop.reason
    talk.session.disconnected("Asterisk closed the connection", talk.now)
    assert len(talk.told) == 1


def test_without_fully_booted_we_go_on_after_a_second():
    talk = Talk(user=User("hush", read=("call",))).connect()
    assert talk.told == []
    talk.advance(1)
    assert talk.told == ["opened"]


def test_without_the_right_to_filter_all_goes_on_and_it_is_told():
    talk = Talk(user=User("hush", write=("call",))).connect()
    assert talk.told[0] == "opened"
    assert "add system to `write =` of [bridge] in manager.conf" in talk.told[1]


def test_another_service_on_the_port_is_told():
    talk = Talk(faults=Faults(banner="SSH-2.0-OpenSSH_9.2")).connect()
    assert "no manager interface of Asterisk" in talk.dropped[0].reason


def test_who_gives_no_challenge_is_told():
    talk = Talk(instant=False).connect()
    talk.say("Response: Error\r\nActionID: 0000000000000000\r\nMessage: No.\r\n\r\n")
    assert talk.dropped[0].refused


@pytest.mark.parametrize("silent_after", ["greeting", "nothing"])
def test_an_asterisk_that_says_nothing_is_given_up(silent_after):
    talk = Talk(instant=False, faults=Faults(silent=silent_after == "nothing")).connect()
    talk.advance(2 * PATIENCE)
    assert "has not answered" in talk.dropped[0].reason
    assert talk.session.standing is Standing.DOWN
    talk.say("Event: DeviceStateChange\r\n\r\n")
    assert talk.events == []


# --- actions --------------------------------------------------------------------------------------


def test_a_list_is_given_with_all_its_rows():
    talk = Talk()
    for number in range(3):
        talk.pbx.device(f"PJSIP/{number}", "NOT_INUSE")
    talk.connect()
    talk.ask("DeviceStateList")
    (answer,) = talk.answers
    assert answer.ok
    assert [row.text("Device") for row in answer.rows] == ["PJSIP/0", "PJSIP/1", "PJSIP/2"]


def test_an_error_is_an_answer():
    talk = Talk().connect()
    talk.ask("Nonsense")
    assert not talk.answers[0].ok
    assert talk.answers[0].words.startswith("Invalid/unknown command: Nonsense")


def test_many_actions_wait_for_their_turn_and_are_answered_in_order():
    talk = Talk(instant=False)
    talk.instant = True
    talk.connect()
    talk.instant = False
    before = len(talk.sent)
    for number in range(200):
        talk.ask("Getvar", Variable=f"X{number}")
    assert len(talk.sent) - before == 64
    done = before
    while done < len(talk.sent):
        talk.conversation.feed(talk.sent[done])
        done += 1
        talk.settle()
    assert [answer.message.text("Variable") for answer in talk.answers] == [f"X{n}" for n in range(200)]


def test_an_answer_that_nobody_waits_for_is_nothing():
    talk = Talk().connect()
    talk.say("Response: Success\r\nActionID: guessed\r\n\r\n")
    talk.say("Response: Success\r\n\r\n")
    assert talk.told == ["opened"]


def test_what_cannot_be_sent_is_not_sent():
    talk = Talk().connect()
    before = len(talk.sent)
    with pytest.raises(UnsendableError):
        talk.ask("Setvar", Value="a\r\nb")
    assert len(talk.sent) == before


def test_a_silent_connection_is_asked_whether_it_lives():
    talk = Talk().connect()
    talk.advance(60)
    assert "Ping" in talk.conversation.actions
    assert not talk.dropped
    talk.faults.silent = True
    talk.advance(60)
    assert "has not answered" in talk.dropped[0].reason


def test_what_was_asked_over_a_lost_connection_is_never_answered():
    talk = Talk().connect()
    talk.instant = False
    talk.ask("Getvar", Variable="X")
    talk.session.disconnected("gone", talk.now)
    assert talk.told[-1] == "closed: gone"
    talk.instant = True
    talk.connect()
    assert talk.answers == []
    assert talk.told[-1] == "opened"


def test_one_that_cannot_be_established_is_told():
    talk = Talk()
    talk.session.disconnected("nobody listens", talk.now)
    assert talk.told == ["closed: nobody listens"]


# --- events ---------------------------------------------------------------------------------------


def test_only_what_is_wanted_is_told():
    talk = Talk().connect()
    talk.say("Event: Newchannel\r\nChannel: x\r\n\r\nEvent: DeviceStateChange\r\nDevice: SIP/1\r\n\r\n")
    assert talk.events == ["DeviceStateChange"]


def test_the_filter_keeps_away_what_is_not_wanted():
    talk = Talk().connect()
    talk.pbx.hint("2000", "Custom:2000,CustomPresence:2000")
    talk.pbx.set("2000", "away")
    assert [data.partition(b"\r\n")[0] for data in talk.to_us] == [b"Event: PresenceStateChange"]


def test_events_before_the_login_are_not_told():
    talk = Talk(instant=False).connect()
    talk.say("Event: DeviceStateChange\r\nDevice: SIP/1\r\n\r\n")
    assert talk.events == []


def test_an_endless_line_ends_the_connection():
    talk = Talk().connect()
    talk.say("Event: " + "x" * 70_000)
    assert "cannot be read" in talk.dropped[0].reason
