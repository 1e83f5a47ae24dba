"""What must hold whatever breaks, checked against a `Record` of a whole test.

I1  convergence: at the end every phone shows, and has acknowledged, what was published last.
I2  order: by CSeq a phone sees a subsequence of what was published; a value is skipped only while the
    bridge could not tell it: a NOTIFY was out, the pace forbade one, or something was broken.
I3  nothing invented: a value was published before it is shown, and is shown again only for a reason.
I4  a SUBSCRIBE that was answered 2xx lives until it expires, or a NOTIFY ends it; its CSeqs grow.
I5  one NOTIFY at a time in each dialog; repetitions not earlier than Timer E (RFC 3261 section 17.1.2.2).

I6 (memory) and I7 (metrics) look at the bridge itself: see `tests/faults/test_phones.py` and `soak.py`.
"""

from collections import defaultdict, deque
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from support.record import (
    NOT_SET,
    Answered,
    Asked,
    Confirmed,
    Dialog,
    Event,
    Fault,
    Left,
    Notified,
    Published,
    Record,
    Replied,
    value,
)

# Seconds in which nothing may have hindered the bridge before a value that was not told counts as lost:
# the longest that a busy machine of two cores keeps one process waiting, and a SUBSCRIBE on its way.
SLACK = 1.5

# The longest that a copy lets itself be waited for (T2 of RFC 3261 section 17.1.2.2).
_TIMER_T2 = 4.0

# Seconds after which a NOTIFY without an answer is given up (Timer F), less what clocks may differ.
_TIMER_F = 31.5

# When copies of a NOTIFY may come at the earliest, in seconds after the first one (Timer E, T1 = 0.5 s).
_COPIES = (0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5)
# Both are on the clock of the kernel, so that it does not matter when the phone reads them. The bridge reckons from
# the moment at which it began with the event that made it send; where the machine takes the processor away from it
# before it has sent, the first one is late, and its copy is not: by 0.21 s, seen with eleven processes for two cores.
_EARLY = 0.4


class Violation(NamedTuple):
    """One promise that was not kept."""

    invariant: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.invariant} {self.where}: {self.what}"


@dataclass
class Verdict:
    """What a record shows. `skipped` counts values that were superseded before they could be told."""

    violations: list[Violation] = field(default_factory=list)
    published: int = 0
    confirmed: int = 0
    subscriptions: int = 0
    notifies: int = 0
    copies: int = 0
    acknowledged: int = 0
    skipped: int = 0
    alive: int = 0
    latencies: list[float] = field(default_factory=list)

    def require(self) -> "Verdict":
        """Raise AssertionError unless every promise was kept."""
        shown = "\n".join(map(str, self.violations[:20]))
        assert not self.violations, f"{len(self.violations)} violations\n{shown}"
        return self

    def latency(self, quantile: float) -> float:
        """Seconds from publishing to the first acknowledgement, for this part of them."""
        ordered = sorted(self.latencies)
        return ordered[min(int(len(ordered) * quantile), len(ordered) - 1)] if ordered else 0.0


def check(record: Record, *, clean: bool = True, converged: bool = True, pace: float = 0.1) -> Verdict:
    """Check it all. `clean`: the network makes no copies of its own; `converged`: the test has waited for I1.

    `pace`: seconds that the bridge leaves between two NOTIFYs for changes.
    """
    return _Check(record, clean, pace).run(converged)


@dataclass
class _Line:
    """One dialog, as it was seen."""

    dialog: Dialog
    extension: str = ""
    notified: list[Notified] = field(default_factory=list)
    copies: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    replies: dict[int, Replied] = field(default_factory=dict)
    asked: list[float] = field(default_factory=list)
    accepted: list[Answered] = field(default_factory=list)
    refused: list[Answered] = field(default_factory=list)
    ended_at: float | None = None
    left_at: float | None = None

    @property
    def where(self) -> str:
        return f"{self.extension} {self.dialog[0]}"


