from pathlib import Path

import pytest

from bridge.config.document import Document
from bridge.config.problem import ConfigError, Excerpt


@pytest.fixture
def read(tmp_path: Path):
    def write_and_read(text: str | bytes) -> Document:
        path = tmp_path / "c.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return Document.read(path)

    return write_and_read


def excerpt(document: Document, *path: str | int) -> Excerpt:
    place = document.nearest(path)
    assert place is not None
    return document.excerpt(place)


def refusal(read, text: str | bytes) -> str:
    with pytest.raises(ConfigError) as caught:
        read(text)
    (problem,) = caught.value.problems
    return str(problem).rpartition("/")[2]


def test_values_and_places(read):
    document = read("[mqtt]\r\nport = 1\r\n")
    assert document.values == {"mqtt": {"port": 1}}
    assert excerpt(document, "mqtt", "port") == Excerpt(2, "port = 1", 1)


def test_a_byte_order_mark_is_no_text(read):
    assert read(b"\xef\xbb\xbfa = 1").values == {"a": 1}


def test_what_is_absent_is_shown_by_its_table(read):
    document = read("[[hints]]\nname = 'x'\n")
    assert excerpt(document, "hints", 0, "extension") == Excerpt(1, "[[hints]]", 3)
    assert document.nearest(("sip", "listen")) is None


def test_what_may_be_a_list_is_found_without_brackets(read):
    document = read("[s]\na = { b = 1 }\nc = [{ b = 1 }]\n")
    assert excerpt(document, "s", "a", 0, "b") == Excerpt(2, "a = { b = 1 }", 7)
    assert excerpt(document, "s", "a", 0) == Excerpt(2, "a = { b = 1 }", 1)
    assert excerpt(document, "s", "c", 0, "b") == Excerpt(3, "c = [{ b = 1 }]", 8)
    assert excerpt(document, "s", "c", 1, "x") == Excerpt(3, "c = [{ b = 1 }]", 1)


@pytest.mark.parametrize(
    ("text", "path", "line", "column"),
    [
        ("password = 'hunter2'", ("password",), "password = (hidden)", 1),
        ("pasword = 'hunter2' # mine", ("pasword",), "pasword = (hidden) # mine", 1),
        ("m = { password = 'hunter2', b = 1 }", ("m", "b"), "m = { password = (hidden), b = 1 }", 28),
        ("m = { b = 1, password = 'hunter2' }", ("m", "b"), "m = { b = 1, password = (hidden) }", 7),
        (
            "m = {password='hunter2',token=2,b=1}",
            ("m", "b"),
            "m = {password=(hidden),token=(hidden),b=1}",
            39,
        ),
        ("password = ['hunter2', 2]", ("password", 1), "password = (hidden)", 12),
        ("[password]\nvalue = 'hunter2'", ("password", "value"), "value = (hidden)", 1),
        ('m = [ { password = """\nhunter2\n"""}, 3 ]', ("m", 1), "(hidden)}, 3 ]", 12),
        ('password = """\nhunter2\n"""', ("password",), "password = (hidden)", 1),
        ("url = 'mqtt://me:hunter2@host'", ("url",), "url = 'mqtt://me:(hidden)@host'", 1),
    ],
)
def test_secrets_are_hidden_and_the_caret_stays_at_its_key(read, text, path, line, column):
    shown = excerpt(read(text), *path)
    assert (shown.line, shown.column) == (line, column)


def test_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"nope\.toml: cannot be read: No such file or directory"):
        Document.read(tmp_path / "nope.toml")


def test_a_directory(tmp_path: Path):
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        Document.read(tmp_path)


def test_text_that_is_not_utf8(read):
    assert (
        refusal(read, b"a = 1\nb = '\xe9'")
        == "c.toml:2: the file is not UTF-8 text, but has a byte 0xe9 here: save it as UTF-8"
    )


def test_a_syntax_error_is_shown_with_its_place(read):
    assert refusal(read, "[mqtt]\nhost = broker\n") == (
        'c.toml:2:8: not valid TOML: this is no value: text stands in quotes, such as "text"; true and false in'
        " small letters\n"
        "       2 | host = broker\n"
        "         |        ^"
    )


def test_a_syntax_error_at_the_end_is_shown_with_the_last_line(read):
    assert refusal(read, "a = 1\nb = [").startswith("c.toml:2:6: not valid TOML: ")


@pytest.mark.parametrize(
    "text",
    [
        "password = 'hunter2",
        "password = hunter2",
        "m = { host = 'x', password = 'hunter2', }",
        "'pasword' = hunter2",
        "mqtt.password = hunter2",
        'password = """\nhunter2',
        'password = """\na\nhunter2',
    ],
)
def test_a_syntax_error_beside_a_secret_shows_no_line(read, text):
    assert "hunter2" not in refusal(read, text)


def test_a_syntax_error_behind_a_secret_shows_its_line(read):
    assert "x = y" in refusal(read, "password = 'hunter2'\nx = y")
    assert "?" in refusal(read, "?")
    assert "[a" in refusal(read, "password = 'hunter2'\n[a\n")


def test_what_is_written_in_a_shorter_way_is_written(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text('a = { b = "x", d = [1] }\n[[e]]\nf = 1\n')
    document = Document.read(path)
    for said in (("a", "b"), ("a", "b", "c"), ("a", "d", 0), ("e", 0, "f"), ("a", 0, "b")):
        assert document.says(said), said
    for silent in (("g",), ("a", "g"), ("e", 0, "g")):
        assert not document.says(silent), silent
