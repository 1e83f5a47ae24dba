import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.sip.errors import BadRequest, UnsupportedUriScheme
from bridge.sip.headers import WILDCARD
from bridge.sip.message import Request, Response, encode_request, encode_response
from bridge.sip.parser import parse

VIA = ("via", "SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bK1")
IDENTITY = [
    VIA,
    ("from", '"Alice" <sip:alice@example.com>;tag=a1'),
    ("to", "<sip:2000@example.com>"),
    ("call-id", "c1"),
    ("cseq", "7 SUBSCRIBE"),
]


def subscribe(*headers, uri="sip:2000@example.com"):
    return Request("SUBSCRIBE", uri, [*IDENTITY, *headers])


def test_what_names_a_request():
    request = subscribe()
    assert request.top_via.branch == "z9hG4bK1"
    assert request.via_values == [VIA[1]]
    assert (request.from_.display, request.from_.tag) == ("Alice", "a1")
    assert (request.to.uri, request.to.tag) == ("sip:2000@example.com", None)
    assert request.to_uri.user == "2000"
    assert request.call_id == "c1"
    assert request.cseq == (7, "SUBSCRIBE")
    assert "SUBSCRIBE sip:2000@example.com c1" in repr(request)


def test_what_is_absent():
    request = subscribe()
    assert request.contacts == []
    assert request.record_routes == []
    assert request.expires is None
    assert request.event is None
    assert request.accept is None
    assert request.require == []
    assert request.user_agent is None
    assert request.content_type is None
    assert request.body == b""
    assert request.get("expires") is None
    assert request.values("allow") == []


def test_what_is_needed_and_missing():
    empty = Request("SUBSCRIBE", "sip:a", [("to", "")])
    for read in ("top_via", "from_", "to", "cseq"):
        with pytest.raises(BadRequest):
            getattr(empty, read)
    assert empty.call_id == ""


@pytest.mark.requirement("M3")
@pytest.mark.parametrize(
    "name",
    ["via", "contact", "route", "record-route", "accept", "allow", "supported", "require", "allow-events"],
)
def test_lines_and_commas_mean_the_same(name):
    lines = Request("OPTIONS", "sip:a", [(name, "a1"), (name, "b2 , c3")])
    commas = Request("OPTIONS", "sip:a", [(name, "a1,b2,c3")])
    assert lines.values(name) == commas.values(name) == ["a1", "b2", "c3"]
    assert lines.get(name) == "a1"


@pytest.mark.requirement("M3")
@pytest.mark.parametrize(
    "name", ["authorization", "proxy-authorization", "www-authenticate", "proxy-authenticate"]
)
def test_credentials_are_never_split(name):
    value = 'Digest username="a,b", realm="r", qop=auth'
    assert Request("OPTIONS", "sip:a", [(name, value), (name, value)]).values(name) == [value, value]


@pytest.mark.requirement("M3")
def test_more_values_than_any_honest_list_has():
    request = subscribe(("accept", ",".join(["a/b"] * 128)))
    assert request.accept is not None
    assert len(request.accept) == 128
    with pytest.raises(BadRequest, match="Accept"):
        _ = subscribe(*[("accept", "a/b, a/b")] * 65).accept


@pytest.mark.requirement("M4")
def test_record_routes_keep_order_and_bytes():
    values = ["<sip:p2.example.com;lr;x=%41>", '"P,1"  <sip:p1:5080;lr>;y = 1', "<sip:p0;lr>"]
    request = subscribe(("record-route", f"{values[0]}, {values[1]}"), ("record-route", values[2]))
    assert request.record_routes == values


@pytest.mark.requirement("M9")
@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("600", 600),
        ("4294967295", 2**32 - 1),
        ("4294967296", 2**32 - 1),
        ("9" * 500, 2**32 - 1),
        ("-5", None),
        ("abc", None),
        ("", None),
        ("60;x", None),
        ("\u0661", None),
    ],
)
def test_expires(value, seconds):
    assert subscribe(("expires", value)).expires == seconds


@pytest.mark.requirement("M19")
def test_empty_lists():
    request = subscribe(("supported", ""), ("accept", ""), ("require", " "))
    assert request.values("supported") == []
    assert request.accept == []
    assert request.require == []


@pytest.mark.requirement("D3")
def test_require_names_what_must_be_understood():
    request = subscribe(("require", "eventlist , foo"), ("proxy-require", "bar"))
    assert request.require == ["eventlist", "foo"]


