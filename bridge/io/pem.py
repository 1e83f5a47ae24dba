"""PEM files (RFC 7468) of our own: read, checked and loaded; what is wrong with one names it and its setting."""

import ssl
from pathlib import Path
from typing import Final

_CERTIFICATE: Final = b"-----BEGIN CERTIFICATE-----"
_PRIVATE_KEY: Final = b"PRIVATE KEY-----"
_ENCRYPTED: Final = (b"BEGIN ENCRYPTED PRIVATE KEY", b"Proc-Type: 4,ENCRYPTED")


class TlsError(Exception):
    """The files cannot be used; the text says which, and why."""


def read_certificate(path: Path, setting: str) -> bytes:
    """What the file holds, a certificate among it. `setting` is what names it: `[sip.tls] certificate`."""
    return _read(path, setting, _CERTIFICATE, "certificate")


def load_pair(context: ssl.SSLContext, certificate: Path, key: Path, section: str) -> None:
    """Show this certificate, with its chain. TlsError where it or its key cannot be used."""
    read_certificate(certificate, f"{section} certificate")
    content = _read(key, f"{section} key", _PRIVATE_KEY, "private key")
    if any(sign in content for sign in _ENCRYPTED):
        raise TlsError(
            f"{section} key {key} is protected by a passphrase, which nobody types for a service:"
            f" openssl pkey -in {key} writes it without"
        )
    try:
        context.load_cert_chain(certificate, key)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise TlsError(f"{section} key {key} is not that of certificate {certificate}") from error
        raise TlsError(
            f"{section} certificate {certificate} and key {key} cannot be used: {in_words(error)}"
        ) from error


def load_ca(context: ssl.SSLContext, path: Path, setting: str) -> None:
    """Believe in certificates of this CA. TlsError where the file cannot be used."""
    read_certificate(path, setting)
    try:
        context.load_verify_locations(path)
    except ssl.SSLError as error:
        raise TlsError(f"{setting} {path} cannot be used: {in_words(error)}") from error


def in_words(error: ssl.SSLError) -> str:
    """What OpenSSL says, in small letters."""
    return (reason_of(error) or str(error)).lower().replace("_", " ")


def reason_of(error: ssl.SSLError) -> str:
    """OpenSSL's name for it, such as WRONG_VERSION_NUMBER; empty where it has none."""
    return getattr(error, "reason", None) or ""


def _read(path: Path, setting: str, sign: bytes, what: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TlsError(f"{setting} {path} cannot be read: {error.strerror}") from error
    if sign not in content:
        raise TlsError(f"{setting} {path} holds no {what} in PEM format")
    return content
