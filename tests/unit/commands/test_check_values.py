from pathlib import Path

import pytest

from bridge.cli import main
from bridge.config import Settings
from bridge.config.schema import KEYS

CONFIG = """\
[mqtt]
host = "broker"
password_file = "secret"
[[sip.users]]
name = "200"
ha1 = "476d6509f2385f13c22afcda4c66a496"
[[hints]]
extension = "2000"
hint = "SIP/2000"
[provisioning.settings]
login_password = "geheim"
zone = "x"
[sensors.door]
use = "zigbee2mqtt.contact"
name = "office"
availability = { topic = "a", map = { on = "@available" } }
[[rules]]
presence = "2000"
when = { door = "closed" }
set = "dnd"
"""


@pytest.fixture
def shown(tmp_path, monkeypatch, capsys):
    """The lines, as value and origin by their keys."""
    monkeypatch.chdir(tmp_path)
    Path("c.toml").write_text(CONFIG)
    Path("secret").write_text("geheim\n")
    Path("credentials").mkdir()
    Path("credentials/http.token").write_text("geheimgeheimgeheim")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "credentials")
    monkeypatch.setenv("PRESENCE_BRIDGE_MQTT__PORT", "1884")
    assert main(["check", "--show", "--config", "c.toml"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "geheim" not in "".join(lines)
    pairs = (line.partition(" = ") for line in lines)
    return {key: tuple(part.strip() for part in rest.rsplit("#", 1)) for key, _, rest in pairs}


@pytest.mark.parametrize(
    ("key", "value", "origin"),
    [
        ("mqtt.host", '"broker"', "c.toml:2:1"),
        ("mqtt.port", "1884", "environment PRESENCE_BRIDGE_MQTT__PORT"),
        ("mqtt.username", "(absent)", "default"),
        ("mqtt.password", "(hidden)", "c.toml:3:1 (password_file secret)"),
        ("mqtt.tls", "(absent)", "default"),
        ("http.token", "(hidden)", "credential credentials/http.token"),
        ("http.hosts", "[]", "default"),
        ("sip.users[0].ha1", "(hidden)", "c.toml:6:1"),
        ("sip.users[0].password", "(absent)", "default"),
        ("sip.trusted_networks", '["127.0.0.0/8", "::1/128"]', "default"),
        ("hints[0].name", '""', "default"),
        ("provisioning.settings.login_password", "(hidden)", "c.toml:11:1"),
        ("provisioning.settings.zone", '"x"', "c.toml:12:1"),
        ("sensors.door.name", '"office"', "c.toml:15:1"),
        ("sensors.door.availability[0].topic", '"a"', "c.toml:16:18"),
        ("rules[0].when", '{ "door" = ["closed"] }', "c.toml:19:1"),
        ("rules[0].set.state", '"dnd"', "c.toml:20:1"),
        ("rules[0].set.message", "(absent)", "c.toml:20:1"),
    ],
)
def test_a_value_is_shown_with_its_origin(shown, key, value, origin):
    assert shown[key] == (value, origin)


def test_every_key_is_shown(shown):
    for key in KEYS:
        if not (key.listed or key.refers or key.is_section or key.names[0] in ("phones", "sensors", "rules")):
            name = ".".join(key.names)
            absent = any(name.startswith(f"{section}.") for section in ("mqtt.tls", "sip.tls", "asterisk"))
            assert absent or any(line.startswith(name) for line in shown), name
    assert len(shown) > len(Settings.model_fields)
