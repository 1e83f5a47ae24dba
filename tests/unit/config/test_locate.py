"""The locator against tomllib: the same keys, each where its text stands, each with its value."""

import json
import tomllib
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.config.locate import KeyPath, Place, locate
from bridge.config.locate import dotted as with_dots

TRICKY = st.text(st.sampled_from("ab \t\n\\\"'#=[]{},.é€\U0001f4de"), max_size=8)


def basic(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def multi_line_basic(text: str) -> str:
    return '"""\n' + text.replace("\\", "\\\\").replace('"""', '""\\"') + '\\\n   """'


def literal(text: str) -> str:
    return "'" + text.replace("'", "").replace("\n", "") + "'"


def multi_line_literal(text: str) -> str:
    return "'''" + text.replace("'", "") + "''''"


def keys() -> st.SearchStrategy[str]:
    return st.one_of(
        st.from_regex(r"[A-Za-z0-9_-]{1,3}", fullmatch=True),
        TRICKY.map(basic),
        TRICKY.map(literal),
    )


def dotted(key: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda parts, dot: dot.join(parts),
        st.lists(key, min_size=1, max_size=3),
        st.sampled_from([".", " . "]),
    )


def array(items: list[str], gap: str, comma_at_end: bool) -> str:
    return f"[{gap}" + f"{gap},{gap}".join(items) + (f"{gap},{gap}]" if comma_at_end and items else f"{gap}]")


def inline_table(pairs: list[tuple[str, str]]) -> str:
    return "{ " + ", ".join(f"{key} = {value}" for key, value in pairs) + " }"


SCALARS = st.one_of(
    st.integers(-99, 99).map(str),
    st.sampled_from(["1_000", "0xff", "-1.5e3", "inf", "true", "1979-05-27 07:32:00", "07:32:00.5"]),
    st.builds(
        lambda text, style: style(text),
        TRICKY,
        st.sampled_from([basic, multi_line_basic, literal, multi_line_literal]),
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.builds(
            array, st.lists(inner, max_size=3), st.sampled_from(["", " ", "\n  # ]\n\t"]), st.booleans()
        ),
        st.builds(inline_table, st.lists(st.tuples(dotted(keys()), inner), max_size=3)),
    ),
    max_leaves=5,
)
# A small alphabet, so that headers meet tables that exist already.
NAMES = dotted(st.sampled_from(["a", "b", '"c"', "'d e'"]))
STATEMENTS = st.one_of(
    st.builds("{} = {}".format, NAMES, VALUES),
    st.builds("  {}={} # ='\"[".format, dotted(keys()), VALUES),
    NAMES.map("[{}]".format),
    NAMES.map("[[ {} ]] # comment".format),
    st.just("\n# a = 1"),
)


def is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Statements that each leave the document valid."""
    text = ""
    for statement in draw(st.lists(STATEMENTS, max_size=12)):
        if is_toml(text + statement + "\n"):
            text += statement + "\n"
    return text


def paths(value: object, above: KeyPath = ()) -> Iterator[tuple[KeyPath, object]]:
    entries: Iterable[tuple[str | int, object]] = ()
    if isinstance(value, dict):
        entries = value.items()
    elif isinstance(value, list):
        entries = enumerate(value)
    for key, inner in entries:
        yield (*above, key), inner
        yield from paths(inner, (*above, key))


def text_at(text: str, place: Place) -> str:
    return "\n".join(text.split("\n")[place.line - 1 :])[place.column - 1 :]


def is_at(text: str, key: str | int, place: Place) -> bool:
    """Whether the key is written at its place; an element of an array stands where its value does."""
    rest = text_at(text, place)
    if isinstance(key, int):
        return place.start == place.end or rest == text[place.start :]
    spellings = {basic(key), *([f"'{key}'"] if "'" not in key else []), key}
    return any(rest.startswith(spelling) for spelling in spellings)


@settings(deadline=None)
@given(documents())
def test_every_key_is_where_tomllib_found_it(text: str):
    expected = dict(paths(tomllib.loads(text)))

    places = locate(text)

    assert places.keys() == expected.keys()
    for path, place in places.items():
        assert is_at(text, path[-1], place), path
        written = text[place.start : place.end]
        if written:
            assert tomllib.loads(f"v = {written}")["v"] == expected[path]
        else:
            assert isinstance(expected[path], dict | list)


@pytest.mark.parametrize(
    ("text", "path", "line", "column"),
    [
        ("a = 1\n  b = 2", ("b",), 2, 3),
        ("[mqtt]\nhost = 'x'", ("mqtt",), 1, 2),
        ("[mqtt]\nhost = 'x'", ("mqtt", "host"), 2, 1),
        ("[[hints]]\nname = 'a'\n\n[[hints]]\nname = 'b'", ("hints", 1, "name"), 5, 1),
        ("[[hints]]\nname = 'a'\n\n[[hints]]\nname = 'b'", ("hints", 1), 4, 3),
        ("[[a]]\n[a.b]\nc = 1\n[[a]]\n[a.b]\nc = 2", ("a", 1, "b", "c"), 6, 1),
        ("listen = [\n  'a',\n  'b', # two\n]", ("listen", 1), 3, 3),
        ("x = {y = 1, 'z z' = 2}", ("x", "z z"), 1, 13),
        ('a . "b".c = 1', ("a", "b", "c"), 1, 9),
        ('a = """\n]\n"""\nb = 1', ("b",), 4, 1),
    ],
)
def test_examples(text: str, path: KeyPath, line: int, column: int):
    assert locate(text)[path][:2] == (line, column)


def test_a_value_is_delimited_without_its_comment():
    text = "a = 07:32:00  # noon\n"
    place = locate(text)["a",]
    assert text[place.start : place.end] == "07:32:00"


def test_dotted():
    assert with_dots(("hints", 1, "name")) == "hints[1].name"
    assert with_dots(("mqtt",)) == "mqtt"
