"""The demo's live table: a row for each phone, drawn anew with each change (rich)."""

from typing import Final

from rich.box import ROUNDED
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from bridge.commands.wording import lamp, milliseconds
from bridge.model.words import printable
from bridge.subscriber.reports import Seen

# The lamp of a Digium phone by its note, as the usual provisioning files have it: colour and rhythm.
_LAMPS: Final = {
    "Ready": ("●", "green"),
    "Ringing": ("●", "bold red blink"),
    "On the phone": ("●", "red"),
    "On hold": ("◐", "red"),
}
_DARK: Final = ("○", "dim")

# Columns of the terminal; the text takes what the others leave. At the right there must be room for
# the ^C that the terminal itself writes: wrapped to the next line it would shift the last drawing.
_WIDTH: Final = 100
_MARGIN: Final = 3


class _Row:
    """What is known of one phone."""

    def __init__(self) -> None:
        self.seen: Seen | None = None
        self.latency: float | None = None
        self.changes = -1  # the first picture is no change


class TableScreen:
    """The introduction, and the table below it; whatever else is printed goes above the table."""

    def __init__(self, extensions: tuple[str, ...], console: Console | None = None) -> None:
        self._rows = {extension: _Row() for extension in extensions}
        self._console = console or Console(highlight=False)
        self._live = Live(self._table(), console=self._console, auto_refresh=False)

    def open(self, introduction: str) -> None:
        """Print it, and begin to draw."""
        # Commands are copied from here: no line may be broken.
        self._console.print(introduction, markup=False, soft_wrap=True)
        self._live.start(refresh=True)

    def show(self, seen: Seen, latency: float | None) -> None:
        """Draw anew."""
        one = self._rows[seen.extension]
        one.seen, one.latency = seen, latency
        one.changes += 1
        self._live.update(self._table(), refresh=True)

    def note(self, text: str) -> None:
        """Print it above the table."""
        self._console.print(text, markup=False, soft_wrap=True)

    def close(self) -> None:
        """Leave the last table where it is."""
        self._live.stop()

    def _table(self) -> Table:
        table = Table(box=ROUNDED, width=min(self._console.width - _MARGIN, _WIDTH))
        table.add_column("phone", width=5)
        table.add_column("lamp", width=14)
        table.add_column("presence", width=11)
        table.add_column("text", ratio=1)
        table.add_column("latency", width=9, justify="right")
        table.add_column("changes", width=7, justify="right")
        for extension, one in self._rows.items():
            table.add_row(extension, *self._cells(one))
        return table

    def _cells(self, one: _Row) -> tuple[str | Text, ...]:
        if one.seen is None:
            return ("…", "", "", "", "")
        picture = one.seen.picture
        symbol, style = _LAMPS.get(picture.note, _DARK)
        text = " - ".join(filter(None, (picture.subtype, picture.message)))
        return (
            Text(f"{symbol} {lamp(picture)}", style=style),
            Text(printable(picture.presence)),
            Text(printable(text)),
            milliseconds(one.latency),
            str(max(one.changes, 0)),
        )
