"""Between the truth and the rules: whose word stands for an output that rules decide on.

A manual word beats all rules until it ends. Which word stands is what the truth topic says, and when
several speak, their order there decides, with one exception: a decision that was on its way when a
manual word came replaces that in the broker, and must not. The word is then written once more.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from bridge.events import MessageReceived
from bridge.model.facts import Fact, FactKey
from bridge.model.presence import Presence
from bridge.mqtt.payload import BadPayload
from bridge.topics.arbiter import Arbiter, Decision, NoRules
from bridge.topics.decoders.presence import encode_word
from bridge.topics.decoders.until import Until, parse_stored_until
from bridge.topics.decoders.word import COMMAND, PHONE, RULE, Origin, Word
from bridge.topics.route import FactRead
from bridge.topics.standing import Standing
from bridge.topics.writes import Author, Sent, Writes
from bridge.walltime import format_utc, parse_moment

# Words of ours that are manual words when the broker gives them back, and not before.
_TO_COME: Final = (Author.COMMAND, Author.CLAIM, Author.PBX)

# What such words are signed with.
_OF_PEOPLE: Final = (COMMAND, PHONE)

# Carries out a write: topic, payload, author, key, word, time.
Write = Callable[[str, bytes, Author, FactKey, Word, float], None]


class _Wanted(NamedTuple):
    """A word that is to stand on the truth topic of `name`; `payload` is that of others, to be written as it was."""

    name: str
    author: Author
    word: Word
    payload: bytes = b""

    def stands(self, word: Word | None) -> bool:
        """Whether `word` says the same. The payload of a device is plain text, and does not tell by whom it is."""
        if word is None or word.value != self.word.value:
            return False
        mine, other = self.word.origin, word.origin
        return not isinstance(word.value, Presence) or (mine.by, mine.rule) == (other.by, other.rule)


class Arbitration:
    """Tells the arbiter of manual words and of their end, and writes what it decides."""

    __slots__ = (
        "_crossed",
        "_manual",
        "_restored",
        "_standing",
        "_synchronised",
        "_wall",
        "_wanted",
        "_write",
        "_writes",
        "_zone",
        "arbiter",
    )

    def __init__(
        self, standing: Standing, writes: Writes, write: Write, wall: Callable[[float], float], zone: ZoneInfo
    ) -> None:
        """`wall` is that of `Context`; `zone` that of times without an offset."""
        self.arbiter: Arbiter = NoRules()
        self._standing = standing
        self._writes = writes
        self._write = write
        self._wall = wall
        self._zone = zone
        self._manual: set[FactKey] = set()
        self._wanted: dict[FactKey, _Wanted] = {}
        # Manual words of others that a word of ours is to replace, with their end; they stand if that is lost.
        self._crossed: dict[FactKey, tuple[Word, Until | None]] = {}
        self._restored: dict[FactKey, set[bytes]] = {}
        self._synchronised = False

    # --- what the rules decide --------------------------------------------------------------------

    def decide(self, decision: Decision, now: float) -> None:
        """Write a decision, unless it stands already; without a broker, when it is back."""
        self._manual.discard(decision.key)
        self._say(decision.key, decision.name, decision.value, decision.rule, now)

    def release(self, key: FactKey, name: str, now: float) -> None:
        """No manual word counts any more, those of ours included that are on their way: the rules decide.

        Where none of them does, what stands is kept, but as theirs: else it would be a manual word
        again after a restart.
        """
        self._manual.discard(key)
        self._crossed.pop(key, None)
        self._writes.end(self._standing.topic(key, name))
        wanted = self._wanted.get(key)
        if wanted is not None and wanted.author is Author.OTHERS:
            del self._wanted[key]
        self.arbiter.released(key, now)
        self._follow(key, now)
        newest = self.newest(key, name)
        if key not in self._wanted and newest is not None and newest.origin.by != RULE:
            self._say(key, name, newest.value, "", now)

    def newest(self, key: FactKey, name: str) -> Word | None:
        """What is said, or will be when the broker has given back what we have written."""
        outstanding = self._writes.outstanding(self._standing.topic(key, name))
        return outstanding[-1].word if outstanding else self._standing.word(key)

    def regard(self, zone: ZoneInfo, lost: Iterable[FactKey]) -> None:
        """Go on in another time zone; rules do not decide on `lost` any more."""
        self._zone = zone
        for key in lost:
            self._manual.discard(key)
            self._wanted.pop(key, None)
            self._restored.pop(key, None)
            self._crossed.pop(key, None)

    # --- what the connection tells ----------------------------------------------------------------

    def synchronised(self, now: float) -> None:
        """All that is retained has been read: write what is to stand."""
        self._synchronised = True
        for key in [*self._crossed]:
            self._stand(key, now)
        for key in [*self._wanted]:
            self._follow(key, now)

    def disconnected(self) -> None:
        """Nothing can be written."""
        self._synchronised = False

    def given_up(self, sent: Sent, now: float) -> None:
        """The broker has not given back a word: what has waited for it need not wait any longer."""
        if sent.author in _TO_COME:
            self._stand(sent.key, now)
            self._follow(sent.key, now)

    def resume(self, key: FactKey, word: Word, now: float) -> None:
        """A word that stood when an earlier run ended; the broker will say it again, if it has it still."""
        is_device = not isinstance(word.value, Presence)
        if word.origin.by == RULE or (is_device and word.origin.by not in _OF_PEOPLE):
            return
        try:
            until = self.end_of(word)
        except BadPayload:
            return
        if not self._has_passed(until, now):
            self._overridden(key, until, now, word)

    # --- what is heard on truth topics ------------------------------------------------------------

    def end_of(self, word: Word) -> Until | None:
        """When a word ends, if it says so. `BadPayload` if what it says is no time."""
        return None if word.origin.until is None else parse_stored_until(word.origin.until, self._zone)

    def returned(self, sent: Sent, repeated: bool, now: float) -> None:
        """A word of ours has come back; `repeated` if it stood there before."""
        key = sent.key
        if sent.author in _TO_COME:
            self._crossed.pop(key, None)
        wanted = self._wanted.get(key)
        if wanted is not None and sent.author is wanted.author is Author.OTHERS:
            del self._wanted[key]
        if sent.author is Author.RULE or sent.ended:
            is_new = False
        elif sent.author is Author.OTHERS:
            is_new = key not in self._manual
        else:
            is_new = not repeated
        if not is_new:
            self._follow(key, now)
            return
        until = self.end_of(sent.word)
        if self._has_passed(until, now):
            self.release(key, key.name, now)
        else:
            self._overridden(key, until, now, sent.word)

    def heard(
        self, reading: FactRead, message: MessageReceived, until: Until | None, repeated: bool, now: float
    ) -> None:
        """Somebody else's word; `repeated` if it stood there before, said by the same."""
        key, word = reading.key, reading.word
        outstanding = self._writes.outstanding(message.topic)
        if not outstanding:
            self._restored.pop(key, None)
            # What was to be replaced is said again: ours is lost, and this is news.
            repeated = self._crossed.pop(key, None) is None and repeated
        if repeated and (message.retained or word.origin.since):
            return
        if word.origin.by == RULE:
            if not outstanding:
                self._heard_rules(reading, now)
        elif not message.payload or self._has_passed(until, now):
            if not outstanding and (key in self._manual or not message.retained):
                self.release(key, reading.name, now)
        elif isinstance(word.value, Presence):
            self._heard_manual(reading, message, outstanding, until, now)
        elif not (outstanding or message.retained or self._is_decided(key, word)):
            # Its payload does not tell by whom it is: what crosses ours may be another bridge's decision.
            self._overridden(key, None, now, word)

    def _heard_rules(self, reading: FactRead, now: float) -> None:
        """Other bridges have rules, too; what they decided after us stands.

        But if they only keep what stands, a decision of ours is worth more.
        """
        key = reading.key
        wanted = self._wanted.get(key)
        if reading.word.origin.rule or wanted is None or not wanted.word.origin.rule:
            self._wanted.pop(key, None)
        if key in self._manual:
            self.release(key, reading.name, now)
        else:
            self._follow(key, now)

    def _heard_manual(
        self,
        reading: FactRead,
        message: MessageReceived,
        outstanding: Sequence[Sent],
        until: Until | None,
        now: float,
    ) -> None:
        if any(sent.author in _TO_COME and not sent.ended for sent in outstanding):
            # What we have written for a person replaces it, and is the later word.
            self._crossed[reading.key] = reading.word, until
            return
        self._overridden(reading.key, until, now, reading.word)
        if outstanding:
            self._restore(reading, message.payload, now)

    def _stand(self, key: FactKey, now: float) -> None:
        """What of ours was to replace a word of others is lost: that one counts."""
        crossed = self._crossed.pop(key, None)
        if crossed is not None and not self._has_passed(crossed[1], now):
            self._overridden(key, crossed[1], now, crossed[0])

    def _restore(self, reading: FactRead, payload: bytes, now: float) -> None:
        """Write a word again that ours replace; once only, for other bridges do so, too."""
        restored = self._restored.setdefault(reading.key, set())
        if payload not in restored:
            restored.add(payload)
            self._wanted[reading.key] = _Wanted(reading.name, Author.OTHERS, reading.word, payload)
            self._follow(reading.key, now)

    def _overridden(self, key: FactKey, until: Until | None, now: float, word: Word) -> None:
        self._wanted.pop(key, None)
        self._manual.add(key)
        self.arbiter.overridden(key, until, self._said_at(word, now), now)

    def _said_at(self, word: Word, now: float) -> float:
        """The Unix second at which a word was said: now, unless it tells of an earlier one."""
        try:
            return min(parse_moment(word.origin.since, self._zone), self._wall(now))
        except ValueError:
            return self._wall(now)

    def _has_passed(self, until: Until | None, now: float) -> bool:
        return until is not None and until.at_wall is not None and until.at_wall <= self._wall(now)

    def _is_decided(self, key: FactKey, word: Word) -> bool:
        """Whether a device says what the rules have decided: another bridge may have written that."""
        wanted = self._wanted.get(key)
        return wanted is not None and wanted.author is Author.RULE and wanted.word.value == word.value

    # --- what is written --------------------------------------------------------------------------

    def _say(self, key: FactKey, name: str, value: Fact, rule: str, now: float) -> None:
        """Let the rules say something; with an empty `rule`, only that they are in charge."""
        self._wanted[key] = _Wanted(name, Author.RULE, Word(value, Origin(RULE, rule)))
        self._follow(key, now)

    def _follow(self, key: FactKey, now: float) -> None:
        """Write what is wanted, unless it stands, or is on its way; behind a manual word it has to wait."""
        wanted = self._wanted.get(key)
        if wanted is None or not self._synchronised:
            return
        topic = self._standing.topic(key, wanted.name)
        outstanding = self._writes.outstanding(topic)
        if outstanding and outstanding[-1].author in _TO_COME and not outstanding[-1].ended:
            return
        newest = outstanding[-1].word if outstanding else self._standing.word(key)
        if not wanted.stands(newest):
            payload, word = self._signed(wanted, now)
            self._write(topic, payload, wanted.author, key, word, now)
        elif wanted.author is Author.OTHERS and not outstanding:
            del self._wanted[key]

    def _signed(self, wanted: _Wanted, now: float) -> tuple[bytes, Word]:
        """The payload to write, and its word. A decision says when: each time it is written, it is another."""
        if wanted.author is Author.OTHERS:
            return wanted.payload, wanted.word
        value, origin = wanted.word
        origin = origin._replace(since=format_utc(self._wall(now)))
        payload = encode_word(value, origin) if isinstance(value, Presence) else value.value.encode()
        return payload, Word(value, origin)
