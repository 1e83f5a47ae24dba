"""Presentities: who is meant by the Request-URI of a PUBLISH, and who may speak for them (RFC 3903 section 6)."""

from bridge.model.state import State
from bridge.sip.endpoint import Incoming
from bridge.sip.errors import Forbidden, NotFound
from bridge.sip.uri import parse_uri


class Presentities:
    """A user is an extension, and speaks by the first presence provider of its hint, or is a provider by name."""

    def __init__(self, state: State) -> None:
        self._state = state
        # As the hints spell them: topics are told apart by case.
        self._providers = {name.casefold(): name for hint in state for name in hint.providers}

    def provider(self, incoming: Incoming) -> str:
        """The provider that a request speaks for; NotFound if there is none, Forbidden if it is not its own."""
        user = incoming.request.request_uri.user
        provider = None if user is None else self._find(user)
        if user is None or provider is None:
            raise NotFound(f"{user!r} is neither an extension with a presence provider nor a provider")
        _require_own(incoming, user)
        return provider

    def _find(self, user: str) -> str | None:
        hint = self._state.hint(user)
        if hint is not None and hint.providers:
            return hint.providers[0]
        return self._providers.get(user.casefold())


def _require_own(incoming: Incoming, user: str) -> None:
    """Nobody publishes for others. Where nobody is asked for a name, From is the only one that is given."""
    identity = incoming.identity
    if not identity.is_user(user):
        raise Forbidden(f"{identity.user!r} publishes for {user!r}")
    if identity.user is None and parse_uri(incoming.request.from_.uri).user != user:
        raise Forbidden(f"{incoming.request.from_.uri[:80]!r} publishes for {user!r}")
