"""What strangers write never becomes a header line, a log line, a label, a topic or markup."""

import itertools
import logging
import xml.etree.ElementTree as ET

import pytest

from bridge.effects import Publish
from bridge.io import log
from bridge.metrics import Observer, Registry
from bridge.sip.parser import parse
from support.playbook import BASE, Playbook

HINT = "2000 = SIP/2000,CustomPresence:2000"

# Terminal escapes, line ends, directions of writing, wildcards and levels of MQTT, markup, halves of characters.
HOSTILE = {
    "escape": "\x1b[2J\x1b]0;owned\x07",
    "c1 escape": "\x9b2J",
    "bell and backspace": "\x07\x08\x08",
    "nul": "a\0b",
    "return": "a\rb: c",
    "line separators": "a\u2028b\u2029c\x85d\x0be\x0cf",
    "right to left": "\u202egnp.exe\u2066",
    "no width": "a\u200bb\ufeffc",
    "wildcards": "+/#",
    "levels": "../../$SYS/broker",
    "labels": 'x",code="200',
    "markup": "<!DOCTYPE a><b>&lt;]]>'",
    "undecodable": "\udcff\udcc3(",
    "surrogates": "\udced\udca0\udc80",
    "escaped ends": "%0d%0aX: y%00",
    "key and value": "a=b status=200",
}

PLACES = {
    "display name": ("From", '"{}" <sip:200@127.0.0.1>;tag=1'),
    "From user": ("From", "<sip:{}@127.0.0.1>;tag=1"),
    "From tag": ("From", "<sip:200@127.0.0.1>;tag={}"),
    "To": ("To", '"{}" <sip:2000@127.0.0.1>'),
    "Contact": ("Contact", "<sip:{}@127.0.0.1>"),
    "Call-ID": ("Call-ID", "{}"),
    "Event": ("Event", "{}"),
    "Event id": ("Event", "presence;id={}"),
    "User-Agent": ("User-Agent", "Digium {}"),
    "Require": ("Require", "{}"),
    "Accept": ("Accept", "{}"),
    "Record-Route": ("Record-Route", "<sip:{};lr>"),
    "Via parameter": ("Via", "SIP/2.0/UDP 127.0.0.1:5060;rport;branch=z9hG4bK1;x={}"),
    "Request-URI": (None, "sip:{}@127.0.0.1"),
    "Request-URI parameter": (None, "sip:2000@127.0.0.1;x={}"),
    "method": (None, "{}"),
}

KNOWN_HEADERS = {
    *("via", "from", "to", "call-id", "cseq", "contact", "expires", "record-route", "route", "max-forwards"),
    *("event", "subscription-state", "allow-events", "allow", "accept", "accept-encoding", "accept-language"),
    *("supported", "unsupported", "server", "user-agent", "content-length", "content-type", "sip-etag"),
    *("min-expires", "retry-after", "www-authenticate"),
}


@pytest.fixture
def play():
    return Playbook(HINT)


def spoiled(phone, place, hostile, method="SUBSCRIBE"):
    """A request with the hostile text in its place."""
    header, form = PLACES[place]
    value = form.replace("{}", hostile)
    headers = {"Event": "presence", "Expires": "600"} | ({header: value} if header else {})
    text = phone.request(method, **headers)
    if place == "method":
        text = text.replace("SUBSCRIBE", value)
    elif header is None:
        text = text.replace("sip:2000@127.0.0.1:5060", value, 1)
    return text.replace("\n", "\r\n").encode("utf-8", "surrogateescape")


def answers(play, place, method="SUBSCRIBE"):
    """What the bridge sends for each hostile text in this place."""
    for number, hostile in enumerate(HOSTILE.values()):
        phone = play.phone(f"127.0.0.{number + 1}", 5060)
        phone.send(spoiled(phone, place, hostile, method))
        yield from phone.received


@pytest.mark.requirement("M20")
@pytest.mark.parametrize("place", PLACES)
def test_no_line_is_added_to_what_is_sent(play, place):
    for data in answers(play, place):
        head = data.partition(b"\r\n\r\n")[0]
        assert b"\0" not in head
        _, *lines = head.split(b"\r\n")
        assert {line.partition(b":")[0].decode().lower() for line in lines} <= KNOWN_HEADERS
        assert not any(b"\r" in line or b"\n" in line for line in lines)


