"""What must hold for any text in an Authorization or WWW-Authenticate header.

* Reading it gives credentials, a challenge or None, or raises BadRequest, and nothing else.
* Credentials that were read can be checked: the answer is no for a secret that the text does not hold.
* What was read and is written again is read as the same.
* A nonce that we did not issue is not fresh, whatever it looks like; one that we did is, for its address alone.
"""

import itertools
from collections.abc import Iterable

from bridge.sip.digest import (
    ALGORITHMS,
    Challenge,
    Credentials,
    answer,
    is_right,
    read_challenge,
    read_credentials,
    write_challenge,
    write_credentials,
)
from bridge.sip.errors import BadRequest
from bridge.sip.nonces import Nonces

REALM = "presence-bridge"

_tokens = itertools.count(1)
_NONCES = Nonces(REALM, lambda: f"{next(_tokens):016x}")


def seeds() -> Iterable[bytes]:
    """What phones send, and what servers ask."""
    for algorithm in ALGORITHMS:
        nonce = _NONCES.issue("192.0.2.1", 1000.0)
        yield write_challenge(REALM, nonce, algorithm, stale=True).encode()
        for has_qop in (True, False):
            challenge = Challenge(REALM, nonce, algorithm, has_qop, "opaque")
            yield answer(challenge, "200", "secret", "SUBSCRIBE", "sip:2000@h", "0a4f113b").encode()
    yield b'Digest username="a\\"b,c", realm="presence-bridge", nonce="n", uri="sip:a@h;x=\\\\", response="0"'
    yield b'digest realm=presence-bridge,qop="auth,auth-int",nonce=n,stale=TRUE,algorithm=SHA-256,domain="a b"'
    yield b"NoOneKnowsThisScheme opaque-data=here"
    yield b"Digest"


def check(data: bytes) -> None:
    """Raise AssertionError, or anything else, if what is said above does not hold."""
    text = data.decode("utf-8", "surrogateescape")
    _check_credentials(text)
    _check_challenge(text)
    assert not _NONCES.is_fresh(text, "192.0.2.77", 1000.0)


def _check_credentials(text: str) -> None:
    try:
        credentials = read_credentials(text, REALM)
    except BadRequest:
        return
    if credentials is None:
        return
    assert 0 <= credentials.uses < 2**32
    assert not _NONCES.is_fresh(credentials.nonce, "192.0.2.77", 1000.0)
    if credentials.algorithm in ALGORITHMS:
        assert not is_right(credentials, "0" * 64, "SUBSCRIBE")
    again = _written(credentials)
    if again is not None:
        assert again == credentials


def _written(credentials: Credentials) -> Credentials | None:
    """What is read when it is written again; None for what cannot be written without quotes."""
    bare = (credentials.algorithm, credentials.qop, credentials.nc)
    if any(set(value) & set(' \t",=') or not value.isprintable() for value in bare):
        return None
    if credentials.nc and not credentials.qop:
        return None
    return read_credentials(write_credentials(credentials), REALM)


def _check_challenge(text: str) -> None:
    try:
        challenge = read_challenge(text)
    except BadRequest:
        return
    if challenge is not None:
        reply = answer(challenge, "200", "secret", "SUBSCRIBE", "sip:2000@h", "0a4f113b")
        read = read_credentials(reply, challenge.realm)
        assert read is not None
        assert (read.nonce, read.algorithm) == (challenge.nonce, challenge.algorithm)
