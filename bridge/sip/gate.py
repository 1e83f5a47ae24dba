"""Who is let in: trusted networks unasked, users by digest (RFC 3261 section 22), nobody else.

A trusted source is never challenged: a phone whose only account is at a PBX would answer with the
digest of that account's password, which is none of our business.

To any other source everything is said in the same way whether or not there is such a user: the same
steps, and an answer of the same bytes but for chance. What is wrong with a password is counted, and
who guesses is listened to ever more rarely: see `bridge.sip.throttle`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from math import ceil
from typing import Final, NamedTuple

from bridge.effects import AuthenticationFailed, Emit, Warned
from bridge.sip.addressing import source_address
from bridge.sip.credentials import TRUSTED, Identity, User
from bridge.sip.digest import (
    QOP,
    Credentials,
    hash_of,
    is_right,
    read_credentials,
    write_challenge,
)
from bridge.sip.endpoint import Incoming
from bridge.sip.errors import BadRequest, Forbidden, ServiceUnavailable, Unanswered, Unauthorized
from bridge.sip.message import Request
from bridge.sip.nonces import Nonces
from bridge.sip.throttle import Throttle
from bridge.sip.uri import equivalent, parse_uri

Network = IPv4Network | IPv6Network

# Sources remembered; reading an address costs 10 µs, a look-up 0.1. More hosts than this are a scan.
_REMEMBERED: Final = 4096

# The count of a response without nc: above all others, so that its nonce serves once.
_ONLY_TIME: Final = 2**32


class _Source(NamedTuple):
    """A remote host. `network` is what counts as one source of guesses."""

    host: str
    trusted: bool
    network: str


@dataclass(frozen=True, slots=True)
class GateOptions:
    """`[sip]` of the configuration.

    `algorithms` are offered in this order, so the strongest stands first (RFC 8760 section 2.3).
    `md5_only` are parts of User-Agent in lower case: phones that give up when they are offered
    anything but MD5. It costs no safety: whoever could make itself one of them could as well choose
    MD5 from the list. `without_qop` lets in who answers as in RFC 2069.
    """

    networks: tuple[Network, ...] = ()
    realm: str = "presence-bridge"
    algorithms: tuple[str, ...] = ("SHA-256", "MD5")
    md5_only: tuple[str, ...] = ()
    without_qop: bool = False


class Gate:
    """`token()` gives 16 fresh hexadecimal digits. Without users, who is not trusted is refused."""

    def __init__(
        self, options: GateOptions, users: Iterable[User], emit: Emit, token: Callable[[], str]
    ) -> None:
        self._emit = emit
        self._token = token
        self._nonces = Nonces(options.realm, token)
        self._throttle = Throttle()
        self._enter(options, users)

    def replace(self, options: GateOptions, users: Iterable[User]) -> None:
        """Let these in from now on. What was guessed wrong stays counted, and nonces stay good for their realm."""
        if options.realm != self._options.realm:
            self._nonces = Nonces(options.realm, self._token)
        self._enter(options, users)

    def admit(self, incoming: Incoming, now: float) -> None:
        """Say in `incoming.identity` who it is, or raise what they are told: see `Endpoint`."""
        source = self._source(incoming.flow.remote.host)
        if source.trusted:
            incoming.identity = TRUSTED
        elif self._users:
            incoming.identity = self._authenticated(incoming, source, now)
        else:
            self._warn_of(source.host)
            raise Forbidden(f"{source.host} is not in [sip] trusted_networks")

    def recognise(self, user: str | None, host: str) -> Identity | None:
        """Who it is that came from here under this name in an earlier run, None where nobody asked for one.

        None if he would not be let in any more.
        """
        if user is not None:
            known = self._users.get(user)
            return None if known is None else known.identity
        return TRUSTED if self._source(host).trusted else None

    def _enter(self, options: GateOptions, users: Iterable[User]) -> None:
        self._options = options
        self._sources: dict[str, _Source] = {}
        self._strangers: set[str] = set()
        self._users = {user.name: user for user in users}
        self._hashes = {
            algorithm: {user.name: user.ha1(algorithm, options.realm) for user in self._users.values()}
            for algorithm in options.algorithms
        }
        # What the answers of unknown users are compared with.
        token = self._token
        self._decoys = {algorithm: hash_of(algorithm, token(), token()) for algorithm in options.algorithms}

    def _warn_of(self, host: str) -> None:
        """Once for each host: a phone comes again for ever."""
        if host not in self._strangers:
            if len(self._strangers) >= _REMEMBERED:
                self._strangers.clear()
            self._strangers.add(host)
            self._emit(
                Warned(
                    f"{host} is refused (403): it is in none of [sip] trusted_networks, and no [[sip.users]] are there"
                )
            )

    # --- sources ---------------------------------------------------------------------------------

    def _source(self, host: str) -> _Source:
        source = self._sources.get(host)
        if source is None:
            address = source_address(host)
            networks = self._options.networks
            trusted = any(address.version == one.version and address in one for one in networks)
            source = _Source(host, trusted, _network(address))
            if len(self._sources) >= _REMEMBERED:
                self._sources.clear()
            self._sources[host] = source
        return source

    # --- digest ----------------------------------------------------------------------------------

    def _authenticated(self, incoming: Incoming, source: _Source, now: float) -> Identity:
        request = incoming.request
        credentials = self._credentials(request, source.host, now)
        if credentials is None:
            raise self._challenge(request, source.host, now)
        if not _is_about(credentials, request):
            # Else a response that was overheard could be used for another address (CVE-2007-5469).
            raise BadRequest("the uri of the credentials is not the Request-URI")
        if not self._nonces.is_fresh(credentials.nonce, source.host, now):
            # Also when it was never ours: after a restart, phones come with those of the last run,
            # and some give up for good unless they are told that only the nonce is wrong.
            raise self._challenge(request, source.host, now, stale=bool(credentials.nonce))
        self._listen(incoming.flow.transport, source.network, credentials.username, now)
        user = self._verified(credentials, request.method)
        if user is None:
            self._throttle.failed(source.network, credentials.username, now)
            self._emit(AuthenticationFailed(source.host, credentials.username))
            raise self._challenge(request, source.host, now)
        uses = credentials.uses if credentials.qop else _ONLY_TIME
        if not self._nonces.spend(credentials.nonce, user.name, uses):
            raise self._challenge(request, source.host, now, stale=True)
        self._throttle.succeeded(source.network, user.name)
        return user.identity

    def _credentials(self, request: Request, host: str, now: float) -> Credentials | None:
        """Those that are checked: one a request, or there would be many guesses in one.

        Phones that have several nonces from us may send them all.
        """
        found = [read_credentials(line, self._options.realm) for line in request.lines("authorization")]
        usable = [one for one in found if one is not None and self._offers(one)]
        if len(usable) < 2:
            return usable[0] if usable else None
        return next((one for one in usable if self._nonces.is_fresh(one.nonce, host, now)), usable[0])

    def _offers(self, credentials: Credentials) -> bool:
        if credentials.algorithm not in self._options.algorithms:
            return False
        return credentials.qop == QOP or (self._options.without_qop and not credentials.qop)

    def _verified(self, credentials: Credentials, method: str) -> User | None:
        algorithm, name = credentials.algorithm, credentials.username
        user = self._users.get(name)
        ha1 = self._hashes[algorithm].get(name) or self._decoys[algorithm]
        right = is_right(credentials, ha1, method)
        return user if right else None

    def _listen(self, transport: str, network: str, name: str, now: float) -> None:
        """Raise unless somebody who may have guessed too often can be listened to again."""
        silence = self._throttle.silence(network, name, now)
        if not silence:
            return
        detail = f"after wrong passwords, not listened to for {silence:.0f} s"
        if transport == "udp":
            raise Unanswered(detail)
        # Over a stream nothing is repeated: silence would last until the phone gives up.
        raise ServiceUnavailable(ceil(silence), detail)

    def _challenge(self, request: Request, host: str, now: float, *, stale: bool = False) -> Unauthorized:
        realm, nonce = self._options.realm, self._nonces.issue(host, now)
        return Unauthorized(
            "credentials are needed",
            [
                ("WWW-Authenticate", write_challenge(realm, nonce, algorithm, stale=stale))
                for algorithm in self._algorithms(request.user_agent)
            ],
        )

    def _algorithms(self, agent: str | None) -> tuple[str, ...]:
        offered = self._options.algorithms
        if agent is not None and "MD5" in offered:
            agent = agent.lower()
            if any(name in agent for name in self._options.md5_only):
                return ("MD5",)
        return offered


def _is_about(credentials: Credentials, request: Request) -> bool:
    """Whether the credentials were made for the Request-URI (RFC 7616 section 3.4.6)."""
    return credentials.uri == request.uri or equivalent(parse_uri(credentials.uri), request.request_uri)


def _network(address: IPv4Address | IPv6Address) -> str:
    """An address, in IPv6 the /64, of which each host has all."""
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address) >> 64 << 64, 64)))
    return str(address)
