"""Whether the devices of a sensor can be reached, of which several topics may tell."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from bridge.rules.instance import InstanceKey
from bridge.rules.sensor import Sensor

ITSELF: Final = 0
"""The voice of the topic that tells the value. The availability readers are 1, 2 ... in their order."""


class _Word(NamedTuple):
    number: int
    available: bool


class _Voice(NamedTuple):
    """One topic that tells of availability.

    `names` are those of its captures that the state's topic has too, in that one's order; `positions`
    are where these stand in an instance's key. `words`: what was said, by the values of `names`.
    """

    names: tuple[str, ...]
    positions: tuple[int, ...]
    words: dict[InstanceKey, _Word]


class Availability:
    """What has been said of one sensor. A device of which nothing was said counts as available."""

    __slots__ = ("_limit", "_mode", "_numbers", "_voices")

    def __init__(self, sensor: Sensor, limit: int) -> None:
        """`limit` bounds how many words of each topic are kept; later ones are not heard."""
        self._limit = limit
        self._mode = sensor.availability_mode
        self._numbers = 0
        topics = (sensor.reader.topic, *(reader.topic for reader in sensor.availability))
        self._voices = tuple(_voice(sensor.captures, topic.names) for topic in topics)

    def scope(self, voice: int, names: Mapping[str, str]) -> InstanceKey:
        """Whom a message of a voice concerns: the captures that it has in common with the state's topic."""
        return tuple(names[name] for name in self._voices[voice].names)

    def hear(self, voice: int, scope: InstanceKey, available: bool, *, level: bool) -> bool:
        """Take a word in; False if it is none: a replay of what was said, or one too many."""
        words = self._voices[voice].words
        old = words.get(scope)
        if old is None and len(words) >= self._limit:
            return False
        if old is not None and level and old.available == available:
            return False
        self._numbers += 1
        words[scope] = _Word(self._numbers, available)
        return True

    def withdrawn(self, key: InstanceKey) -> bool:
        """Whether the state's own topic has said of a device that it is unavailable."""
        word = self._voices[ITSELF].words.get(key)
        return word is not None and not word.available

    def concerns(self, voice: int, scope: InstanceKey, key: InstanceKey) -> bool:
        """Whether a word of this scope is about the device."""
        return tuple(key[position] for position in self._voices[voice].positions) == scope

    def is_exact(self, voice: int) -> bool:
        """Whether the scope of this voice is the key of one device."""
        return len(self._voices[voice].positions) == len(self._voices[ITSELF].positions)

    def of(self, key: InstanceKey) -> bool:
        """Whether a device is available, by all that was said."""
        words = [
            word
            for voice in self._voices
            if (word := voice.words.get(tuple(key[position] for position in voice.positions))) is not None
        ]
        if not words:
            return True
        if self._mode == "latest":
            return max(words).available
        votes = (word.available for word in words)
        return all(votes) if self._mode == "all" else any(votes)


def _voice(of_state: tuple[str, ...], of_voice: tuple[str, ...]) -> _Voice:
    positions = tuple(position for position, name in enumerate(of_state) if name in of_voice)
    return _Voice(tuple(of_state[position] for position in positions), positions, {})
