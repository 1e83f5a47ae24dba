"""Who may use the bridge by digest, and what somebody who was let in may do.

A secret stands in no `repr`. A user is known by a password, or by H(name:realm:password) of an
algorithm (RFC 7616 section 3.4.2), which lets nobody in elsewhere, and here only in one realm.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from bridge.sip.digest import ALGORITHMS, hash_of

# How many hexadecimal digits tell which algorithm made a hash.
HASH_LENGTHS: Final[Mapping[int, str]] = {len(make(b"")): name for name, make in ALGORITHMS.items()}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who sent a request. `user` is None in a trusted network; `extensions` is None for all of them."""

    user: str | None
    extensions: frozenset[str] | None = None

    def may_watch(self, extension: str) -> bool:
        """Whether the extension may be shown to them (RFC 3856 section 6.6.2)."""
        return self.extensions is None or extension in self.extensions

    def is_user(self, name: str) -> bool:
        """Whether they may speak for `name` (RFC 3261 section 10.3, step 4): as itself, or out of a trusted network."""
        return self.user is None or self.user == name


TRUSTED: Final = Identity(None)
"""Out of a trusted network: nobody asked for a name."""

NOBODY: Final = Identity("", frozenset())
"""Not admitted yet."""


@dataclass(frozen=True, slots=True)
class User:
    """A user of `[[sip.users]]`: with a password, or with hashes by algorithm, in lower-case hexadecimal digits."""

    name: str
    password: str | None = field(default=None, repr=False)
    hashes: Mapping[str, str] = field(default_factory=dict, repr=False)
    extensions: frozenset[str] | None = None

    @property
    def identity(self) -> Identity:
        """What requests of this user may do."""
        return Identity(self.name, self.extensions)

    def ha1(self, algorithm: str, realm: str) -> str | None:
        """H(name:realm:password); None for a user who is known by a hash of another algorithm."""
        if self.password is not None:
            return hash_of(algorithm, self.name, realm, self.password)
        return self.hashes.get(algorithm)


def known_by_all(algorithms: Iterable[str], users: Iterable[User]) -> tuple[str, ...]:
    """Those of `algorithms` by which every user can be checked, in their order.

    Only these can be offered: a phone answers by the first that it knows (RFC 8760 section 2.4), and who
    it is about is not known before.
    """
    everybody = tuple(users)
    return tuple(
        algorithm
        for algorithm in algorithms
        if all(user.password is not None or algorithm in user.hashes for user in everybody)
    )
