"""TLS with the broker: what it is asked to show, what we show, and why it refused us (RFC 8446 section 6)."""

import ssl
from contextlib import suppress
from socket import socket
from typing import Any, Final

from bridge.io.mqtt.account import BrokerTls
from bridge.io.pem import load_ca, load_pair, reason_of

_SECTION: Final = "[mqtt.tls]"

_VERSIONS: Final = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


class BrokerContext(ssl.SSLContext):
    """For one connection, over `opened`.

    `alert` is what the broker said when it ended it, in OpenSSL's words; empty if nothing.
    """

    server_name: str | None = None
    alert: str = ""
    opened: ssl.SSLSocket | None = None

    def wrap_socket(self, sock: socket, *arguments: Any, **options: Any) -> ssl.SSLSocket:  # noqa: ANN401 - as they are
        """As usual, but with the configured name in place of the host's."""
        if self.server_name is not None:
            options["server_hostname"] = self.server_name
        self.opened = super().wrap_socket(sock, *arguments, **options)
        return self.opened


def context_of(tls: BrokerTls) -> BrokerContext:
    """Read the files. Raises TlsError, which names the one that is wrong."""
    context = BrokerContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = _VERSIONS[tls.minimum_version]
    context.server_name = tls.server_name
    context.sslsocket_class = _BrokerSocket
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif tls.ca is None:
        context.load_default_certs()
    if tls.ca is not None:
        load_ca(context, tls.ca, f"{_SECTION} ca")
    if tls.certificate is not None and tls.key is not None:
        load_pair(context, tls.certificate, tls.key, _SECTION)
    return context


class _BrokerSocket(ssl.SSLSocket):
    """Remembers why the broker ended the connection.

    With TLS 1.3 a broker refuses our certificate only when the handshake is over for us, and paho tells
    nothing but a loss.
    """

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        try:
            return super().recv(buflen, flags)
        except ssl.SSLError as error:
            reason = reason_of(error)
            if isinstance(self.context, BrokerContext) and "ALERT" in reason:
                self.context.alert = reason
            raise

    def send(self, data: Any, flags: int = 0) -> int:  # noqa: ANN401 - as it is
        try:
            return super().send(data, flags)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except OSError:
            # Closed already: its last word may still be there to be read.
            with suppress(OSError):
                self.recv(1)
            raise
