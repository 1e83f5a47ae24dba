import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.dialplan.sections import Sections, Source, UnreadableError

NO_FILES = {}


def read(text, files=NO_FILES):
    def find(name):
        if name == "secret":
            raise UnreadableError("Permission denied")
        return [Source(one, files[one]) for one in sorted(files) if name in (one, "*")]

    return Sections([Source("x", text)], find)


def shown(sections):
    return [(one.name, [(entry.key, entry.value) for entry in one.entries]) for one in sections]


def remarks(sections):
    return [str(remark) for remark in sections.remarks]


def test_sections_and_what_stands_in_them():
    sections = read("[a]\nb = c\nd=>e\n  f  =>  g = h \n[a]\ni += j\n[empty] ; nothing\n")
    assert shown(sections) == [
        ("a", [("b", "c"), ("d", "e"), ("f", "g = h")]),
        ("a", [("i", "j")]),
        ("empty", []),
    ]
    assert not sections.remarks


def test_templates_are_nothing_by_themselves_and_part_of_their_heirs():
    sections = read("[t](!)\na=1\n[u](!,t)\nb=2\n[x](u)\nc=3\n[y](t,u)\n")
    assert shown(sections) == [
        ("x", [("a", "1"), ("b", "2"), ("c", "3")]),
        ("y", [("a", "1"), ("a", "1"), ("b", "2")]),
    ]


def test_what_is_added_to_a_section_stands_at_its_end():
    sections = read("[a]\nb=1\n[c]\n[a](+)\nd=2\n[t](!)\ne=3\n[t](+)\nf=4\n[g](t)\n")
    assert shown(sections) == [("a", [("b", "1"), ("d", "2")]), ("c", []), ("g", [("e", "3"), ("f", "4")])]


def test_a_section_that_begins_in_a_file_we_have_not_is_read_all_the_same():
    sections = read("[globals](+)\na=1\n")
    assert shown(sections) == [("globals", [("a", "1")])]
    assert not sections.remarks


@pytest.mark.parametrize("name", ['"y"', "<y>", "y", "'y'"])
@pytest.mark.parametrize("word", ["include", "tryinclude", "Include"])
def test_files_are_included_in_the_section_that_is_open(word, name):
    sections = read(f"[a]\n#{word} {name}\nd=2\n", {"y": "b=1\n[c]\n"})
    assert shown(sections) == [("a", [("b", "1")]), ("c", [("d", "2")])]
    assert [entry.place for section in sections for entry in section.entries] == [("y", 1), ("x", 3)]
    assert not sections.remarks


def test_a_name_may_stand_for_several_files():
    sections = read("[a]\n#include *\n", {"1": "b=1", "2": "c=2"})
    assert shown(sections) == [("a", [("b", "1"), ("c", "2")])]


def test_each_file_of_the_command_line_begins_outside_of_sections():
    sections = Sections([Source("1", "[a]"), Source("2", "b=1\n[c]\nd=2")], lambda _: [])
    assert shown(sections) == [("a", []), ("c", [("d", "2")])]
    assert remarks(sections) == ["2:1: 'b=1' stands before the first [section]"]


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        ("#include y", "there is no file 'y'"),
        ("#include secret", "'secret' cannot be read: Permission denied"),
        ("#tryinclude secret", "'secret' cannot be read: Permission denied"),
        ("#exec /bin/date", "'#exec /bin/date' runs a program"),
        ("#include", "'#include' is not understood"),
        ("#", "'#' is not understood"),
        ("#define a b", "'#define a b' is not understood"),
        ("[a", "'[a' lacks its ]"),
        ("[a](b)", "section 'a' is made from 'b', which is not there"),
        ("[a]\nb", "'b' has no ="),
        ("[a]\n;-- b", "the comment ;-- has no end"),
    ],
)
def test_what_is_not_understood_is_told_with_its_place(text, remark):
    (told,) = remarks(read(text))
    assert told.startswith(f"x:{text.count(chr(10)) + 1}: {remark}")


def test_what_may_be_absent_is_not_missed():
    assert not read("#tryinclude y").remarks


def test_a_blank_before_parentheses_makes_them_a_remark():
    assert shown(read("[a] (!)\nb=1")) == [("a", [("b", "1")])]


def test_files_that_include_themselves_come_to_an_end():
    sections = read("#include y\n#include x", {"x": "", "y": "#include z", "z": "#include *"})
    assert remarks(sections) == ["z:1: 'x' includes itself", "z:1: 'y' includes itself", "z:1: 'z' includes itself",
                                 "x:2: 'x' includes itself"]  # fmt: skip


def test_files_can_include_others_ten_deep_and_no_deeper():
    files = {str(number): f"[{number}]\n#include {number + 1}" for number in range(2, 30)}
    sections = read("#include 2", files)
    assert [section.name for section in sections] == [str(number) for number in range(2, 11)]
    assert remarks(sections) == ["10:2: '11' is not read: too many files include each other"]


def test_files_that_include_all_others_come_to_an_end():
    files = {str(number): "#tryinclude *" for number in range(8)}
    sections = read("#include *", files)
    assert any("too many files" in remark for remark in remarks(sections))


@given(st.text("[](!+),;-#=>ab \ninclude", max_size=80))
def test_any_text_is_read(text):
    for section in read(text, {"a": text}):
        for entry in section.entries:
            assert "\n" not in entry.key + entry.value
