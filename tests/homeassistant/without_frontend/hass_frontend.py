"""In place of the web pages of Home Assistant, 140 MB that no test looks at: a folder without pages."""

from pathlib import Path


def where() -> Path:
    """The folder of the pages."""
    return Path(__file__).parent
