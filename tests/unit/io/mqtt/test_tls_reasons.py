import ssl
from pathlib import Path

import pytest

from bridge.io.mqtt import Account, BrokerTls
from bridge.io.mqtt.tls_reasons import of_alert, of_certificate, of_tls

PLAIN = Account("broker", 8883, tls=BrokerTls())
OURS = Account(
    "broker",
    8883,
    tls=BrokerTls(ca=Path("ca.pem"), certificate=Path("c.pem"), key=Path("k.pem"), server_name="other"),
)


def untrusted(code: int, message: str = "self-signed certificate") -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError()
    error.verify_code, error.verify_message = code, message
    return error


def failed(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, reason)
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("account", "code", "words"),
    [
        (PLAIN, 10, "has expired: the broker needs a new one, or the clock of this machine is wrong"),
        (PLAIN, 9, "is not valid yet: look at the clocks of both machines"),
        (
            PLAIN,
            62,
            "is not for broker: write a name that stands in it as host of [mqtt], or as server_name of [mqtt.tls]",
        ),
        (
            OURS,
            64,
            "is not for other: write a name that stands in it as host of [mqtt], or as server_name of [mqtt.tls]",
        ),
        (
            PLAIN,
            18,
            (
                "is not accepted: self-signed certificate. No CA that this machine knows signed it:"
                " look at ca of [mqtt.tls]"
            ),
        ),
        (
            OURS,
            20,
            (
                "is not accepted: self-signed certificate. ca.pem does not hold the CA that signed it:"
                " look at ca of [mqtt.tls]"
            ),
        ),
        (PLAIN, 23, "is not accepted: self-signed certificate"),
    ],
)
def test_of_the_broker_s_certificate(account, code, words):
    assert of_certificate(untrusted(code), account) == f"the certificate of broker:8883 {words}"


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (
            "WRONG_VERSION_NUMBER",
            (
                "no TLS with broker:8883: wrong version number. Does it speak TLS on this port?"
                " Without, take [mqtt.tls] away"
            ),
        ),
        (
            "UNSUPPORTED_PROTOCOL",
            "no TLS with broker:8883: unsupported protocol. Look at minimum_version of [mqtt.tls]",
        ),
        (
            "TLSV1_ALERT_PROTOCOL_VERSION",
            "broker:8883 refused us by TLS: protocol version. Look at minimum_version of [mqtt.tls]",
        ),
        ("NO_CIPHERS_AVAILABLE", "no TLS with broker:8883: no ciphers available"),
    ],
)
def test_of_the_handshake(reason, words):
    assert of_tls(failed(reason), PLAIN) == words


@pytest.mark.parametrize(
    ("account", "alert", "words"),
    [
        (
            PLAIN,
            "TLSV13_ALERT_CERTIFICATE_REQUIRED",
            "certificate required. It wants a certificate of ours: name certificate and key in [mqtt.tls]",
        ),
        (OURS, "TLSV1_ALERT_UNKNOWN_CA", "unknown ca. Look at certificate of [mqtt.tls], which is c.pem"),
        (PLAIN, "TLSV1_ALERT_INTERNAL_ERROR", "internal error"),
    ],
)
def test_of_what_the_broker_says(account, alert, words):
    assert of_alert(alert, account) == f"broker:8883 refused us by TLS: {words}"
