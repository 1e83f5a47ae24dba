import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.dialplan.choice import choose
from bridge.dialplan.dialplan import Dialplan
from bridge.dialplan.sections import Sections, Source


def read(text):
    sections = Sections([Source("x", text)], lambda _: [])
    return sections, Dialplan(sections)


def chosen(text, *contexts, extensions=()):
    return choose(read(text)[1], contexts, extensions)


def hints(choice):
    return {extension: taken.hint.text for extension, taken in choice.taken.items()}


def remarks(choice):
    return [str(remark) for remark in choice.remarks]


def test_without_a_context_all_are_taken():
    choice = chosen("[a]\nexten => 1,hint,SIP/1\ninclude => b\n[b]\nexten => 2,hint,SIP/2\n")
    assert hints(choice) == {"1": "SIP/1", "2": "SIP/2"}
    assert choice.remarks == []
    assert choice.asides == []


def test_with_one_those_that_a_phone_finds_there():
    text = (
        "[a]\nexten => 1,hint,SIP/1\ninclude => b\ninclude => nowhere\n"
        "[b]\nexten => 2,hint,SIP/2\nexten => 1,hint,SIP/late\n[c]\nexten => 3,hint,SIP/3\n"
    )
    choice = chosen(text, "a")
    assert hints(choice) == {"1": "SIP/1", "2": "SIP/2"}
    assert remarks(choice) == ["x:7: hint of 1 left out: the one at x:2 goes first"]
    assert choice.asides == [
        "hints of contexts that were not asked for: 'c' (1)",
        "included contexts that are in none of the files: 'nowhere'",
    ]
    assert hints(chosen(text, "c", "b")) == {"3": "SIP/3", "2": "SIP/2", "1": "SIP/late"}


def test_a_pattern_of_the_context_goes_before_an_included_extension():
    text = "[a]\nexten => _2XX,hint,SIP/p${EXTEN}\ninclude => b\n[b]\nexten => 200,hint,SIP/200\n"
    choice = chosen(text, "a")
    assert hints(choice) == {"200": "SIP/p200"}
    assert choice.taken["200"].notes == ("from the pattern _2XX",)
    assert remarks(choice) == ["x:5: hint of 200 left out: the one at x:2 goes first"]


def test_two_hints_of_an_extension_are_one_if_they_are_equal():
    choice = chosen("[a]\nexten => 1,hint,SIP/1\n[b]\nexten => 1,hint,SIP/1\n[c]\nexten => 1,hint,SIP/2\n")
    assert hints(choice) == {"1": "SIP/1"}
    assert remarks(choice) == [
        (
            "x:6: hint 'SIP/2' of 1 in context 'c' left out: another one was taken, 'SIP/1' of 'a' (x:2); "
            "choose by --context"
        )
    ]


def test_patterns_stand_for_the_extensions_that_are_given():
    text = "[a]\nexten => _3XXX,hint,SIP/${EXTEN},CustomPresence:${EXTEN}\nexten => _4XXX,hint,SIP/${EXTEN}\n"
    assert remarks(chosen(text)) == [
        f"x:{line}: pattern '_{digit}XXX' left out, as no extensions are given: "
        "name those that it is for, such as --extensions 3000-3099"
        for line, digit in ((2, 3), (3, 4))
    ]
    choice = chosen(text, extensions=("3000", "3001", "5000"))
    assert hints(choice) == {
        extension: f"SIP/{extension},CustomPresence:{extension}" for extension in ("3000", "3001")
    }
    assert remarks(choice) == [
        (
            "x:3: pattern '_4XXX' left out, as it stands for none of those extensions: "
            "name those that it is for, such as --extensions 3000-3099"
        )
    ]


def test_what_cannot_be_taken_is_told_once():
    choice = chosen("[a]\nexten => _3XXX,hint,SIP/${DB(${CONTEXT})}\n", extensions=("3000", "3001"))
    assert remarks(choice) == [
        "x:2: hint 'SIP/${DB(${CONTEXT})}' left out: ${DB(a)} is a function, which only the running PBX can carry out"
    ]


