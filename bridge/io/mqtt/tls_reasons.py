"""Why there is no TLS with the broker, in words that name the setting to look at."""

import ssl
from collections.abc import Callable, Mapping
from typing import Final

from bridge.io.mqtt.account import Account
from bridge.io.pem import in_words, reason_of

# Of X509_verify_cert_error_string(3).
_NOT_YET_VALID: Final = 9
_EXPIRED: Final = 10
_UNKNOWN_ISSUER: Final = frozenset({2, 18, 19, 20, 21})
_OTHER_NAME: Final = frozenset({62, 64})


def of_certificate(error: ssl.SSLCertVerificationError, account: Account) -> str:
    """What is wrong with what the broker has shown."""
    certificate = f"the certificate of {account.broker}"
    code = error.verify_code
    if code == _EXPIRED:
        return f"{certificate} has expired: the broker needs a new one, or the clock of this machine is wrong"
    if code == _NOT_YET_VALID:
        return f"{certificate} is not valid yet: look at the clocks of both machines"
    if code in _OTHER_NAME:
        wanted = (account.tls and account.tls.server_name) or account.host
        return (
            f"{certificate} is not for {wanted}: write a name that stands in it as host of [mqtt],"
            " or as server_name of [mqtt.tls]"
        )
    refused = f"{certificate} is not accepted: {error.verify_message}"
    if code in _UNKNOWN_ISSUER:
        ca = account.tls and account.tls.ca
        known = (
            f"{ca} does not hold the CA that signed it" if ca else "No CA that this machine knows signed it"
        )
        return f"{refused}. {known}: look at ca of [mqtt.tls]"
    return refused


def of_tls(error: ssl.SSLError, account: Account) -> str:
    """Why the handshake failed."""
    reason = reason_of(error)
    if "ALERT" in reason:
        return of_alert(reason, account)
    words = f"no TLS with {account.broker}: {in_words(error)}"
    if reason in _NO_TLS_AT_ALL:
        return f"{words}. Does it speak TLS on this port? Without, take [mqtt.tls] away"
    if reason in _OTHER_VERSION:
        return f"{words}. Look at minimum_version of [mqtt.tls]"
    return words


def of_alert(alert: str, account: Account) -> str:
    """What the broker has said of us; `alert` in OpenSSL's words, such as TLSV13_ALERT_CERTIFICATE_REQUIRED."""
    name = alert.partition("ALERT_")[2]
    words = f"{account.broker} refused us by TLS: {name.lower().replace('_', ' ')}"
    return words + _LOOK[name](account) if name in _LOOK else words


def _look_at_our_certificate(account: Account) -> str:
    if account.tls is None or account.tls.certificate is None:
        return ". It wants a certificate of ours: name certificate and key in [mqtt.tls]"
    return f". Look at certificate of [mqtt.tls], which is {account.tls.certificate}"


def _look_at_the_version(_account: Account) -> str:
    return ". Look at minimum_version of [mqtt.tls]"


_NO_TLS_AT_ALL: Final = frozenset(
    {"WRONG_VERSION_NUMBER", "UNEXPECTED_EOF_WHILE_READING", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"}
)
_OTHER_VERSION: Final = frozenset({"UNSUPPORTED_PROTOCOL", "NO_PROTOCOLS_AVAILABLE"})

# RFC 8446 section 6.2: the alerts of which we may be the cause.
_LOOK: Final[Mapping[str, Callable[[Account], str]]] = {
    "CERTIFICATE_REQUIRED": _look_at_our_certificate,
    "HANDSHAKE_FAILURE": _look_at_our_certificate,
    "BAD_CERTIFICATE": _look_at_our_certificate,
    "UNSUPPORTED_CERTIFICATE": _look_at_our_certificate,
    "CERTIFICATE_REVOKED": _look_at_our_certificate,
    "CERTIFICATE_EXPIRED": _look_at_our_certificate,
    "CERTIFICATE_UNKNOWN": _look_at_our_certificate,
    "UNKNOWN_CA": _look_at_our_certificate,
    "PROTOCOL_VERSION": _look_at_the_version,
}
