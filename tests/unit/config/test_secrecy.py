import pytest

from bridge.config.secrecy import holds_secret, is_secret, without_userinfo


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "Password",
        "pasword",
        "psword",
        "passwrd",
        "pwd",
        "mqtt_password",
        "token",
        "client_secret",
    ],
)
def test_secret_names(name):
    assert is_secret(name)


@pytest.mark.parametrize("name", ["host", "port", "base_topic", "username", "hint", "extension", "world", 0])
def test_open_names(name):
    assert not is_secret(name)


def test_where_people_give_the_names_none_is_a_secret():
    assert holds_secret(("mqtt", "password"))
    assert holds_secret(("sip", "users", 0, "password"))
    assert not holds_secret(("mqtt", "host"))
    assert not holds_secret(("sensors", "passage_door", "topic"))
    assert not holds_secret(("rules", 0, "when", "passage_door"))


def test_the_password_of_a_url_is_hidden():
    assert without_userinfo("mqtt://user:hunter2@broker:1883") == "mqtt://user:(hidden)@broker:1883"
    assert without_userinfo("udp://127.0.0.1:5060") == "udp://127.0.0.1:5060"
    assert without_userinfo("SIP/2000,CustomPresence:2000") == "SIP/2000,CustomPresence:2000"
