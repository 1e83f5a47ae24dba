import stat
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.commands.first_config import (
    Answers,
    Broker,
    parse_broker,
    parse_extensions,
    parse_networks,
    written,
)
from bridge.config import Settings, load


@pytest.fixture
def loaded(tmp_path):
    def load_what_is_written(**answers) -> Settings:
        path = tmp_path / "c.toml"
        path.write_text(written(Answers(**answers)), encoding="utf-8")
        assert not path.stat().st_mode & stat.S_IXUSR
        return load(path, {})

    return load_what_is_written


@pytest.mark.parametrize(
    ("text", "broker"),
    [
        ("inside", None),
        ("broker.example", Broker("broker.example")),
        (" 192.168.1.10:1884 ", Broker("192.168.1.10", 1884)),
        ("[2001:db8::1]:1884", Broker("2001:db8::1", 1884)),
        ("mqtt://broker", Broker("broker")),
        ("mqtts://broker", Broker("broker", None, tls=True)),
        ("ws://broker", Broker("broker", 80, path="/mqtt")),
        ("wss://broker:9001/a/b", Broker("broker", 9001, tls=True, path="/a/b")),
    ],
)
def test_where_the_broker_is(text, broker):
    assert parse_broker(text) == broker


@pytest.mark.parametrize(
    "text", ["", "a b", "broker:0", "broker:99999", "http://broker", "mqtt://broker/a", "a@b"]
)
def test_what_is_no_broker(text):
    with pytest.raises(ValueError):
        parse_broker(text)


def test_networks():
    assert parse_networks("192.168.1.0/24, 10.0.0.0/8") == ("192.168.1.0/24", "10.0.0.0/8")
    assert parse_networks("none") == ()
    with pytest.raises(ValueError, match="did you mean"):
        parse_networks("192.168.1.7/24")


def test_extensions():
    assert parse_extensions("2000 Front desk, 2001=Alice,2002") == (
        ("2000", "Front desk"),
        ("2001", "Alice"),
        ("2002", ""),
    )


@pytest.mark.parametrize("text", ["", " , ", "2000, 2000 Alice", "a/b+"])
def test_what_are_no_extensions(text):
    with pytest.raises(ValueError):
        parse_extensions(text)


def test_the_file_means_what_was_answered(loaded):
    settings = loaded(
        broker=Broker("broker", None, tls=True),
        username="bridge",
        password='p"\\w\x7f',
        ca="ca.pem",
        networks=("192.168.1.0/24",),
        extensions=(("2000", "Front desk"), ("2001", "")),
        technology="PJSIP",
        discovery=False,
    )
    assert settings.mqtt is not None
    assert (settings.mqtt.host, settings.mqtt.port, settings.mqtt.username) == ("broker", 8883, "bridge")
    assert settings.mqtt.password is not None
    assert settings.mqtt.password.get_secret_value() == 'p"\\w\x7f'
    assert settings.mqtt.tls is not None
    assert settings.mqtt.tls.ca is not None
    assert settings.mqtt.tls.ca.endswith("/ca.pem")
    assert settings.sip.listen == ("udp://0.0.0.0:5060", "tcp://0.0.0.0:5060")
    assert settings.sip.trusted_networks == ("127.0.0.0/8", "::1/128", "192.168.1.0/24")
    assert [(hint.hint, hint.name) for hint in settings.hints] == [
        ("PJSIP/2000,CustomPresence:2000", "Front desk"),
        ("PJSIP/2001,CustomPresence:2001", ""),
    ]
    assert settings.homeassistant.discovery == "off"


def test_without_answers_it_is_a_bridge_for_this_machine(loaded):
    settings = loaded()
    assert settings.mqtt is None
    assert settings.sip.listen == ("udp://127.0.0.1:5060", "tcp://127.0.0.1:5060")
    assert settings.parsed_hints[0].providers == ("2000",)


def test_websockets_and_a_file_for_the_password(loaded, tmp_path):
    (tmp_path / "secret").write_text("geheim\n")
    settings = loaded(
        broker=Broker("b", 9001, path="/m"), username="u", password_file=str(tmp_path / "secret")
    )
    assert settings.mqtt is not None
    assert (settings.mqtt.transport, settings.mqtt.websocket_path) == ("websockets", "/m")
    assert settings.mqtt.password is not None
    assert settings.mqtt.password.get_secret_value() == "geheim"


@given(
    name=st.text(st.characters(exclude_categories=["Cs", "Cc"])),
    password=st.text(st.characters(exclude_categories=["Cs"])),
)
def test_any_text_comes_through(name, password):
    answers = Answers(broker=Broker("b"), username="u", password=password or "x", extensions=(("1", name),))
    values = tomllib.loads(written(answers))
    assert values["hints"][0]["name"] == name
    assert values["mqtt"]["password"] == (password or "x")
