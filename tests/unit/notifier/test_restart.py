"""Wherever a run is cut off: who was accepted is told the truth, and CSeqs grow."""

import itertools

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bridge.events import BrokerConnected, StoreLost, StoreReturned
from bridge.notifier import keeper
from support.disk import Disk
from support.playbook import Playbook

HINTS = ("2000 = SIP/2000,CustomPresence:2000", "2001 = ,CustomPresence:2000")


class Restarts(RuleBasedStateMachine):
    """Phones that subscribe, a disk that writes when it likes, and a process that is killed at any moment.

    The disk is never so slow that nobody waits for it, and never fails for long: then nothing is promised.
    """

    @initialize()
    def start(self):
        self.disk = Disk(slow=True)
        self.play = Playbook(*HINTS, disk=self.disk)
        self.values = itertools.cycle(["available", "away", "dnd", "xa", "chat"])
        self.truth = "not_set"
        self.phones = []
        self.answered = {}
        self.seen = set()

    # --- what happens ---

    @rule(extension=st.sampled_from(["2000", "2001"]), at_once=st.booleans())
    def subscribe(self, extension, at_once):
        phone = self.play.phone()
        phone.extension = extension
        phone.send(phone.request("SUBSCRIBE", extension, Event="presence", Expires="3000"))
        self.phones.append(phone)
        if at_once:
            self.commit()

    @rule(number=st.integers(0, 20), expires=st.sampled_from([3000, 0]))
    def refresh(self, number, expires):
        accepted = self.accepted()
        if accepted:
            phone = accepted[number % len(accepted)]
            phone.to_tag = phone.responses()[0].to.tag
            phone.ended = expires == 0
            phone.send(phone.request("SUBSCRIBE", phone.extension, Event="presence", Expires=str(expires)))

    @rule()
    def change(self):
        self.what_is_told_is_true()
        self.truth = next(self.values)
        self.play.mqtt("presence/2000", self.truth)

    @rule()
    def answer(self):
        for phone in self.phones:
            for notify in phone.notifies()[self.answered.get(phone, 0) :]:
                phone.answer(notify)
            self.answered[phone] = len(phone.notifies())

    @rule(times=st.integers(4, 8))
    def converse(self, times):
        self.answer()
        for _ in range(times):
            self.change()
            self.answer()

    @rule()
    def commit(self):
        if self.disk.has_work:
            self.play.feed(self.disk.commit())

    @rule(seconds=st.sampled_from([0.01, 0.3]))
    def wait(self, seconds):
        self.play.advance(seconds)
        if self.play.memory.trouble or self.play.memory._waiting:
            self.commit()

    @rule(back=st.booleans())
    def store_fails(self, back):
        self.disk.lose()
        self.play.feed(StoreLost("a disk"))
        self.play.feed(StoreReturned())
        self.play.feed(self.disk.commit())

    @rule(down=st.sampled_from([0.1, 20.0]))
    def kill(self, down):
        self.play = self.play.restart(*HINTS, down=down, connected=False)
        self.disk = self.play.disk
        # The broker still holds what was published last.
        self.play.feed(BrokerConnected())
        if self.truth != "not_set":
            self.play.mqtt("presence/2000", self.truth, retained=True)
        self.play.sync()

    # --- what must hold ---

    def accepted(self):
        return [phone for phone in self.phones if phone.responses() and not getattr(phone, "ended", False)]

    @invariant()
    def cseqs_grow(self):
        for phone in getattr(self, "phones", ()):
            # What has the same branch is a repetition.
            cseqs = [*{notify.request.top_via.branch: notify.cseq for notify in phone.notifies()}.values()]
            assert cseqs == sorted(set(cseqs)), phone.call_id

    @invariant()
    def what_is_told_is_true(self):
        for phone in getattr(self, "phones", ()):
            fresh = {one.request.top_via.branch: one for one in phone.notifies()}.keys() - self.seen
            self.seen |= fresh
            told = {one.presence[0] for one in phone.notifies() if one.request.top_via.branch in fresh}
            assert told <= {self.truth}, phone.call_id

    @invariant()
    def nobody_who_was_accepted_is_lost(self):
        if not hasattr(self, "play"):
            return
        alive = {one.dialog.id.call_id for one in self.play.notifier.subscriptions}
        for phone in self.accepted():
            assert phone.responses()[0].status == 200
            assert phone.call_id in alive

    def teardown(self):
        """At the end everybody is told what is true."""
        if not hasattr(self, "play"):
            return
        for _ in range(40):
            self.answer()
            self.commit()
            self.play.advance(0.5)
        self.answer()
        self.cseqs_grow()
        self.nobody_who_was_accepted_is_lost()
        for phone in self.accepted():
            assert phone.notifies()[-1].presence[0] == self.truth, phone.call_id


keeper_block = keeper._BLOCK


class SmallBlocks(Restarts):
    """The same with blocks so small that NOTIFYs come to their end."""

    @initialize()
    def start(self):
        keeper._BLOCK, keeper._AHEAD = 3, 1
        super().start()

    def teardown(self):
        super().teardown()
        keeper._BLOCK, keeper._AHEAD = keeper_block, keeper_block // 2


TestRestarts = Restarts.TestCase
TestRestarts.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestSmallBlocks = SmallBlocks.TestCase
TestSmallBlocks.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
