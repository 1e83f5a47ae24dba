"""`[asterisk]`: what may stand there, and that the secret is not shown."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from bridge.config import Settings
from bridge.config.asterisk import AsteriskSettings

LEAST = {"username": "bridge", "secret": "hush"}


def settings(**keys):
    return Settings.model_validate({"asterisk": {**LEAST, **keys}}).asterisk


def test_a_user_and_a_secret_are_enough():
    found = settings()
    assert isinstance(found, AsteriskSettings)
    assert (found.host, found.port, found.tls, found.ca) == ("127.0.0.1", 5038, False, None)
    assert "hush" not in repr(found)
    assert Settings().asterisk is None


def test_a_ca_is_a_file():
    assert settings(tls=True, tls_ca="/etc/ca.pem").ca == Path("/etc/ca.pem")


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"username": " "}, "as it stands in manager.conf"),
        ({"username": "a\nb"}, "as it stands in manager.conf"),
        ({"secret": ""}, "needs the secret of the user"),
        ({"host": "pbx:5038"}, "the port has its own key"),
        ({"port": 0}, "greater than or equal to 1"),
        ({"devices": ["2000"]}, "such as PJSIP/2000"),
        ({"presence": "none"}, "from_asterisk"),
    ],
)
def test_what_cannot_be_is_refused_in_words(keys, words):
    with pytest.raises(ValidationError, match=words):
        settings(**keys)


@pytest.mark.parametrize("key", ["username", "secret"])
def test_both_are_required(key):
    with pytest.raises(ValidationError, match=key):
        Settings.model_validate({"asterisk": {name: LEAST[name] for name in LEAST if name != key}})
