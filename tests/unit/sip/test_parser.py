"""Lines, start lines and fields: what is read, what is refused, and how it is answered."""

import pytest

from bridge.sip.message import Request, Response
from bridge.sip.parser import parse
from support.sip_messages import HEADERS, answer, refused, request


def test_a_request():
    message = parse(request())
    assert isinstance(message, Request)
    assert (message.method, message.uri, message.body) == ("SUBSCRIBE", "sip:2000@example.com", b"")
    assert message.headers == [(name.lower(), value) for name, value in HEADERS.items()]
    assert message.cseq == (7, "SUBSCRIBE")


def test_a_response():
    message = parse(request(start="SIP/2.0 200 OK fine"))
    assert isinstance(message, Response)
    assert (message.status, message.reason) == (200, "OK fine")
    assert message.top_via.branch == "z9hG4bK1"


# --- lines and names -----------------------------------------------------------------------------


@pytest.mark.requirement("M1", "M2")
def test_compact_names_blanks_and_folds_are_the_same_message():
    plain = parse(request("Supported: a, b", "Content-Length: 0"))
    odd = parse(
        b"SUBSCRIBE sip:2000@example.com SIP/2.0\r\n"
        b"v \t: SIP / 2.0 / UDP 192.0.2.1 : 5060\r\n ;rport ;\r\n\tbranch = z9hG4bK1\r\n"
        b"MAX-FORWARDS:\r\n  0070\r\n"
        b'F:"Alice"<sip:alice@example.com> ; tag\r\n =\r\n a1\r\n'
        b"T  :   <sip:2000@example.com>\t\r\n"
        b"i:c1@192.0.2.1\r\n"
        b"cseq: 7\r\n SUBSCRIBE\r\n"
        b"M:<sip:alice@192.0.2.1:5060;ob>\r\n"
        b"o: presence\r\n"
        b"eXPIRES: 600\r\n"
        b"k: a\r\n \r\nSupported: b\r\n"
        b"l: 0\r\n\r\n"
    )
    for field in (
        "from_",
        "to",
        "call_id",
        "cseq",
        "contacts",
        "event",
        "expires",
    ):
        assert getattr(odd, field) == getattr(plain, field)
    assert odd.values("supported") == plain.values("supported")
    assert odd.top_via[:4] == plain.top_via[:4]
    assert [name for name, _ in odd.headers if name != "supported"] == [
        name for name, _ in plain.headers if name != "supported"
    ]


@pytest.mark.requirement("M2")
def test_lines_may_end_in_lf_alone():
    message = parse(request().replace(b"\r", b"") + b"\r\n\n")
    assert message.headers == parse(request()).headers
    assert message.body == b"\r\n\n"


@pytest.mark.parametrize(
    "line", ["X-A: a\nTo: <sip:b@h>", "X-A: a\n", "X-A: a\n\n", "X-A: a\rb", "X-A: a\r\r"]
)
def test_lines_that_end_in_more_than_one_way(line):
    error = refused(request(line))
    assert (error.status, error.request.call_id) == (400, "c1@192.0.2.1")


@pytest.mark.parametrize(
    "line",
    [
        "no colon",
        "Via",
        ": no name",
        "two words: x",
        "N\u00e4me: x",
        "X: a\rY: b",
        "X: a\r",
        "\x00: b",
    ],
)
def test_lines_that_are_no_header(line):
    error = refused(request(line))
    assert error.status == 400
    assert error.request.call_id == "c1@192.0.2.1"
    assert answer(error).count(b"\r\n") == 8


@pytest.mark.requirement("M12")
def test_unknown_headers_and_parameters_are_ignored():
    message = parse(
        request(
            "UnknownHeader: ;;,,;;,;",
            "UnknownHeader: again",
            'X-Quote: "',
            "X-Angle: <",
            "X-Raw: \udcff\x00\x1b",
            "Date: Fri, 01 Jan 2010 16:00:00 EST",
            From='<sip:a@h>;tag=1;x-new="y;z";flag',
        )
    )
    assert message.from_.tag == "1"
    assert message.values("unknownheader") == [";;,,;;,;", "again"]


@pytest.mark.requirement("M18")
@pytest.mark.parametrize("before", [b"\r\n", b"\r\n\r\n", b"\n", b"\r\n" * 1000])
def test_empty_lines_before_the_start_are_skipped(before):
    assert parse(before + request()).call_id == "c1@192.0.2.1"


@pytest.mark.parametrize(
    "data", [b"", b"\r\n", b"\r\n\r\n", b"\x00", b"\x00" * 100, b"garbage", b"\xff" * 500]
)
def test_what_cannot_be_answered_is_dropped(data):
    assert refused(data).request is None


