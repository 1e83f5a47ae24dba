import tomllib

import pytest

from bridge.config.syntax import syntax_problem


def problem(text: str):
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads(text)
    return syntax_problem("c.toml", text, str(caught.value))


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ("a = True", "1:5", "this is no value: text stands in quotes"),
        ('a = "x\nb = 1', "1:7", "the line ends within a text"),
        ('a = """x', "1:9", "a text begins and does not end"),
        ("a = 'x", "1:7", "a text begins and does not end"),
        ("a = 1\n  a = 2\n", "2:3", "this stands already further up"),
        ("[a]\n[a]", "2:1", "this section stands already further up"),
        ("x y = 1", "1:3", "a key needs an equals sign"),
        ("a = 1 2", "1:7", "the line goes on behind its end"),
        ("= 1", "1:1", "a line begins with the name of a key"),
        ("a = [1 2]", "1:8", "a list goes on until its closing bracket"),
        ("a = {b = 1\n}", "1:11", "a table in braces stands on one line"),
        ('a = "\\q"', "1:8", "a backslash in quotes"),
        ("[a\n", "1:3", "the name of a section needs its closing brackets"),
        ('a = "\x01"', "1:6", "Illegal character '\\x01'"),
    ],
)
def test_what_is_no_toml_is_told_in_words(text, where, words):
    found = problem(text)
    assert found.where == f"c.toml:{where}"
    assert found.reason.startswith(f"not valid TOML: {words}")


@pytest.mark.parametrize(
    "text", ["password = 'hunter2", "password = [\n'hunter2", "[mqtt]\npassword = '''x\nhunter2"]
)
def test_a_line_that_may_hold_a_secret_is_not_shown(text):
    assert "hunter2" not in str(problem(text))
