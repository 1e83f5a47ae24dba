import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.presence import NOT_SET, Presence, PresenceState, format_presence
from bridge.mqtt.payload import BadPayload
from bridge.topics.decoders.presence import (
    PresenceCommand,
    decode_command,
    decode_presence,
    decode_word,
    encode_presence,
    encode_word,
)
from bridge.topics.decoders.word import Origin, Word

AWAY = PresenceState.AWAY
UNAVAILABLE = PresenceState.UNAVAILABLE

texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"))
presences = st.builds(Presence, st.sampled_from(PresenceState), texts, texts)


@pytest.mark.parametrize(
    ("payload", "presence"),
    [
        (b"", NOT_SET),
        (b"away", Presence(AWAY)),
        (b"AWAY,lunch,back at 13:00\r\n", Presence(AWAY, "lunch", "back at 13:00")),
        (b"away,,b25lLCB0d28=,e\n", Presence(AWAY, "", "one, two")),
        (b"away,, back ", Presence(AWAY, "", " back ")),
        (b'"away"', Presence(AWAY)),
        (b'"away,lunch"', Presence(AWAY, "lunch")),
        (b'{"state":"Away"}', Presence(AWAY)),
        (
            b'{"state":"away","subtype":null,"message":"a, b","since":1,"by":{"x":[]}}',
            Presence(AWAY, "", "a, b"),
        ),
        (b"{'state': 'away', 'message': None}", Presence(AWAY)),
        (b'{"state":"not_set","message":"x"}', Presence(PresenceState.NOT_SET, "", "x")),
    ],
)
def test_a_truth_is_read(payload, presence):
    assert decode_presence(payload) == presence


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"offline", "unknown presence state 'offline'"),
        (b'{"state":"offline"}', "unknown presence state 'offline'"),
        (b"away ", "unknown presence state 'away '"),
        (b"{}", "state is missing"),
        (b'{"message":"x"}', "state is missing"),
        (b'{"state":null}', "state is missing"),
        (b'{"state":3}', "state must be text, not a number"),
        (b'{"state":"away","message":["x"]}', "message must be text, not a list"),
        (b'{"state":"away","subtype":true}', "subtype must be text, not true or false"),
        (b'["away","lunch"]', "must be text or an object, not a list"),
        (b'{"state":"away","message":"\\ud800"}', r"message holds the character U\+D800"),
        (b'{"state":"away","subtype":"\\u0000"}', r"subtype holds the character U\+0000"),
        (b'"away,\\u0000"', r"subtype holds the character U\+0000"),
        (b'""', "no presence state given"),
    ],
)
def test_a_wrong_truth_is_refused_in_words(payload, reason):
    with pytest.raises(BadPayload, match=reason):
        decode_presence(payload)


@pytest.mark.parametrize(
    ("payload", "command"),
    [
        (b"available", PresenceCommand(PresenceState.AVAILABLE, "", "")),
        (b"away,lunch", PresenceCommand(AWAY, "lunch", "")),
        (b'{"state":"dnd"}', PresenceCommand(PresenceState.DND, None, None)),
        (b'{"message":""}', PresenceCommand(None, None, "")),
        (b'{"subtype":"lunch","message":null}', PresenceCommand(None, "lunch", None)),
        (b"{'state': 'dnd'}", PresenceCommand(PresenceState.DND, None, None)),
        (b"offline", PresenceCommand(UNAVAILABLE, "", "")),
        (b"Offline,trip,till Monday", PresenceCommand(UNAVAILABLE, "trip", "till Monday")),
        (b'"offline"', PresenceCommand(UNAVAILABLE, "", "")),
        (b'{"state":"OFFLINE"}', PresenceCommand(UNAVAILABLE, None, None)),
        (b'{"state":"dnd","until":"17:00"}', PresenceCommand(PresenceState.DND, None, None, "17:00")),
        (b'{"until":600}', PresenceCommand(None, None, None, 600)),
        (b'{"state":null}', PresenceCommand(None, None, None, released=True)),
        (b"{'state': None, 'message': None}", PresenceCommand(None, None, None, released=True)),
    ],
)
def test_a_command_is_read(payload, command):
    assert decode_command(payload) == command


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"{}", "names none of state, subtype, message and until"),
        (b'{"subtype":null,"other":1}', "names none of state, subtype, message and until"),
        (b'{"state":null,"message":"x"}', "state is null, which gives back to the rules: nothing else"),
        (b'{"state":null,"until":"17:00"}', "state is null, which gives back to the rules: nothing else"),
        (b'{"message":5}', "message must be text, not a number"),
        (b'{"state":"offlin"}', "unknown presence state 'offlin'"),
        (b"[]", "must be text or an object, not a list"),
    ],
)
def test_a_wrong_command_is_refused_in_words(payload, reason):
    with pytest.raises(BadPayload, match=reason):
        decode_command(payload)


