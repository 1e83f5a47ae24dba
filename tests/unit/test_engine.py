"""What must hold whatever happens: an idle watcher sees the truth, one NOTIFY in flight, nothing backwards."""

import re

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from bridge.effects import Publish, Send
from bridge.events import Asked, BrokerDisconnected, MessageReceived, Wake
from bridge.model.device import DeviceState
from bridge.model.presence import Presence, PresenceState
from bridge.topics.decoders.presence import encode_presence
from support.house import RULES, SENSORS
from support.playbook import Playbook

FROM_TAG = re.compile(rb"\r\nFrom: [^\r]*;tag=(\w+)")
HINTS = ("2000 = SIP/2000&SIP/2001,CustomPresence:2000", "2001 = ,CustomPresence:2000", "2002 = SIP/2001")


def test_deadline_is_in_the_past_while_work_waits_and_then_that_of_a_timer():
    play = Playbook(*HINTS)
    phones = [play.phone() for _ in range(600)]
    for phone in phones:
        phone.subscribe()
        phone.notified()
    play.advance(1)
    play.disconnect()

    message = MessageReceived("presence-bridge/presence/2000", b"away", retained=False, at=play.now)
    play.engine.handle(message, play.now)
    slices = 1
    while play.engine.deadline() == float("-inf"):
        play.engine.handle(Wake(), play.now)
        slices += 1
    assert slices == 3
    assert play.engine.deadline() == play.now + 0.5


def test_a_lost_broker_changes_nothing_and_its_return_repeats_nothing():
    play = Playbook(*HINTS)
    phone = play.phone()
    phone.subscribe()
    phone.notified()
    play.mqtt("presence/2000", "away")
    phone.notified()
    play.feed(BrokerDisconnected("gone"))
    phone.subscribe()
    assert phone.notified().presence == ("away", "", "")
    play.connect()
    play.mqtt("presence/2000", "away", retained=True)
    assert len(phone.notifies()) == 3


def test_who_asks_is_called_with_the_time_and_what_follows_is_done_at_once():
    play = Playbook(*HINTS)
    phone = play.phone()
    phone.subscribe()
    phone.notified()
    asked = []
    play.advance(1)
    play.feed(Asked(asked.append))
    assert asked == [play.now]
    play.feed(Asked(lambda now: play.truth.command("2000", Presence(PresenceState.DND), now)))
    play.give_back()
    assert phone.notified().presence == ("dnd", "", "")


def house(**options):
    return Playbook("2000 = Custom:lamp,CustomPresence:2000", sensors=SENSORS, rules=RULES, **options)


def test_a_door_closes_and_a_phone_shows_it():
    play = house()
    phone = play.phone()
    phone.subscribe()
    phone.notified()
    play.feed_sensor("house/door", "closed")
    assert len(phone.notifies()) == 1
    play.give_back()
    assert phone.notified().presence == ("dnd", "", "Door closed")
    assert phone.notified().lamp == ("open", "On the phone")
    play.feed_sensor("house/door", "open")
    play.give_back()
    assert phone.notified().presence == ("available", "", "")


def test_a_manual_word_stands_above_the_door_until_it_ends():
    play = house()
    phone = play.phone()
    phone.subscribe()
    phone.notified()
    play.mqtt("presence/2000/set", '{"state":"away","until":60}')
    play.give_back()
    assert phone.notified().presence == ("away", "", "")
    play.feed_sensor("house/door", "closed")
    play.give_back()
    assert phone.notified().presence == ("away", "", "")
    play.advance(61)
    play.give_back()
    assert phone.notified().presence == ("dnd", "", "Door closed")


def test_watchers_are_told_before_anybody_else():
    play = house()
    phone = play.phone()
    phone.subscribe()
    phone.notified()
    play.effects.clear()
    play.mqtt("presence/2000", "away")
    order = [type(effect) for effect in play.effects if isinstance(effect, Send | Publish)]
    assert order[0] is Send
    assert order.count(Publish) >= 2


