"""Messages of the manager interface: what is read as it was recorded, and what is sent."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.asterisk.framer import Framer
from bridge.asterisk.message import LONGEST_LINE, UnsendableError, encode_action, parse_message, unescape
from support.ami_recording import octets, recorded

RECORDED = recorded()

names = st.text(string.ascii_letters, min_size=1, max_size=12)
sendable = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=200)


def read(data):
    framer = Framer()
    return framer.feed(b"Asterisk Call Manager/9.0.0\r\n" + data)


# --- reading --------------------------------------------------------------------------------------


@pytest.mark.parametrize("title", RECORDED)
def test_every_recorded_message_is_read(title):
    messages = RECORDED[title]
    found = read(b"".join(map(octets, messages)))
    assert [[f"{name}: {value}" for name, value in message.lines] for message in found] == messages


def test_an_event_and_an_answer_tell_what_they_are():
    event = parse_message(["Event: DeviceStateChange", "Device: SIP/2000", "State: INUSE"])
    answer = parse_message(["Response: Success", "ActionID: 7", "Message: Variable Set"])
    assert (event.event, event.response) == ("DeviceStateChange", "")
    assert (answer.event, answer.response) == ("", "Success")
    assert event.text("device") == "SIP/2000"
    assert event.get("ActionID") is None


def test_a_line_that_a_text_adds_does_not_count():
    lines = [
        "Event: PresenceStatus",
        "Status: away",
        "Subtype: ",
        "Message: x",
        "Status: dnd",
        "Event: Other",
    ]
    message = parse_message(lines)
    assert message.event == "PresenceStatus"
    assert message.text("Status") == "away"


def test_what_does_not_begin_as_an_event_is_none():
    assert parse_message(["Message: x", "Event: DeviceStateChange"]).event == ""
    assert parse_message([]).response == ""


def test_output_of_several_lines_stays_in_order():
    message = parse_message(["Response: Success", "Output: a: b", "Output: ", "no line of ours", "Output:c"])
    assert [value for name, value in message.lines if name == "Output"] == ["a: b", "", "c"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"two\nlines", "two\nlines"),
        (r"a\\n", r"a\n"),
        (r"why\?", "why?"),
        (r"\"q\" \'s\'", "\"q\" 's'"),
        (r"tab\t bell\a \b\f\r\v", "tab\t bell\a \b\f\r\v"),
        (r"\z stays", r"\z stays"),
        ("ends with \\", "ends with \\"),
    ],
)
def test_escapes_are_undone(written, meant):
    assert unescape(written) == meant


# --- sending --------------------------------------------------------------------------------------


def test_an_action_has_its_name_its_id_and_its_fields():
    data = encode_action(
        "Setvar", "ab12", [("Variable", "PRESENCE_STATE(CustomPresence:2000)"), ("Value", "away")]
    )
    assert data == (
        b"Action: Setvar\r\nActionID: ab12\r\n"
        b"Variable: PRESENCE_STATE(CustomPresence:2000)\r\nValue: away\r\n\r\n"
    )


@pytest.mark.parametrize(
    "value", ["a\r\nAction: Originate", "a\nb", "a\rb", "a\0b", "\ud800", "x" * LONGEST_LINE]
)
def test_what_would_end_its_line_or_is_too_long_is_not_sent(value):
    with pytest.raises(UnsendableError):
        encode_action("Setvar", "1", [("Value", value)])


def test_a_name_of_a_line_is_ours():
    with pytest.raises(AssertionError):
        encode_action("Setvar", "1", [("Va lue", "")])


@settings(deadline=None)
@given(st.lists(st.tuples(names, sendable), max_size=8), st.data())
def test_what_is_sent_is_read_back_however_the_stream_is_cut(fields, data):
    sent = b"Asterisk Call Manager/9.0.0\r\n" + encode_action("Test", "id", fields)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=5)))
    framer = Framer()
    pieces = [sent[a:b] for a, b in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    (message,) = [message for piece in pieces for message in framer.feed(piece)]
    assert message.lines[2:] == tuple(fields)
