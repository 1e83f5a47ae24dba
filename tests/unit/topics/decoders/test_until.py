from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.mqtt.payload import BadPayload
from bridge.topics.decoders.until import Until, format_until, parse_stored_until, parse_until

UTC, BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")
NOW = 1_795_000_000.0  # 2026-11-18T11:06:40Z


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (90, 90),
        (0.5, 0.5),
        ("90", 90),
        (" 1.5 ", 1.5),
        ("11:07", 20),
        ("11:06:41", 1),
        ("11:06", 86_360),
        ("9:05", 79_100),
        ("2026-11-18T11:07", 20),
        ("2026-11-18 12:07:00+01:00", 20),
        ("2026-11-18T11:07:00Z", 20),
        ("20261118T110700Z", 20),
        ("2026-11-19", 46_400),
    ],
)
def test_the_end_of_a_command(written, seconds):
    assert parse_until(written, NOW, UTC) == Until(NOW + seconds)


@pytest.mark.parametrize("written", ["change", "Change", " CHANGE"])
def test_the_next_change(written):
    assert parse_until(written, NOW, UTC) == parse_stored_until(written, UTC) == Until(on_change=True)


@pytest.mark.parametrize("written", ["12:07", "2026-11-18T12:07"])
def test_the_zone_is_that_of_times_without_an_offset(written):
    assert parse_until(written, NOW, BERLIN) == Until(NOW + 20)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("soon", "until 'soon' is no time: write 2026-11-24T17:00, 17:00, a number of seconds, or change"),
        ("25:00", "until '25:00' is no time"),
        ("", "until '' is no time"),
        ("-5", "until '-5' is no time"),
        (0, "until must be more than 0 seconds, and not more than 316224000"),
        (-1.5, "until must be more than 0"),
        (10**400, "until must be more than 0"),
        ("9" * 400, "until must be more than 0"),
        (float("inf"), "until must be more than 0"),
        (float("nan"), "until must be more than 0"),
        (True, "until must be a time or change, not true or false"),
        ([], "until must be a time or change, not a list"),
        ("2026-11-18T11:06:40Z", "until '2026-11-18T11:06:40Z' has passed"),
        ("2126-11-18T11:06:40Z", "until '2126-11-18T11:06:40Z' is more than ten years away"),
        ("0001-01-01T00:00+14:00", "until '0001-01-01T00:00.14:00' "),
    ],
)
def test_another_end_of_a_command_is_refused_in_words(written, reason):
    with pytest.raises(BadPayload, match=reason):
        parse_until(written, NOW, UTC)


def test_the_end_of_a_truth_may_have_passed():
    assert parse_stored_until("2026-11-18T11:06:39Z", UTC) == Until(NOW - 1)


@pytest.mark.parametrize("written", ["17:00", "90", "soon"])
def test_the_end_of_a_truth_is_no_time_from_now(written):
    with pytest.raises(
        BadPayload, match=f"until '{written}' is no time: in a truth write 2026-11-24T17:00 or change"
    ):
        parse_stored_until(written, UTC)


def test_a_truth_with_a_number_is_refused():
    with pytest.raises(BadPayload, match="until must be a time or change, not a number"):
        parse_stored_until(90, UTC)


@given(st.floats(NOW - 1e8, NOW + 1e8), st.booleans())
def test_what_we_write_is_read_back(at, on_change):
    until = Until(on_change=True) if on_change else Until(at)
    read = parse_stored_until(format_until(until), BERLIN)
    assert read.on_change == until.on_change
    assert read.at_wall == pytest.approx(until.at_wall, abs=0.0011)


@given(st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.none()))
def test_anything_is_an_end_or_a_refusal_in_words(written):
    for parse in (lambda: parse_until(written, NOW, BERLIN), lambda: parse_stored_until(written, BERLIN)):
        try:
            until = parse()
        except BadPayload as refusal:
            reason = str(refusal)
        else:
            reason = "read"
            assert until.on_change or until.at_wall is not None
        assert reason.isprintable()
        assert len(reason) < 300
