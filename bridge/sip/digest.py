"""Digest access authentication (RFC 7616, RFC 8760, RFC 3261 section 22): its arithmetic and its two headers.

Both sides are here: what a server checks, and what a phone answers. Nonces are in
`bridge.sip.nonces`. Only qop "auth" is spoken, without the -sess variants.
"""

import re
from collections.abc import Callable, Mapping
from hashlib import md5, sha256
from hmac import compare_digest
from typing import Final, NamedTuple

from bridge.sip.errors import BadRequest
from bridge.sip.grammar import QUOTED, SWS, TOKEN, encode, quote, unquote

# Each with the function that gives its hash in lower-case hexadecimal digits. MD5 is what phones
# know; where FIPS mode forbids it as a signature, it is still the name of a protocol's field.
ALGORITHMS: Final[Mapping[str, Callable[[bytes], str]]] = {
    "SHA-256": lambda data: sha256(data).hexdigest(),
    "MD5": lambda data: md5(data, usedforsecurity=False).hexdigest(),
}

QOP: Final = "auth"


class Credentials(NamedTuple):
    """The fields of an Authorization header, quotes and backslashes removed.

    `algorithm` is in capitals, MD5 where none is named (RFC 7616 section 3.4). Without nc and cnonce
    `qop` is empty: the response is then made as in RFC 2069, whatever else was said.
    """

    username: str
    realm: str
    nonce: str
    uri: str
    response: str
    algorithm: str = "MD5"
    qop: str = ""
    nc: str = ""
    cnonce: str = ""

    @property
    def uses(self) -> int:
        """How often the nonce was used, this time included, by the client's own account."""
        return int(self.nc or "0", 16)


class Challenge(NamedTuple):
    """The fields of a WWW-Authenticate header that a phone needs."""

    realm: str
    nonce: str
    algorithm: str = "MD5"
    has_qop: bool = True
    opaque: str | None = None
    stale: bool = False


# --- arithmetic ----------------------------------------------------------------------------------


def hash_of(algorithm: str, *parts: str) -> str:
    """H of the parts joined by colons (RFC 7616 section 3.4.1), in lower-case hexadecimal digits."""
    return ALGORITHMS[algorithm](encode(":".join(parts)))


def response_of(credentials: Credentials, ha1: str, method: str) -> str:
    """The response that `credentials` should hold; `ha1` is H(name:realm:password) by their algorithm."""
    algorithm, nonce = credentials.algorithm, credentials.nonce
    ha2 = hash_of(algorithm, method, credentials.uri)
    if not credentials.qop:
        return hash_of(algorithm, ha1, nonce, ha2)
    return hash_of(algorithm, ha1, nonce, credentials.nc, credentials.cnonce, credentials.qop, ha2)


def is_right(credentials: Credentials, ha1: str, method: str) -> bool:
    """Whether the response is the right one, in a time that does not depend on how wrong it is."""
    expected = response_of(credentials, ha1, method)
    return compare_digest(expected.encode(), encode(credentials.response.lower()))


# --- the server's side ---------------------------------------------------------------------------


def write_challenge(realm: str, nonce: str, algorithm: str, *, stale: bool = False) -> str:
    """A value of WWW-Authenticate. There is one header line for each algorithm (RFC 8760 section 2.3)."""
    ending = ", stale=true" if stale else ""
    return f'Digest realm={quote(realm)}, nonce="{nonce}", algorithm={algorithm}, qop="{QOP}"{ending}'


def read_credentials(text: str, realm: str) -> Credentials | None:
    """Read a value of Authorization; None unless it is Digest for this realm (RFC 3261 section 22.1).

    Raise BadRequest for what is no list of fields, for a field that stands twice, and where one that
    is needed is missing. Quotes are accepted round every value, and may be missing.
    """
    fields = _fields(text)
    if fields is None or fields.get("realm") != realm:
        return None
    username, nonce, uri, response = (_needed(fields, name) for name in _NEEDED)
    algorithm = fields.get("algorithm", "MD5").upper()
    plain = Credentials(username, realm, nonce, uri, response, algorithm)
    if "nc" not in fields and "cnonce" not in fields:
        return plain
    nc, cnonce, qop = (_needed(fields, name) for name in ("nc", "cnonce", "qop"))
    if not _NC.fullmatch(nc):
        raise BadRequest(f"no nc: {nc[:20]!r}")
    return plain._replace(qop=qop, nc=nc, cnonce=cnonce)


