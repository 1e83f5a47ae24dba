from bridge.dialplan.dialplan import Dialplan
from bridge.dialplan.sections import Sections, Source


def read(text):
    return Dialplan(Sections([Source("x", text)], lambda _: []))


def reached(dialplan, name):
    return [(context.name, times) for context, times in dialplan.reach(name)]


def remarks(dialplan):
    return [str(remark) for remark in dialplan.remarks]


def test_contexts_are_all_sections_but_two():
    dialplan = read("[General]\na=1\n[globals]\nb=2\n[c]\n[d]\n[c]\nexten => 1,hint,SIP/1\n")
    assert list(dialplan.contexts) == ["c", "d"]
    assert dialplan.variables == {"b": "2"}
    assert dialplan.contexts["c"].find("1").text == "SIP/1"
    assert dialplan.contexts["d"].find("1") is None


def test_an_extension_goes_before_patterns_and_these_by_what_they_leave_open():
    context = read("[c]\nexten => _.,hint,A/1\nexten => _20XX,hint,A/2\nexten => 2001,hint,A/3\n").contexts[
        "c"
    ]
    assert [context.find(extension).text for extension in ("2001", "2002", "3000")] == ["A/3", "A/2", "A/1"]


def test_of_two_equal_patterns_the_first_counts():
    context = read("[c]\nexten => _20XX,hint,A/1\nexten => _20XX,hint,A/2\n").contexts["c"]
    assert context.find("2000").text == "A/1"


def test_a_second_hint_of_an_extension_is_told():
    dialplan = read("[c]\nexten => 1,hint,A/1\nexten => 1,hint,A/2\n")
    assert dialplan.contexts["c"].find("1").text == "A/1"
    assert remarks(dialplan) == ["x:3: hint left out: '1' has one already, at x:2"]


def test_a_pattern_without_meaning_is_told():
    assert remarks(read("[c]\nexten => _[2,hint,A/1\n")) == [
        "x:2: hint left out: pattern '_[2' has a [ without its ]"
    ]


def test_included_contexts_are_searched_depth_first_and_once():
    dialplan = read(
        "[a]\ninclude => b\ninclude => c\n[b]\ninclude => d\ninclude => a\n[c]\ninclude => b\n[d]\ninclude => c\n"
    )
    assert [name for name, _ in reached(dialplan, "a")] == ["a", "b", "d", "c"]
    assert [name for name, _ in reached(dialplan, "d")] == ["d", "c", "b", "a"]
    assert reached(dialplan, "e") == []


def test_times_of_an_include_count_for_all_below_it():
    dialplan = read("[a]\ninclude => b,08:00-17:00,mon-fri,*,*\n[b]\ninclude => c\n[c]\n")
    assert reached(dialplan, "a") == [
        ("a", ""),
        ("b", "08:00-17:00,mon-fri,*,*"),
        ("c", "08:00-17:00,mon-fri,*,*"),
    ]


def test_contexts_that_are_nowhere():
    dialplan = read("[a]\ninclude => b\ninclude => x\ninclude => ${NO}\n[b]\ninclude => x\ninclude => y\n")
    assert dialplan.missing("a") == ("x", "y")
    assert dialplan.missing("b") == ("x", "y")
    assert remarks(dialplan) == [
        "x:4: an included context is left out: ${NO} is set in no [globals] of these files"
    ]


def test_a_global_variable_can_hold_others_and_be_unknown():
    text = "[globals]\nA=1\nB=${A}2\nC=${DB(x)}\n[${A}]\ninclude => c${B}\nexten => ${C},hint,SIP/1\n"
    dialplan = read(text)
    assert dialplan.missing("${A}") == ("c12",)
    assert remarks(dialplan) == [
        "x:7: hint left out: ${C} is set at x:4, but ${DB(x)} is a function, which only the running PBX can carry out"
    ]


def test_hints_that_come_from_elsewhere_are_told():
    dialplan = read(
        "[a]\nswitch => Realtime/x@y\neswitch => Z\nautohints = yes\nautohints = no\nignorepat => 9\n"
    )
    assert remarks(dialplan) == [
        "x:2: hints may come from 'Realtime/x@y' as well: only the running PBX knows them",
        "x:3: hints may come from 'Z' as well: only the running PBX knows them",
        "x:4: autohints: Asterisk makes further hints for its devices while it runs",
    ]
