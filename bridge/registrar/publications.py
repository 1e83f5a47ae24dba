"""Publications: what each user's softphones say of him, and which of it counts (RFC 3903 section 4)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from bridge.model.presence import Presence
from bridge.timers import Timer, Timers

# Of one provider. Softphones that lose an answer publish anew without an end of the publication before, so
# that the oldest makes room; it does not count anyway.
MAX_PUBLICATIONS: Final = 16


class Claims(Protocol):
    """Where the truth is told (`bridge.topics.claims`)."""

    def claim(self, provider: str, presence: Presence, now: float) -> None:
        """A person says this now."""
        ...

    def give_way(self, provider: str, presence: Presence | None, now: float) -> None:
        """A person has less to say, or nothing."""
        ...


@dataclass(slots=True, eq=False)
class Publication:
    """One softphone's word; `tag` is its entity-tag, which every request changes (RFC 3903 section 6)."""

    provider: str
    presence: Presence
    tag: str = ""
    timer: Timer | None = None

    def stop(self) -> None:
        """Forget its expiry."""
        if self.timer is not None:
            self.timer.cancel()


class Publications:
    """By entity-tag, and by provider in the order of the last word: of several the latest counts.

    `expired` is called with the provider of a publication that nobody has refreshed.
    """

    def __init__(
        self,
        timers: Timers,
        token: Callable[[], str],
        claims: Claims,
        expired: Callable[[str], None],
    ) -> None:
        self._timers = timers
        self._token = token
        self._claims = claims
        self._expired = expired
        self._by_tag: dict[str, Publication] = {}
        self._by_provider: dict[str, list[Publication]] = {}

    def __len__(self) -> int:
        return len(self._by_tag)

    def find(self, provider: str, tag: str) -> Publication | None:
        """The publication of that entity-tag, if it is one of this provider."""
        publication = self._by_tag.get(tag)
        return publication if publication is not None and publication.provider == provider else None

    def create(self, provider: str, presence: Presence, expires: int, now: float) -> str:
        """A new word, for `expires` seconds; its entity-tag. With 0 seconds nothing is kept (4.5)."""
        if expires == 0:
            return self._token()
        publication = Publication(provider, presence)
        said = self._by_provider.setdefault(provider, [])
        said.append(publication)
        tag = self._keep(publication, expires, now)
        self._claims.claim(provider, presence, now)
        if len(said) > MAX_PUBLICATIONS:
            self._forget(said[0])
        return tag

    def renew(self, publication: Publication, presence: Presence | None, expires: int, now: float) -> str:
        """Keep it for `expires` seconds more, with a new word if `presence` is one; the new entity-tag.

        baresip and twinkle send their document with each refresh: a word that is no other is not
        said again, lest it go over what others have written meanwhile.
        """
        if presence is not None and presence != publication.presence:
            publication.presence = presence
            said = self._by_provider[publication.provider]
            said.remove(publication)
            said.append(publication)
            self._claims.claim(publication.provider, presence, now)
        return self._keep(publication, expires, now)

    def remove(self, publication: Publication, now: float) -> str:
        """End it: what counts is the word before it, and without one that of others. A tag to answer with."""
        provider = publication.provider
        said = self._by_provider[provider]
        counted = said[-1] is publication
        self._forget(publication)
        if counted:
            self._claims.give_way(provider, said[-1].presence if said else None, now)
        return self._token()

    def _keep(self, publication: Publication, expires: int, now: float) -> str:
        self._by_tag.pop(publication.tag, None)
        publication.tag = self._token()
        self._by_tag[publication.tag] = publication
        publication.stop()
        publication.timer = self._timers.call_at(now + expires, lambda now: self._expire(publication, now))
        return publication.tag

    def _expire(self, publication: Publication, now: float) -> None:
        self.remove(publication, now)
        self._expired(publication.provider)

    def _forget(self, publication: Publication) -> None:
        del self._by_tag[publication.tag]
        said = self._by_provider[publication.provider]
        said.remove(publication)
        if not said:
            del self._by_provider[publication.provider]
        publication.stop()
