"""Providers that callers may write to: those of hints, and a bounded number of others."""

from typing import Final

from bridge.model.hint import require_topic_name
from bridge.model.state import State
from bridge.sip.errors import Forbidden

# A provider can be named by whoever calls, and its retained message stays in the broker for good: more
# than a thousand names without a hint are no phones' users.
MOST_OTHERS: Final = 1000


class Providers:
    """Names as the hints spell them, since topics are told apart by case."""

    def __init__(self, state: State) -> None:
        self._spelled = {name.casefold(): name for hint in state for name in hint.providers}
        self._others = 0

    def named(self, name: str) -> str:
        """The provider of that name; Forbidden if it cannot be one."""
        known = self._spelled.get(name.casefold())
        if known is not None:
            return known
        try:
            require_topic_name("presence provider", name)
        except ValueError as error:
            raise Forbidden(str(error)) from error
        if self._others >= MOST_OTHERS:
            raise Forbidden(f"{MOST_OTHERS} providers without a hint have been named already")
        self._others += 1
        self._spelled[name.casefold()] = name
        return name
