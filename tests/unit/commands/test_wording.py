import json
from datetime import UTC, datetime

import pytest

from bridge.commands.wording import TITLES, document, lamp, line, milliseconds, refusal, row
from bridge.config import Listener
from bridge.subscriber.pidf import Picture
from bridge.subscriber.reports import Refused, Seen

WHEN = datetime(2026, 1, 2, 12, 34, 56, 789_123, tzinfo=UTC)
PICTURE = Picture("open", "On the phone", "away", "lunch", "back at 13:00 ☕")
SEEN = Seen("2000", PICTURE, "active", "", 1.0)


def test_a_line_stands_under_the_titles():
    header, written = row(*TITLES), line(SEEN, WHEN, 0.00123)
    assert written.split("  ")[0] == "12:34:56.789"
    for title, text in zip(
        TITLES, ("12:34", "2000", "On the", "away", "lunch", "back at 13:00 ☕", "1.2 ms"), strict=True
    ):
        assert header.index(title) == written.index(text)


def test_what_is_empty_is_a_dash():
    assert line(Seen("2000", Picture(), "active", "", 1.0), WHEN, None).split() == [
        "12:34:56.789",
        "2000",
        *("-" * 5),
    ]


def test_without_a_note_the_lamp_is_the_basic_status():
    assert lamp(Picture("closed")) == "closed"


def test_text_from_outside_cannot_move_the_terminal():
    evil = "\x1b[2J\r\n"
    written = line(Seen(evil, Picture(evil, evil, evil, evil, evil), "active", "", 1.0), WHEN, None)
    assert written.isprintable()
    assert refusal(Refused(evil, 404, evil), Listener("udp", "127.0.0.1", 5060)).isprintable()
    assert refusal(Refused(evil, 500, evil), Listener("udp", "127.0.0.1", 5060)).isprintable()


def test_milliseconds():
    assert [milliseconds(value) for value in (None, 0.0, 0.01234, -0.0004)] == [
        "-",
        "0.0 ms",
        "12.3 ms",
        "-0.4 ms",
    ]


def test_a_document_holds_everything():
    assert json.loads(document(SEEN, WHEN, 0.00123456)) == {
        "time": "2026-01-02T12:34:56.789+00:00",
        "extension": "2000",
        "lamp": "On the phone",
        "basic": "open",
        "presence": "away",
        "subtype": "lunch",
        "message": "back at 13:00 ☕",
        "subscription": "active",
        "latency_seconds": 0.001235,
    }
    assert json.loads(document(SEEN, WHEN, None))["latency_seconds"] is None
    assert "\n" not in document(SEEN, WHEN, None)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0, "nothing answers at tcp://[::1]:5060: is the bridge running"),
        (401, "asks for a password"),
        (407, "asks for a password"),
        (403, "trusted_networks"),
        (404, "extension 2009 has no hint at tcp://[::1]:5060"),
        (406, "no presence document"),
        (489, "no presence document"),
        (503, "refused to show extension 2009: 503 Service Unavailable"),
    ],
)
def test_a_refusal_in_words(status, words):
    assert words in refusal(Refused("2009", status, "Service Unavailable"), Listener("tcp", "::1", 5060))
