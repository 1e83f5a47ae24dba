from pathlib import Path

import pytest

from bridge.config.secret_files import SecretFile, lines, referred


def test_a_file_stands_for_its_secret():
    written = {"mqtt": {"host": "a", "password_file": "/run/p"}}
    found = referred(written)
    assert found.values == {"mqtt": {"host": "a", "password": SecretFile(Path("/run/p"))}}
    assert found.written == {("mqtt", "password"): ("mqtt", "password_file")}
    assert found.mistakes == []
    assert written == {"mqtt": {"host": "a", "password_file": "/run/p"}}


def test_in_lists_as_well():
    found = referred({"sip": {"users": [{"name": "a"}, {"name": "b", "ha1_file": "h"}]}})
    assert found.values["sip"]["users"][1] == {"name": "b", "ha1": SecretFile(Path("h"))}
    assert found.written == {("sip", "users", 1, "ha1"): ("sip", "users", 1, "ha1_file")}


def test_an_empty_name_is_none():
    assert referred({"mqtt": {"password_file": "", "password": "x"}}).values == {"mqtt": {"password": "x"}}
    assert referred({"mqtt": {"password_file": ""}}).values == {"mqtt": {}}


def test_an_empty_secret_is_none():
    found = referred({"mqtt": {"password": "", "password_file": "f"}})
    assert (found.values, found.mistakes) == ({"mqtt": {"password": SecretFile(Path("f"))}}, [])


def test_mistakes():
    found = referred({"mqtt": {"password": "x", "password_file": "f"}, "http": {"token_file": 5}})
    assert found.mistakes == [
        (("mqtt", "password_file"), "stands beside password: one of them is enough"),
        (("http", "token_file"), "needs the name of a file, in quotes"),
    ]
    assert found.values == {"mqtt": {"password": "x"}, "http": {}}


@pytest.mark.parametrize(
    "values",
    [
        {"provisioning": {"settings": {"password_file": "x"}}},
        {"sensors": {"door": {"password_file": "x"}}},
        {"mqtt": {"host_file": "x"}},
        {"mqtt": "mqtt://broker"},
        {"sip": {"users": ["a"]}},
    ],
)
def test_what_is_no_secret_is_left_alone(values):
    assert referred(values).values == values


@pytest.mark.parametrize("content", ["geheím 1", "geheím 1\n", "geheím 1\r\n", "geheím 1\n\n"])
def test_the_end_of_the_line_is_no_part_of_it(tmp_path, content):
    file = tmp_path / "secret"
    file.write_bytes(content.encode())
    assert SecretFile(file).read_line() == "geheím 1"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", " is empty: write the secret into it, and nothing else"),
        (b"\n", " is empty: write the secret into it, and nothing else"),
        (b"a\nb\n", " has several lines: write the secret into it, and nothing else"),
        (b"\xff", " is not UTF-8 text"),
        (None, ": No such file or directory"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_name(tmp_path, content, words):
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ValueError) as caught:
        SecretFile(file).read_line()
    assert str(caught.value) == f"{file}{words}"


def test_several_secrets_of_one_file():
    assert lines("a\n\n b \n") == ["a", "b"]
