"""Certificates for SIP over TLS: read, checked, and read again when they are renewed (RFC 5922)."""

import asyncio
import ssl
import time
from asyncio import sslproto
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from bridge.io.certificate import ExpiryNotice, first_expiry
from bridge.io.pem import TlsError, in_words, load_ca, load_pair, read_certificate

# A TLS connection of asyncio has a buffer of this size to read into. By default it is 256 kB, which
# would be half a gigabyte for 2,000 phones; a TLS record holds 16 kB (RFC 8446 section 5.1).
sslproto.SSLProtocol.max_size = 16_384

# Seconds between two looks at the files.
_LOOK: Final = 2.0

_SECTION: Final = "[sip.tls]"


class TlsFiles(NamedTuple):
    """PEM files: our certificate with its chain, its key, and the CA of phones where they need certificates."""

    certificate: Path
    key: Path
    client_ca: Path | None = None


class Certificates:
    """`server` and `client` are what new connections are made with; those that exist keep what they have.

    `client` is None without a CA: then nobody can be verified, and nobody is called. `expires_at`: the Unix
    seconds at which the certificate expires, or one of those that it is signed with; None if unknown.
    """

    def __init__(self, files: TlsFiles) -> None:
        """Read the files, or raise TlsError."""
        self._files = files
        self._read = self._seen = _stamps(files)
        self.server: ssl.SSLContext = server_context(files)
        self.client: ssl.SSLContext | None = client_context(files)
        self.expires_at = first_expiry(read_certificate(files.certificate, f"{_SECTION} certificate"))

    def reload(self) -> None:
        """Read the files again; raise TlsError, and keep what there is, if they cannot be used."""
        self._read = self._seen = _stamps(self._files)
        server, client = server_context(self._files), client_context(self._files)
        expires_at = first_expiry(read_certificate(self._files.certificate, f"{_SECTION} certificate"))
        self.server, self.client, self.expires_at = server, client, expires_at

    def have_changed(self) -> bool:
        """Whether the files differ from those in use, and have come to rest: two are seldom replaced at once."""
        before, self._seen = self._seen, _stamps(self._files)
        return self._seen == before != self._read

    async def watch(
        self, warn: Callable[[str], None], note: Callable[[str], None], look: float = _LOOK
    ) -> None:
        """Reload when the files have changed, and say when they are about to expire, for ever."""
        notice = ExpiryNotice()
        while True:
            words = notice.due(self.expires_at, time.time(), time.monotonic())
            if words is not None:
                warn(f"[sip.tls] certificate {self._files.certificate} {words}")
            await asyncio.sleep(look)
            if self.have_changed():
                self.refresh(warn, note)

    def refresh(self, warn: Callable[[str], None], note: Callable[[str], None]) -> None:
        """Reload, and say how that went."""
        try:
            self.reload()
        except TlsError as error:
            warn(f"the certificate in use is kept: {error}")
        else:
            note(f"new connections are made with the certificate of {self._files.certificate}")


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """For those who call us; they need a certificate of the CA if there is one. Raises TlsError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _prepare(context, files)
    if files.client_ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_context(files: TlsFiles) -> ssl.SSLContext | None:
    """For those whom we call: their certificate must be of the CA, and for the address that is called."""
    if files.client_ca is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _prepare(context, files)
    return context


class Pinned:
    """For calling a bridge whose certificate is at hand: this very one is accepted, at any address.

    `server` is without a certificate: who has none of his own cannot be called.
    """

    def __init__(self, certificate: Path) -> None:
        """Read the certificate, or raise TlsError."""
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.client: ssl.SSLContext | None = _pinned_context(certificate)


def _pinned_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    # It need not be a CA's.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    content = read_certificate(certificate, f"{_SECTION} certificate")
    first, end, _ = content.partition(b"-----END CERTIFICATE-----")
    try:
        context.load_verify_locations(cadata=(first + end).decode("ascii", "replace"))
    except ssl.SSLError as error:
        raise TlsError(f"{_SECTION} certificate {certificate} cannot be used: {in_words(error)}") from error
    return context


def _prepare(context: ssl.SSLContext, files: TlsFiles) -> None:
    # RFC 8996 forbids what is older.
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    load_pair(context, files.certificate, files.key, _SECTION)
    if files.client_ca is not None:
        load_ca(context, files.client_ca, f"{_SECTION} client_ca")


def _stamps(files: TlsFiles) -> tuple[object, ...]:
    """What changes when a file is replaced or written."""
    return tuple(_stamp(path) for path in files if path is not None)


def _stamp(path: Path) -> object:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
