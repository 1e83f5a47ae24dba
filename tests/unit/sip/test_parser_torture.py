"""RFC 4475 and RFC 5118 as far as the parser decides: what is read, and what is refused with which status."""

from pathlib import Path

import pytest

from bridge.sip.errors import MalformedMessage, SipError
from bridge.sip.message import Response, encode_response
from bridge.sip.parser import Frame, frame, parse
from bridge.sip.uri import equivalent, parse_uri

pytestmark = pytest.mark.requirement("M21")

TORTURE = Path(__file__).parents[2] / "data" / "torture"

# What the parser refuses; None where nothing is answered.
REFUSED_4475 = {
    "badinv01": 400,  # 3.1.2.1
    "clerr": 400,  # 3.1.2.2
    "ncl": 400,  # 3.1.2.3
    "scalar02": 400,  # 3.1.2.4
    "scalarlg": None,  # 3.1.2.5
    "quotbal": 400,  # 3.1.2.6
    "ltgtruri": 400,  # 3.1.2.7
    "lwsruri": 400,  # 3.1.2.8
    "lwsstart": 400,  # 3.1.2.9
    "trws": 400,  # 3.1.2.10
    "badaspec": 400,  # 3.1.2.14
    "baddn": 400,  # 3.1.2.15
    "badvers": 505,  # 3.1.2.16
    "mismatch01": 400,  # 3.1.2.17
    "mismatch02": 400,  # 3.1.2.18
    "bigcode": None,  # 3.1.2.19
    "insuf": 400,  # 3.3.1
    "multi01": 400,  # 3.3.8
    "mcl01": 400,  # 3.3.9
    "escruri": 400,  # 3.1.2.11
}
REFUSED = {
    **{("rfc4475", name): status for name, status in REFUSED_4475.items()},
    ("rfc5118", "ipv6-bad"): 400,  # 4.2
}

# What is refused once the field is read.
REFUSED_BY_FIELD = {
    ("rfc4475", "regbadct"): ("contacts", 400),  # 3.1.2.13
    ("rfc4475", "unkscm"): ("request_uri", 416),  # 3.3.2
    ("rfc4475", "novelsc"): ("request_uri", 416),  # 3.3.3
}

# What concerns only whoever serves the request; the parser reads all of it.
READ = (
    *(("rfc4475", name) for name in ("wsinv", "intmeth", "esc01", "escnull", "esc02", "lwsdisp", "longreq")),
    *(("rfc4475", name) for name in ("dblreq", "semiuri", "transports", "mpart01", "unreason", "noreason")),
    *(
        ("rfc4475", name)
        for name in ("baddate", "badbranch", "unksm2", "bext01", "invut", "regaut01", "bcast")
    ),
    *(("rfc4475", name) for name in ("zeromf", "cparam01", "cparam02", "regescrt", "sdp01", "inv2543")),
    *(("rfc5118", name) for name in ("ipv6-good", "port-ambiguous", "port-unambiguous", "ipv6-in-sdp")),
    *(("rfc5118", f"via-received-param-{name}-delim") for name in ("with", "no")),
    *(("rfc5118", name) for name in ("mult-ip-in-header", "mult-ip-in-sdp", "ipv4-mapped-ipv6")),
    *(("rfc5118", f"ipv6-{name}-colons") for name in ("bug-abnf-3", "correct-abnf-2")),
)

FIELDS = (
    *(
        "top_via",
        "via_values",
        "from_",
        "to",
        "to_uri",
        "call_id",
        "cseq",
        "contacts",
        "record_routes",
    ),
    *("expires", "event", "accept", "require", "user_agent", "content_type"),
)


def load(name, folder="rfc4475"):
    return (TORTURE / folder / f"{name}.dat").read_bytes()


def read(name, folder="rfc4475"):
    return parse(load(name, folder))


def test_every_message_of_both_rfcs_is_expected_somewhere():
    files = {(path.parent.name, path.stem) for path in TORTURE.glob("*/*.dat")}
    expected = [*REFUSED, *REFUSED_BY_FIELD, *READ]
    assert files == set(expected)
    assert len(files) == len(expected)
    assert sum(folder == "rfc4475" for folder, _ in files) == 49
    assert sum(folder == "rfc5118" for folder, _ in files) == 12


