import json
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.device import DeviceState, aggregate, parse_device_state
from bridge.model.hint import ExtensionState
from bridge.model.presence import NOT_SET

MEASURED = Path(__file__).parents[2] / "data" / "asterisk"
PAIRS = [
    ((row["a"], row["b"]), row["text"])
    for row in json.loads((MEASURED / "table_aggregation_2.json").read_text(encoding="utf-8"))
]
TRIPLES = [
    ((a, b, c), text)
    for a, b, c, _status, text in json.loads(
        (MEASURED / "table_aggregation_3.json").read_text(encoding="utf-8")
    )
]


def test_the_measured_tables_are_whole():
    assert len({names for names, _ in PAIRS}) == 81
    assert len({names for names, _ in TRIPLES}) == 576


@pytest.mark.parametrize(("names", "text"), PAIRS + TRIPLES, ids="-".join)
def test_devices_amount_to_what_asterisk_shows(names, text):
    states = [DeviceState(name) for name in names]
    assert ExtensionState(aggregate(states), NOT_SET).text == text


@pytest.mark.parametrize("state", DeviceState)
def test_one_device_is_what_it_is(state):
    assert aggregate([state]) is state


def test_no_device_is_invalid():
    assert aggregate([]) is DeviceState.INVALID


@given(st.lists(st.sampled_from(DeviceState), max_size=5))
def test_order_does_not_matter(states):
    assert len({aggregate(order) for order in permutations(states)}) == 1


@given(st.lists(st.sampled_from(DeviceState), min_size=1))
def test_a_device_twice_is_a_device_once(states):
    assert aggregate(states + states) is aggregate(states)


def test_names_are_asterisks():
    assert [state.value for state in DeviceState] == [
        "UNKNOWN", "NOT_INUSE", "INUSE", "BUSY", "INVALID", "UNAVAILABLE", "RINGING", "RINGINUSE", "ONHOLD",
    ]  # fmt: skip


@pytest.mark.parametrize("state", DeviceState)
@pytest.mark.parametrize("case", [str.upper, str.lower, str.title])
def test_a_name_is_read_in_any_case(state, case):
    assert parse_device_state(case(state.value)) is state


@pytest.mark.parametrize("text", ["", "IDLE", "IN USE", "INUSE ", "0", "\x1b[2J"])
def test_another_name_is_refused_with_the_list(text):
    with pytest.raises(ValueError, match="known are UNKNOWN, NOT_INUSE") as refusal:
        parse_device_state(text)
    assert str(refusal.value).isprintable()


def test_a_misspelt_name_gets_a_suggestion():
    with pytest.raises(ValueError, match="did you mean NOT_INUSE"):
        parse_device_state("NOT_IN_USE")
