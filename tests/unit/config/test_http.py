import pytest
from pydantic import ValidationError

from bridge.config.http import HttpSettings
from bridge.events import Address

TOKEN = "0123456789abcdef"


def test_by_default_nothing_can_be_set_and_nobody_else_reaches_it():
    settings = HttpSettings()
    assert settings.address == Address("127.0.0.1", 9464)
    assert (settings.write, settings.token.get_secret_value(), settings.networks) == (False, "", ())


@pytest.mark.parametrize("somebody", [{"token": TOKEN}, {"trusted_networks": ["192.0.2.0/24"]}])
def test_who_may_set_must_be_named(somebody):
    assert HttpSettings(write=True, **somebody).write
    with pytest.raises(ValidationError, match="lets nobody set anything"):
        HttpSettings(write=True)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("token", "short", "shorter than 16 characters"),
        ("listen", "localhost:1", "IP address"),
        ("trusted_networks", ["192.0.2.1/24"], "outside its mask"),
        ("hosts", ["http://name"], "host name"),
    ],
)
def test_what_is_wrong_is_said(key, value, words):
    with pytest.raises(ValidationError, match=words):
        HttpSettings(**{key: value})


def test_the_token_is_not_shown():
    assert TOKEN not in repr(HttpSettings(token=TOKEN))
