import io

import pytest
from rich.console import Console

from bridge.commands.table import TableScreen
from bridge.subscriber.pidf import Picture
from bridge.subscriber.reports import Seen


def seen(extension="2000", note="Ready", presence="available", subtype="", message=""):
    return Seen(extension, Picture("open", note, presence, subtype, message), "active", "", 1.0)


@pytest.fixture
def output():
    return io.StringIO()


@pytest.fixture
def screen(output):
    return TableScreen(("2000", "2001"), Console(file=output, width=100, force_terminal=False))


def rows(output):
    """The cells of the table that was drawn last."""
    lines = [line.strip("│").split("│") for line in output.getvalue().splitlines() if line.startswith("│")]
    return [[cell.strip() for cell in line] for line in lines][-2:]


def test_every_phone_has_a_row_from_the_start(screen, output):
    screen.open("Hello.")
    screen.close()
    assert output.getvalue().startswith("Hello.\n")
    assert rows(output) == [["2000", "…", "", "", "", ""], ["2001", "…", "", "", "", ""]]


def test_shows_lamp_presence_text_latency_and_changes(screen, output):
    screen.open("")
    screen.show(seen("2001"), None)
    screen.show(seen("2001", "Ringing", "away", "lunch", "back [at] 13:00"), 0.0012)
    screen.close()
    assert rows(output)[1] == ["2001", "● Ringing", "away", "lunch - back [at] 13:00", "1.2 ms", "1"]


def test_the_first_picture_is_no_change(screen, output):
    screen.open("")
    screen.show(seen(message="only this"), None)
    screen.close()
    assert rows(output)[0] == ["2000", "● Ready", "available", "only this", "-", "0"]


@pytest.mark.parametrize("note", ["Unavailable", "", "Other"])
def test_a_lamp_that_is_dark(screen, output, note):
    screen.open("")
    screen.show(seen(note=note), None)
    screen.close()
    assert rows(output)[0][1].startswith("○")


def test_text_from_outside_cannot_move_the_terminal(screen, output):
    screen.open("")
    screen.show(seen(note="\x1b[2J", presence="\x1b[2J", subtype="\x1b[2J", message="[red]\x1b[2J"), None)
    screen.close()
    assert "\x1b" not in output.getvalue()
    assert "[red]" in output.getvalue()


def test_notes_stand_above_the_table_and_are_no_markup(screen, output):
    screen.open("")
    screen.note("[bold]note[/]")
    screen.close()
    assert "[bold]note[/]\n" in output.getvalue()


def test_a_narrow_terminal_is_not_filled_to_its_edge():
    output = io.StringIO()
    screen = TableScreen(("2000",), Console(file=output, width=80, force_terminal=False))
    screen.open("")
    screen.show(seen(subtype="a rather long text", message="that needs two lines or more"), None)
    screen.close()
    assert {len(line) for line in output.getvalue().splitlines() if line.startswith("│")} == {77}
