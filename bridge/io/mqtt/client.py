"""paho's client for one connection to the broker of an account: by TCP, TLS, websockets, or both of these."""

import socket
from contextlib import suppress

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties

from bridge.io.mqtt.account import Account
from bridge.io.mqtt.tls import BrokerContext, context_of


class BrokerClient(Client):
    """Serves one connection: `reach` opens it. paho does not connect again by itself.

    What a broker has said before it went is read to the end. paho closes the socket when an acknowledgement cannot
    be sent, and with it is lost what waits to be read: states that a broker which was killed knows no more, and will
    not repeat.
    """

    def __init__(self, account: Account, protocol: MQTTProtocolVersion, client_id: str) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=protocol,
            transport="tcp" if account.websocket_path is None else "websockets",
            reconnect_on_failure=False,
        )
        self._account = account
        self._context: BrokerContext | None = None
        self._opened: socket.socket | None = None
        if account.websocket_path is not None:
            self.ws_set_options(account.websocket_path)
        if account.username is not None:
            self.username_pw_set(account.username, account.password)

    @property
    def alert(self) -> str:
        """What the broker said by TLS when it ended the connection; empty if nothing."""
        return "" if self._context is None else self._context.alert

    def reach(self, keepalive: int = 60, properties: Properties | None = None) -> None:
        """Connect, and send CONNECT; blocks. Raises TlsError, OSError, and what else the network's libraries raise."""
        account = self._account
        if account.tls is not None:
            # Read anew for each connection: certificates are renewed.
            self._context = context_of(account.tls)
            self.tls_set_context(self._context)
            # Without it, paho looks for the name where the context was told not to.
            self.tls_insecure_set(not account.tls.verify)
        try:
            self.connect(account.host, account.port, keepalive, properties=properties)
        except BaseException:
            self._close_what_was_opened()
            raise

    def _sock_send(self, buf: bytes | bytearray) -> int:
        try:
            return super()._sock_send(buf)
        except (BrokenPipeError, ConnectionResetError):
            # Reading comes to its end soon, and that is when the connection is lost.
            return len(buf)

    def _create_socket_connection(self) -> socket.socket:
        """In a failed handshake, of TLS or of websockets, paho forgets the socket: here it is remembered."""
        self._opened = super()._create_socket_connection()
        return self._opened

    def _close_what_was_opened(self) -> None:
        encrypted = None if self._context is None else self._context.opened
        for sock in (self._opened, encrypted):
            if sock is not None:
                with suppress(OSError):
                    sock.close()
