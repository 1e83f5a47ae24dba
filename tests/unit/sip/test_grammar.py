import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.sip.errors import BadRequest
from bridge.sip.grammar import (
    COMPACT,
    LISTS,
    SINGLE,
    decode,
    encode,
    host_name,
    long_name,
    number,
    port,
    quote,
    remembered,
    title,
    unescape,
    unquote,
)


@pytest.mark.requirement("M1")
@pytest.mark.parametrize(
    ("letter", "name"),
    [
        ("v", "via"),
        ("f", "from"),
        ("t", "to"),
        ("i", "call-id"),
        ("m", "contact"),
        ("l", "content-length"),
        ("c", "content-type"),
        ("e", "content-encoding"),
        ("k", "supported"),
        ("s", "subject"),
        ("o", "event"),
        ("u", "allow-events"),
        ("r", "refer-to"),
        ("b", "referred-by"),
        ("x", "session-expires"),
        ("a", "accept-contact"),
    ],
)
def test_compact_names_are_long_names(letter, name):
    assert long_name(letter) == long_name(letter.upper()) == long_name(letter + " \t") == name


@pytest.mark.requirement("M1")
@pytest.mark.parametrize("sent", ["call-id", "Call-ID", "CALL-ID", "cAlL-iD", "Call-ID ", "Call-ID\t \t"])
def test_names_match_in_any_case_and_with_blanks_before_the_colon(sent):
    assert long_name(sent) == "call-id"


@pytest.mark.parametrize(
    "sent", ["", " ", "Call ID", "Call-ID:", " Call-ID", "Vi\u0430", "V\xeda", "a\x00", "(x)"]
)
def test_what_is_no_token_is_no_name(sent):
    assert long_name(sent) is None


def test_unknown_names_are_kept_in_lower_case():
    assert long_name("X-Grandstream-PBX") == "x-grandstream-pbx"
    assert long_name("C%6Fntact") == "c%6fntact"


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("call-id", "Call-ID"),
        ("CSEQ", "CSeq"),
        ("www-authenticate", "WWW-Authenticate"),
        ("sip-etag", "SIP-ETag"),
        ("sip-if-match", "SIP-If-Match"),
        ("mime-version", "MIME-Version"),
        ("subscription-state", "Subscription-State"),
        ("x-anything", "X-Anything"),
    ],
)
def test_names_are_written_as_the_rfc_writes_them(name, written):
    assert title(name) == written
    assert title(written) == written
    assert long_name(written) == name.lower()


@pytest.mark.requirement("M20")
@pytest.mark.parametrize("name", ["", "a b", "X\r\nVia", "a:", "\x00"])
def test_a_name_that_would_break_the_line_is_refused(name):
    with pytest.raises(ValueError, match="no header name"):
        title(name)


def test_tables_speak_of_long_names_and_do_not_overlap():
    assert not LISTS & SINGLE
    assert all(name not in COMPACT for name in LISTS | SINGLE)
    assert not {"authorization", "proxy-authorization", "www-authenticate", "proxy-authenticate"} & LISTS


@pytest.mark.requirement("M9")
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("0068", 68),
        ("4294967295", 2**32 - 1),
        ("4294967296", 2**32),
        ("000000000000000000000000000001", 1),
        ("1" + "0" * 100, 10**20),
        ("9" * 8000, 10**20),
        ("0" * 8000, 0),
    ],
)
def test_numbers_never_wrap(text, value):
    assert number(text) == value


@pytest.mark.requirement("M9")
@pytest.mark.parametrize(
    "text", ["", "-1", "+5", "5 5", "0x10", "1.0", "1e3", " 1", "1\n", "\u0661", "\xb2", "\uff11", "1_0"]
)
def test_what_is_no_number_is_none(text):
    assert number(text) is None


@pytest.mark.requirement("M9")
@pytest.mark.parametrize("text", ["0", "65536", "99999", "-1", "", "5060x", "1" * 400])
def test_ports_are_1_to_65535(text):
    assert port("1") == 1
    assert port("65535") == 65535
    with pytest.raises(BadRequest):
        port(text)


@pytest.mark.requirement("M13")
def test_quotes_and_backslashes():
    assert unquote(r'"a\"b\\c"') == r"a\bc".replace("\\b", '"b\\')
    assert unquote('"\\\x00"') == "\x00"
    assert unquote('""') == ""
    assert unquote("token") == "token"
    assert unquote('"') == '"'


@given(st.text())
def test_quoting_comes_back(text):
    assert unquote(quote(text)) == text


@pytest.mark.requirement("M15")
def test_escapes_are_resolved_once():
    assert unescape("v%61lue%25%34%31") == "value%41"
    assert unescape("null-%00-null") == "null-\x00-null"
    assert unescape("%C3%A9\xe9") == "\xe9\xe9"
    assert encode(unescape("%FF")) == b"\xff"


@pytest.mark.parametrize("text", ["%", "%4", "%zz", "a%4gb", "100%"])
def test_a_broken_escape_is_refused(text):
    with pytest.raises(BadRequest):
        unescape(text)


@given(st.binary())
def test_any_bytes_come_back(data):
    assert encode(decode(data)) == data


@pytest.mark.requirement("M16")
@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("Example.COM", "example.com"),
        ("[2001:DB8::1]", "2001:db8::1"),
        ("[::ffff:192.0.2.1]", "::ffff:192.0.2.1"),
        ("[2001:db8:::192.0.2.1]", "2001:db8::192.0.2.1"),
    ],
)
def test_hosts(text, host):
    assert host_name(text) == host


@pytest.mark.parametrize("text", ["[]", "[1.2.3.4]", "[:::]", "[2001:db8:::1]", "[12345::]", "[1:2:3]"])
def test_brackets_hold_an_ipv6_address(text):
    with pytest.raises(BadRequest):
        host_name(text)


def test_only_short_texts_are_remembered():
    asked = []

    @remembered
    def length(text):
        asked.append(text)
        return len(text)

    assert [length("short"), length("short")] == [5, 5]
    assert [length("x" * 300), length("x" * 300)] == [300, 300]
    assert asked == ["short", "x" * 300, "x" * 300]
