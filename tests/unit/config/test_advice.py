import pytest
from pydantic import SecretStr

from bridge.config import HintSettings, MqttSettings, Settings, SipSettings, TlsSettings, UserSettings
from bridge.config.advice import advice
from bridge.config.asterisk import AsteriskSettings

ONE_HINT = (HintSettings(extension="1", hint="SIP/1"),)


def advised(listen: str, *networks: str) -> tuple[str, ...]:
    return advice(Settings(sip=SipSettings(listen=(listen,), trusted_networks=networks), hints=ONE_HINT))


@pytest.mark.parametrize(
    ("listen", "networks"),
    [
        ("udp://127.0.0.1:5060", ["127.0.0.0/8", "::1"]),
        ("udp://0.0.0.0:5060", ["127.0.0.0/8", "192.168.1.0/24"]),
        ("udp://192.168.1.2:5060", ["192.168.1.0/24"]),
    ],
)
def test_nothing_to_say(listen, networks):
    assert advised(listen, *networks) == ()


@pytest.mark.parametrize("listen", ["udp://0.0.0.0:5060", "udp://[::]:5060", "udp://192.168.1.2:5060"])
def test_phones_elsewhere_are_not_trusted(listen):
    (sentence,) = advised(listen, "127.0.0.0/8", "::1/128")
    assert "will be refused (403): add their network to [sip] trusted_networks" in sentence


def test_users_may_come_from_elsewhere():
    user = UserSettings(name="a", password=SecretStr("x"))
    sip = SipSettings(listen=("udp://0.0.0.0:5060",), users=(user,))
    assert advice(Settings(sip=sip, hints=ONE_HINT)) == ()


def test_a_user_of_an_extension_without_hint():
    user = UserSettings(name="a", password=SecretStr("x"), extensions=("1", "2"))
    assert advice(Settings(sip=SipSettings(users=(user,)), hints=ONE_HINT)) == (
        "user 'a' may watch extension '2', for which there is no hint",
    )


def test_a_hash_takes_the_other_algorithm_away():
    users = (
        UserSettings(name="a", password=SecretStr("x")),
        UserSettings.model_validate({"name": "b", "ha1": "0" * 32}),
    )
    (sentence,) = advice(Settings(sip=SipSettings(users=users), hints=ONE_HINT))
    assert sentence.startswith("SHA-256 is offered to nobody, as there is no ha1 of it for 'b'")


def test_phones_elsewhere_cannot_reach_the_bridge():
    (sentence,) = advised("udp://127.0.0.1:5060", "127.0.0.0/8", "192.168.1.0/24")
    assert "cannot reach [sip] listen" in sentence


def test_a_certificate_that_nobody_sees():
    tls = TlsSettings(certificate="c.pem", key="k.pem")
    listen = ("udp://127.0.0.1:5060", "tls://127.0.0.1:5061")
    assert advice(Settings(sip=SipSettings(listen=listen, tls=tls), hints=ONE_HINT)) == ()
    (sentence,) = advice(Settings(sip=SipSettings(listen=listen[:1], tls=tls), hints=ONE_HINT))
    assert "without a tls:// address in [sip] listen" in sentence


@pytest.mark.parametrize(
    ("mqtt", "sentence"),
    [
        ({"password": "x"}, "[mqtt] password is of no use without username"),
        (
            {"port": 8883},
            "port 8883 of [mqtt] is that of brokers with TLS: write [mqtt.tls], which may be empty",
        ),
        (
            {"transport": "websockets"},
            ("[mqtt] transport is websockets on port 1883, where brokers rarely speak them: write port"),
        ),
    ],
)
def test_what_of_the_broker_does_not_go_together(mqtt, sentence):
    assert advice(Settings(mqtt=MqttSettings.model_validate(mqtt), hints=ONE_HINT)) == (sentence,)


def test_nothing_to_say_of_a_broker():
    for mqtt in ({"tls": {}}, {"transport": "websockets", "port": 1883}, {"username": "a", "password": "b"}):
        assert advice(Settings(mqtt=MqttSettings.model_validate(mqtt), hints=ONE_HINT)) == ()


def test_there_are_no_hints():
    (sentence,) = advice(Settings())
    assert "there are no [[hints]]" in sentence


def test_beside_an_asterisk_phones_may_watch_that():
    asterisk = AsteriskSettings(username="bridge", secret=SecretStr("x"))
    assert advice(Settings(asterisk=asterisk)) == ()


def test_names_are_to_tell_extensions_apart():
    hints = [
        HintSettings(extension="1", hint="SIP/1"),
        HintSettings(extension="2", hint="SIP/2", name="Desk"),
        HintSettings(extension="3", hint="SIP/2"),
        HintSettings(extension="4", hint="SIP/2", name="Desk"),
    ]
    assert advice(Settings(hints=tuple(hints))) == ("extensions 2 and 4 have the same name, 'Desk'",)
