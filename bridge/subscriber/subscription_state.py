"""The Subscription-State header (RFC 6665 section 4.1.3), and how long a Digium phone stays away after an end."""

from typing import Final, NamedTuple

from bridge.sip.errors import BadRequest
from bridge.sip.grammar import number
from bridge.sip.headers import parse_event

# Seconds before a new SUBSCRIBE, as measured on PJSIP.
SOON: Final = 0.5
LATER: Final = 300.0

_COME_BACK: Final = frozenset(("", "deactivated", "timeout"))
_WAIT_AS_TOLD: Final = frozenset(("probation", "giveup"))


class SubscriptionState(NamedTuple):
    """`word` is active, pending or terminated; times in seconds, None where they are not given."""

    word: str
    expires: int | None
    reason: str
    retry_after: int | None

    @property
    def pause(self) -> float:
        """How long to wait after `terminated` before subscribing anew."""
        if self.reason in _COME_BACK:
            return SOON
        if self.reason in _WAIT_AS_TOLD and self.retry_after is not None:
            return float(self.retry_after)
        return LATER


def parse_subscription_state(text: str | None) -> SubscriptionState:
    """Read the value of the header; raise BadRequest without one."""
    if text is None:
        raise BadRequest("no Subscription-State")
    # A token and parameters, like Event (RFC 6665 section 8.4).
    word, _, params = parse_event(text)
    return SubscriptionState(
        word.lower(),
        number(params.get("expires") or ""),
        (params.get("reason") or "").lower(),
        number(params.get("retry-after") or ""),
    )