# --- the phone's side ----------------------------------------------------------------------------


def read_challenge(text: str) -> Challenge | None:
    """Read a value of WWW-Authenticate; None for what cannot be answered. BadRequest as above."""
    fields = _fields(text)
    if fields is None:
        return None
    algorithm = fields.get("algorithm", "MD5").upper()
    qops = [qop.strip(" \t") for qop in fields.get("qop", "").split(",")]
    if algorithm not in ALGORITHMS or not {"", QOP} & set(qops):
        return None
    return Challenge(
        _needed(fields, "realm"),
        _needed(fields, "nonce"),
        algorithm,
        QOP in qops,
        fields.get("opaque"),
        fields.get("stale", "").lower() == "true",
    )


def answer(
    challenge: Challenge, username: str, password: str, method: str, uri: str, cnonce: str, count: int = 1
) -> str:
    """The value of Authorization that answers a challenge; `count` is how often its nonce was used."""
    algorithm, realm = challenge.algorithm, challenge.realm
    credentials = Credentials(username, realm, challenge.nonce, uri, "", algorithm)
    if challenge.has_qop:
        credentials = credentials._replace(qop=QOP, nc=f"{count:08x}", cnonce=cnonce)
    ha1 = hash_of(algorithm, username, realm, password)
    credentials = credentials._replace(response=response_of(credentials, ha1, method))
    return write_credentials(credentials, challenge.opaque)


def write_credentials(credentials: Credentials, opaque: str | None = None) -> str:
    """A value of Authorization, quoted as RFC 7616 section 3.4 asks."""
    quoted = ("username", "realm", "nonce", "uri", "response")
    pieces = [f"{name}={quote(getattr(credentials, name))}" for name in quoted]
    pieces.append(f"algorithm={credentials.algorithm}")
    if credentials.qop:
        pieces.append(f"qop={credentials.qop}, nc={credentials.nc}, cnonce={quote(credentials.cnonce)}")
    if opaque is not None:
        pieces.append(f"opaque={quote(opaque)}")
    return f"Digest {', '.join(pieces)}"


# --- fields --------------------------------------------------------------------------------------

_NEEDED: Final = ("username", "nonce", "uri", "response")

_SCHEME = re.compile(r"digest(?:[ \t]++|$)", re.IGNORECASE)

# auth-param (RFC 3261 section 25.1). Some clients leave the quotes out where they belong, so that an
# unquoted value may be a URI.
_FIELD = re.compile(
    rf'[ \t,]*+({TOKEN}){SWS}={SWS}({QUOTED}|[^\x00-\x20\x7f",]*+){SWS}(?=,|$)',
    re.DOTALL,
)

# nonce-count (RFC 7616 section 3.4) is eight digits; clients that leave out zeros are met.
_NC = re.compile(r"[0-9A-Fa-f]{1,8}")


def _fields(text: str) -> dict[str, str] | None:
    """The fields of a Digest header by their names in lower case; None for another scheme."""
    scheme = _SCHEME.match(text)
    if scheme is None:
        return None
    fields: dict[str, str] = {}
    at = scheme.end()
    while (field := _FIELD.match(text, at)) is not None:
        name = field[1].lower()
        if name in fields:
            raise BadRequest(f"{name[:40]} stands twice in a Digest header")
        fields[name] = unquote(field[2])
        at = field.end()
    if text[at:].strip(" \t,"):
        raise BadRequest(f"not a field of a Digest header: {text[at : at + 40]!r}")
    return fields


def _needed(fields: Mapping[str, str], name: str) -> str:
    value = fields.get(name)
    if value is None:
        raise BadRequest(f"no {name} in a Digest header")
    return value
