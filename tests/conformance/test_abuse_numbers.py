"""Numbers that are none, too large or negative, lengths that lie, and text that is a format to somebody careless."""

import pytest

from bridge.effects import Send, Warned
from bridge.sip.errors import MalformedMessage
from bridge.sip.framer import StreamFramer
from bridge.sip.parser import MAX_BODY, parse
from conformance.answers import status
from support.playbook import Playbook

HINT = "2000 = SIP/2000,CustomPresence:2000"

NUMBERS = (
    *("0", "-1", "-0", "+1", "1.5", "1e9", "0x10", "1_0", " ", "one", "", "2147483647", "2147483648", "4294967295"),
    *("4294967296", "9223372036854775808", "18446744073709551616", "1" + "0" * 100, "9" * 8000),
    *("\u0663\u0660\u0660", "\uff11\uff10", "\u00b2", "\U0001d7d9", "1\u0300", "1\u200b"),
)  # fmt: skip

# Whatever a number does, one of these is the end of it.
FINAL = {200, 400, 403, 404, 405, 416, 423, 481, 482, 489, 500, 505, 513}


@pytest.fixture
def play():
    return Playbook(HINT)


def status_of(play, phone, text):
    phone.send(text)
    assert not play.of(Warned), play.of(Warned)
    return status(phone.received[0])


@pytest.mark.requirement("M9")
@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(
    "header",
    [
        "Expires",
        "Max-Forwards",
        "CSeq",
        "Content-Length",
        "Min-Expires",
        "Retry-After",
        "Timestamp",
        "Session-Expires",
    ],
)
def test_a_number_in_a_header_has_a_final_answer_and_lives_no_longer_than_allowed(play, header, number):
    phone = play.phone()
    value = f"{number} SUBSCRIBE" if header == "CSeq" else number
    text = phone.request("SUBSCRIBE", **{"Event": "presence", "Expires": "600", header: value})
    if header == "Content-Length":
        text = text.replace("Content-Length: 0\n", "", 1)
    assert status_of(play, phone, text) in FINAL
    for subscription in play.notifier.subscriptions:
        assert 10 <= subscription.expires_at - play.now <= 3600
    phone.send(phone.request("OPTIONS"))
    assert status(phone.received[-1]) == 200
    play.advance(4000)
    assert play.timers_left() == 0


@pytest.mark.requirement("M9")
@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(
    "where", ["Via", "Contact", "Request-URI", "To", "Record-Route", "received", "rport", "ttl"]
)
def test_a_port_is_used_as_one_or_not_at_all(play, where, number):
    phone = play.phone(port=5060)
    own = f"127.0.0.1:{number}"
    headers = {"Event": "presence", "Expires": "600"}
    uri = "sip:2000@127.0.0.1:5060"
    match where:
        case "Via":
            headers["Via"] = f"SIP/2.0/UDP {own};branch=z9hG4bK1"
        case "received" | "rport" | "ttl":
            headers["Via"] = f"SIP/2.0/UDP 127.0.0.1:5060;{where}={number};branch=z9hG4bK1"
        case "Contact" | "Record-Route":
            headers[where] = f"<sip:200@{own};lr>"
        case "To":
            headers["To"] = f"<sip:2000@{own}>"
        case _:
            uri = f"sip:2000@{own}"
    phone.send(phone.request("SUBSCRIBE", **headers).replace("sip:2000@127.0.0.1:5060", uri, 1))
    play.advance(1)
    for effect in play.of(Send):
        assert effect.flow.remote.host == "127.0.0.1"
        assert 1 <= effect.flow.remote.port <= 65_535
        assert type(effect.flow.remote.port) is int
    assert not play.of(Warned)


@pytest.mark.requirement("S4", "M9")
@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        ("4294967295", 3600),
        ("4294967296", 3600),
        ("4294967297", 3600),
        ("9" * 100, 3600),
        ("-1", 3600),
        ("x", 3600),
        ("\u0663\u0660", 3600),
    ],
)
def test_expires_never_wraps(play, asked, granted):
    assert play.phone().subscribe(expires=asked).expires == granted


@pytest.mark.requirement("D13", "M9")
def test_the_largest_cseq_is_the_last(play):
    phone = play.phone()
    phone.cseq = 2**31 - 2
    assert phone.subscribe().status == 200
    phone.notified()
    phone.send(phone.request("SUBSCRIBE", Event="presence"))
    assert status(phone.received[-1]) == 400
    phone.cseq = 5
    assert phone.subscribe().status == 500


# --- lengths ---------------------------------------------------------------------------------------

