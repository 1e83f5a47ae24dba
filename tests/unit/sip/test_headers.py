import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.sip.errors import BadRequest
from bridge.sip.headers import (
    MediaRange,
    add_tag,
    parse_cseq,
    parse_event,
    parse_media_range,
    parse_media_type,
    parse_name_addr,
    parse_via,
    scan_params,
    split_commas,
)

# --- lists ---------------------------------------------------------------------------------------


@pytest.mark.requirement("M3")
@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", []),
        (" , ,", []),
        ("a", ["a"]),
        ("a,b", ["a", "b"]),
        (" a ,\tb ", ["a", "b"]),
        ('"a,b" <sip:c>, <sip:d,e>;x="f,g"', ['"a,b" <sip:c>', '<sip:d,e>;x="f,g"']),
        (r'"a\",b" <sip:c>,d', [r'"a\",b" <sip:c>', "d"]),
        ('<sip:a>;x="<", <sip:b>', ['<sip:a>;x="<"', "<sip:b>"]),
    ],
)
def test_commas_split_outside_quotes_and_brackets(text, values):
    assert split_commas(text) == values


@pytest.mark.parametrize("text", ['"', '"a, b', "<sip:a, b", '"a" <sip:b>, "c', r'"\"'])
def test_a_quote_or_bracket_that_stays_open_is_refused(text):
    with pytest.raises(BadRequest):
        split_commas(text)


@given(st.lists(st.text("ab,\"\\<> ;'", max_size=8), min_size=1))
def test_quoted_values_stay_whole(texts):
    quoted = ['"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts]
    assert split_commas(", ".join(quoted)) == quoted


@pytest.mark.requirement("M2", "M13")
def test_parameters_with_blanks_quotes_and_without_values():
    params, end = scan_params(';A = 1 ; b;c="x;\\"y" ;d=[::1];e=a==;f=', 0)
    assert params == {"a": "1", "b": None, "c": 'x;"y', "d": "[::1]", "e": "a==", "f": ""}
    assert end == len(';A = 1 ; b;c="x;\\"y" ;d=[::1];e=a==;f=')


def test_parameters_end_before_what_is_none_and_before_a_repeated_name():
    assert scan_params(";a=1;;b", 0) == ({"a": "1"}, 4)
    assert scan_params(";a=1;A=2", 0) == ({"a": "1"}, 4)


# --- addresses -----------------------------------------------------------------------------------


@pytest.mark.requirement("M13")
@pytest.mark.parametrize(
    ("text", "display", "uri", "params"),
    [
        ("<sip:a@h>", "", "sip:a@h", {}),
        ("sip:a@h", "", "sip:a@h", {}),
        ('"Alice" <sip:a@h>;tag=1', "Alice", "sip:a@h", {"tag": "1"}),
        ('"Alice"<sip:a@h>;tag=1', "Alice", "sip:a@h", {"tag": "1"}),
        ("caller<sip:a@h>;tag=323", "caller", "sip:a@h", {"tag": "323"}),
        ("Alice  B. Clark   <sip:a@h>", "Alice  B. Clark", "sip:a@h", {}),
        (r'"A \"B\" <sip:x>, ; \\" <sip:a@h>;tag=1', 'A "B" <sip:x>, ; \\', "sip:a@h", {"tag": "1"}),
        ('"" <sip:a@h>', "", "sip:a@h", {}),
        ('"J\u00fcrgen \u5927" <sip:a@h>', "J\u00fcrgen \u5927", "sip:a@h", {}),
        ("J\u00fcrgen O'Neil (2) <sip:a@h>", "J\u00fcrgen O'Neil (2)", "sip:a@h", {}),
        ("<sip:a@h;lr?x=y>;p=q", "", "sip:a@h;lr?x=y", {"p": "q"}),
        (
            '<sip:a@h>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>";reg-id=1',
            "",
            "sip:a@h",
            {"+sip.instance": "<urn:uuid:00000000-0000-1000-8000-000A95A0E128>", "reg-id": "1"},
        ),
        (
            "<sip:a@h> ; newparam = newvalue ; secondparam ; q = 0.33",
            "",
            "sip:a@h",
            {"newparam": "newvalue", "secondparam": None, "q": "0.33"},
        ),
        ("isbn:2983792873", "", "isbn:2983792873", {}),
        ("<http://www.example.com>;tag=3", "", "http://www.example.com", {"tag": "3"}),
        ("sip:a@h;TAG=Xy", "", "sip:a@h", {"tag": "Xy"}),
        ('sip:a@h;x="<y>"', "", "sip:a@h", {"x": "<y>"}),
    ],
)
def test_name_addr(text, display, uri, params):
    assert parse_name_addr(text) == (display, uri, params)


@pytest.mark.requirement("M14")
def test_without_brackets_parameters_are_the_headers():
    bare = parse_name_addr("sip:+19725552222@gw1.example.net;unknownparam")
    assert (bare.uri, bare.params) == ("sip:+19725552222@gw1.example.net", {"unknownparam": None})
    bracketed = parse_name_addr("<sip:+19725552222@gw1.example.net;unknownparam>")
    assert (bracketed.uri, bracketed.params) == ("sip:+19725552222@gw1.example.net;unknownparam", {})


@pytest.mark.requirement("M14")
@pytest.mark.parametrize("text", ["sip:user@example.com?Route=%3Csip:x%3E", "sip:a,b@h", "sip:a@h?x=y;tag=1"])
def test_without_brackets_no_question_mark_and_no_comma(text):
    with pytest.raises(BadRequest):
        parse_name_addr(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "2000",
        "<>",
        "<2000>",
        '"Mr. J. User <sip:j.user@example.com>',
        '"Watson, Thomas" < sip:t.watson@example.org >',
        "Bell, Alexander <sip:a.g.bell@example.com>;tag=43",
        "<sip:a@h>;;",
        "<sip:a@h>;tag=1;tag=2",
        "<sip:a@h>x",
        "<sip:a@h>,<sip:b@h>",
        "<sip:a@h",
        "sip:a@h>",
        "<<sip:a@h>>",
        "sip:a @h",
        '<sip:a@h>;tag="1',
        "<sip:a\x00@h>",
    ],
)
def test_what_is_no_name_addr(text):
    with pytest.raises(BadRequest):
        parse_name_addr(text)