def test_one_event():
    assert subscribe(("event", "presence;id=7")).event == ("presence", "7", {"id": "7"})
    with pytest.raises(BadRequest):
        _ = subscribe(("event", "presence"), ("event", "dialog")).event


def test_other_fields():
    request = subscribe(
        ("user-agent", "Digium D40 1_4_0_0_57389"),
        ("content-type", "application/pidf+xml;charset=UTF-8"),
        ("route", "<sip:p1;lr>, <sip:p2;lr>"),
        ("supported", "replaces, 100rel"),
        ("accept", "application/pidf+xml, */*;q=0.1"),
    )
    assert request.user_agent == "Digium D40 1_4_0_0_57389"
    assert request.content_type == ("application", "pidf+xml", {"charset": "UTF-8"})
    assert request.values("route") == ["<sip:p1;lr>", "<sip:p2;lr>"]
    assert request.values("supported") == ["replaces", "100rel"]
    assert [media.q for media in request.accept or []] == [1.0, 0.1]


def test_contacts():
    request = subscribe(("contact", '"200" <sip:200@h:5060;ob>;expires=60, sip:b@h;q=0.5'))
    assert [(c.uri, c.params) for c in request.contacts] == [
        ("sip:200@h:5060;ob", {"expires": "60"}),
        ("sip:b@h", {"q": "0.5"}),
    ]


def test_the_wildcard_contact_stands_alone():
    assert subscribe(("contact", "*")).contacts == [WILDCARD]
    with pytest.raises(BadRequest):
        _ = subscribe(("contact", "*, <sip:a@h>")).contacts
    with pytest.raises(BadRequest):
        _ = subscribe(("contact", "*"), ("contact", "*")).contacts


@pytest.mark.requirement("D2")
@pytest.mark.parametrize(
    "uri", ["tel:+1212", "nobodyKnowsThisScheme:x", "soap.beep://192.0.2.103:3002", "http://h"]
)
def test_a_request_uri_of_another_scheme(uri):
    with pytest.raises(UnsupportedUriScheme):
        _ = subscribe(uri=uri).request_uri


@pytest.mark.requirement("D2")
def test_a_request_uri():
    assert subscribe(uri="SIP:2000@Example.com;transport=tcp").request_uri.host == "example.com"
    for uri in ("sip:user@example.com?Route=%3Csip:example.com%3E", "sip:2001:db8::10", "sip:a@"):
        with pytest.raises(BadRequest):
            _ = subscribe(uri=uri).request_uri


# --- encoding ------------------------------------------------------------------------------------


@pytest.mark.requirement("D6")
def test_an_answer_copies_what_names_the_request():
    request = subscribe(("timestamp", "54"), ("record-route", "<sip:p;lr>"))
    assert encode_response(request, 200, "OK", to_tag="t1", headers=[("Expires", "600")]) == (
        b"SIP/2.0 200 OK\r\n"
        b"Via: SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bK1\r\n"
        b'From: "Alice" <sip:alice@example.com>;tag=a1\r\n'
        b"To: <sip:2000@example.com>;tag=t1\r\n"
        b"Call-ID: c1\r\n"
        b"CSeq: 7 SUBSCRIBE\r\n"
        b"Expires: 600\r\n"
        b"Content-Length: 0\r\n"
        b"\r\n"
    )


@pytest.mark.requirement("D6")
def test_a_to_tag_is_not_replaced():
    request = Request("SUBSCRIBE", "sip:a", [VIA, ("to", "<sip:a>;tag=old")])
    assert b"To: <sip:a>;tag=old\r\n" in encode_response(request, 481, "Gone", to_tag="new")
    assert b"To: <sip:2000@example.com>\r\n" in encode_response(subscribe(), 100, "Trying")


@pytest.mark.requirement("M4", "D6")
def test_an_answer_keeps_all_vias_in_order_and_byte_for_byte():
    values = [
        "SIP / 2.0 / UDP  a;branch=z9hG4bK1 ; x",
        "SIP/2.0/TCP b;BRANCH=z9hG4bK2",
        'SIP/2.0/UDP c;x="a,b\\""',
    ]
    request = Request("OPTIONS", "sip:a", [("via", f"{values[0]},{values[1]}"), ("via", values[2])])
    plain = encode_response(request, 200, "OK").decode()
    assert f"Via: {values[0]},{values[1]}\r\nVia: {values[2]}\r\n" in plain
    stamped = encode_response(request, 200, "OK", via="SIP/2.0/UDP a;received=192.0.2.9").decode()
    assert f"Via: SIP/2.0/UDP a;received=192.0.2.9\r\nVia: {values[1]}\r\nVia: {values[2]}\r\n" in stamped


