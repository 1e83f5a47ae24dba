from pathlib import Path

import pytest

from bridge.config import ConfigError, MqttSettings, Settings, find, load


@pytest.fixture
def config(tmp_path: Path, monkeypatch):
    """Write ./config.toml and load it."""
    monkeypatch.chdir(tmp_path)

    def write_and_load(text: str, **variables: str) -> Settings:
        Path("config.toml").write_text(text, encoding="utf-8")
        environ = {f"PRESENCE_BRIDGE_{name}": value for name, value in variables.items()}
        return load(Path("config.toml"), environ)

    return write_and_load


def problems(config, text: str, **variables: str) -> list[str]:
    """The first lines of all problems."""
    with pytest.raises(ConfigError) as caught:
        config(text, **variables)
    return [str(problem).partition("\n")[0] for problem in caught.value.problems]


def test_an_empty_file_means_the_defaults(config):
    assert config("") == Settings()


def test_an_empty_section_names_a_broker(config):
    assert config("[mqtt]").mqtt == MqttSettings()


def test_the_environment_goes_over_the_file(config):
    settings = config("[mqtt]\nhost = 'a'\nport = 1", MQTT__HOST="b", SIP__MIN_EXPIRES_SECONDS="60")
    assert settings.mqtt == MqttSettings(host="b", port=1)
    assert settings.sip.min_expires_seconds == 60


def test_the_environment_alone_names_a_broker(config):
    assert config("", MQTT__HOST="b").mqtt == MqttSettings(host="b")


def test_find(tmp_path: Path):
    here, there = tmp_path / "here.toml", tmp_path / "there.toml"
    with pytest.raises(ConfigError) as caught:
        find(None, (here, there))
    assert str(caught.value) == (
        f"configuration: there is no {here} or {there};"
        " name a file with --config, or start from config.example.toml"
    )
    there.touch()
    assert find(None, (here, there)) == there
    here.touch()
    assert find(None, (here, there)) == here
    assert find(Path("named.toml"), (here, there)) == Path("named.toml")


def test_the_working_directory_comes_first(config):
    config("[http]\nlisten = '127.0.0.1:1'")
    assert load(None, {}).http.address.port == 1


def test_a_named_file_must_be_there():
    with pytest.raises(ConfigError, match=r"nope\.toml: cannot be read: No such file or directory"):
        load(Path("nope.toml"), {})


EVERYTHING_WRONG = """\
[mqtt]
hots = "broker"
port = "eighteen"
keepalive_seconds = 99999
[sip]
listen = ["udp://127.0.0.1:5060", "sctp://127.0.0.1:5060"]
notify_min_interval_seconds = -1
min_expires_seconds = 4000
[[hints]]
extension = 2000
hint = "SIP/2000"
[[hints]]
extension = "2001"
hint = "CustomPresence:2001"
[[hints]]
extension = "2001"
nam = "x"
[http]
listen = "localhost:9464"
[colours]
"""


def test_everything_that_is_wrong_is_told_at_once_in_the_order_of_the_file(config):
    assert problems(config, EVERYTHING_WRONG, MQTT__PORT="99999", MQT="1") == [
        "config.toml:2:1: mqtt.hots is not a setting (did you mean 'host'?)",
        "config.toml:4:1: mqtt.keepalive_seconds must be at most 65535, got 99999",
        (
            "config.toml:5:2: sip.max_expires_seconds cannot be 3600: must be at least min_expires_seconds,"
            " which is 4000"
        ),
        "config.toml:6:35: sip.listen[1] cannot be 'sctp://127.0.0.1:5060': only udp, tcp and tls are served",
        "config.toml:7:1: sip.notify_min_interval_seconds must be at least 0, got -1",
        "config.toml:10:1: hints[0].extension needs text in quotes, got 2000",
        (
            "config.toml:14:1: hints[1].hint cannot be 'CustomPresence:2001':"
            " a presence provider needs a comma before it: write ',CustomPresence:2001'"
        ),
        "config.toml:15:3: hints[2].hint is required but absent",
        "config.toml:16:1: hints[2].extension '2001' stands already at config.toml:13:1",
        "config.toml:17:1: hints[2].nam is not a setting (did you mean 'name'?)",
        (
            "config.toml:19:1: http.listen cannot be 'localhost:9464': needs an IP address, not a name:"
            " 127.0.0.1 for this machine only, 0.0.0.0 for every network"
        ),
        f"config.toml:20:2: colours is not a setting (known here: {', '.join(Settings.model_fields)})",
        "environment PRESENCE_BRIDGE_MQT: is not a setting (did you mean PRESENCE_BRIDGE_MQTT?)",
        "environment PRESENCE_BRIDGE_MQTT__PORT: mqtt.port must be at most 65535, got '99999'",
    ]