@pytest.mark.requirement("M17")
def test_no_tag_and_an_empty_tag_are_none():
    assert parse_name_addr("<sip:a@h>").tag is None
    assert parse_name_addr("<sip:a@h>;tag=").tag is None
    assert parse_name_addr("<sip:a@h>;tag=A").tag == "A"


@pytest.mark.requirement("D6")
@pytest.mark.parametrize(
    ("value", "tagged"),
    [
        ('"Bob"  <sip:a@h>', '"Bob"  <sip:a@h>;tag=new'),
        ("sip:a@h", "sip:a@h;tag=new"),
        ("<sip:a@h>;tag=old", "<sip:a@h>;tag=old"),
        ("<sip:a@h;tag=uri>", "<sip:a@h;tag=uri>;tag=new"),
        ('";tag=x" <sip:a@h>', '";tag=x" <sip:a@h>;tag=new'),
        # Malformed, but copied all the same.
        ('"Mr. J <sip:a@h>', '"Mr. J <sip:a@h>;tag=new'),
        ('"Mr. J <sip:a@h>;Tag=old', '"Mr. J <sip:a@h>;Tag=old'),
    ],
)
def test_a_tag_is_added_once(value, tagged):
    assert add_tag(value, "new") == tagged


# --- the others ----------------------------------------------------------------------------------


@pytest.mark.requirement("M9")
@pytest.mark.parametrize(
    ("text", "number", "method"),
    [
        ("0 INVITE", 0, "INVITE"),
        ("0009   INVITE", 9, "INVITE"),
        ("2147483647\tSUBSCRIBE", 2**31 - 1, "SUBSCRIBE"),
        ("29344 RE%47IST%45R", 29344, "RE%47IST%45R"),
    ],
)
def test_cseq(text, number, method):
    assert parse_cseq(text) == (number, method)


@pytest.mark.requirement("M9")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "INVITE",
        "1INVITE",
        "-1 INVITE",
        "+1 INVITE",
        "2147483648 INVITE",
        "4294967296 INVITE",
        "36893488147419103232 REGISTER",
        "1" * 101 + " INVITE",
        "\u0661 INVITE",
        "1 INVITE x",
        "1 INV/ITE",
    ],
)
def test_what_is_no_cseq(text):
    with pytest.raises(BadRequest):
        parse_cseq(text)


def test_event():
    assert parse_event("presence") == ("presence", None, {})
    assert parse_event("Presence.winfo ; ID=a1;x") == ("Presence.winfo", "a1", {"id": "a1", "x": None})


@pytest.mark.parametrize("text", ["", ";id=1", "a b", "presence;;", '"presence"', "presence, dialog"])
def test_what_is_no_event(text):
    with pytest.raises(BadRequest):
        parse_event(text)


def test_media_types():
    assert parse_media_type("Application/PIDF+XML") == ("application", "pidf+xml", {})
    assert parse_media_type('multipart/related ; type="a/b";boundary=x') == (
        "multipart",
        "related",
        {"type": "a/b", "boundary": "x"},
    )


@pytest.mark.parametrize(
    ("text", "media"),
    [
        ("application/pidf+xml", MediaRange("application", "pidf+xml", {}, 1.0)),
        ("*/*;q=0.5", MediaRange("*", "*", {}, 0.5)),
        ("application/* ; level=1 ; Q = 0", MediaRange("application", "*", {"level": "1"}, 0.0)),
        ("a/b;q=1.000", MediaRange("a", "b", {}, 1.0)),
        ("a/b;q=0.", MediaRange("a", "b", {}, 0.0)),
        ("a/b;q=nan", MediaRange("a", "b", {}, 1.0)),
        ("a/b;q=7", MediaRange("a", "b", {}, 1.0)),
        ("a/b;q", MediaRange("a", "b", {}, 1.0)),
    ],
)
def test_media_ranges(text, media):
    assert parse_media_range(text) == media


@pytest.mark.parametrize("text", ["", "*", "application", "a/", "/b", "a/b/c", "a/b;;q=1", "a b/c"])
def test_what_is_no_media_type(text):
    with pytest.raises(BadRequest):
        parse_media_type(text)
    with pytest.raises(BadRequest):
        parse_media_range(text)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text):
    refused = 0
    readers = [
        parse_via,
        parse_name_addr,
        parse_cseq,
        parse_event,
        parse_media_type,
        parse_media_range,
        split_commas,
    ]
    for read in readers:
        try:
            read(text)
        except BadRequest:
            refused += 1
    assert refused <= len(readers)
    assert add_tag(text, "t").startswith(text)
