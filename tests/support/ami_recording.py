"""The recorded events and answers of a real Asterisk 20, as octets of a manager connection."""

import re
from pathlib import Path

FILE = Path(__file__).parents[1] / "data/asterisk/ami_events.txt"

_SECTION = re.compile(r"^## \[ *[\d.]+\] (.+)$", re.MULTILINE)
_LINE = re.compile(r"^(?:[A-Z][A-Za-z]*:.*)?$")


def recorded() -> dict[str, list[list[str]]]:
    """By the title of a section: its messages, each a list of lines. A line break within a text stays in its line."""
    titles_and_texts = _SECTION.split(FILE.read_text(encoding="utf-8"))[1:]
    titles, texts = titles_and_texts[::2], titles_and_texts[1::2]
    return {
        title: _messages(text)
        for title, text in zip(titles, texts, strict=True)
        if not title.startswith("CLI")
    }


def octets(message: list[str]) -> bytes:
    """What came over the connection."""
    return "".join(f"{line}\r\n" for line in message).encode() + b"\r\n"


def _messages(text: str) -> list[list[str]]:
    found: list[list[str]] = [[]]
    for line in text.strip("\n").split("\n"):
        if not line:
            found.append([])
        elif _LINE.match(line):
            found[-1].append(line)
        else:
            found[-1][-1] += f"\n{line}"
    return [message for message in found if message]
