import pytest

from bridge.dialplan.hint_line import HintLine, hint_lines
from bridge.dialplan.remark import Place, Remark
from bridge.dialplan.sections import Sections, Source


def read(*lines, variables=None):
    (section,) = Sections([Source("x", "\n".join(["[c]", *lines]))], lambda _: [])
    return list(hint_lines(section, variables or {}))


@pytest.mark.parametrize(
    ("line", "extension", "text"),
    [
        ("exten => 2000,hint,SIP/2000", "2000", "SIP/2000"),
        (
            "exten => 2000,hint,SIP/1&Custom:DND1,CustomPresence:1",
            "2000",
            "SIP/1&Custom:DND1,CustomPresence:1",
        ),
        ("exten=>2000,hint,,CustomPresence:1", "2000", ",CustomPresence:1"),
        ("EXTEN = 2000 , hint , SIP/1 & SIP/2", "2000", "SIP/1 & SIP/2"),
        ("exten => 20 00,hint(label),SIP/1", "2000", "SIP/1"),
        ("exten => 2000,hint", "2000", ""),
        ("exten => _2[0,1]XX,hint,SIP/${EXTEN}", "_2[0,1]XX", "SIP/${EXTEN}"),
        ("exten => ${DESK},hint,SIP/${DESK}", "2000", "SIP/${DESK}"),
    ],
)
def test_a_line_that_is_a_hint(line, extension, text):
    assert read(line, variables={"DESK": "2000"}) == [HintLine(Place("x", 2), "c", extension, text)]


@pytest.mark.parametrize(
    "line",
    [
        "exten => 2000,1,Dial(SIP/2000)",
        "exten => 2000,hints,NoOp()",
        "exten => 2000,n,hint",
        "include => hint",
        "exten =>",
        "hint = hint",
    ],
)
def test_a_line_that_is_none(line):
    assert read(line) == []


def test_same_is_the_extension_of_the_line_above():
    lines = read("exten => 2000,1,Answer()", "same => n,Hangup()", "same => hint,SIP/1")
    assert lines == [HintLine(Place("x", 4), "c", "2000", "SIP/1")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("same => hint,SIP/1", "'hint,SIP/1' follows no exten in this section"),
        ("exten => ${X},hint,SIP/1", "hint left out: ${X} is set in no [globals] of these files"),
        (
            "exten => 2000,Hint,SIP/1",
            "hint left out: 'Hint' is no priority in Asterisk: it has to be written as hint",
        ),
        ("exten => 2000,hint(a,SIP/1", "hint left out: 'hint(a' is no priority"),
        ("exten => 2000,hint+1,SIP/1", "hint left out: 'hint+1' is no priority"),
        ("exten => 2000/200,hint,SIP/1", "hint left out: '2000/200' counts for one caller alone"),
    ],
)
def test_a_hint_that_can_be_none_is_told(line, reason):
    (remark,) = read(line)
    assert isinstance(remark, Remark)
    assert str(remark).startswith(f"x:2: {reason}")


def test_a_hint_of_an_unknown_extension_is_told_at_its_own_line():
    (remark,) = read("exten => ${X},1,Answer()", "same => hint,SIP/1")
    assert remark.place == Place("x", 3)


def test_the_extension_and_its_context_are_variables():
    line = HintLine(Place("x", 1), "office", "_2XXX", "${TECH}/${EXTEN:1}@${CONTEXT}")
    assert line.expanded("2001", {"TECH": "SIP", "EXTEN": "not this"}) == "SIP/001@office"


@pytest.mark.parametrize(
    ("text", "cut_off", "expanded"),
    [
        ("SIP/1", "", "SIP/1"),
        ("SIP/1(a)b", "(a)b", "SIP/1"),
        ("SIP/${EXTEN}(a)", "", "SIP/2000(a)"),
        ("(a)", "(a)", ""),
    ],
)
def test_parentheses_are_cut_off_as_asterisk_does(text, cut_off, expanded):
    line = HintLine(Place("x", 1), "c", "2000", text)
    assert line.cut_off == cut_off
    assert line.expanded("2000", {}) == expanded