class Watchers(RuleBasedStateMachine):
    """Phones that lose, refuse and delay, and a broker that comes and goes."""

    phones = Bundle("phones")

    @initialize()
    def start(self):
        self.play = Playbook(*HINTS, min_interval=0.1)
        self.truth = {}
        self.everybody = []

    @rule(target=phones, extension=st.sampled_from(["2000", "2001", "2002"]), digium=st.booleans())
    def subscribe(self, extension, digium):
        phone = self.play.phone(agent="Digium D40" if digium else "other")
        phone.extension, phone.answered, phone.newest, phone.checked = extension, set(), {}, 0
        phone.subscribe(extension, expires=3600)
        self.everybody.append(phone)
        return phone

    @rule(phone=phones)
    def refresh(self, phone):
        if phone.subscribe(phone.extension, expires=3600).status == 481:
            phone.to_tag = None
            phone.subscribe(phone.extension, expires=3600)

    @rule(phone=phones)
    def unsubscribe(self, phone):
        phone.subscribe(phone.extension, expires=0)

    @rule(phone=phones, status=st.sampled_from([200, 200, 200, 202, 488, 500, 503, 481]))
    def answer(self, phone, status):
        self._answer_all(phone, status)

    @rule(phone=phones)
    def network_refuses(self, phone):
        phone.refused()

    @rule(
        name=st.sampled_from(["2000", "Anna"]),
        state=st.sampled_from(PresenceState),
        subtype=st.sampled_from(["", "lunch"]),
        message=st.sampled_from(["", "a < b"]),
        retained=st.booleans(),
    )
    def presence(self, name, state, subtype, message, retained):
        presence = Presence(state, subtype, message)
        self.truth[name] = presence
        self.play.mqtt(f"presence/{name}", encode_presence(presence), retained=retained)

    @rule(device=st.sampled_from(["SIP/2000", "SIP/2001"]), state=st.sampled_from(DeviceState))
    def device(self, device, state):
        self.truth[device] = state
        self.play.mqtt(f"device/{device}", state.value)

    @rule(payload=st.sampled_from([b"bored", b"\xff", b'{"state":1}', b"away,a,b,c"]))
    def nonsense(self, payload):
        self.play.mqtt("presence/2000", payload)

    @rule(seconds=st.sampled_from([0.05, 0.2, 1.0, 11.0, 40.0, 90.0]))
    def wait(self, seconds):
        self.play.advance(seconds)

    @rule()
    def broker_returns(self):
        self.play.disconnect()
        self.play.connect()

    @invariant()
    def at_most_one_notify_is_in_flight(self):
        if not hasattr(self, "play"):
            return
        tags = [FROM_TAG.search(t.data)[1] for t in self.play.endpoint._clients._by_branch.values()]
        assert len(tags) == len(set(tags))

    @invariant()
    def nothing_goes_backwards(self):
        for phone in getattr(self, "everybody", ()):
            notifies = phone.notifies()
            for notify in notifies[phone.checked :]:
                tag = notify.request.from_.tag
                assert notify.cseq >= phone.newest.get(tag, 0)
                phone.newest[tag] = notify.cseq
            phone.checked = len(notifies)

    def teardown(self):
        if not hasattr(self, "play"):
            return
        for _ in range(4):
            for phone in self.everybody:
                self._answer_all(phone, 200)
            self.play.advance(100)
        for phone in self.everybody:
            self._answer_all(phone, 200)
        by_tag = {
            subscription.dialog.id.local_tag: subscription
            for subscription in self.play.notifier.subscriptions
        }
        for phone in self.everybody:
            subscription = by_tag.get(phone.to_tag)
            if subscription is None:
                continue
            if subscription.shown is None:
                # It refused this very body; it is told again when it refreshes.
                assert subscription.owed is None
                self.refresh(phone)
                self._answer_all(phone, 200)
            assert not subscription.behind
            last = [n for n in phone.notifies() if n.request.from_.tag == phone.to_tag][-1]
            assert last.request.body == self._body(subscription)
            assert (phone.to_tag, last.cseq) in phone.answered
            assert last.state.startswith("active")

    def _body(self, subscription):
        """What a watcher must have been shown last, from the messages alone."""
        state = self.play.state.extension_state(subscription.subject.extension)
        if subscription.subject.extension in ("2000", "2001"):
            assert state.presence == self.truth.get("2000", state.presence)
        return subscription.body.format(state, subscription.subject)

    def _answer_all(self, phone, status):
        for notify in phone.notifies():
            key = (notify.request.from_.tag, notify.cseq)
            if key not in phone.answered:
                if status in (200, 202):
                    phone.answered.add(key)
                phone.answer(notify, status)


Watchers.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestWatchers = Watchers.TestCase
