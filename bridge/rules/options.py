"""Options of all rules."""

from dataclasses import dataclass
from typing import Literal

ManualUntil = Literal["cleared", "change"] | float


@dataclass(frozen=True, slots=True)
class RuleOptions:
    """`min_interval`: the least seconds between two decisions of one output.

    `manual_until`: when a manual word ends that does not say so itself: when it is cleared, with the next
    change of a sensor that the output's rules read, or so many seconds later.
    """

    min_interval: float = 1.0
    manual_until: ManualUntil = "cleared"