@pytest.mark.requirement("M4", "M5")
def test_values_keep_their_bytes_from_parsing_to_answering():
    raw = b'"J\xfcrgen \xff\xe5\xa4\xa7" <sip:a@h>;tag=\xc3\xa9'
    data = (
        b"OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK\xfe\r\nFrom: " + raw + b"\r\n"
        b"To: <sip:a>\r\nCall-ID: \x80\r\nCSeq: 1 OPTIONS\r\n\r\n"
    )
    answer = encode_response(parse(data), 200, "OK", to_tag="t")
    assert b"From: " + raw + b"\r\n" in answer
    assert b"Via: SIP/2.0/UDP h;branch=z9hG4bK\xfe\r\n" in answer
    assert b"Call-ID: \x80\r\n" in answer


def test_an_answer_to_what_was_only_partly_read():
    request = Request("INVITE", "", [VIA, ("cseq", "1 INVITE")])
    assert encode_response(request, 400, "Bad Request", to_tag="t", via=VIA[1]) == (
        b"SIP/2.0 400 Bad Request\r\nVia: "
        + VIA[1].encode()
        + b"\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
    )


def test_a_request():
    headers = [("via", "SIP/2.0/UDP 192.0.2.1"), ("CALL-ID", "c"), ("subscription-state", "active")]
    assert encode_request("NOTIFY", "sip:a@h;ob", headers, b"\xff\x00body") == (
        b"NOTIFY sip:a@h;ob SIP/2.0\r\n"
        b"Via: SIP/2.0/UDP 192.0.2.1\r\n"
        b"Call-ID: c\r\n"
        b"Subscription-State: active\r\n"
        b"Content-Length: 6\r\n"
        b"\r\n"
        b"\xff\x00body"
    )


@pytest.mark.requirement("M5")
@given(st.binary(max_size=200))
def test_bodies_pass_unharmed(body):
    headers = [(name.title(), value) for name, value in IDENTITY]
    request = parse(encode_request("SUBSCRIBE", "sip:a", headers, body) + b"trailing")
    assert request.body == body
    assert parse(encode_response(request, 200, "OK", body=body)).body == body


@pytest.mark.requirement("M20")
@given(st.text(st.characters(exclude_characters=',"<'), max_size=60))
def test_nothing_in_a_value_can_make_another_line(text):
    nasty = f"x\r\nVia: evil\n\rX: y\x00{text}"
    request = Request("SUBSCRIBE", "sip:a", [(name, nasty) for name, _ in IDENTITY])
    answer = encode_response(request, 400, nasty, to_tag="t", headers=[("Warning", nasty)], via=nasty)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert body == b""
    lines = head.split(b"\r\n")
    assert [line.partition(b":")[0] for line in lines[1:]] == [
        b"Via",
        b"From",
        b"To",
        b"Call-ID",
        b"CSeq",
        b"Warning",
        b"Content-Length",
    ]
    assert not any(byte in line for line in lines for byte in (b"\r", b"\n", b"\x00"))


@pytest.mark.requirement("M20")
@given(st.text(max_size=60))
def test_nothing_in_a_uri_can_leave_the_request_line(text):
    data = encode_request("NOTIFY", f"sip:{text}\r\nVia: x \x00", [("Subject", text)])
    line, _, rest = data.partition(b"\r\n")
    assert line.count(b" ") == 2
    assert not any(byte in line for byte in (b"\r", b"\n", b"\x00"))
    assert rest.startswith(b"Subject:")


@pytest.mark.requirement("M20")
def test_no_half_of_a_surrogate_pair_stops_us():
    assert b"X-A: a b\xff\r\n" in encode_request("NOTIFY", "sip:\ud800", [("X-A", "a\ud800b\udcff")])


def test_responses():
    response = Response(200, "OK", [*IDENTITY])
    assert (response.status, response.reason, response.cseq.method) == (200, "OK", "SUBSCRIBE")
    assert "200 OK c1" in repr(response)