@pytest.mark.requirement("B5")
@pytest.mark.parametrize("place", PLACES)
def test_documents_stay_well_formed(play, place):
    for data in answers(play, place):
        if data.startswith(b"NOTIFY "):
            root = ET.fromstring(data.partition(b"\r\n\r\n")[2])
            assert root.tag.endswith("}presence")
            assert root.findtext(".//{*}basic") == "open"


@pytest.mark.requirement("M20")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("method", ["SUBSCRIBE", "PUBLISH", "REGISTER"])
@pytest.mark.parametrize("trusted", ["127.0.0.0/8", "192.0.2.0/24"])
def test_the_log_is_plain_lines(caplog, place, method, trusted):
    play = Playbook(HINT, trusted=(trusted,))
    sent = [*answers(play, place, method)]
    with caplog.at_level(logging.DEBUG, "bridge"):
        for effect in play.effects:
            log.observe(effect)
    assert len(caplog.records) > 0 or sent
    for record in caplog.records:
        line = record.getMessage()
        assert line.isprintable(), line
        assert len(line) < 1500


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_whatever_is_said_in_the_log_is_printable(caplog, hostile):
    with caplog.at_level(logging.DEBUG, "bridge"):
        for say in (log.note, log.warn, log.fail):
            say(f"x {hostile * 100}")
    assert len(caplog.records) == 3
    assert all(record.getMessage().isprintable() for record in caplog.records)
    assert all(len(record.getMessage()) <= 200 for record in caplog.records)


def test_labels_are_ours_alone(play):
    """As many series after everything hostile as before it, and none with a text that came by SIP."""
    observer = Observer()
    registry = Registry([observer], "0")
    before = series(registry)
    sent: list[bytes] = []
    phone = play.phone(port=5060)
    for place, method in itertools.product(PLACES, ("SUBSCRIBE", "PUBLISH", "REGISTER", "OPTIONS")):
        sent += answers(play, place, method)
    for status in (299, 399, 499, 599, 699):
        phone.send(STRAY.format(status))
    for effect in play.effects:
        observer.observe(effect)
    assert len(sent) > 500
    new = series(registry) - before
    assert all('="other"' in line for line in new), new


STRAY = (
    "SIP/2.0 {} x\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\nFrom: <sip:a@h>;tag=1\nTo: <sip:a@h>;tag=2\n"
    "Call-ID: 1\nCSeq: 1 NOTIFY\n\n"
)


def series(registry):
    """Names and labels, without values."""
    lines = registry.expose().decode().splitlines()
    return {line.rpartition(" ")[0] for line in lines if line.startswith("presence_bridge_")}


@pytest.mark.requirement("P5")
@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_no_topic_is_made_of_what_came_by_sip(play, hostile):
    configured = {f"{BASE}/{topic}/2000" for topic in ("hint", "presence", "homeassistant/presence")}
    configured |= {f"{BASE}/bridge/{topic}" for topic in ("state", "info", "health", "event")}
    phone = play.phone(port=5060)
    for place in PLACES:
        for method in ("SUBSCRIBE", "PUBLISH", "REGISTER"):
            phone.send(spoiled(phone, place, hostile, method))
    play.advance(1)
    topics = {effect.topic for effect in play.of(Publish) if "/bridge/sync/" not in effect.topic}
    phones = {topic for topic in topics if topic.startswith(f"{BASE}/phone/")}
    assert topics - phones <= configured
    # One level that can be printed; whatever means something in a topic is escaped.
    for phone_topic in phones:
        level = phone_topic.removeprefix(f"{BASE}/phone/")
        assert level.isprintable()
        assert not set(level) & set("/+#")


@pytest.mark.requirement("M20")
def test_what_was_read_comes_back_as_it_was(play):
    """Harmless oddities are copied to the byte: display names in any script, escaped quotes."""
    phone = play.phone(port=5060)
    name = '"\u0416\u00fc\u65e5\u672c \\"x\\" \U0001f4de" <sip:200@127.0.0.1>;tag=1'
    phone.send(phone.request("OPTIONS", From=name))
    assert parse(phone.received[0]).get("from") == name
