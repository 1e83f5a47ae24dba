import pytest

from bridge.commands.command import account_of, provider_of
from bridge.config import HintSettings, MqttSettings, Settings

SETTINGS = Settings(
    hints=(
        HintSettings(extension="2000", hint="SIP/2000,CustomPresence:Anna"),
        HintSettings(extension="2001", hint="SIP/2001,CustomPresence:2000"),
        HintSettings(extension="2002", hint="SIP/2002"),
    )
)


@pytest.mark.parametrize(
    ("name", "provider"),
    [
        ("anna", "Anna"),
        ("ANNA", "Anna"),
        ("2000", "2000"),
        ("2001", "2000"),
        ("2002", None),
        ("nobody", None),
    ],
)
def test_a_name_is_a_provider_or_else_an_extension(name, provider):
    assert provider_of(name, SETTINGS) == provider


def test_the_account_is_the_bridges_own():
    account = account_of(Settings(mqtt=MqttSettings(host="h", port=1, username="u", password="p")))
    assert (account.host, account.port, account.username, account.password) == ("h", 1, "u", "p")
    assert str(account) == "the broker at h:1"


def test_without_a_broker_it_is_the_embedded_ones():
    account = account_of(Settings())
    assert (account.host, account.port, account.username, account.password) == ("127.0.0.1", 1883, None, None)
