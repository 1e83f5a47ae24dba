import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.sip.errors import BadRequest
from bridge.sip.uri import equivalent, is_ip_literal, parse_uri, same_host

pytestmark = pytest.mark.requirement("M15")


def test_all_parts():
    uri = parse_uri(
        "SIPS:Alice:S3cret@Example.COM:5061;transport=TCP;lr;X=a%20b?Subject=a%26b&priority=urgent"
    )
    assert uri.scheme == "sips"
    assert (uri.user, uri.password) == ("Alice", "S3cret")
    assert (uri.host, uri.port) == ("example.com", 5061)
    assert uri.params == {"transport": "TCP", "lr": None, "x": "a b"}
    assert uri.headers == (("subject", "a&b"), ("priority", "urgent"))
    assert uri.is_sip


def test_the_least():
    uri = parse_uri("sip:h")
    assert uri[1:] == ("sip", None, None, "h", None, {}, ())


@pytest.mark.parametrize(
    ("text", "user", "host"),
    [
        ("sip:user;par=u%40example.net@example.com", "user;par=u@example.net", "example.com"),
        ("sip:sips%3Auser%40example.com@example.net", "sips:user@example.com", "example.net"),
        ("sip:null-%00-null@example.com", "null-\x00-null", "example.com"),
        ("sip:2000;phone-context=x@h", "2000;phone-context=x", "h"),
        ("sip:a?b/c@h", "a?b/c", "h"),
        ("sip:%75se%72@h", "user", "h"),
        ("sip:+1-212-555-1212@gw.example.com", "+1-212-555-1212", "gw.example.com"),
        ("sip:*97@h", "*97", "h"),
        ("sip:J\xfcrgen@h", "J\xfcrgen", "h"),
        ("sip:u@under_score.example", "u", "under_score.example"),
        ("sip:u@h.", "u", "h."),
    ],
)
def test_users_and_hosts(text, user, host):
    uri = parse_uri(text)
    assert (uri.user, uri.host) == (user, host)
    assert str(uri) == text


@pytest.mark.requirement("M16")
@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("sip:[2001:db8::10]", "2001:db8::10", None),
        ("sip:u@[2001:DB8::10]:5070;lr", "2001:db8::10", 5070),
        ("sip:[2001:db8::10:5070]", "2001:db8::10:5070", None),
        ("sip:ted@[::ffff:192.0.2.2]", "::ffff:192.0.2.2", None),
    ],
)
def test_ipv6_stands_in_brackets(text, host, port):
    uri = parse_uri(text)
    assert (uri.host, uri.port) == (host, port)


@pytest.mark.parametrize(
    "text",
    [
        "tel:+12125551212;phone-context=example.com",
        "isbn:2983792873",
        "http://www.example.com",
        "soap.beep://192.0.2.103:3002",
        "nobodyKnowsThisScheme:totallyopaquecontent",
    ],
)
def test_other_schemes_stay_opaque(text):
    uri = parse_uri(text)
    assert str(uri) == text
    assert not uri.is_sip
    assert (uri.user, uri.host, uri.port) == (None, "", None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sip:",
        "sips:",
        "2000",
        "sip",
        ":x",
        "1a:x",
        "sip:@h",
        "sip::pw@h",
        "sip:a@b@c",
        "sip:a@h;x=b@c",
        "sip:a@h?x=b@c",
        "sip:h:",
        "sip:h:0",
        "sip:h:65536",
        "sip:h:5060x",
        "sip:h:\u0665",
        "sip:2001:db8::10",
        "sip:[2001:db8::10",
        "sip:[x]",
        "sip:a@h;",
        "sip:a@h;;lr",
        "sip:a@h;=x",
        "sip:a b@h",
        "sip:a@h\r\nVia: x",
        "sip:a@h\x00",
        'sip:"a"@h',
        "<sip:a@h>",
        "sip:%zz@h",
        "sip:a@h%41",
        "sip:a@h;x=%",
        "sip:a@\u0435xample.com",
        "tel:",
        "tel:a b",
    ],
)
def test_what_is_no_uri(text):
    with pytest.raises(BadRequest):
        parse_uri(text)


def test_the_first_of_two_equal_parameters_counts():
    assert parse_uri("sip:h;alias=a;ALIAS=b").params == {"alias": "a"}


# RFC 3261 section 19.1.4 lists these pairs; RFC 5954 section 4.2 the IPv6 ones.
EQUIVALENT = [
    ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
    ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5"),
    (
        "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
        "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
    ),
    (
        "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
        "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
    ),
    ("sip:bob@[2001:db8::9:1]", "sip:bob@[2001:db8::9:01]"),
    ("sip:bob@[::ffff:192.0.2.128]", "sip:bob@[::ffff:c000:280]"),
    ("sip:a%3bb@h", "sip:a%3Bb@h"),
    ("TEL:+1212", "tel:+1212"),
]
DIFFERENT = [
    ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
    ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
    ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
    ("sip:h", "sips:h"),
    ("sip:h", "sip:h;maddr=192.0.2.1"),
    ("sip:h;user=phone", "sip:h"),
    ("sip:a;b@h", "sip:a%3Bb@h"),
    ("sip:a@h", "sip:a:pw@h"),
    ("sip:[2001:db8::1]", "sip:[2001:db8::2]"),
    ("tel:+1212", "tel:+1213"),
]


@pytest.mark.parametrize(("one", "other"), EQUIVALENT)
def test_equivalent(one, other):
    assert equivalent(parse_uri(one), parse_uri(other))
    assert equivalent(parse_uri(other), parse_uri(one))


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different(one, other):
    assert not equivalent(parse_uri(one), parse_uri(other))
    assert not equivalent(parse_uri(other), parse_uri(one))


@pytest.mark.parametrize(
    ("host", "literal"),
    [
        ("192.0.2.1", True),
        ("2001:db8::1", True),
        ("::ffff:192.0.2.1", True),
        ("example.com", False),
        ("1.2.3", False),
        ("256.1.1.1", False),
        ("[2001:db8::1]", False),
        ("", False),
        ("x" * 5000, False),
    ],
)
def test_ip_literals(host, literal):
    assert is_ip_literal(host) is literal


def test_the_same_address_in_other_words():
    assert same_host("2001:db8::1", "2001:db8:0::1")
    assert not same_host("192.0.2.1", "example.com")
    assert not same_host("192.0.2.1", "192.0.2.2")


@given(st.text(max_size=200))
def test_any_text_is_a_uri_or_a_bad_request(text):
    for candidate in (text, f"sip:{text}", f"sip:{text}@h", f"sip:u@h;{text}", f"sip:u@h?{text}"):
        try:
            uri = parse_uri(candidate)
        except BadRequest:
            continue
        assert str(uri) == candidate
        assert equivalent(uri, uri)


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_an_escaped_user_comes_back(user):
    escaped = "".join(f"%{byte:02x}" for byte in user.encode())
    assert parse_uri(f"sip:{escaped}@h").user == user
