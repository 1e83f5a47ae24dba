"""The short name of a configuration."""

import pytest
from pydantic import SecretStr

from bridge.config import HintSettings, MqttSettings, ProvisioningSettings, Settings, SipSettings
from bridge.config.fingerprint import fingerprint
from bridge.config.users import UserSettings


def with_user(**secret):
    return Settings(sip=SipSettings(users=(UserSettings(name="200", **secret),)))


def test_it_is_short_and_always_the_same():
    assert fingerprint(Settings()) == fingerprint(Settings())
    assert len(fingerprint(Settings())) == 12
    int(fingerprint(Settings()), 16)


@pytest.mark.parametrize(
    "other",
    [
        Settings(mqtt=MqttSettings()),
        Settings(mqtt=MqttSettings(port=1884)),
        Settings(hints=(HintSettings(extension="2000", hint="SIP/2000"),)),
        Settings(hints=(HintSettings(extension="2000", hint="SIP/2000", name="Büro"),)),
        with_user(password=SecretStr("secret")),
    ],
)
def test_another_configuration_has_another(other):
    assert fingerprint(other) != fingerprint(Settings())


def test_secrets_have_no_part_in_it():
    assert fingerprint(with_user(password=SecretStr("1234"))) == fingerprint(
        with_user(password=SecretStr("5678"))
    )
    assert fingerprint(with_user(ha1=(SecretStr("0" * 32),))) == fingerprint(
        with_user(ha1=(SecretStr("1" * 32),))
    )
    plain = [
        fingerprint(Settings(provisioning=ProvisioningSettings(settings={"login_password": digits})))
        for digits in ("789", "790")
    ]
    assert plain[0] == plain[1]
