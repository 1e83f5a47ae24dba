"""The order in which the rules of one output are asked: calls, the schedule, sensors, and what else."""

from enum import Enum
from typing import Final, Self

from bridge.model.vocabulary import Vocabulary


class Layer(Enum):
    """A layer, by its word in the configuration; the least `rank` is asked first.

    A manual word stands above all of them.
    """

    _value_: str
    rank: int

    def __new__(cls, word: str, rank: int) -> Self:
        """Give the member its rank beside its value."""
        member = object.__new__(cls)
        member._value_ = word
        member.rank = rank
        return member

    CALL = "call", 0
    SCHEDULE = "schedule", 1
    SENSOR = "sensor", 2
    DEFAULT = "default", 3


_LAYERS: Final = Vocabulary("layer", Layer)


def parse_layer(text: str) -> Layer:
    """Return the layer that `text` names, in any case; ValueError says which there are."""
    return _LAYERS.parse(text)
