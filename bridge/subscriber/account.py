"""The account of a watching phone: how it answers challenges (RFC 3261 section 22.2), as PJSIP does."""

from collections.abc import Callable
from typing import Final

from bridge.sip.digest import Challenge, answer, read_challenge
from bridge.sip.errors import BadRequest
from bridge.sip.message import Response

# Answers in a row that only the nonce was wrong; PJSIP gives up after as many.
_MOST_STALE: Final = 3


class Account:
    """`user` and, if it has one, `password`. `token()` gives 16 fresh hexadecimal digits."""

    def __init__(self, user: str, password: str | None, token: Callable[[], str]) -> None:
        self.user = user
        self._password = password
        self._token = token
        self._answers = 0

    def authorize(self, refusal: Response, method: str, uri: str) -> str | None:
        """The Authorization of the next try after a 401; None when it would be refused again."""
        challenge = _first_known(refusal)
        if self._password is None or challenge is None:
            return None
        if self._answers and (not challenge.stale or self._answers > _MOST_STALE):
            return None
        self._answers += 1
        return answer(challenge, self.user, self._password, method, uri, self._token())

    def settle(self) -> None:
        """A request got another answer than 401: the next challenge is a new one."""
        self._answers = 0


def _first_known(refusal: Response) -> Challenge | None:
    """The first challenge that can be answered is the strongest one (RFC 8760 section 2.4)."""
    for line in refusal.lines("www-authenticate"):
        try:
            challenge = read_challenge(line)
        except BadRequest:
            continue
        if challenge is not None:
            return challenge
    return None