@pytest.mark.parametrize(("folder", "name"), READ)
def test_what_is_read_has_all_its_fields(folder, name):
    message = read(name, folder)
    values = {field: getattr(message, field) for field in FIELDS}
    assert values["call_id"]
    if not isinstance(message, Response):
        assert message.request_uri.host
        assert encode_response(message, 200, "OK").startswith(b"SIP/2.0 200 OK\r\nVia: ")


@pytest.mark.parametrize(("folder", "name"), REFUSED)
def test_what_is_refused(folder, name):
    with pytest.raises(MalformedMessage) as caught:
        read(name, folder)
    error = caught.value
    if REFUSED[folder, name] is None:
        assert error.request is None
        return
    assert error.status == REFUSED[folder, name]
    answer = encode_response(error.request, error.status, error.reason, via=error.request.top_via.raw)
    assert answer.startswith(f"SIP/2.0 {error.status} {error.reason}\r\nVia: SIP/".encode())
    assert b"\r\nCSeq: " in answer


@pytest.mark.parametrize(("folder", "name"), REFUSED_BY_FIELD)
def test_what_is_refused_when_it_is_read(folder, name):
    field, status = REFUSED_BY_FIELD[folder, name]
    message = read(name, folder)
    with pytest.raises(SipError) as caught:
        getattr(message, field)
    assert caught.value.status == status


# --- RFC 4475 3.1.1: valid messages --------------------------------------------------------------


@pytest.mark.requirement("M1", "M2", "M3", "M12", "M13")
def test_wsinv():
    message = read("wsinv")
    assert message.request_uri.params == {"unknownparam": None}
    assert (message.to.uri, message.to.tag) == ("sip:vivekg@chair-dnrc.example.com", "1918181833n")
    assert (message.from_.display, message.from_.tag) == ('J Rosenberg \\"', "98asjd8")
    assert message.get("max-forwards") == "0068"
    assert message.cseq == (9, "INVITE")
    assert (message.top_via.transport, message.top_via.host, message.top_via.branch) == (
        "UDP",
        "192.0.2.2",
        "390skdjuw",
    )
    assert len(message.via_values) == 3
    assert message.get("subject") == ""
    assert message.get("newfangledheader") == "newfangled value continued newfangled value"
    assert message.get("unknownheaderwithunusualvalue") == ";;,,;;,;"
    assert message.values("route") == ["<sip:services.example.com;lr;unknownwith=value;unknown-no-value>"]
    (contact,) = message.contacts
    assert contact.display == 'Quoted string ""'
    assert contact.params == {"newparam": "newvalue", "secondparam": None, "q": "0.33"}
    assert len(message.body) == 150


@pytest.mark.requirement("M13", "M15", "M20")
def test_intmeth():
    message = read("intmeth")
    assert message.method == "!interesting-Method0123456789_*+`.%indeed'~" == message.cseq.method
    uri = message.request_uri
    assert uri.user == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"
    assert uri.password == "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"
    assert uri.host == "example.com"
    assert message.top_via.branch == "z9hG4bK-.!%66*_+`'~"
    assert message.to.display == "BEL:\x07 NUL:\x00 DEL:\x7f"
    assert message.from_.display == "token1~` token2'+_ token3*%!.-"
    assert (
        message.from_.params["fromparam''~+*_!.-%"]
        == "\u0440\u0430\u0431\u043e\u0442\u0430\u044e\u0449\u0438\u0439"
    )
    assert message.from_.tag == "_token~1'+`*%!-."
    assert message.call_id == "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{"
    assert message.get("extensionheader-!.%*+_`'~") == "\ufeff\u5927\u505c\u96fb"
    answer = encode_response(message, 501, "Not Implemented", to_tag="t")
    assert b'To: "BEL:\\\x07 NUL:\\  DEL:\\\x7f" <sip:' in answer


@pytest.mark.requirement("M15")
def test_esc01():
    message = read("esc01")
    assert message.request_uri.user == "sips:user@example.com"
    assert message.request_uri.host == "example.net"
    assert message.to_uri.user == "user"
    assert parse_uri(message.from_.uri).user == "I have spaces"
    contact = parse_uri(message.contacts[0].uri)
    assert contact.user == "caller"
    assert contact.params == {"lr": None, "name": "value%41"}
    assert equivalent(parse_uri("sip:%75se%72@example.com"), parse_uri("sip:user@EXAMPLE.com"))


