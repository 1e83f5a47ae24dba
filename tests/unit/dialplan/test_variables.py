import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.dialplan.variables import UnresolvedError, expand

KNOWN = {"EXTEN": "2000", "A": "x", "NAME": "A", "LAST": "3", "": "nameless"}


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("plain $ { } text", "plain $ { } text"),
        ("SIP/${EXTEN}", "SIP/2000"),
        ("${A}${A}", "xx"),
        ("${${NAME}}", "x"),
        ("${EXTEN:${LAST}}", "0"),
        ("${EXTEN:1}", "000"),
        ("${EXTEN:-3}", "000"),
        ("${EXTEN:-9}", "2000"),
        ("${EXTEN:9}", ""),
        ("${EXTEN:0:2}", "20"),
        ("${EXTEN:0:-1}", "200"),
        ("${EXTEN:1:0}", ""),
        ("${GLOBAL(A)}", "x"),
        ("${GLOBAL(EXTEN):1}", "000"),
    ],
)
def test_variables_are_replaced(text, expanded):
    assert expand(text, KNOWN) == expanded


def test_what_is_put_in_is_not_read_again():
    assert expand("${A}", {"A": "${A}"}) == "${A}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("${B}", r"\$\{B\} is set in no \[globals\] of these files"),
        ("${a}", r"\$\{a\} is set in no"),
        ("${DB(a/${EXTEN})}", r"\$\{DB\(a/2000\)\} is a function"),
        ("${EXTEN:x}", r"\$\{EXTEN:x\} is not understood"),
        ("${EXTEN:1:2:3}", "is not understood"),
        ("${EXTEN", r"lacks the \} of a variable"),
        ("$[1 + 2]", r"holds an expression \$\[...\]"),
        ("${$[1 + 2]}", "holds an expression"),
        ("${" * 20 + "}" * 20, "too deep"),
    ],
)
def test_what_only_the_pbx_knows_is_named(text, reason):
    with pytest.raises(UnresolvedError, match=reason):
        expand(text, KNOWN)


def test_why_a_global_variable_is_not_known_is_passed_on():
    with pytest.raises(UnresolvedError, match=r"^it is so$"):
        expand("${A}", {"A": UnresolvedError("it is so")})


@given(st.text("${}[]():-1AEXTN", max_size=60))
def test_any_text_is_expanded_or_refused_in_words(text):
    try:
        expanded, reason = expand(text, KNOWN), ""
    except UnresolvedError as error:
        expanded, reason = "", str(error)
    assert reason or "${" not in text or expanded != text