def test_what_our_hints_cannot_say_is_told_in_their_words():
    assert remarks(chosen("[a]\nexten => 1,hint,CustomPresence:1\n")) == [
        "x:2: hint 'CustomPresence:1' left out: a presence provider needs a comma before it: write ',CustomPresence:1'"
    ]


def test_what_differs_from_asterisk_is_noted():
    text = "[a]\ninclude => b,08:00-17:00\n[b]\nexten => 1,hint,,CustomPresence:1(x)\n"
    assert chosen(text, "a").taken["1"].notes == (
        "in Asterisk at certain times only: 08:00-17:00",
        "without '(x)', which Asterisk cuts off",
        'without a device, Asterisk always shows it as Unavailable; so does deviceless = "asterisk"',
    )


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        ("&Custom:DND1,CustomPresence:1", "Custom:DND1,CustomPresence:1"),
        ("SIP/1&&SIP/2", "SIP/1&SIP/2"),
        ("SIP/1& ,", "SIP/1,"),
        ("&,CustomPresence:1", ",CustomPresence:1"),
    ],
)
def test_a_device_without_a_name_is_left_out(written, taken):
    (hint,) = chosen(f"[a]\nexten => 1,hint,{written}\n").taken.values()
    assert hint.hint.text == taken
    assert hint.notes[0] == f"written as '{written}', with a device that has no name"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "[ext-local]",
            r"context 'ext-lokal' is in none of the files \(did you mean ext-local\?\); there are 'ext-local'",
        ),
        ("", "there are none"),
    ],
)
def test_a_context_that_is_nowhere_is_named(text, words):
    with pytest.raises(ValueError, match=words):
        chosen(text, "ext-lokal")


def test_long_lists_are_cut():
    text = "[a]\n" + "".join(f"include => no{number}\n" for number in range(12))
    (aside,) = chosen(text, "a").asides
    assert aside.endswith("'no9' and 2 more")


CONTEXTS = st.sampled_from(["a", "b", "c"])
EXTENSIONS = st.sampled_from(["200", "201", "_2XX", "_X!", "${WHO}", "${NO}", "20/1", "_[2", "a/b", "h", ""])
TEXTS = st.sampled_from(
    [
        "SIP/1",
        "SIP/1&SIP/2,CustomPresence:a",
        ",CustomPresence:a",
        "CustomPresence:a",
        "SIP/${EXTEN}",
        "${NO}",
        "",
        "SIP/1(x)",
    ]
)
LINES = st.one_of(
    st.builds("[{}]".format, CONTEXTS),
    st.builds("[{}](+)".format, CONTEXTS),
    st.builds("include => {}".format, CONTEXTS),
    st.builds("exten => {},hint,{}".format, EXTENSIONS, TEXTS),
    st.builds("exten => {},1,Answer()".format, EXTENSIONS),
    st.builds("same => hint,{}".format, TEXTS),
)


@given(
    st.lists(LINES, max_size=12),
    st.sampled_from([(), ("a",), ("a", "b")]),
    st.sampled_from([(), ("200", "202")]),
)
def test_no_hint_is_lost_silently(lines, contexts, extensions):
    text = "\n".join(["[globals]", "WHO=200", "[a]", "[b]", *lines])
    sections, dialplan = read(text)
    choice = choose(dialplan, contexts, extensions)
    told = {remark.place.line for remark in (*sections.remarks, *choice.remarks)}
    accounted = told | {taken.line.place.line for taken in choice.taken.values()}
    reached = {one.name for context in contexts for one, _ in dialplan.reach(context)}
    current = ""
    for number, line in enumerate(text.split("\n"), 1):
        if header := re.match(r"\[(.*?)\]", line):
            current = header[1]
        elif ("hint," in line) and (not contexts or current in reached) and number not in accounted:
            # An equal hint of the same extension was taken from elsewhere.
            line_hint = next(one for one in lines_of(dialplan, current) if one.place.line == number)
            same = choice.taken.get(line_hint.extension)
            assert same is not None or line_hint.extension.startswith("_"), line
            if same is not None:
                assert same.hint.text == line_hint.expanded(line_hint.extension, dialplan.variables)


def lines_of(dialplan, name):
    context = dialplan.contexts[name]
    return [*context.hints.values(), *(line for _, line in context.patterns)]