@pytest.mark.requirement("M15")
def test_escnull():
    message = read("escnull")
    assert message.to_uri.user == "null-\x00-null"
    one, other = (parse_uri(contact.uri) for contact in message.contacts)
    assert (one.user, other.user) == ("\x00", "\x00\x00")
    assert not equivalent(one, other)


@pytest.mark.requirement("M12")
def test_esc02():
    message = read("esc02")
    assert message.method == "RE%47IST%45R"
    assert message.to.display == message.from_.display == "%Z%45"
    assert [contact.uri for contact in message.contacts] == [
        "sip:alias1@host1.example.com",
        "sip:alias3@host3.example.com",
    ]
    assert message.get("c%6fntact") == "<sip:alias2@host2.example.com>"


@pytest.mark.requirement("M13")
def test_lwsdisp():
    assert read("lwsdisp").from_ == ("caller", "sip:caller@example.com", {"tag": "323"})


@pytest.mark.requirement("M1", "M4")
def test_longreq():
    message = read("longreq")
    hosts = [value.partition(" ")[2].partition(".")[0] for value in message.via_values]
    assert hosts == [f"sip{n}" for n in range(33, 0, -1)] + ["host"]
    assert len(message.from_.tag) > 150
    assert len(parse_uri(message.to.uri).params) == 3
    assert message.call_id.startswith("longreq.onereally")
    answer = encode_response(message, 200, "OK").decode()
    assert [line[5:] for line in answer.split("\r\n") if line.startswith("Via: ")] == message.via_values


@pytest.mark.requirement("M6")
def test_dblreq():
    message = read("dblreq")
    assert (message.method, message.body) == ("REGISTER", b"")
    assert message.call_id == "dblreq.0ha0isndaksdj99sdfafnl3lk233412"


@pytest.mark.requirement("M15")
def test_semiuri():
    message = read("semiuri")
    assert message.request_uri.user == "user;par=u@example.net"
    assert message.request_uri.params == {}
    assert len(message.accept) == 6


def test_transports():
    message = read("transports")
    assert [value[8:].partition(" ")[0] for value in message.via_values] == [
        "UDP",
        "SCTP",
        "TLS",
        "UNKNOWN",
        "TCP",
    ]


@pytest.mark.requirement("M5")
def test_mpart01():
    message = read("mpart01")
    assert len(message.body) == 553
    assert b"\x30\x82\x01\x52\x06\x09\x2a\x86" in message.body
    assert b"\x00" in message.body
    assert message.content_type == ("multipart", "mixed", {"boundary": "7a9cbec02ceef655"})
    assert message.top_via.has_rport


def test_unreason_and_noreason():
    message = read("unreason")
    assert message.status == 200
    assert message.reason.startswith("= 2**3 * 5**2 \u043d\u043e \u0441\u0442\u043e")
    assert len(message.body) == 154
    message = read("noreason")
    assert (message.status, message.reason) == (100, "")


# --- RFC 4475 3.1.2 and later: what is left for those who serve ----------------------------------


@pytest.mark.requirement("M9")
def test_scalar02_is_refused_for_its_cseq_alone():
    data = load("scalar02").replace(b"36893488147419103232", b"1")
    message = parse(data)
    assert message.expires == 2**32 - 1
    assert message.contacts[0].params["expires"] == "280297596632815"


def test_badinv01_is_answered_with_a_clean_via():
    with pytest.raises(MalformedMessage) as caught:
        read("badinv01")
    assert caught.value.request.via_values == ["SIP/2.0/UDP 192.0.2.15"]


@pytest.mark.requirement("M12")
def test_baddate_is_not_ours_to_judge():
    assert read("baddate").get("date") == "Fri, 01 Jan 2010 16:00:00 EST"


@pytest.mark.requirement("M17")
def test_badbranch_and_inv2543():
    assert read("badbranch").top_via.branch == "z9hG4bK"
    message = read("inv2543")
    assert message.top_via.branch is None
    assert message.from_.tag is None
    assert message.record_routes == ["<sip:UserB@example.com;maddr=ss1.example.com>"]
    assert message.to == ("", "sip:+16505552222@ss1.example.net", {"user": "phone"})
    assert message.body.endswith(b"RTP/AVP 0\r\n")