LENGTHS = {
    "+5": None,
    "-5": None,
    "5 5": None,
    "5, 5": None,
    "0x10": None,
    "1e1": None,
    "05": 5,
    "\u0665": None,
    "": None,
    "4294967328": None,
    "9223372036854775808": None,
    "18446744073709551621": None,
    "10000000000": None,
    str(MAX_BODY + 1): None,
}


def message(*lengths, body=b"hello"):
    lines = [
        "SUBSCRIBE sip:2000@127.0.0.1 SIP/2.0",
        "Via: SIP/2.0/TCP 127.0.0.1;rport;branch=z9hG4bK1",
        "From: <sip:200@127.0.0.1>;tag=1",
        "To: <sip:2000@127.0.0.1>",
        "Call-ID: 1",
        "CSeq: 1 SUBSCRIBE",
        *(f"Content-Length: {length}" for length in lengths),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


@pytest.mark.requirement("M6", "M7")
@pytest.mark.parametrize(("length", "used"), LENGTHS.items())
def test_a_length_on_a_stream_is_plain_digits_or_the_end(length, used):
    """Nothing is kept for bytes that have not come, and nothing of a second message is read into the first."""
    framer = StreamFramer()
    following = message("0", body=b"")
    pieces = framer.feed(message(length) + following)
    if used is not None:
        assert pieces == [message(length), following]
        return
    assert framer.ended
    assert len(pieces) == 1
    with pytest.raises(MalformedMessage) as caught:
        parse(pieces[0], stream=True)
    assert caught.value.status in (400, 413)
    assert caught.value.request is not None


@pytest.mark.requirement("M7", "M8")
@pytest.mark.parametrize("lengths", [("5", "0"), ("0", "5"), ("5", "5"), ("5", "x"), ()])
@pytest.mark.parametrize("compact", [False, True])
def test_two_lengths_or_none_end_the_stream(lengths, compact):
    data = message(*lengths)
    if compact:
        data = data.replace(b"Content-Length", b"l", 1)
    framer = StreamFramer()
    assert len(framer.feed(data + message("0", body=b""))) == 1
    assert framer.ended


@pytest.mark.requirement("M6", "M8")
@pytest.mark.parametrize(
    "lengths", [(length,) for length, used in LENGTHS.items() if used is None] + [("5", "0")]
)
def test_the_same_in_a_datagram_is_400(play, lengths):
    phone = play.phone(port=5060)
    assert status_of(play, phone, message(*lengths)) == 400


@pytest.mark.requirement("M2", "M8")
@pytest.mark.parametrize("name", ["Call-ID ", "call-id\t", "CALL-ID  \t", "i", "i ", "Call-ID\r\n "])
def test_a_header_is_not_hidden_by_what_stands_before_its_colon(play, name):
    """CVE-2020-28361: two readers must not take the same bytes for two different messages."""
    phone = play.phone(port=5060)
    data = message("0", body=b"").replace(b"Call-ID: 1", f"Call-ID: 1\r\n{name}: 2".encode())
    assert status_of(play, phone, data) == 400


# --- formats ---------------------------------------------------------------------------------------

# The two datagrams by which another Python stack lost its listening socket, and their kin.
FORMATS = {
    "via protocol": ("SIP/2.0/UDP", "SIP/2.0/%(protocol)60000000s"),
    "via port": ("127.0.0.1:5060", "127.0.0.1:99999"),
    "via host": ("UDP 127.0.0.1", "UDP %(host)60000000s"),
    "branch": ("z9hG4bK", "z9hG4bK%(x)99999999s"),
    "call-id": ("call-", "%s%s%n%(x)s-"),
    "tag": ("tag=phone", "tag=%99999999d"),
    "user": ("sip:200@", "sip:%25s%25n@"),
    "display": ('"200"', '"{0.__class__} %s {x!r:>99999999}"'),
    "agent": ("Digium D40", "%n%n%n{}{0} Digium"),
    "event": ("presence", "%s{}"),
    "method": ("SUBSCRIBE", "%s{0}"),
    "uri": ("sip:2000@127.0.0.1:5060", "sip:%s@127.0.0.1:5060"),
}


@pytest.mark.requirement("M20")
@pytest.mark.parametrize(("old", "new"), FORMATS.values(), ids=FORMATS)
def test_formats_are_text(play, old, new):
    phone = play.phone(port=5060)
    phone.send(phone.request("SUBSCRIBE", Event="presence", Expires="600").replace(old, new))
    assert all(len(data) < 3000 for data in phone.received)
    assert not play.of(Warned)
    phone.send(phone.request("OPTIONS"))
    assert status(phone.received[-1]) == 200
