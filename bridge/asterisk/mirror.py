"""One kind of state, kept equal in Asterisk and on MQTT, whatever order things happen and are told in.

What an event says is never taken: it is a reason to ask Asterisk. The answer to a question that was
asked behind a write of ours is what Asterisk holds then, so that events may be repeated, late, out of
order, or forged. Who wins where both sides differ:

* only one has changed since both were last equal: that one;
* both have: the newer by the clock of the bridge, where both times are known; else MQTT, the truth;
* they have never been equal (the first time): MQTT, unless it says nothing.

Each side may be away for a while, and so may the bridge: `agreed` is what both held last.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

from bridge.model.facts import FactKey

Value = TypeVar("Value")

Direction = Literal["both", "to_asterisk", "from_asterisk"]


class Side(Protocol[Value]):
    """What there is to know and to do for one kind of state, by the name that Asterisk or MQTT gives it."""

    @property
    def nothing(self) -> Value:
        """What stands where nobody has said anything."""
        ...

    def key(self, name: str) -> FactKey:
        """The identity of a name."""
        ...

    def held(self, value: Value) -> Value:
        """What Asterisk can hold of a value; two values are equal if this is."""
        ...

    def can_be_written(self, value: Value) -> bool:
        """Whether Asterisk takes this at all."""
        ...

    def read(self, name: str, then: Callable[[Value | None, float], None], now: float) -> None:
        """Ask Asterisk; None where it gives no state."""
        ...

    def write(self, name: str, value: Value, then: Callable[[bool, float], None], now: float) -> None:
        """Tell Asterisk; whether it was taken."""
        ...

    def true(self, name: str) -> Value:
        """What MQTT says."""
        ...

    def intended(self, name: str, now: float) -> Value:
        """What MQTT says, or will when the broker has given back what we have written."""
        ...

    def command(self, name: str, value: Value, now: float) -> None:
        """Make MQTT say this."""
        ...

    def said_at(self, key: FactKey) -> float | None:
        """As in `Truth`."""
        ...


@dataclass(slots=True)
class _Pair(Generic[Value]):
    """One state on both sides.

    `name` and `topic` are how Asterisk and MQTT spell it. `held`: what Asterisk is known to hold.
    `agreed`: what both said last. `writing`: what is on its way to Asterisk.
    `stale`: something has happened since the question under way was asked. `listed`: Asterisk has spoken
    of it in this connection. `sent` and `asked`: what we have told Asterisk and MQTT, and may have arrived or
    not. `refused`: what Asterisk did not take. `heard_at`, `spoken_at`:
    the Unix seconds of changes of which the other side does not know yet, None where they are not known.
    """

    key: FactKey
    name: str
    topic: str
    held: Value | None = None
    agreed: Value | None = None
    writing: Value | None = None
    sent: Value | None = None
    asked: Value | None = None
    refused: Value | None = None
    reading: bool = False
    stale: bool = False
    listed: bool = False
    heard_at: float | None = None
    spoken_at: float | None = None


class Mirror(Generic[Value]):
    """All states of one kind. `agreed` is told of each value that both sides hold from now on."""

    def __init__(
        self,
        side: Side[Value],
        direction: Direction,
        wall: Callable[[float], float],
        agreed: Callable[[FactKey, float], None] = lambda _key, _now: None,
    ) -> None:
        """`wall` as in `Context`."""
        self._side = side
        self._direction = direction
        self._wall = wall
        self._tell = agreed
        self._pairs: dict[FactKey, _Pair[Value]] = {}
        self._has_list = self._has_truth = False

    # --- what was before --------------------------------------------------------------------------

    def agreed(self, key: FactKey) -> tuple[str, Value] | None:
        """Under which name, and on what both sides agreed last."""
        pair = self._pairs.get(key)
        return None if pair is None or pair.agreed is None else (pair.name, pair.agreed)

    def resume(self, name: str, value: Value) -> FactKey:
        """Both sides agreed on this in an earlier run."""
        pair = self._pair(name)
        pair.agreed = value
        return pair.key

    # --- Asterisk ---------------------------------------------------------------------------------

    def listed(self, rows: Mapping[str, Value | None], now: float) -> None:
        """All that Asterisk has just listed, by name. None: that is not to be trusted, ask for it."""
        for pair in self._pairs.values():
            pair.listed, pair.held = False, None
        for name, value in rows.items():
            pair = self._pair(name)
            # Two spellings of one name are one state for us, and two for Asterisk: ask.
            pair.held = None if pair.listed else value
            pair.name, pair.listed = name, True
        self._has_list = True
        self._meet(now)

    def prompted(self, name: str, value: Value | None, now: float) -> None:
        """Asterisk tells that something has changed: so it says, to this value."""
        pair = self._pair(name)
        pair.listed = True
        if not self._has_list:
            return
        said_before = value is not None and value in (pair.held, pair.writing)
        if said_before and not pair.reading:
            return
        pair.name, pair.heard_at = name, self._wall(now)
        if not self._has_truth:
            pair.held = None
        elif pair.reading:
            pair.stale = True
        else:
            self._read(pair, now)

    def lost(self) -> None:
        """Asterisk is away. What was on its way may have arrived, or not."""
        self._has_list = False
        for pair in self._pairs.values():
            pair.reading = pair.stale = False
            pair.sent = pair.writing or pair.sent
            pair.writing = pair.refused = pair.held = None

    # --- MQTT -------------------------------------------------------------------------------------

    def synchronised(self, names: Iterable[str], now: float) -> None:
        """All that the broker retains is known; `names` are those of which something is said."""
        for name in names:
            self._pair(name).topic = name
        self._has_truth = True
        self._meet(now)

    def spoken(self, name: str, now: float, *, live: bool) -> None:
        """MQTT says something else. Not `live`: it was said at another time, while the broker was away."""
        pair = self._pair(name)
        pair.topic = name
        pair.spoken_at = self._wall(now) if live else self._side.said_at(pair.key)
        if self._has_list and self._has_truth and pair.writing is None and not pair.reading:
            self._begin(pair, now)

    def disconnected(self) -> None:
        """The broker is away. What was on its way there may have arrived, or not."""
        self._has_truth = False

    # --- both -------------------------------------------------------------------------------------

    def _pair(self, name: str) -> _Pair[Value]:
        key = self._side.key(name)
        pair = self._pairs.get(key)
        if pair is None:
            pair = self._pairs[key] = _Pair(key, name, name)
        return pair

    def _meet(self, now: float) -> None:
        if self._has_list and self._has_truth:
            for pair in [*self._pairs.values()]:
                if pair.writing is None and not pair.reading:
                    self._begin(pair, now)

    def _begin(self, pair: _Pair[Value], now: float) -> None:
        """Compare the sides. What Asterisk has listed is enough to see that they are equal, and not that they differ."""
        if pair.held is not None and self._is_equal(pair, pair.held, now):
            self._agree(pair, pair.held, now)
        elif pair.held is not None and pair.held == pair.agreed:
            self._settle(pair, now)
        else:
            self._read(pair, now)

    def _read(self, pair: _Pair[Value], now: float) -> None:
        pair.reading, pair.stale = True, False
        self._side.read(pair.name, lambda value, then: self._has_read(pair, value, then), now)

    def _has_read(self, pair: _Pair[Value], value: Value | None, now: float) -> None:
        pair.reading = False
        if pair.writing is not None:
            # That is the later word; when it has come through, it shows what Asterisk holds.
            pair.stale = True
        elif pair.stale:
            self._read(pair, now)
        elif value is not None:
            pair.held = value
            if self._has_truth:
                self._settle(pair, now)

    def _settle(self, pair: _Pair[Value], now: float) -> None:
        """What both sides hold is known: let the one that is behind follow."""
        held = pair.held
        if held is None:
            raise AssertionError("to be called when it is known")
        if self._is_equal(pair, held, now):
            self._agree(pair, held, now)
        elif self._asterisk_wins(pair, held, now):
            pair.asked = self._side.held(held)
            self._side.command(pair.topic, held, now)
        else:
            self._write(pair, self._side.held(self._side.intended(pair.topic, now)), now)

    def _is_equal(self, pair: _Pair[Value], held: Value, now: float) -> bool:
        side = self._side
        return side.held(held) == side.held(side.intended(pair.topic, now))

    def _agree(self, pair: _Pair[Value], held: Value, now: float) -> None:
        said = self._side.held(held)
        pair.refused = pair.heard_at = pair.spoken_at = None
        if said != self._side.held(self._side.true(pair.topic)):
            # It is on its way there, and may be lost.
            return
        self._agree_on(pair, said, now)

    def _agree_on(self, pair: _Pair[Value], said: Value, now: float) -> None:
        pair.sent = pair.asked = None
        if said != pair.agreed:
            pair.agreed = said
            self._tell(pair.key, now)

    def _asterisk_wins(self, pair: _Pair[Value], held: Value, now: float) -> bool:
        if self._direction != "both":
            return self._direction == "from_asterisk"
        said, target = self._side.held(held), self._side.held(self._side.intended(pair.topic, now))
        if said == self._side.nothing and not pair.listed:
            # That nothing is there may mean that Asterisk has lost its database: nobody has said so.
            return False
        if pair.agreed is None:
            return target in (self._side.nothing, pair.asked)
        # What one side says by our own word is no word of others.
        if said == pair.sent or target == pair.asked:
            return said != pair.sent
        if pair.agreed in (said, target):
            return said != pair.agreed
        return pair.heard_at is not None and pair.spoken_at is not None and pair.heard_at > pair.spoken_at

    def _write(self, pair: _Pair[Value], target: Value, now: float) -> None:
        if target == pair.refused or not self._side.can_be_written(target):
            return
        pair.writing = target
        # How long Asterisk has had its word does not matter any more: this one replaces it.
        pair.heard_at = None
        self._side.write(pair.name, target, lambda ok, then: self._written(pair, target, ok, then), now)

    def _written(self, pair: _Pair[Value], target: Value, ok: bool, now: float) -> None:
        pair.writing = None
        if ok:
            pair.held = target
            self._agree_on(pair, target, now)
        else:
            pair.refused = target
        if pair.stale or not ok:
            self._read(pair, now)
        elif self._has_truth:
            self._settle(pair, now)
