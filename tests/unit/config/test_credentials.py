from pathlib import Path

import pytest

from bridge.config.credentials import credentials, given
from bridge.config.problem import Problem
from bridge.config.secret_files import SecretFile

VALUES = {
    "sip": {"users": [{"name": "200"}, {"name": "a.b"}, 5]},
    "phones": [{"mac": "00:0f:d3:aa:bb:cc"}, {"mac": 5}],
}


@pytest.fixture
def hand_over(tmp_path: Path):
    """What credentials of these names give, by the path of the key; of problems the words."""

    def found(*names: str, values=VALUES):
        for name in names:
            (tmp_path / name).write_text("geheim")
        got = given(credentials({"CREDENTIALS_DIRECTORY": str(tmp_path)}), values)
        return [str(one) if isinstance(one, Problem) else (one.path, one.value) for one in got]

    return found


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("mqtt.password", ("mqtt", "password")),
        ("presence-bridge.mqtt.password", ("mqtt", "password")),
        ("http.token", ("http", "token")),
        ("sip.users.200.password", ("sip", "users", 0, "password")),
        ("sip.users.a.b.ha1", ("sip", "users", 1, "ha1")),
        ("presence-bridge.phones.000fd3aabbcc.pbx.password", ("phones", 0, "pbx", "password")),
    ],
)
def test_a_credential_is_the_secret_of_its_name(hand_over, tmp_path, name, path):
    assert hand_over(name) == [(path, SecretFile(tmp_path / name))]


@pytest.mark.parametrize("key", ["certificate", "key", "client_ca"])
def test_a_pem_file_is_the_credential_itself(hand_over, tmp_path, key):
    assert hand_over(f"sip.tls.{key}") == [(("sip", "tls", key), str(tmp_path / f"sip.tls.{key}"))]


@pytest.mark.parametrize("name", ["backup-key", "other.mqtt.password", "mqtt", "presence-bridge"])
def test_what_is_of_something_else_is_left_alone(hand_over, name):
    assert hand_over(name) == ([] if name != "mqtt" else hand_over("mqtt"))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("mqtt.pasword", "is no secret of the configuration (did you mean mqtt.password?)"),
        ("mqtt.host", "is no secret of the configuration"),
        ("presence-bridge.colour", "is no secret of the configuration"),
        ("sip.users.300.password", "is for '300', and there is no such name under [[sip.users]]"),
        (
            "phones.000fd3000000.pbx.password",
            "is for '000fd3000000', and there is no such mac under [[phones]]",
        ),
    ],
)
def test_what_is_meant_for_the_bridge_and_fits_nothing(hand_over, tmp_path, name, words):
    (problem,) = hand_over(name)
    assert problem.startswith(f"credential {tmp_path / name}: {words}")


def test_without_lists_nobody_is_named(hand_over):
    (problem,) = hand_over("sip.users.200.password", values={"sip": 5})
    assert "there is no such name" in problem


def test_without_a_directory_there_are_none(tmp_path):
    assert credentials({}) == ()
    assert credentials({"CREDENTIALS_DIRECTORY": str(tmp_path / "nothing")}) == ()
