import pytest

from bridge.io.log.line import Line, shown


def test_an_event_is_followed_by_its_fields():
    assert str(Line("presence_changed", {"provider": "2000", "status": 200})) == (
        "presence_changed provider=2000 status=200"
    )
    assert str(Line("store_kept")) == "store_kept"


def test_values_are_quoted_so_that_they_can_be_told_apart():
    line = Line("e", {"a": 'a "b" c=d', "b": "", "c": "x\\y"})
    assert str(line) == r'e a="a \"b\" c=d" b="" c="x\\y"'


def test_words_are_shown_as_they_are():
    assert str(Line("note", words='the store is "x"')) == 'the store is "x"'


def test_as_a_document_numbers_stay_numbers_and_words_are_a_field():
    line = Line("e", {"status": 200, "seconds": 0.25, "text": None, "yes": True})
    assert line.document == {"event": "e", "status": 200, "seconds": 0.25, "text": "None", "yes": True}
    assert Line("note", words="a").document == {"event": "note", "text": "a"}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            Line("e", {"x": 1}, source="10.0.0.7"),
            "e … and 340 more of these in the last minute from 10.0.0.7",
        ),
        (Line("e", {"x": 1}, source=""), "e … and 340 more of these in the last minute from others"),
        (Line("warning", words="w", source="w"), "… and 340 more of these in the last minute: w"),
    ],
)
def test_what_was_left_out_is_told_with_its_source(line, words):
    assert str(line.left_out(340)) == words
    assert line.left_out(340).document["left_out"] == 340
    assert line.left_out(340).event == line.event
    assert line.left_out(340).source is None


def test_nothing_from_outside_moves_the_terminal_or_fakes_a_line():
    evil = 'a\r\n\x1b[31m"\u202e\x00\ud800' + "x" * 100_000
    assert shown(evil).isprintable()
    assert shown(evil).startswith(r"a\r\n\x1b[31m")
    assert len(shown(evil)) == 200


@pytest.mark.requirement("A7")
@pytest.mark.parametrize("line", [Line("e", {"watcher": "sip:a:SeCrEt@h"}), Line("n", words="token=SeCrEt")])
def test_secrets_are_hidden_in_both_forms(line):
    assert "SeCrEt" not in str(line)
    assert "SeCrEt" not in str(line.document)
    assert "(hidden)" in str(line)
