from pathlib import Path

import pytest

from bridge.config import ConfigError, Settings, load
from bridge.config.sources import Sources

HA1 = "476d6509f2385f13c22afcda4c66a496"


@pytest.fixture
def place(tmp_path: Path, monkeypatch):
    """Load ./c.toml with these variables, and with credentials by their names."""
    monkeypatch.chdir(tmp_path)
    Path("credentials").mkdir()

    def environ(credentials: dict[str, str], variables: dict[str, str]) -> dict[str, str]:
        for name, text in credentials.items():
            Path("credentials", name).write_text(text)
        found = {f"PRESENCE_BRIDGE_{name}": value for name, value in variables.items()}
        return found | {"CREDENTIALS_DIRECTORY": "credentials"}

    class Placed:
        def load(self, text: str, credentials=None, **variables: str) -> Settings:
            Path("c.toml").write_text(text)
            return load(Path("c.toml"), environ(credentials or {}, variables))

        def read(self, text: str, credentials=None, **variables: str) -> Sources:
            Path("c.toml").write_text(text)
            return Sources.read(Path("c.toml"), environ(credentials or {}, variables))

        def problems(self, text: str, credentials=None, **variables: str) -> list[str]:
            with pytest.raises(ConfigError) as caught:
                self.load(text, credentials, **variables)
            assert "geheim" not in str(caught.value)
            return [str(problem).partition("\n")[0] for problem in caught.value.problems]

    for number in "ab":
        Path(number).write_text(f"geheim {number}\n")
    return Placed()


def password(settings: Settings) -> str:
    assert settings.mqtt is not None
    assert settings.mqtt.password is not None
    return settings.mqtt.password.get_secret_value()


@pytest.mark.parametrize(
    ("text", "credentials", "variables", "expected"),
    [
        ("[mqtt]\npassword = 'x'", {}, {}, "x"),
        ("[mqtt]\npassword_file = 'a'", {}, {}, "geheim a"),
        ("[mqtt]\npassword_file = 'a'", {"mqtt.password": "c"}, {}, "c"),
        ("[mqtt]\npassword = 'x'", {"presence-bridge.mqtt.password": "c\n"}, {}, "c"),
        ("", {"mqtt.password": "c"}, {}, "c"),
        ("[mqtt]\npassword = 'x'", {"mqtt.password": "c"}, {"MQTT__PASSWORD": "v"}, "v"),
        ("[mqtt]\npassword = 'x'", {"mqtt.password": "c"}, {"MQTT__PASSWORD_FILE": "b"}, "geheim b"),
        ("[mqtt]\npassword_file = 'a'", {}, {"MQTT__PASSWORD": "v"}, "v"),
        ("[mqtt]\npassword_file = 'a'", {}, {"MQTT": '{"password_file": "b"}'}, "geheim b"),
        ("[mqtt]\npassword_file = '/not/read'", {}, {"MQTT__PASSWORD": "v"}, "v"),
    ],
)
def test_what_goes_before_what(place, text, credentials, variables, expected):
    assert password(place.load(text, credentials, **variables)) == expected


def test_the_secrets_of_lists(place):
    text = "[[sip.users]]\nname = '1'\npassword_file = 'a'\n[[sip.users]]\nname = '2'\nha1_file = 'h'\n"
    text += "[[sip.users]]\nname = '3'"
    Path("h").write_text(f"{HA1}\n{'0' * 64}\n")
    users = place.load(text, {"sip.users.3.password": "drei"}).sip.parsed_users
    assert [user.password for user in users] == ["geheim a", None, "drei"]
    assert users[1].hashes == {"MD5": HA1, "SHA-256": "0" * 64}


def test_a_user_in_a_variable_keeps_what_stands_there(place):
    users = '[{"name": "1", "password": "v"}, {"name": "2"}]'
    given = {"sip.users.1.password": "c", "sip.users.2.password": "d"}
    settings = place.load("", given, SIP__USERS=users)
    assert [user.password for user in settings.sip.parsed_users] == ["v", "d"]


