import json
import re
from ast import literal_eval
from base64 import b64encode
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.presence import (
    NOT_SET,
    Presence,
    PresenceState,
    format_presence,
    parse_presence,
    parse_presence_state,
    strongest,
)

MEASURED = Path(__file__).parents[2] / "data" / "asterisk"

texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"))
presences = st.builds(Presence, st.sampled_from(PresenceState), texts, texts)


def load(name):
    return json.loads((MEASURED / name).read_text(encoding="utf-8"))


def shown(digium):
    """What a recorded digium_presence element says."""
    attributes = {name: unescape(value) for name, value in re.findall(r'(\w+)="(.*?)"', digium["attrs"])}
    state = PresenceState(attributes["type"])
    return Presence(state, attributes.get("subtype", ""), unescape(digium["content"] or ""))


# Where we refuse what Asterisk takes: it makes bytes of whatever stands where base64 should.
REFUSED_ON_PURPOSE = {"available,a,b,e,f", "away,!!!notbase64!!!,@@@,e"}

VALIDATED = [row for row in load("table_presence_write_validation.json") if "write" in row]
# Texts above 60 characters are recorded by their beginning only, and cannot be written again.
WRITTEN = [
    {"write": literal_eval(row["write"]), "ami": row["ami"], "digium": row["live"]}
    for row in load("table_content.json")
    if row["peer"] == "pjsip" and not row["write"].endswith(")")
]
WRITES = VALIDATED + WRITTEN


def test_the_recordings_are_whole():
    assert len(VALIDATED) == 40
    assert len(WRITTEN) == 17
    assert {row["write"] for row in WRITES} > REFUSED_ON_PURPOSE


@pytest.mark.parametrize("row", WRITES, ids=lambda row: repr(row["write"]))
def test_a_line_is_taken_and_refused_as_asterisk_does(row):
    if row["ami"] == "Success" and row["write"] not in REFUSED_ON_PURPOSE:
        assert parse_presence(row["write"]) == shown(row["digium"])
    else:
        with pytest.raises(
            ValueError, match=r"unknown presence state|no presence state|invalid options|not base64"
        ):
            parse_presence(row["write"])


def test_decoded_text_is_not_cut_to_asterisks_255_bytes():
    message = "L" * 600
    assert parse_presence(f"away,,{b64encode(message.encode()).decode()},e").message == message


@pytest.mark.parametrize("message", ["/w==", "gICA", "YQ", "YQ=", "Y Q==", "YQ==YQ==", "é"])
def test_base64_that_is_no_text_is_refused(message):
    with pytest.raises(ValueError, match=r"message .* is not base64 of UTF-8 text"):
        parse_presence(f"away,,{message},e")


@pytest.mark.parametrize("line", ["away,a\x00", "away,,\ud800", "away,,YQBi,e"])
def test_what_no_document_can_carry_is_refused(line):
    with pytest.raises(ValueError, match=r"(subtype|message) holds the character U\+(0000|D800)"):
        parse_presence(line)


def test_a_message_with_a_comma_is_refused_with_the_way_out():
    with pytest.raises(ValueError, match="must be written in base64, or as JSON"):
        parse_presence("away,,Hello, world")


def test_blanks_belong_to_what_they_stand_in():
    assert parse_presence(" \taway, sub , msg ") == Presence(PresenceState.AWAY, " sub ", " msg ")


def test_a_misspelt_state_gets_a_suggestion():
    with pytest.raises(ValueError, match="did you mean available"):
        parse_presence("avialable")


@pytest.mark.parametrize("state", PresenceState)
def test_a_state_is_read_in_any_case(state):
    assert parse_presence_state(state.value.title()) is state


@given(presences)
def test_a_formatted_line_is_read_back_to_the_same_value(presence):
    assert parse_presence(format_presence(presence)) == presence


@given(presences)
def test_a_formatted_line_is_one_line(presence):
    assert len((format_presence(presence) + "|").splitlines()) == 1


@pytest.mark.parametrize(
    ("presence", "line"),
    [
        (NOT_SET, "not_set"),
        (Presence(PresenceState.AWAY, "lunch"), "away,lunch"),
        (Presence(PresenceState.AWAY, "", "back at 13:00"), "away,,back at 13:00"),
        (Presence(PresenceState.AWAY, "Mittagé", "Grüße ☃"), "away,Mittagé,Grüße ☃"),
        (Presence(PresenceState.AWAY, "", "one, two"), "away,,b25lLCB0d28=,e"),
        (Presence(PresenceState.AWAY, "a\nb", ""), "away,YQpi,,e"),
    ],
)
def test_a_line_is_base64_only_when_it_must(presence, line):
    assert format_presence(presence) == line


@given(st.text(max_size=40) | st.text("away,e=YQ b64", max_size=20))
def test_any_text_is_a_presence_or_a_refusal_in_words(text):
    try:
        parsed = parse_presence(text)
    except ValueError as refusal:
        reason = str(refusal)
    else:
        reason = ""
        assert parse_presence(format_presence(parsed)) == parsed
    assert reason == "" or reason.isprintable()


def test_numbers_are_asterisks():
    assert [(state.code, state.value) for state in PresenceState] == list(
        enumerate(["not_set", "unavailable", "available", "away", "xa", "chat", "dnd"])
    )


PAIRS = load("table_presence_aggregation.json")


def test_the_measured_pairs_are_whole():
    assert len({(row["p1"], row["p2"]) for row in PAIRS}) == 49


@pytest.mark.parametrize("row", PAIRS, ids=lambda row: f"{row['p1']}-{row['p2']}")
def test_two_providers_show_what_asterisks_first_notify_shows(row):
    first = Presence(PresenceState(row["p1"]), "s1", "m1")
    second = Presence(PresenceState(row["p2"]), "s2", "m2")
    assert strongest([first, second]) == shown(row["digium"])


@given(st.lists(presences, min_size=1))
def test_the_first_of_the_highest_rank_shows(listed):
    chosen = strongest(listed)
    position = listed.index(chosen)
    assert all(other.state.rank < chosen.state.rank for other in listed[:position])
    assert all(other.state.rank <= chosen.state.rank for other in listed)


def test_no_provider_says_nothing():
    assert strongest([]) == NOT_SET
