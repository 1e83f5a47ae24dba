"""Where the demo shows its phones: a live table, or a line for each change."""

import sys
from typing import Protocol

from bridge.commands.wording import TITLES, arrival, line, row
from bridge.subscriber.reports import Seen


class Screen(Protocol):
    """Opened once and closed once; a change is shown in between."""

    def open(self, introduction: str) -> None:
        """Say what there is to see."""
        ...

    def show(self, seen: Seen, latency: float | None) -> None:
        """A phone shows something else than before."""
        ...

    def note(self, text: str) -> None:
        """Something else has happened."""
        ...

    def close(self) -> None:
        """Leave the terminal as it was."""
        ...


class PlainScreen:
    """Lines, for pipes and for terminals without cursor."""

    def open(self, introduction: str) -> None:
        """Print it, and the titles of what follows."""
        print(f"{introduction}\n{row(*TITLES)}", flush=True)

    def show(self, seen: Seen, latency: float | None) -> None:
        """Print one line."""
        print(line(seen, arrival(seen), latency), flush=True)

    def note(self, text: str) -> None:
        """Print it."""
        print(text, flush=True)

    def close(self) -> None:
        """Nothing was changed."""


def choose_screen(extensions: tuple[str, ...], *, plain: bool) -> Screen:
    """A table where there is a terminal to draw on, and rich to draw with (an extra of the package)."""
    if plain or not sys.stdout.isatty():
        return PlainScreen()
    try:
        from bridge.commands.table import TableScreen  # noqa: PLC0415 - the extra may be missing
    except ImportError:
        return PlainScreen()
    return TableScreen(extensions)
