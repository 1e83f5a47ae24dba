import socket
import ssl
from dataclasses import replace

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from bridge.io.mqtt import Account, BrokerTls, MqttOptions, reasons
from bridge.io.mqtt.reasons import Reason
from bridge.io.pem import TlsError

ACCOUNT = Account("broker")
OPTIONS = MqttOptions(account=ACCOUNT, client_id="me", will_topic="b/bridge/state", keepalive_seconds=30)


def untrusted() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError()
    error.verify_code, error.verify_message = 1, "self-signed certificate"
    return error


@pytest.mark.parametrize(
    ("error", "words", "kind"),
    [
        (
            ConnectionRefusedError(111, "refused"),
            "connection refused by broker:1883: nothing listens there",
            "refused",
        ),
        (
            socket.gaierror(-2, "Name not known"),
            "the name broker cannot be resolved: Name not known",
            "network",
        ),
        (TimeoutError("timed out"), "no answer from broker:1883", "timeout"),
        (
            OSError(101, "Network is unreachable"),
            "broker:1883 cannot be reached: Network is unreachable",
            "network",
        ),
        (OSError("odd"), "broker:1883 cannot be reached: odd", "network"),
        (untrusted(), "the certificate of broker:1883 is not accepted: self-signed certificate", "network"),
        (TlsError("[mqtt.tls] ca x cannot be read"), "[mqtt.tls] ca x cannot be read", "network"),
        (ssl.SSLError(1, "no match"), "no TLS with broker:1883: no match", "network"),
        (ValueError("Invalid host."), "broker:1883 cannot be used: Invalid host.", "network"),
    ],
)
def test_why_a_broker_cannot_be_reached(error: Exception, words: str, kind: str):
    assert reasons.of_error(error, ACCOUNT) == Reason(words, kind)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Unsupported protocol version", "what answers at broker:1883 speaks neither MQTT 5 nor MQTT 3.1.1"),
        (
            "Bad user name or password",
            (
                "the broker refused a client without user name: bad user name or password;"
                " it may want username and password of [mqtt]"
            ),
        ),
        ("Server busy", "the broker refused the connection: server busy"),
    ],
)
def test_why_a_broker_refused(name: str, words: str):
    assert reasons.of_refusal(ReasonCode(PacketTypes.CONNACK, name), ACCOUNT) == Reason(words, "refused")


def of_silence(code: ReasonCode, options: MqttOptions) -> Reason:
    return reasons.of_silence(code, options.account)


@pytest.mark.parametrize(
    ("explain", "name", "words", "kind"),
    [
        (
            of_silence,
            "Unspecified error",
            (
                "broker:1883 closed the connection without an answer to CONNECT:"
                " it may want TLS ([mqtt.tls]) or websockets (transport of [mqtt]) on this port"
            ),
            "network",
        ),
        (
            of_silence,
            "Protocol error",
            "what answers at broker:1883 speaks neither MQTT 5 nor MQTT 3.1.1",
            "refused",
        ),
        (
            reasons.of_dismissal,
            "Session taken over",
            "another client connected with the client id me",
            "server",
        ),
        (
            reasons.of_dismissal,
            "Server shutting down",
            "the broker ended the connection: server shutting down",
            "server",
        ),
        (reasons.of_loss, "Protocol error", "the broker broke the MQTT protocol", "server"),
        (
            reasons.of_loss,
            "Keep alive timeout",
            "the broker was silent for longer than 30 s (keepalive)",
            "keepalive",
        ),
        (reasons.of_loss, "Unspecified error", "the connection to the broker broke", "network"),
    ],
)
def test_why_a_connection_ended(explain, name: str, words: str, kind: str):
    assert explain(ReasonCode(PacketTypes.DISCONNECT, name), OPTIONS) == Reason(words, kind)


def test_a_user_is_named():
    code = ReasonCode(PacketTypes.CONNACK, "Not authorized")
    words = reasons.of_refusal(code, Account("broker", username="bob", password="s3cret")).words
    assert words == "the broker refused user bob: not authorized; look at username and password of [mqtt]"


def test_a_word_by_tls_goes_before_what_paho_makes_of_it():
    code = ReasonCode(PacketTypes.DISCONNECT, "Unspecified error")
    alert = "TLSV13_ALERT_CERTIFICATE_REQUIRED"
    account = Account("broker", 8883, tls=BrokerTls())
    options = replace(OPTIONS, account=account)
    words = (
        "broker:8883 refused us by TLS: certificate required."
        " It wants a certificate of ours: name certificate and key in [mqtt.tls]"
    )
    assert reasons.of_silence(code, account, alert) == Reason(words, "refused")
    assert reasons.of_loss(code, options, alert) == Reason(words, "server")