def test_certificates_of_a_service_manager(place):
    text = "[sip]\nlisten = ['tls://127.0.0.1:5061']"
    tls = place.load(text, {"sip.tls.key": "k", "sip.tls.certificate": "c"}).sip.tls
    assert tls is not None
    assert (tls.certificate, tls.key) == ("credentials/sip.tls.certificate", "credentials/sip.tls.key")


@pytest.mark.parametrize(
    ("text", "credentials", "variables", "expected"),
    [
        (
            "[mqtt]\npassword = 'geheim'\npassword_file = 'a'",
            {},
            {},
            ["c.toml:3:1: mqtt.password_file stands beside password: one of them is enough"],
        ),
        (
            "[mqtt]\npassword_file = '/nothing'\nport = 0",
            {},
            {},
            [
                "c.toml:2:1: mqtt.password cannot be read: /nothing: No such file or directory",
                "c.toml:3:1: mqtt.port must be at least 1, got 0",
            ],
        ),
        (
            "[http]\nwrite = true\ntoken_file = 'a'",
            {},
            {},
            [
                "c.toml:3:1: http.token is shorter than 16 characters: write what openssl rand -hex 16 gives",
            ],
        ),
        (
            "[[sip.users]]\nname = '1'\nha1_file = 'a'",
            {},
            {},
            [
                (
                    "c.toml:3:1: sip.users[0].ha1[0] cannot be (hidden):"
                    " needs hexadecimal digits, 64 (SHA-256) or 32 (MD5)"
                ),
            ],
        ),
        (
            "",
            {"http.token": "geheim"},
            {},
            [
                (
                    "credential credentials/http.token: http.token is shorter than 16 characters:"
                    " write what openssl rand -hex 16 gives"
                ),
            ],
        ),
        (
            "",
            {"mqtt.password": ""},
            {},
            [
                (
                    "credential credentials/mqtt.password: mqtt.password cannot be read:"
                    " credentials/mqtt.password is empty: write the secret into it, and nothing else"
                ),
            ],
        ),
        (
            "",
            {},
            {"MQTT__PASSWORD_FILE": "/nothing"},
            [
                (
                    "environment PRESENCE_BRIDGE_MQTT__PASSWORD_FILE: mqtt.password cannot be read:"
                    " /nothing: No such file or directory"
                ),
            ],
        ),
        (
            "",
            {},
            {"MQTT__PASSWORD_FILE": "a", "MQTT__PASSWORD": "geheim"},
            [
                (
                    "environment PRESENCE_BRIDGE_MQTT__PASSWORD_FILE: mqtt.password_file"
                    " stands beside password: one of them is enough"
                ),
            ],
        ),
        (
            "[mqtt]\npasword_file = 'a'",
            {},
            {},
            ["c.toml:2:1: mqtt.pasword_file is not a setting (did you mean 'password_file'?)"],
        ),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(place, text, credentials, variables, expected):
    assert place.problems(text, credentials, **variables) == expected


def test_a_section_that_a_variable_takes_away_stays_away(place):
    assert place.load("[mqtt]", {"mqtt.password": "c"}, MQTT="null").mqtt is None


def test_what_is_no_section_is_told_as_such(place):
    (problem,) = place.problems("mqtt = 5", {"mqtt.password": "geheim"})
    assert problem == "c.toml:1:1: mqtt needs a section of its own, got 5"


def test_where_a_value_stands(place):
    sources = place.read("[mqtt]\nport = 1\npassword_file = 'a'", {"http.token": "t"}, MQTT__HOST="h")
    assert sources.where(("mqtt", "port")) == "c.toml:2:1"
    assert sources.where(("mqtt", "password")) == "c.toml:3:1"
    assert sources.where(("mqtt", "host")) == "environment PRESENCE_BRIDGE_MQTT__HOST"
    assert sources.where(("http", "token")) == "credential credentials/http.token"
    assert sources.where(("log", "level")) == "c.toml"
