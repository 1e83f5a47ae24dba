"""The truth: MQTT messages become facts, and commands become messages.

The broker's retained message is the value. A command is therefore not applied here: it is written
to the truth topic, and the fact changes when the broker gives that message back. The same holds for
what rules decide. For this our own messages must reach us (no MQTT 5 "no local").
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final
from zoneinfo import ZoneInfo

from bridge.effects import MessageRejected, TruthReceived
from bridge.events import MessageReceived
from bridge.model.device import DeviceState
from bridge.model.facts import Change, FactKey, device_key, presence_key
from bridge.model.presence import Presence
from bridge.model.words import printable
from bridge.mqtt.payload import BadPayload
from bridge.service import Context
from bridge.topics.arbiter import Arbiter, Decision
from bridge.topics.arbitration import Arbitration
from bridge.topics.claims import Claims
from bridge.topics.decoders.device import DeviceCommand
from bridge.topics.decoders.presence import PresenceCommand, encode_word
from bridge.topics.decoders.until import format_until, parse_until
from bridge.topics.decoders.word import COMMAND, PHONE, RULE, Origin, Word
from bridge.topics.route import (
    CommandRead,
    DeviceCommandRead,
    FactRead,
    Ignored,
    Reading,
    Rejected,
    Routes,
    rejected,
)
from bridge.topics.standing import Standing
from bridge.topics.writes import ECHO_SECONDS, Author, Sent, Writes
from bridge.walltime import format_utc, parse_moment

# A topic may have 65,535 bytes; a log line need not.
_SHOWN_TOPIC: Final = 256

_UTC: Final = ZoneInfo("UTC")


class Truth:
    """Reads what the broker says, and writes what is asked for.

    A command is merged onto the newest intended value: our last write that the broker has not
    given back yet, else the fact. Two partial commands in a row therefore both count.
    """

    __slots__ = (
        "_arbitration",
        "_context",
        "_emit",
        "_routes",
        "_standing",
        "_state",
        "_tell",
        "_unanswered",
        "_writes",
        "_zone",
        "claims",
    )

    def __init__(
        self,
        context: Context,
        base_topic: str,
        unanswered: Callable[[str, float], None],
        zone: ZoneInfo = _UTC,
    ) -> None:
        """`unanswered` is told of a topic that a message of ours did not come back from, in so many seconds.

        `zone` is that of times without an offset.
        """
        self._context = context
        self._state = context.state
        self._emit = context.emit
        self._unanswered = unanswered
        self._zone = zone
        self._tell: Callable[[FactKey, str, float], None] = lambda _key, _name, _now: None
        self._routes = Routes(base_topic)
        self._standing = Standing(context.state, self._routes)
        self._writes = Writes(context.timers, context.emit, self._given_up)
        self._arbitration = Arbitration(self._standing, self._writes, self._write, context.wall, zone)
        self.claims = Claims(self.intended, self._stands, self._claim, self._yield)

    def heed(self, arbiter: Arbiter) -> None:
        """Let these rules decide."""
        self._arbitration.arbiter = arbiter

    def regard(
        self, zone: ZoneInfo, gained: Mapping[FactKey, str], lost: Iterable[FactKey], now: float
    ) -> None:
        """The rules are others: `gained` (with their names) they decide on from now on, `lost` not any more.

        `zone` is that of times without an offset. The arbiter is told which of `gained` a person has said.
        """
        self._zone = zone
        self._arbitration.regard(zone, lost)
        for key in gained:
            word = self._standing.word(key)
            if word is not None:
                self._arbitration.resume(key, word, now)

    def tell(self, listener: Callable[[FactKey, str, float], None]) -> None:
        """Tell of each fact that has a new value, or was said by somebody else: its key, its name, the time."""
        self._tell = listener

    @property
    def filters(self) -> tuple[str, ...]:
        """The MQTT topic filters whose messages `received` wants."""
        return self._routes.filters

    def takes(self, topic: str) -> bool:
        """Whether `received` wants messages on this topic."""
        return self._routes.takes(topic)

    def received(self, message: MessageReceived, now: float) -> Change | None:
        """Read one message; return the change of a fact, if it made one."""
        sent = self._writes.settle(message)
        try:
            reading = self._routes.read(message.topic, message.payload, message.retained)
            change = self._take(reading, message, sent, now)
        except Rejected as refusal:
            topic = printable(message.topic, _SHOWN_TOPIC)
            self._emit(MessageRejected(topic, refusal.kind, refusal.value, refusal.reason))
            return None
        if not isinstance(reading, Ignored):
            self._emit(TruthReceived(message.topic, message.retained, change is not None))
        return change

    def intended(self, provider: str, _now: float) -> Presence:
        """What a provider says, or will say when the broker has given back what we have written."""
        outstanding = self._writes.outstanding(self._routes.presence_topic(provider))
        said = outstanding[-1].word.value if outstanding else None
        return said if isinstance(said, Presence) else self._state.facts.presence(provider)

    def device(self, device: str) -> DeviceState:
        """What a device does, named as a path, or will do when the broker has given back what we have written."""
        outstanding = self._writes.outstanding(self._standing.topic(device_key(device), device))
        said = outstanding[-1].word.value if outstanding else None
        return said if isinstance(said, DeviceState) else self._state.facts.device(device)

    def spoken(self) -> Iterable[tuple[FactKey, str]]:
        """All that something has been said of, with its name as its topic spells it."""
        return self._standing.spoken

    def said_at(self, key: FactKey) -> float | None:
        """The Unix second at which what stands was said; None if it does not tell."""
        try:
            return parse_moment(self._standing.origin(key).since, self._zone)
        except ValueError:
            return None

    def origin(self, key: FactKey) -> Origin:
        """Who has said what is the truth now."""
        return self._standing.origin(key)

    def known(self, key: FactKey, name: str) -> tuple[Word | None, Author | None]:
        """What is the truth now, None if nothing is; and as whom we have written it, None if others have."""
        return self._standing.word(key), self._writes.author(self._standing.topic(key, name))

    def resume(self, key: FactKey, name: str, word: Word, author: Author | None, now: float) -> None:
        """Take for the truth what `known` said in an earlier run. If it is ours, it is repeated when the
        broker has lost it.
        """
        topic = self._standing.topic(key, name)
        self._state.put(key, name, word.value, None)
        self._standing.note(key, topic, word.origin)
        if self._governs(key):
            self._arbitration.resume(key, word, now)
        if author is not None:
            self._writes.resume(topic, Sent(_payload(word), author, key, word, now))

    def command(self, provider: str, presence: Presence, now: float, until: object = None) -> None:
        """Write what somebody commands, here or by another way than MQTT: the last word until somebody's next.

        `until` is when it ends, as `Origin` has it.
        """
        self._write_presence(provider, presence, Author.COMMAND, self._signed(COMMAND, now, until), now)

    def report(self, device: str, state: DeviceState, now: float) -> None:
        """Write what a PBX says that a device does, named as a path."""
        key = device_key(device)
        topic, word = self._standing.topic(key, device), Word(state, self._signed(COMMAND, now))
        self._write(topic, state.value.encode(), Author.PBX, key, word, now)

    def obey(self, provider: str, command: PresenceCommand, now: float) -> None:
        """Do what a `/set` says, by whatever way it came. `BadPayload` in words when it cannot be done."""
        key = presence_key(provider)
        if command.released or command.until is not None:
            self._require_rules(key, provider)
        if command.released:
            self._arbitration.release(key, provider, now)
            return
        until: object = self._end_of(command.until, now)
        if until is None and command.state is None and self._governs(key):
            # Who only adds a text means the word that stands, and its end.
            newest = self._arbitration.newest(key, provider)
            until = None if newest is None or newest.origin.by == RULE else newest.origin.until
        self.command(provider, command.apply(self.intended(provider, now)), now, until)

    def decide(self, decision: Decision, now: float) -> None:
        """Write what the rules decide, unless it is the truth already."""
        self._arbitration.decide(decision, now)

    def republish(self, now: float) -> None:
        """Write what claims and rules have waited to write, and again what is ours and the broker has lost.

        To be called when all retained messages of a connection have been read. The facts were
        never lost, and what others wrote is theirs to repeat.
        """
        # A claim that has waited goes before the rules, as it would have with a broker.
        self.claims.synchronised(now)
        self._arbitration.synchronised(now)
        self._writes.repeat(now)

    def disconnected(self) -> None:
        """Forget what the broker owes us; commands are merged onto facts again."""
        self._arbitration.disconnected()
        self.claims.disconnected()
        self._writes.disconnected()

    # --- what is read -----------------------------------------------------------------------------

    def _take(
        self, reading: Reading, message: MessageReceived, sent: Sent | None, now: float
    ) -> Change | None:
        try:
            if isinstance(reading, FactRead):
                return self._put(reading, message, sent, now)
            if isinstance(reading, CommandRead):
                self.obey(reading.provider, reading.command, now)
            elif isinstance(reading, DeviceCommandRead):
                self._obey_device(reading.device, reading.command, now)
        except BadPayload as error:
            raise rejected(message.payload, error) from None
        return None

    def _put(
        self, reading: FactRead, message: MessageReceived, sent: Sent | None, now: float
    ) -> Change | None:
        key, word = reading.key, reading.word
        governed = self._governs(key)
        until = self._arbitration.end_of(word) if governed else None
        change = self._state.put(key, reading.name, word.value, None if message.retained else message.at)
        # The payload of a device does not tell who has spoken; that it is ours, we know.
        origin = word.origin if sent is None else sent.word.origin
        same = self._standing.note(key, message.topic, origin if message.payload else None)
        if change is not None or not same:
            self._tell(key, reading.name, now)
        repeated = same and change is None
        # The replay of a stored message that was known is nobody's new word.
        if not (repeated and message.retained):
            self._tell_claims(reading, message.topic, sent, now)
        if governed:
            if sent is not None:
                self._arbitration.returned(sent, repeated, now)
            else:
                self._arbitration.heard(reading, message, until, repeated, now)
        return change

    def _tell_claims(self, reading: FactRead, topic: str, sent: Sent | None, now: float) -> None:
        if not isinstance(reading.word.value, Presence):
            return
        is_claim = sent is not None and sent.author is Author.CLAIM
        under_way = self._writes.outstanding(topic)
        # A command that is on its way will be the later word of others.
        if not is_claim and all(one.author is Author.CLAIM for one in under_way):
            self.claims.overheard(reading.key, reading.word.value, overtaken=bool(under_way))
        if sent is not None and not under_way:
            self.claims.confirmed(reading.key, now)

    # --- what is asked for ------------------------------------------------------------------------

    def _obey_device(self, device: str, command: DeviceCommand, now: float) -> None:
        key = device_key(device)
        if command.state is None or command.until is not None:
            self._require_rules(key, device)
        if command.state is None:
            self._arbitration.release(key, device, now)
            return
        origin = self._signed(COMMAND, now, self._end_of(command.until, now))
        topic, payload = self._routes.device_topic(device), command.state.value.encode()
        self._write(topic, payload, Author.COMMAND, key, Word(command.state, origin), now)

    def _require_rules(self, key: FactKey, name: str) -> None:
        if not self._governs(key):
            raise BadPayload(f"there are no rules for {printable(name)} that could decide instead")

    def _end_of(self, written: object, now: float) -> str | None:
        if written is None:
            return None
        return format_until(parse_until(written, self._context.wall(now), self._zone))

    def _governs(self, key: FactKey) -> bool:
        return self._arbitration.arbiter.governs(key)

    # --- what a person claims ---------------------------------------------------------------------

    def _claim(self, provider: str, presence: Presence, now: float) -> None:
        self._write_presence(provider, presence, Author.CLAIM, self._signed(PHONE, now), now)

    def _stands(self, provider: str, presence: Presence, now: float) -> bool:
        """Whether a person need not say this; a rule that says the same might say something else soon."""
        if self.intended(provider, now) != presence:
            return False
        key = presence_key(provider)
        newest = self._arbitration.newest(key, provider)
        return newest is None or newest.origin.by != RULE or not self._governs(key)

    def _yield(self, provider: str, now: float) -> bool:
        """Let the rules follow what a person has said, rather than an old word of others; false without rules."""
        key = presence_key(provider)
        if not self._governs(key):
            return False
        newest = self._arbitration.newest(key, provider)
        if newest is not None and newest.origin.by == PHONE:
            self._arbitration.release(key, provider, now)
        return True

    # --- what is written --------------------------------------------------------------------------

    def _signed(self, by: str, now: float, until: object = None) -> Origin:
        return Origin(by, "", format_utc(self._context.wall(now)), until)

    def _write_presence(
        self, provider: str, presence: Presence, author: Author, origin: Origin, now: float
    ) -> None:
        topic, word = self._routes.presence_topic(provider), Word(presence, origin)
        self._write(topic, encode_word(presence, origin), author, presence_key(provider), word, now)

    def _write(
        self, topic: str, payload: bytes, author: Author, key: FactKey, word: Word, now: float
    ) -> None:
        if author is not Author.CLAIM and isinstance(word.value, Presence):
            self.claims.overruled(key, word.value)
        self._writes.write(topic, payload, author, key, word, now)

    def _given_up(self, topic: str, sent: Sent, now: float) -> None:
        self._unanswered(topic, ECHO_SECONDS)
        self._arbitration.given_up(sent, now)


def _payload(word: Word) -> bytes:
    value, origin = word
    return value.value.encode() if isinstance(value, DeviceState) else encode_word(value, origin)
