from hypothesis import given
from hypothesis import strategies as st

from bridge.features.dial_plan import DialPlan
from bridge.features.feature_code import parse_feature_code

CODES = [parse_feature_code(dial, "a", ["dnd"]) for dial in ("*2{x}", "*21{x}", "*21", "*215", "*78")]


def found(dialled):
    dialled = DialPlan(CODES).find(dialled)
    return dialled and (str(dialled.code), dialled.values)


def test_whole_numbers_come_first_and_then_the_longest_beginning():
    assert found("*78") == ("*78", {})
    assert found("*21") == ("*21", {})
    assert found("*215") == ("*215", {})
    assert found("*216") == ("*21{x}", {"x": "6"})
    assert found("*2156") == ("*21{x}", {"x": "56"})
    assert found("*22") == ("*2{x}", {"x": "2"})


def test_what_is_no_code():
    for dialled in ("*7", "*788", "*2", "", "2000"):
        assert found(dialled) is None
    assert DialPlan([]).find("*78") is None


@given(st.text("*215678x\x00 ", max_size=6) | st.text(max_size=6))
def test_a_capture_is_what_was_dialled_behind_its_beginning(dialled):
    found = DialPlan(CODES).find(dialled)
    if found is None:
        assert not any(dialled == str(code) for code in CODES)
        return
    captured = found.values.get(found.code.capture, "")
    assert found.code.dial + captured == dialled
    assert captured.isprintable()
