import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.device import DeviceState
from bridge.model.facts import Change, device_key, presence_key
from bridge.model.hint import ExtensionState, parse_hint
from bridge.model.presence import NOT_SET, Presence, PresenceState
from bridge.model.state import HintsReplaced, State

AWAY = Presence(PresenceState.AWAY)
HINTS = (
    parse_hint("2001", "SIP/a&SIP/b,CustomPresence:a"),
    parse_hint("2000", "SIP/A,CustomPresence:a&CustomPresence:b"),
    parse_hint("2002", ",CustomPresence:B"),
)

PRESENCE_WRITES = st.tuples(
    st.sampled_from("abc").map(presence_key),
    st.builds(Presence, st.sampled_from(PresenceState), st.sampled_from(["", "x"])),
)
DEVICE_WRITES = st.tuples(
    st.sampled_from(["SIP/a", "SIP/b", "SIP/c"]).map(device_key), st.sampled_from(DeviceState)
)


@given(st.lists(PRESENCE_WRITES | DEVICE_WRITES))
def test_every_extension_shows_what_its_hint_makes_of_the_facts(writes):
    state, last = State(HINTS), {}
    for key, value in writes:
        old = last.get(key, NOT_SET if key.kind == "presence" else DeviceState.UNKNOWN)
        change = state.put(key, key.name, value, 1.5)
        assert change == (None if value == old else Change(key, key.name, value, old, 1.5))
        last[key] = value
        assert all(state.facts.value(known) == last[known] for known in last)
        for hint in HINTS:
            assert state.extension_state(hint.extension) == hint.evaluate(state.facts)


@pytest.mark.parametrize(
    "key", [presence_key("a"), presence_key("b"), device_key("SIP/a"), device_key("SIP/x")]
)
def test_the_index_finds_what_a_scan_finds(key):
    assert State(HINTS).hints_of(key) == tuple(hint for hint in HINTS if key in hint.keys)


def test_hints_stand_in_configured_order():
    state = State(HINTS)
    assert tuple(state) == HINTS
    assert len(state) == 3


def test_a_hint_is_found_by_its_extension():
    state = State(HINTS)
    assert state.hint("2000") is HINTS[1]
    assert state.hint("9999") is None


def test_an_extension_without_a_hint_has_no_state():
    with pytest.raises(KeyError):
        State(HINTS).extension_state("9999")


def test_nothing_known_shows_before_the_first_fact():
    assert State(HINTS).extension_state("2002") == ExtensionState(DeviceState.NOT_INUSE, NOT_SET)


def test_a_fact_of_no_hint_is_kept():
    state = State([])
    assert state.put(presence_key("x"), "X", AWAY, None) == Change(
        presence_key("x"), "X", AWAY, NOT_SET, None
    )
    assert state.facts.presence("x") == AWAY


def test_two_hints_of_one_extension_are_refused():
    with pytest.raises(ValueError, match="extension 2000 has two hints: 'SIP/1' and 'SIP/2'"):
        State([parse_hint("2000", "SIP/1"), parse_hint("2000", "SIP/2")])


# --- other hints ---


def test_what_became_of_the_hints_is_told_and_facts_stay():
    state = State(HINTS)
    state.put(presence_key("b"), "b", AWAY, None)
    other = parse_hint("2000", "SIP/A,CustomPresence:a")
    new = parse_hint("2003", ",CustomPresence:B")
    found = state.replace_hints((new, other, HINTS[0]))
    assert found == HintsReplaced(added=("2003",), removed=("2002",), changed=("2000",))
    assert [hint.extension for hint in state] == ["2003", "2000", "2001"]
    assert state.hints_of(presence_key("b")) == (new,)
    assert state.extension_state("2003").presence == AWAY
    assert state.extension_state("2000").presence == NOT_SET
    assert state.hint("2002") is None
    assert state.facts.presence("b") == AWAY


def test_two_hints_of_one_extension_change_nothing():
    state = State(HINTS)
    with pytest.raises(ValueError, match="two hints"):
        state.replace_hints((HINTS[0], HINTS[0]))
    assert tuple(state) == HINTS


def test_what_is_shown_is_of_one_moment_whatever_another_thread_replaces():
    state = State(HINTS)
    versions = [HINTS, HINTS[1:], HINTS[:1]]
    allowed = [{hint.extension for hint in hints} for hints in versions]
    seen, wrong, ended = [], [], threading.Event()

    def read():
        while not ended.is_set():
            shown = {extension for extension, _ in state.shown}
            seen.append(shown)
            if shown not in allowed:
                wrong.append(shown)
            for hint in state:
                hint.evaluate(state.facts)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(3000):
        state.replace_hints(versions[number % 3])
        state.put(presence_key("a"), "a", AWAY if number % 2 else NOT_SET, None)
    ended.set()
    reader.join()
    assert seen
    assert wrong == []
