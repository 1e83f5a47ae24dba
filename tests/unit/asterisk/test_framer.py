"""The stream of a manager connection: greeting, messages, and what has no end."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.asterisk.framer import MOST_LINE, MOST_MESSAGE, Framer, ProtocolError

GREETING = b"Asterisk Call Manager/9.0.0\r\n"


def greeted():
    framer = Framer()
    framer.feed(GREETING)
    return framer


@pytest.mark.parametrize(
    ("line", "version"),
    [
        (b"Asterisk Call Manager/1.3\r\n", "1.3"),
        (b"Asterisk Call Manager/11.0.0\r\n", "11.0.0"),
        (b"Asterisk Call Manager\r\n", ""),
    ],
)
def test_the_greeting_tells_the_version(line, version):
    framer = Framer()
    assert framer.feed(line) == []
    assert framer.version == version


def test_before_the_greeting_is_whole_nothing_is_known():
    framer = Framer()
    framer.feed(GREETING[:10])
    assert framer.version is None
    framer.feed(GREETING[10:])
    assert framer.version == "9.0.0"


@pytest.mark.parametrize(
    "line", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\r\n", b"HTTP/1.1 400 Bad Request\r\n", b"\xff\r\n"]
)
def test_another_service_is_told_by_its_first_line(line):
    with pytest.raises(ProtocolError, match="no manager interface of Asterisk"):
        Framer().feed(line)


def test_a_lone_line_feed_is_part_of_a_text():
    (message,) = greeted().feed(b"Event: PresenceStatus\r\nMessage: two\nlines\r\n\r\n")
    assert message.lines == (("Event", "PresenceStatus"), ("Message", "two\nlines"))


def test_empty_lines_between_messages_are_none():
    assert greeted().feed(b"\r\n\r\n") == []


def test_what_is_no_utf_8_is_read_all_the_same():
    (message,) = greeted().feed(b"Event: X\r\nMessage: B\xfcro\r\n\r\n")
    assert message.text("Message") == "B\ufffdro"


def test_a_line_without_end_is_refused():
    with pytest.raises(ProtocolError, match="line"):
        greeted().feed(b"x" * (MOST_LINE + 1))


def test_a_message_without_end_is_refused():
    framer = greeted()
    lines = b"Output: xxxxxxxxxx\r\n" * (MOST_MESSAGE // 18 + 1)
    with pytest.raises(ProtocolError, match="message"):
        framer.feed(lines)


@settings(deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=20))
def test_whatever_comes_there_are_messages_or_it_is_refused(pieces):
    framer = greeted()
    try:
        for piece in pieces:
            framer.feed(piece)
    except ProtocolError:
        pass
    assert framer.version == "9.0.0"