def test_a_head_without_its_empty_line_is_a_truncated_message():
    for data in (request()[:-2], request()[:-4], request()[:200]):
        assert refused(data).status == 400
    assert refused(request()[:-2]).request is not None


# --- start lines ---------------------------------------------------------------------------------


@pytest.mark.requirement("M11")
@pytest.mark.parametrize("version", ["SIP/1.0", "SIP/7.0", "SIP/2.1", "sip/3.0", "SIP/20.0", "SIP/2.00"])
def test_other_versions(version):
    error = refused(request(start=f"SUBSCRIBE sip:a {version}"))
    assert (error.status, error.reason) == (505, "Version Not Supported")
    assert answer(error).startswith(b"SIP/2.0 505 Version Not Supported\r\n")


@pytest.mark.requirement("M11")
def test_the_version_matches_in_any_case():
    assert parse(request(start="SUBSCRIBE sip:a sIp/2.0")).uri == "sip:a"
    assert parse(request(start="sip/2.0 200 OK")).status == 200


@pytest.mark.parametrize(
    "start",
    [
        "SUBSCRIBE",
        "SUBSCRIBE sip:a",
        "SUBSCRIBE  sip:a  SIP/2.0",
        "SUBSCRIBE sip:a; lr SIP/2.0",
        "SUBSCRIBE sip:a SIP/2.0 ",
        "SUBSCRIBE <sip:a> SIP/2.0",
        "SUBSCRIBE 2000 SIP/2.0",
        'SUBSCRIBE sip:"a" SIP/2.0',
        "SUBSCRIBE sip: SIP/2.0",
        "SUBSCRIBE sip:a HTTP/1.1",
        "SUBSCRIBE sip:a SIP/2",
        "SUBSCRIBE sip:a SIP/\u0662.0",
    ],
)
def test_request_lines_that_are_none(start):
    error = refused(request(start=start))
    assert (error.status, error.request.method) == (400, "SUBSCRIBE")


@pytest.mark.parametrize(
    "start", [" SUBSCRIBE sip:a SIP/2.0", "SUB/SCRIBE sip:a SIP/2.0", "S\u00dcB sip:a SIP/2.0"]
)
def test_without_a_method_there_is_no_answer(start):
    assert refused(request(start=start)).request is None


@pytest.mark.parametrize(
    "start",
    [
        "SIP/2.0",
        "SIP/2.0 ",
        "SIP/2.0 20 OK",
        "SIP/2.0 2000 OK",
        "SIP/2.0 099 x",
        "SIP/2.0 700 x",
        "SIP/2.0  200 OK",
        "SIP/3.0 200 OK",
        "SIP/2.0 \u0662\u0660\u0660 OK",
        "SIP/2.0 4294967301 x",
        "SIP/2.0 200\tOK",
    ],
)
def test_status_lines_that_are_none_are_dropped(start):
    assert refused(request(start=start)).request is None


def test_a_reason_may_be_anything_or_nothing():
    assert parse(request(start="SIP/2.0 200 ")).reason == ""
    assert parse(request(start="SIP/2.0 200")).reason == ""
    assert (
        parse(request(start="SIP/2.0 200 = 2**3 \u043d\u043e \udcff")).reason == "= 2**3 \u043d\u043e \udcff"
    )


# --- fields --------------------------------------------------------------------------------------


@pytest.mark.requirement("M8")
@pytest.mark.parametrize("name", ["From", "To", "Call-ID"])
def test_a_missing_field_is_answered_with_what_is_there(name):
    for data in (request(without=[name]), request(**{name.replace("-", "_"): ""})):
        error = refused(data)
        assert error.status == 400
        assert f"\r\n{name}:".encode() not in answer(error)
        assert b"CSeq: 7 SUBSCRIBE\r\n" in answer(error)


@pytest.mark.requirement("M8")
@pytest.mark.parametrize("name", ["Via", "CSeq"])
def test_without_a_way_back_there_is_no_answer(name):
    assert refused(request(without=[name])).request is None


@pytest.mark.requirement("M8")
@pytest.mark.parametrize("name", ["Via", "From", "To", "Call-ID", "CSeq"])
def test_an_answer_that_lacks_a_field_is_dropped(name):
    assert refused(request(start="SIP/2.0 200 OK", without=[name])).request is None


