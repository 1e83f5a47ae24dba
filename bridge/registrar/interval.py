"""How long what a phone tells us is kept: what REGISTER and PUBLISH have in common (RFC 3261 10.3, RFC 3903 6)."""

from typing import Final, NamedTuple

from bridge.sip.errors import IntervalTooBrief

# Seconds for whoever names none (RFC 3261 section 10.3 step 7; for PUBLISH the choice is ours). PJSIP's
# PUBLISH has no Expires.
DEFAULT_EXPIRES: Final = 3600

# An interval of an hour or more is never too brief (RFC 3261 section 10.3 step 7).
_NEVER_TOO_BRIEF: Final = 3600


class Interval(NamedTuple):
    """The seconds that are granted, from `least` to `most`."""

    least: int = 10
    most: int = 3600

    def grant(self, asked: int | None) -> int:
        """What is granted: never more than was asked; 0 ends. Raise IntervalTooBrief below the least."""
        if asked is None:
            asked = DEFAULT_EXPIRES
        if 0 < asked < min(self.least, _NEVER_TOO_BRIEF):
            raise IntervalTooBrief(self.least)
        return min(asked, self.most)
