"""Why there is no connection to the broker, in words that tell the operator what to look at."""

import socket
import ssl
from typing import Final, NamedTuple

from paho.mqtt.reasoncodes import ReasonCode

from bridge.io.mqtt.options import MqttOptions

# Reason codes of MQTT 5 section 2.4; paho translates those of 3.1.1 to them.
UNSUPPORTED_VERSION: Final = 132


class Reason(NamedTuple):
    """`kind` is that of `BrokerDisconnected`."""

    words: str
    kind: str = "network"


BROKEN_PROTOCOL: Final = Reason("the broker broke the MQTT protocol", "server")


def of_error(error: Exception, options: MqttOptions) -> Reason:
    """Of a connection that could not be made."""
    words = _words(error, options)
    match error:
        case ConnectionRefusedError():
            return Reason(words, "refused")
        case TimeoutError():
            return Reason(words, "timeout")
    return Reason(words)


def of_refusal(code: ReasonCode, options: MqttOptions) -> Reason:
    """Of a broker that answered CONNECT with a refusal."""
    match code.value:
        case 132:
            return _no_mqtt(options)
        case 134 | 135:
            who = f"user {options.username}" if options.username else "a client without user name"
            return Reason(f"the broker refused {who}: {_lower(code)}", "refused")
    return Reason(f"the broker refused the connection: {_lower(code)}", "refused")


def closed(options: MqttOptions) -> Reason:
    """Of something that accepts connections and nothing more."""
    return Reason(f"{options.host}:{options.port} closed the connection without an answer to CONNECT")


def unanswered(within: float) -> Reason:
    """Of something that accepts connections and is silent then."""
    return Reason(f"the broker did not answer CONNECT within {within:g} s", "timeout")


def of_silence(code: ReasonCode, options: MqttOptions) -> Reason:
    """Of a broker that closed the connection in place of an answer to CONNECT.

    paho keeps to itself that a broker refused MQTT 3.1.1, and calls it a protocol error.
    """
    if code.value == 130:
        return _no_mqtt(options)
    return closed(options)


def of_dismissal(code: ReasonCode, options: MqttOptions) -> Reason:
    """Of a broker that sent DISCONNECT."""
    if code.value == 142:
        return Reason(f"another client connected with the client id {options.client_id}", "server")
    return Reason(f"the broker ended the connection: {_lower(code)}", "server")


def of_loss(code: ReasonCode, options: MqttOptions) -> Reason:
    """Of a connection that ended without a word from the broker."""
    match code.value:
        case 130:
            return BROKEN_PROTOCOL
        case 141:
            words = f"the broker was silent for longer than {options.keepalive_seconds} s (keepalive)"
            return Reason(words, "keepalive")
    return Reason("the connection to the broker broke")


def _words(error: Exception, options: MqttOptions) -> str:
    broker = f"{options.host}:{options.port}"
    match error:
        case socket.gaierror():
            return f"the name {options.host} cannot be resolved: {error.strerror}"
        case ssl.SSLCertVerificationError():
            return f"the certificate of {broker} is not accepted: {error.verify_message}"
        case ssl.SSLError():
            return f"no TLS with {broker}: {error.strerror or error}"
        case ConnectionResetError() if options.tls is not None:
            return f"{broker} broke off: does it speak TLS on this port?"
        case ConnectionRefusedError():
            return f"connection refused by {broker}: nothing listens there"
        case TimeoutError():
            return f"no answer from {broker}"
        case OSError():
            return f"{broker} cannot be reached: {error.strerror or error}"
    return f"{broker} cannot be used: {error}"


def _no_mqtt(options: MqttOptions) -> Reason:
    words = f"what answers at {options.host}:{options.port} speaks neither MQTT 5 nor MQTT 3.1.1"
    return Reason(words, "refused")


def _lower(code: ReasonCode) -> str:
    return str(code).lower()
