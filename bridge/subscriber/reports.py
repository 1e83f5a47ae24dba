"""What a subscriber reports to its owner."""

from collections.abc import Callable
from typing import NamedTuple

from bridge.subscriber.pidf import Picture


class Seen(NamedTuple):
    """A NOTIFY was taken in. A NOTIFY without a body repeats the picture of the one before.

    `subscription` is active, pending or terminated, `reason` the reason for its end as far as one
    was given; `at` is the second of arrival.
    """

    extension: str
    picture: Picture
    subscription: str
    reason: str
    at: float


class Refused(NamedTuple):
    """A SUBSCRIBE failed. `status` is 0 when no answer came or the network gave it back."""

    extension: str
    status: int
    reason: str


class Unsubscribed(NamedTuple):
    """The subscriber was asked to stop, and has: nothing more follows."""

    extension: str


Report = Seen | Refused | Unsubscribed
Tell = Callable[[Report], None]
