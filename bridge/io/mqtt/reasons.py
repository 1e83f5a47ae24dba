"""Why there is no connection to the broker, in words that tell the operator what to look at."""

import socket
import ssl
from typing import Final, NamedTuple

from paho.mqtt.client import WebsocketConnectionError
from paho.mqtt.reasoncodes import ReasonCode

from bridge.io.mqtt.account import Account
from bridge.io.mqtt.options import MqttOptions
from bridge.io.mqtt.tls_reasons import of_alert, of_certificate, of_tls
from bridge.io.pem import TlsError

# Reason codes of MQTT 5 section 2.4; paho translates those of 3.1.1 to them.
UNSUPPORTED_VERSION: Final = 132


class Reason(NamedTuple):
    """`kind` is that of `BrokerDisconnected`."""

    words: str
    kind: str = "network"


BROKEN_PROTOCOL: Final = Reason("the broker broke the MQTT protocol", "server")


def of_error(error: Exception, account: Account) -> Reason:
    """Of a connection that could not be made."""
    words = _words(error, account)
    match error:
        case ConnectionRefusedError():
            return Reason(words, "refused")
        case TimeoutError():
            return Reason(words, "timeout")
    return Reason(words)


def of_refusal(code: ReasonCode, account: Account) -> Reason:
    """Of a broker that answered CONNECT with a refusal."""
    match code.value:
        case 132:
            return _no_mqtt(account)
        case 134 | 135 if account.username:
            look = "look at username and password of [mqtt]"
            return Reason(f"the broker refused user {account.username}: {_lower(code)}; {look}", "refused")
        case 134 | 135:
            look = "it may want username and password of [mqtt]"
            return Reason(f"the broker refused a client without user name: {_lower(code)}; {look}", "refused")
    return Reason(f"the broker refused the connection: {_lower(code)}", "refused")


def closed(account: Account, alert: str = "") -> Reason:
    """Of something that accepts connections and nothing more; `alert` is what it said by TLS, if anything."""
    if alert:
        return Reason(of_alert(alert, account), "refused")
    words = f"{account.broker} closed the connection without an answer to CONNECT"
    if account.tls is not None:
        words += ": it may want a certificate of ours, or another one (certificate and key of [mqtt.tls])"
    elif account.websocket_path is None:
        words += ": it may want TLS ([mqtt.tls]) or websockets (transport of [mqtt]) on this port"
    return Reason(words)


def unanswered(within: float) -> Reason:
    """Of something that accepts connections and is silent then."""
    return Reason(f"the broker did not answer CONNECT within {within:g} s", "timeout")


def of_silence(code: ReasonCode, account: Account, alert: str = "") -> Reason:
    """Of a broker that closed the connection in place of an answer to CONNECT.

    `alert` as in `closed`. paho keeps to itself that a broker refused MQTT 3.1.1, and calls it a protocol error.
    """
    return _no_mqtt(account) if code.value == 130 else closed(account, alert)


def of_dismissal(code: ReasonCode, options: MqttOptions) -> Reason:
    """Of a broker that sent DISCONNECT."""
    if code.value == 142:
        return Reason(f"another client connected with the client id {options.client_id}", "server")
    return Reason(f"the broker ended the connection: {_lower(code)}", "server")


def of_loss(code: ReasonCode, options: MqttOptions, alert: str = "") -> Reason:
    """Of a connection that ended without a word from the broker, but one by TLS."""
    if alert:
        return Reason(of_alert(alert, options.account), "server")
    match code.value:
        case 130:
            return BROKEN_PROTOCOL
        case 141:
            words = f"the broker was silent for longer than {options.keepalive_seconds} s (keepalive)"
            return Reason(words, "keepalive")
    return Reason("the connection to the broker broke")


def _words(error: Exception, account: Account) -> str:
    broker = account.broker
    match error:
        case TlsError():
            return str(error)
        case socket.gaierror():
            return f"the name {account.host} cannot be resolved: {error.strerror}"
        case ssl.SSLCertVerificationError():
            return of_certificate(error, account)
        case ssl.SSLError():
            return of_tls(error, account)
        case WebsocketConnectionError():
            return (
                f"{broker} does not speak websockets at {account.websocket_path}:"
                " look at port, transport and websocket_path of [mqtt]"
            )
        case ConnectionResetError() if account.tls is not None:
            return f"{broker} broke off: does it speak TLS on this port? Without, take [mqtt.tls] away"
        case ConnectionRefusedError():
            return f"connection refused by {broker}: nothing listens there"
        case TimeoutError():
            return f"no answer from {broker}"
        case OSError():
            return f"{broker} cannot be reached: {error.strerror or error}"
    return f"{broker} cannot be used: {error}"


def _no_mqtt(account: Account) -> Reason:
    return Reason(f"what answers at {account.broker} speaks neither MQTT 5 nor MQTT 3.1.1", "refused")


def _lower(code: ReasonCode) -> str:
    return str(code).lower()
