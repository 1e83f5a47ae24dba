"""What is said of watchers that have not acknowledged the truth, held against what phones have acknowledged."""

import re

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from support.phone import Phone
from support.playbook import Playbook

HINTS = ("2000 = SIP/2000,CustomPresence:2000", "2001 = SIP/2000,CustomPresence:2001")

# The versions of dialog-info count NOTIFYs, and say nothing of the state.
_VERSION = re.compile(rb' version="\d+"')

KINDS = {
    "digium": ({"agent": "Digium D40 1_4_0_0_57389"}, {"Accept": "application/pidf+xml"}),
    "lamp": (
        {"agent": "Yealink SIP-T46S 66.85.0.5"},
        {"Event": "dialog", "Accept": "application/dialog-info+xml"},
    ),
}


def shown(notify) -> bytes:
    return _VERSION.sub(b"", notify.request.body)


class Watcher:
    """A phone with one subscription. `acknowledged` is what the last NOTIFY showed to which it said yes."""

    def __init__(self, play: Playbook, kind: str, extension: str) -> None:
        self.play = play
        self.traits, self.headers = KINDS[kind]
        self.extension = extension
        self.phone: Phone = play.phone(**self.traits)
        self.answered: set[int] = set()
        self.acknowledged: bytes | None = None
        self.subscribe()

    def subscribe(self, **more: str) -> None:
        self.phone.subscribe(self.extension, **self.headers, **more)

    @property
    def unanswered(self):
        """The NOTIFY in flight: the latest, unless it was answered."""
        last = self.phone.notifies()[-1]
        return None if last.cseq in self.answered else last

    def answer(self, status: int) -> None:
        notify = self.unanswered
        self.answered.add(notify.cseq)
        # Said before the bridge hears it, which may go on with a NOTIFY at once.
        self.acknowledged = shown(notify) if status == 200 else None
        self.phone.answer(notify, status)

    def truth(self) -> bytes:
        """What somebody of the same kind is told who asks now."""
        other = self.play.phone(**self.traits)
        other.subscribe(self.extension, expires=0, **self.headers)
        return shown(other.notified())


class Behind(RuleBasedStateMachine):
    """Phones answer, refuse or are silent, while the truth changes at any pace."""

    @initialize(kinds=st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=3))
    def start(self, kinds):
        self.play = Playbook(*HINTS, min_interval=0.1)
        self.watchers = [Watcher(self.play, kind, HINTS[n % 2][:4]) for n, kind in enumerate(kinds)]

    @rule(provider=st.sampled_from(["2000", "2001"]), state=st.sampled_from(["available", "away", "dnd"]))
    def presence(self, provider, state):
        self.play.mqtt(f"presence/{provider}", state)

    @rule(state=st.sampled_from(["NOT_INUSE", "INUSE"]))
    def device(self, state):
        self.play.mqtt("device/SIP/2000", state)

    @precondition(lambda self: any(one.unanswered for one in self.watchers))
    @rule(data=st.data(), status=st.sampled_from([200, 200, 200, 500, 488]))
    def answer(self, data, status):
        waiting = [one for one in self.watchers if one.unanswered]
        data.draw(st.sampled_from(waiting)).answer(status)

    @rule(data=st.data())
    def refresh(self, data):
        data.draw(st.sampled_from(self.watchers)).subscribe()

    @rule(data=st.data())
    def refresh_in_silence(self, data):
        """RFC 5839: no NOTIFY for this, whatever it knows."""
        watcher = data.draw(st.sampled_from(self.watchers))
        if watcher.acknowledged is not None:
            watcher.subscribe(Suppress_If_Match="*")

    @rule(seconds=st.sampled_from([0.01, 0.1, 1.0, 10.0]))
    def wait(self, seconds):
        self.play.advance(seconds)

    @rule()
    def settle(self):
        """With answers to everything nobody is behind, and everybody has acknowledged the truth.

        One that has refused what it was told is told no more before the next change: it asks again.
        """
        for one in self.watchers:
            one.subscribe()
        for _ in range(3):
            for one in self.watchers:
                if one.unanswered:
                    one.answer(200)
            self.play.advance(0.1)
        assert self.play.notifier.behind(self.play.now) == (0, 0.0)
        assert all(one.acknowledged == one.truth() for one in self.watchers)

    @invariant()
    def nobody_who_is_behind_is_left_out(self):
        alive = {one.dialog.id.call_id for one in self.play.notifier.subscriptions}
        watching = [one for one in self.watchers if one.phone.call_id in alive]
        late = [one for one in watching if one.acknowledged != one.truth()]
        said, seconds = self.play.notifier.behind(self.play.now)
        assert len(late) <= said <= len(watching)
        assert (seconds >= 0) if said else (seconds == 0)


Behind.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestBehind = Behind.TestCase
