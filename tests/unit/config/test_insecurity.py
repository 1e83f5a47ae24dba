import pytest

from bridge.config import Settings
from bridge.config.insecurity import exposed, insecure

PHONES = {
    "provisioning": {"bridge_address": "192.0.2.1", "http": True},
    "phones": [{"mac": "000fd3aabbcc", "model": "D40", "user": "200"}],
}
WRITE = {"listen": "0.0.0.0:9464", "write": True}
TOKEN = "0123456789abcdef"


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"mqtt": {"tls": {"verify": False}}}, "[mqtt.tls] verify is off"),
        (
            {"asterisk": {"username": "a", "secret": "b", "tls": True, "tls_verify": False}},
            "[asterisk] tls_verify is off",
        ),
        (
            {"mqtt": {"host": "broker", "username": "a", "password": "b"}},
            "[mqtt] password goes to broker without encryption",
        ),
        (
            {"sip": {"trusted_networks": ["0.0.0.0/0"]}},
            "0.0.0.0/0 in [sip] trusted_networks lets everybody in",
        ),
        ({"sip": {"trusted_networks": ["::/0"]}}, "::/0 in [sip] trusted_networks lets everybody in"),
        ({"sip": {"digest_without_qop": True}}, "[sip] digest_without_qop lets phones answer"),
        ({"http": {**WRITE, "token": TOKEN}}, "[http] token goes over the network without encryption"),
        (
            {"http": {**WRITE, "trusted_networks": ["0.0.0.0/0"]}},
            "0.0.0.0/0 in [http] trusted_networks lets everybody set presences",
        ),
        (PHONES, "[provisioning] http: the files of phones are served without encryption"),
    ],
)
def test_what_is_insecure_is_told(sections, words):
    (sentence,) = insecure(Settings.model_validate(sections))
    assert sentence.startswith(words)


@pytest.mark.parametrize(
    "sections",
    [
        {},
        {"mqtt": {"host": "broker"}},
        {"mqtt": {"host": "broker", "username": "a", "password": "b", "tls": {}}},
        {"mqtt": {"host": "localhost", "username": "a", "password": "b"}},
        {"mqtt": {"host": "::1", "username": "a", "password": "b"}},
        {"http": {**WRITE, "listen": "127.0.0.1:1", "token": TOKEN}},
        {"http": {**WRITE, "trusted_networks": ["192.0.2.0/24"]}},
        {"http": {"trusted_networks": ["0.0.0.0/0"]}},
        {"provisioning": PHONES["provisioning"]},
    ],
)
def test_what_is_not(sections):
    assert insecure(Settings.model_validate(sections)) == ()


def test_no_secret_is_said():
    sections = {"mqtt": {"host": "broker", "username": "a", "password": "hunter2"}}
    assert "hunter2" not in "".join(insecure(Settings.model_validate(sections)))


@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [
        ("[mqtt]\npassword = 'geheim'", 0o644, "holds a secret (mqtt.password), and every account"),
        ("[[sip.users]]\nname = 'a'\nha1 = ['x']", 0o604, "holds a secret (sip.users[0].ha1)"),
        ("[mqtt]\npassword = 'geheim'", 0o640, ""),
        ("[mqtt]\npassword = ''\npassword_file = 'x'", 0o644, ""),
        ("", 0o644, ""),
    ],
)
def test_a_file_that_everybody_can_read(tmp_path, text, mode, words):
    path = tmp_path / "c.toml"
    path.write_text(text)
    path.chmod(mode)
    said = exposed(path)
    assert words in said
    assert bool(said) == bool(words)
    assert "geheim" not in said


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"host": "pbx"}, "[asterisk] without tls"),
        ({"host": "pbx", "tls": True, "tls_verify": False}, "[asterisk] tls_verify is off"),
        ({"host": "pbx", "tls": True}, ""),
        ({"host": "127.0.0.1"}, ""),
    ],
)
def test_an_asterisk_on_another_machine(keys, words):
    found = insecure(Settings.model_validate({"asterisk": {"username": "a", "secret": "b", **keys}}))
    assert [text.startswith(words) for text in found] == ([True] if words else [])
