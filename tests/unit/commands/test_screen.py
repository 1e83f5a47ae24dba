import sys

import pytest

from bridge.commands.screen import PlainScreen, choose_screen
from bridge.commands.table import TableScreen
from bridge.subscriber.pidf import Picture
from bridge.subscriber.reports import Seen


def test_a_line_for_everything_that_happens(capsys):
    screen = PlainScreen()
    screen.open("Hello.\n")
    screen.show(Seen("2000", Picture("open", "Ready", "away", "lunch", "back"), "active", "", 1.0), 0.001)
    screen.note("Something else.")
    screen.close()
    hello, blank, titles, line, note = capsys.readouterr().out.splitlines()
    assert (hello, blank, note) == ("Hello.", "", "Something else.")
    assert titles.split()[0] == "time"
    assert line.split()[1:] == ["2000", "Ready", "away", "lunch", "back", "1.0", "ms"]


@pytest.mark.parametrize(
    ("terminal", "plain", "kind"),
    [(True, False, TableScreen), (True, True, PlainScreen), (False, False, PlainScreen)],
)
def test_a_table_where_there_is_a_terminal(monkeypatch, terminal, plain, kind):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
    assert isinstance(choose_screen(("2000",), plain=plain), kind)


def test_lines_where_rich_is_not_installed(monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setitem(sys.modules, "bridge.commands.table", None)
    assert isinstance(choose_screen(("2000",), plain=False), PlainScreen)
