"""Wrong passwords, counted: who guesses is listened to ever more rarely, and nobody is locked out by others.

What counts is an answer to a fresh nonce that is wrong, and nothing else. Such a nonce was sent to the
address that it came back from (see `bridge.sip.nonces`), so nobody can make another address guilty
by forging it. Unknown users are counted as known ones are.

* A *place* is a user at a source. Five wrong answers are free there, then it is not listened to
  for 1, 2, 4, 8 and from then on 16 seconds after each. While it lasts nothing is checked or counted, so
  a phone whose password was corrected is heard 16 seconds later at most: over UDP by a repetition
  of the same request. A right answer forgets the place's failures.
* A *source* that tries many users is treated the same after twenty. A place that gave a right answer
  is exempt: phones behind one address do not suffer from their neighbour. That a user was exempt is
  what an attacker behind that same address can learn; elsewhere, known and unknown users look alike.
* A *user* tried from many sources is never shut out as a whole, since then anybody could keep any phone
  away. After twenty, nothing is free any more: each place has one try in 16 seconds. The first try of
  a place that has not failed is always checked, so the user's own phone gets in wherever it is.

One failure of each count is forgiven every 60 seconds. A place can thus try 5,400 passwords a day, and so can a
source that tries many users: too few for any password that is not among the most usual ones. Somebody
behind a phone's own address who tries that phone's user does slow it down: they cannot be told apart.
"""

from math import ceil
from typing import Final, Generic, NamedTuple, TypeVar

# Failures without consequence: more than a person mistypes, and what a phone that has several
# subscriptions sends before its first refusal has reached it.
FREE_AT_PLACE: Final = 5
FREE_AT_SOURCE: Final = 20
FREE_OF_USER: Final = 20

# Seconds: 1, 2, 4, 8, 16. The longest ends before a phone gives up repeating its request (Timer F, 32 s).
_STEPS: Final = 5
LONGEST: Final = 2.0 ** (_STEPS - 1)

# Seconds after which one failure is forgiven.
FORGIVEN: Final = 60.0

# Entries of each kind, the least recently used are dropped: about 2 MB in all.
_REMEMBERED: Final = 4096

Place = tuple[str, str]
Key = TypeVar("Key")


class Throttle:
    """All times are monotonic seconds."""

    def __init__(self, remembered: int = _REMEMBERED) -> None:
        self._places = _Tally[Place](remembered)
        self._sources = _Tally[str](remembered)
        self._users = _Tally[str](remembered)
        # Places of which the last answer was right.
        self._proven: dict[Place, None] = {}
        self._remembered = remembered

    def silence(self, source: str, user: str, now: float) -> float:
        """For how many seconds nothing of this place is to be looked at; 0 if it may be."""
        place = source, user
        until = self._places.silent_until(place)
        if place not in self._proven:
            until = max(until, self._sources.silent_until(source))
        return max(0.0, until - now)

    def failed(self, source: str, user: str, now: float) -> None:
        """A wrong answer to a fresh nonce."""
        place = source, user
        of_user = self._users.count(user, FREE_OF_USER, now)
        at_place = self._places.count(place, FREE_AT_PLACE, now)
        if at_place > FREE_AT_PLACE:
            self._proven.pop(place, None)
        if of_user > FREE_OF_USER and place not in self._proven:
            self._places.be_silent(place, now + LONGEST)
        else:
            self._places.be_silent(place, now + _pause(at_place - FREE_AT_PLACE))
        at_source = self._sources.count(source, FREE_AT_SOURCE, now)
        self._sources.be_silent(source, now + _pause(at_source - FREE_AT_SOURCE))

    def succeeded(self, source: str, user: str) -> None:
        """A right answer."""
        place = source, user
        self._places.forget(place)
        self._proven.pop(place, None)
        self._proven[place] = None
        if len(self._proven) > self._remembered:
            del self._proven[next(iter(self._proven))]


class _Count(NamedTuple):
    level: float
    at: float
    silent_until: float


class _Tally(Generic[Key]):
    """Failures by key, forgiven with time, the least recently counted key first."""

    def __init__(self, remembered: int) -> None:
        self._remembered = remembered
        self._counts: dict[Key, _Count] = {}

    def __len__(self) -> int:
        return len(self._counts)

    def count(self, key: Key, free: int, now: float) -> float:
        """One more failure; how many there are now, those forgiven taken off."""
        old = self._counts.pop(key, _NONE)
        left = max(0.0, old.level - (now - old.at) / FORGIVEN)
        # Beyond the last step nothing grows, so what is forgiven counts at once.
        level = min(left + 1, float(free + _STEPS))
        self._counts[key] = _Count(level, now, old.silent_until)
        if len(self._counts) > self._remembered:
            del self._counts[next(iter(self._counts))]
        return level

    def be_silent(self, key: Key, until: float) -> None:
        """Do not listen to a key that was counted just now."""
        self._counts[key] = self._counts[key]._replace(silent_until=until)

    def silent_until(self, key: Key) -> float:
        """The time from which the key is listened to again."""
        return self._counts.get(key, _NONE).silent_until

    def forget(self, key: Key) -> None:
        """Take all failures of the key back."""
        self._counts.pop(key, None)


_NONE: Final = _Count(0.0, 0.0, 0.0)


def _pause(excess: float) -> float:
    """Seconds of silence after a failure beyond the free ones."""
    return 0.0 if excess <= 0 else min(LONGEST, 2.0 ** (ceil(excess) - 1))