def test_unksm2():
    message = read("unksm2")
    assert message.to.uri == "isbn:2983792873"
    assert message.from_ == ("", "http://www.example.com", {"tag": "3234233"})
    assert message.contacts[0].uri == "name:John_Smith"


@pytest.mark.requirement("D3")
def test_bext01():
    assert read("bext01").require == ["nothingSupportsThis", "nothingSupportsThisEither"]


def test_invut_regaut01_sdp01_bcast():
    assert read("invut").content_type == ("application", "unknownformat", {})
    assert read("regaut01").get("authorization") == "NoOneKnowsThisScheme opaque-data=here"
    assert read("sdp01").accept[0][:2] == ("text", "nobodyknowsthis")
    assert read("bcast").via_values[1] == "SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23"


@pytest.mark.requirement("M14")
def test_cparam01_cparam02_regescrt():
    bare = read("cparam01").contacts[0]
    bracketed = read("cparam02").contacts[0]
    assert (bare.uri, bare.params) == ("sip:+19725552222@gw1.example.net", {"unknownparam": None})
    assert (bracketed.uri, bracketed.params) == ("sip:+19725552222@gw1.example.net;unknownparam", {})
    assert parse_uri(read("regescrt").contacts[0].uri).headers == (("route", "<sip:sip.example.com>"),)


@pytest.mark.requirement("M7")
@pytest.mark.parametrize("name", ["ncl", "mcl01", "inv2543"])
def test_on_a_stream_a_length_without_sense_ends_it(name):
    data = load(name)
    found = frame(data)
    assert found == Frame(data.index(b"\r\n\r\n") + 4, last=True)
    with pytest.raises(MalformedMessage) as caught:
        parse(data[: found.length], stream=True)
    assert (caught.value.status, caught.value.request is None) == (400, False)


@pytest.mark.requirement("M7")
def test_on_a_stream_dblreq_is_two_messages():
    data = load("dblreq")
    first = frame(data)
    assert parse(data[: first.length], stream=True).method == "REGISTER"
    rest = data[first.length :]
    second = frame(rest)
    assert second is not None
    assert parse(rest[: second.length], stream=True).method == "INVITE"


# --- RFC 5118 ------------------------------------------------------------------------------------


@pytest.mark.requirement("M16")
@pytest.mark.parametrize(
    ("name", "host", "port"),
    [
        ("ipv6-good", "2001:db8::10", None),
        ("port-ambiguous", "2001:db8::10:5070", None),
        ("port-unambiguous", "2001:db8::10", 5070),
        ("ipv6-bug-abnf-3-colons", "2001:db8::192.0.2.1", None),
        ("ipv6-correct-abnf-2-colons", "2001:db8::192.0.2.1", None),
    ],
)
def test_ipv6_request_uris(name, host, port):
    uri = read(name, "rfc5118").request_uri
    assert (uri.host, uri.port) == (host, port)


@pytest.mark.requirement("M16")
@pytest.mark.parametrize(
    ("name", "received"),
    [
        ("via-received-param-with-delim", "[2001:db8::9:255]"),
        ("via-received-param-no-delim", "2001:db8::9:255"),
    ],
)
def test_ipv6_received(name, received):
    via = read(name, "rfc5118").top_via
    assert (via.host, via.params["received"]) == ("2001:db8::9:1", received)


@pytest.mark.requirement("M16")
def test_ipv6_in_other_places():
    message = read("mult-ip-in-header", "rfc5118")
    assert (message.top_via.host, message.top_via.port) == ("2001:db8::9:1", 6050)
    assert len(message.via_values) == 3
    message = read("ipv4-mapped-ipv6", "rfc5118")
    assert (message.top_via.host, message.top_via.port) == ("::ffff:192.0.2.10", 19823)
    assert parse_uri(message.contacts[0].uri).host == "::ffff:192.0.2.2"
    assert b"2001:db8::20" in read("ipv6-in-sdp", "rfc5118").body
    assert b"c=IN IP6 2001:db8::1\r\n" in read("mult-ip-in-sdp", "rfc5118").body