@pytest.mark.requirement("M8")
@pytest.mark.parametrize(
    "line",
    [
        "From: <sip:b@h>;tag=2",
        "f: <sip:b@h>;tag=2",
        "To: <sip:b@h>",
        "Call-ID: c2",
        "I : c1@192.0.2.1",
        "CSeq: 7 SUBSCRIBE",
        "Max-Forwards: 5",
        "Expires: 600",
        "Event: dialog",
        "o: presence",
        "Content-Type: a/b\r\nContent-Type: a/b",
        "Content-Length: 0\r\nl: 0",
        "SIP-If-Match: a\r\nSIP-If-Match: b",
        "User-Agent: a\r\nUser-Agent: b",
    ],
)
def test_what_stands_once_may_not_stand_twice(line):
    error = refused(request(line))
    assert (error.status, error.detail.endswith("stands twice")) == (400, True)
    text = answer(error)
    assert all(text.count(f"\r\n{name}: ".encode()) == 1 for name in ("From", "To", "Call-ID", "CSeq"))


@pytest.mark.requirement("M8")
def test_in_answers_only_what_names_the_transaction_counts():
    assert parse(request("Server: a", "Server: b", start="SIP/2.0 200 OK")).status == 200
    for line in ("From: <sip:b>", "To: <sip:b>", "Call-ID: d", "CSeq: 8 X", "l: 0\r\nl: 0"):
        assert refused(request(line, start="SIP/2.0 200 OK")).request is None


@pytest.mark.requirement("M8", "M13", "M14")
@pytest.mark.parametrize(
    "changed",
    [
        {"Via": "SIP/2.0/UDP 192.0.2.15;branch=z9hG4bK1;;,;,,"},
        {"From": '"Alice <sip:a@h>;tag=1'},
        {"To": '"Mr. J. User <sip:j.user@example.com>'},
        {"To": "sip:a@h?x=y"},
        {"To": "<sip:a@h>, <sip:b@h>"},
        {"Call_ID": "a b"},
        {"Call_ID": "a\x00b"},
        {"CSeq": "7"},
    ],
)
def test_malformed_fields(changed):
    error = refused(request(**changed))
    assert error.status == 400
    assert error.request.top_via.branch == "z9hG4bK1"
    assert answer(error).startswith(b"SIP/2.0 400 Bad Request\r\nVia: SIP/2.0/UDP 192.0.2.")


@pytest.mark.requirement("M8")
@pytest.mark.parametrize(
    "via",
    [
        "x",
        "SIP/2.0/UDP",
        "SIP/2.0/UDP h:99999;branch=z9hG4bK1",
        "SIP/2.0/UDP %(protocol)60000000s;branch=z9hG4bK1",
    ],
)
def test_a_via_that_names_no_sender(via):
    assert refused(request(Via=via)).request is None


def test_a_broken_via_below_the_top_one_is_not_ours_to_judge():
    message = parse(request("Via: ;;;x", "Via: SIP/2.0/UDP c"))
    assert message.via_values[1:] == [";;;x", "SIP/2.0/UDP c"]


def test_a_top_via_is_saved_from_among_many():
    error = refused(request('Via: SIP/2.0/UDP b;x="'))
    assert error.request.via_values == [HEADERS["Via"]]


@pytest.mark.requirement("M9", "M10")
@pytest.mark.parametrize(
    "cseq",
    [
        "2147483648 SUBSCRIBE",
        "36893488147419103232 SUBSCRIBE",
        "-1 SUBSCRIBE",
        "\u0667 SUBSCRIBE",
        "7 INVITE",
        "7 subscribe",
        "7SUBSCRIBE",
        "1" * 5000 + " SUBSCRIBE",
    ],
)
def test_cseq_out_of_range_or_of_another_method(cseq):
    error = refused(request(CSeq=cseq))
    assert error.status == 400
    assert f"CSeq: {cseq}\r\n".encode() in answer(error)


@pytest.mark.requirement("M9")
def test_cseq_zero_and_other_edges_are_legal():
    for number in (0, 2**31 - 1):
        assert parse(request(CSeq=f"{number} SUBSCRIBE")).cseq.number == number
    message = parse(request(Expires="9" * 300))
    assert message.expires == 2**32 - 1


@pytest.mark.requirement("M17")
def test_rfc_2543_peers():
    message = parse(request(Via="SIP/2.0/UDP iftgw.example.com", From="<sip:a@h>"))
    assert message.top_via.branch is None
    assert message.from_.tag is None


def test_an_ack_is_never_answered():
    for data in (
        request(start="ACK sip:a SIP/7.0", CSeq="7 ACK"),
        request(start="ACK sip:a SIP/2.0", CSeq="7 INVITE"),
        request(start="ACK sip:a SIP/2.0", CSeq="7 ACK", without=["To"]),
    ):
        assert refused(data).request is None