def test_a_problem_shows_the_line_and_a_caret(config):
    with pytest.raises(ConfigError) as caught:
        config("# broker\n[mqtt]\n  port = 'eighteen'")
    assert str(caught.value).splitlines() == [
        "config.toml:3:3: mqtt.port needs a whole number, got 'eighteen'",
        "       3 |   port = 'eighteen'",
        "         |   ^",
    ]


def test_the_same_extension_is_told_with_both_places(config):
    same = "[[hints]]\nextension = '1'\nhint = 'SIP/1'\n"
    assert problems(config, same * 3) == [
        "config.toml:5:1: hints[1].extension '1' stands already at config.toml:2:1",
        "config.toml:8:1: hints[2].extension '1' stands already at config.toml:2:1",
    ]


def test_the_same_extension_in_a_variable(config):
    same = '{"extension": "1", "hint": "SIP/1"}'
    assert problems(config, "", HINTS=f"[{same}, {same}]") == [
        (
            "environment PRESENCE_BRIDGE_HINTS: hints[1].extension '1' stands already at environment"
            " PRESENCE_BRIDGE_HINTS"
        ),
    ]


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("[mqtt]\npassword = 'hunter2'\nport = -1", {}),
        ("mqtt = { password = 'hunter2', port = -1 }", {}),
        ("mqtt = { password = ['hunter2'] }", {}),
        ("[mqtt.password]\nx = 'hunter2'", {}),
        ("[mqtt]\npasswort = 'hunter2'", {}),
        ("[mqtt]\npassword = 'hunter2' 'x'", {}),
        ("[mqtt]\nhost = 'mqtt://me:hunter2@broker'", {}),
        ("mqtt = 'mqtt://me:hunter2@broker'", {}),
        ("", {"MQTT__PASSWORT": "hunter2"}),
        ("", {"MQTT": '{"password": ["hunter2"]}'}),
        ("", {"MQTT": '{"password": "hunter2"'}),
        ("", {"MQTT__PASSWORD": "hunter2", "MQTT__PORT": "0"}),
        ("", {"MQTT__HOST": "me:hunter2@broker"}),
        ("[[sip.users]]\nname = 'a'\npassword = 'hunter2'\nha1 = 'hunter2'", {}),
        ("[[sip.users]]\nname = 'a'\nha1 = 'hunter2'", {}),
        ("[[sip.users]]\nname = 'a'\nha1 = ['hunter2', 'hunter2']\nx = 1", {}),
        ("[[sip.users]]\nname = ''\npasswrd = 'hunter2'", {}),
        ("[sip]\nusers = [{ name = 1, password = 'hunter2' }]", {}),
        ("[sip]\nusers = { name = 'a', password = 'hunter2' }", {}),
        ("", {"SIP__USERS": '[{"name": "a", "password": "hunter2", "ha1": "hunter2"}]'}),
        ("", {"SIP__USERS": '[{"name": "a", "password": "hunter2"'}),
        ("", {"SIP__USERS": "hunter2"}),
    ],
)
def test_no_secret_is_ever_shown(config, text, variables):
    with pytest.raises(ConfigError) as caught:
        config(text, **variables)
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(caught.value)