class _Check:
    def __init__(self, record: Record, clean: bool, pace: float) -> None:
        self.clean = clean
        self.pace = pace
        self.verdict = Verdict()
        self.lines: dict[Dialog, _Line] = {}
        self.published: dict[str, list[float]] = defaultdict(lambda: [0.0])
        self.asked: dict[str, list[float]] = defaultdict(list)
        self.faults: list[Fault] = []
        self.taken = record.taken
        self.ended_at = record.clock()
        self._sort(record.events)

    def run(self, converged: bool) -> Verdict:
        verdict = self.verdict
        verdict.subscriptions = sum(bool(line.accepted) for line in self.lines.values())
        for line in self.lines.values():
            self._order(line)
            self._reasons(line)
            self._one_at_a_time(line)
            self._timer_e(line)
            self._lives(line)
            if self._is_alive(line):
                verdict.alive += 1
                if converged:
                    self._converged(line)
        return verdict

    # --- sorting ---------------------------------------------------------------------------------

    def _sort(self, events: Iterable[Event]) -> None:
        verdict = self.verdict
        for event in events:
            match event:
                case Published():
                    self.published[event.extension].append(event.at)
                    verdict.published += 1
                case Confirmed():
                    verdict.confirmed += 1
                case Fault():
                    self.faults.append(event)
                case Asked():
                    self.asked[event.call_id].append(event.at)
                    if event.dialog is not None:
                        self._line(event.dialog).asked.append(event.at)
                case Answered():
                    line = self._line(event.dialog)
                    line.extension = event.extension
                    (line.accepted if event.status < 300 else line.refused).append(event)
                case Notified():
                    self._notified(event)
                case Replied():
                    self._line(event.dialog).replies.setdefault(event.cseq, event)
                    verdict.acknowledged += event.status < 300
                case Left():
                    line = self._line(event.dialog)
                    line.left_at = event.at if line.left_at is None else line.left_at

    def _line(self, dialog: Dialog) -> _Line:
        return self.lines.setdefault(dialog, _Line(dialog))

    def _notified(self, event: Notified) -> None:
        line = self._line(event.dialog)
        line.extension = event.extension
        if event.copy:
            self.verdict.copies += 1
            line.copies[event.cseq].append(event.at)
            return
        self.verdict.notifies += 1
        line.notified.append(event)
        if event.state == "terminated" and line.ended_at is None:
            line.ended_at = event.at

    # --- the invariants --------------------------------------------------------------------------

    def _converged(self, line: _Line) -> None:
        wanted = self._number_at_the_end(line.extension)
        told = [n for n in line.notified if n.cseq in line.replies and line.replies[n.cseq].status < 300]
        if not told:
            self._say("I1", line, "was never told anything")
            return
        shown = max(told, key=lambda notified: notified.cseq).shown
        if shown != _value(wanted):
            self._say("I1", line, f"shows {shown}, and {_value(wanted)} was published last")

    def _number_at_the_end(self, extension: str) -> int:
        return self.taken[extension]

    def _order(self, line: _Line) -> None:
        last_cseq, last = 0, 0
        seen_at = None
        for notified in line.notified:
            if notified.cseq <= last_cseq:
                self._say("I2", line, f"CSeq {notified.cseq} after {last_cseq}")
                continue
            last_cseq = notified.cseq
            if notified.shown is None:
                continue
            number = _number(notified.shown)
            published = self.published[line.extension]
            if number is None or number >= len(published) or notified.shown != _value(number):
                self._say("I3", line, f"shows {notified.shown}, which nobody has published")
                continue
            if number and published[number] > notified.at:
                self._say("I3", line, f"shows {notified.shown} before it was published")
            if number < last:
                self._say("I2", line, f"shows m{number} after m{last}")
            elif seen_at is not None:
                for skipped in range(last + 1, number):
                    self._skipped(line, skipped)
            reply = line.replies.get(notified.cseq)
            if number > last and reply is not None and reply.status < 300:
                self.verdict.latencies.append(reply.at - published[number])
            last, seen_at = max(last, number), notified.at

    def _skipped(self, line: _Line, number: int) -> None:
        self.verdict.skipped += 1
        published = self.published[line.extension]
        free = _uncovered((published[number], published[number + 1]), self._hindered(line))
        if free > SLACK:
            self._say("I2", line, f"m{number} was never shown, though nothing hindered it for {free:.1f} s")

    def _hindered(self, line: _Line) -> list[tuple[float, float]]:
        """When the bridge could not tell this phone anything, as far as can be seen from outside."""
        spans = [(fault.at, fault.until) for fault in self.faults]
        for notified in line.notified:
            reply = line.replies.get(notified.cseq)
            answered_at = reply.at if reply is not None else notified.at + 32
            late = [at for at in line.copies.get(notified.cseq, ()) if reply is not None and at > reply.at]
            if late and not self.clean:
                # The answer was lost, and that to the copy may be: until the next copy the NOTIFY is out.
                answered_at = late[-1] + _TIMER_T2
            spans.append((notified.at, max(answered_at, notified.at + self.pace)))
        return spans

    def _reasons(self, line: _Line) -> None:
        """A value is told again after a SUBSCRIBE, a fault, or a NOTIFY that was not acknowledged."""
        asked, waiting = deque(line.asked), deque[float]()
        for before, notified in pairwise(line.notified):
            while asked and asked[0] <= notified.at:
                waiting.append(asked.popleft())
            if notified.shown != before.shown or notified.shown is None or notified.state == "terminated":
                if waiting and waiting[0] < notified.at - SLACK:
                    waiting.popleft()
            elif waiting:
                waiting.popleft()
            elif not self._is_told_in_vain(line, before, notified.at):
                self._say("I3", line, f"shows {notified.shown} again for no reason (CSeq {notified.cseq})")

    def _is_told_in_vain(self, line: _Line, before: Notified, until: float) -> bool:
        """Whether the bridge may not know that the phone shows what this NOTIFY told."""
        reply = line.replies.get(before.cseq)
        if reply is None or reply.status >= 300 or not self.clean:
            return True
        return self._is_faulty(("bridge", "network"), before.at - SLACK, until)

    def _one_at_a_time(self, line: _Line) -> None:
        for before, after in pairwise(line.notified):
            reply = line.replies.get(before.cseq)
            answered_at = reply.at if reply is not None else float("inf")
            if after.at >= min(answered_at, before.at + _TIMER_F) or self._is_faulty(
                ("bridge",), before.at, after.at
            ):
                continue
            if not self.clean:
                # Its copies may have been lost before the one that came.
                continue
            self._say("I5", line, f"CSeq {after.cseq} while {before.cseq} was out")

    def _timer_e(self, line: _Line) -> None:
        if not self.clean:
            return
        for notified in line.notified:
            copies = line.copies.get(notified.cseq, [])
            if len(copies) > len(_COPIES):
                self._say("I5", line, f"CSeq {notified.cseq} came {len(copies) + 1} times")
            for at, earliest in zip(copies, _COPIES, strict=False):
                if at - notified.at < earliest - _EARLY and not self._is_faulty(
                    ("bridge", "network", "load"), notified.at - 1, at
                ):
                    self._say("I5", line, f"CSeq {notified.cseq} again after {at - notified.at:.2f} s")

    def _lives(self, line: _Line) -> None:
        for refused in line.refused:
            if not refused.refresh or refused.status not in (404, 481) or not line.accepted:
                continue
            if self._is_over(line, refused.at):
                continue
            self._say("I4", line, f"a refresh was answered {refused.status}, and nothing had ended it")
        for reply in line.replies.values():
            if reply.status == 500:
                self._say("I4", line, f"CSeq {reply.cseq} is not above those before it")

    # --- within ----------------------------------------------------------------------------------

    def _is_over(self, line: _Line, at: float) -> bool:
        ends = [end for end in (line.ended_at, line.left_at) if end is not None]
        silent = any(
            notified.cseq not in line.replies and at - notified.at > _TIMER_F for notified in line.notified
        )
        rejected = any(reply.status == 481 for reply in line.replies.values())
        return (
            silent
            or rejected
            or self._may_be_unheard(line, at)
            or any(end <= at for end in ends)
            or at >= self._expires_at(line, at)
        )

    def _may_be_unheard(self, line: _Line, at: float) -> bool:
        """Whether all answers of a new phone may have been lost: it is then told nothing more (docs/reliability.md).

        The bridge cannot tell it from a forged source, until it has refreshed.
        """
        begun_at = min((answered.at for answered in line.accepted), default=at)
        is_proven = any(answered.refresh for answered in line.accepted)
        return not self.clean and not is_proven and len(line.notified) <= 1 and at - begun_at > _TIMER_F

    def _is_alive(self, line: _Line) -> bool:
        return bool(line.accepted) and not self._is_over(line, self.ended_at)

    def _expires_at(self, line: _Line, at: float) -> float:
        """When it ends at the earliest unless it is refreshed, as it stood at this time.

        The bridge counts from the first copy of a SUBSCRIBE that it gets, however often its answer is lost.
        """
        asked = self.asked[line.dialog[0]]
        return max((_last(asked, a.at) + a.expires for a in line.accepted if a.at <= at), default=0.0)

    def _is_faulty(self, kinds: Container[str], begin: float, end: float) -> bool:
        return any(fault.kind in kinds and fault.at <= end and fault.until >= begin for fault in self.faults)

    def _say(self, invariant: str, line: _Line, what: str) -> None:
        self.verdict.violations.append(Violation(invariant, line.where, what))


def _last(times: list[float], until: float) -> float:
    return max((at for at in times if at <= until), default=until)


def _value(number: int) -> tuple[str, str, str]:
    return value(number) if number else NOT_SET


def _number(shown: tuple[str, str, str]) -> int | None:
    if shown == NOT_SET:
        return 0
    digits = shown[2][1:]
    return int(digits) if shown[2][:1] == "m" and digits.isdecimal() else None


def _uncovered(span: tuple[float, float], by: list[tuple[float, float]]) -> float:
    """The longest part of `span` that none of these covers."""
    at, end = span
    longest = 0.0
    for begin, until in sorted(by):
        if begin >= end:
            break
        longest = max(longest, begin - at)
        at = max(at, until)
    return max(longest, end - at)