def test_a_command_keeps_what_it_does_not_name():
    current = Presence(AWAY, "lunch", "back at 13:00")
    assert PresenceCommand(None, None, None).apply(current) == current
    assert PresenceCommand(None, "", None).apply(current) == Presence(AWAY, "", "back at 13:00")
    assert PresenceCommand(UNAVAILABLE, None, "gone").apply(current) == Presence(UNAVAILABLE, "lunch", "gone")


@given(presences)
def test_what_we_write_is_read_back(presence):
    assert decode_presence(encode_presence(presence)) == presence
    assert decode_command(encode_presence(presence)).apply(NOT_SET) == presence


@given(presences)
def test_a_line_is_read_back_with_and_without_its_line_end(presence):
    line = format_presence(presence).encode()
    assert (
        decode_presence(line) == decode_presence(line + b"\n") == decode_presence(line + b"\r\n") == presence
    )


def test_what_we_write_is_compact_json_of_all_fields():
    assert (
        encode_presence(Presence(AWAY, "", "Grüße"))
        == '{"state":"away","subtype":"","message":"Grüße"}'.encode()
    )


@given(
    st.dictionaries(
        st.sampled_from(["state", "subtype", "message", "x"]), st.none() | st.integers() | st.text()
    )
)
def test_any_object_is_a_command_or_a_refusal_in_words(document):
    try:
        command = decode_command(json.dumps(document).encode())
    except BadPayload as refusal:
        reason = str(refusal)
    else:
        reason = "read"
        assert command.apply(NOT_SET).message == (document.get("message") or "")
    assert reason.isprintable()


@pytest.mark.parametrize(
    ("fields", "origin"),
    [
        ({}, Origin()),
        ({"by": "rule", "rule": "door", "since": "s"}, Origin("rule", "door", "s")),
        ({"by": "command", "until": "change"}, Origin("command", "", "", "change")),
        ({"by": "phone", "rule": 1, "since": []}, Origin("phone")),
        ({"by": "Alice", "rule": "x", "since": "s"}, Origin()),
        ({"by": ["rule"]}, Origin()),
        ({"until": 5}, Origin(until=5)),
    ],
)
def test_who_has_said_a_truth(fields, origin):
    word = decode_word(json.dumps({"state": "away", **fields}).encode())
    assert word == Word(Presence(AWAY), origin)


@given(presences, st.sampled_from(["rule", "command", "phone"]), texts, texts, st.none() | texts)
def test_a_word_that_we_write_is_read_back(presence, by, rule, since, until):
    origin = Origin(by, rule, since, until)
    assert decode_word(encode_word(presence, origin)) == Word(presence, origin)


def test_a_word_has_all_fields_but_an_end_that_is_none():
    assert json.loads(encode_word(Presence(AWAY), Origin("rule", "door", "now"))) == {
        "state": "away",
        "subtype": "",
        "message": "",
        "since": "now",
        "by": "rule",
        "rule": "door",
    }
