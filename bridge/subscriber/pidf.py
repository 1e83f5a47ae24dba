"""Reading a presence document (RFC 3863, 4479) as the phones do that take the Digium element from it."""

from typing import Final, NamedTuple
from xml.etree import ElementTree as ET

from bridge.pidf import DATA_MODEL, PIDF, read_document

# Where a note may stand, in the order in which PJSIP phones look: a note about the person hides
# the one about the line.
_NOTES: Final = (f".//{DATA_MODEL}person//{DATA_MODEL}note", f"./{PIDF}note", f"./{PIDF}tuple/{PIDF}note")


class Picture(NamedTuple):
    """What a phone shows. Empty where the document says nothing.

    `basic` is `open` or `closed`, `note` the word for the lamp ("On the phone"); the rest is the
    Digium element: presence type, subtype (short text) and message (long text).
    """

    basic: str = ""
    note: str = ""
    presence: str = ""
    subtype: str = ""
    message: str = ""


def read_pidf(body: bytes) -> Picture:
    """Read a document; raise DocumentError as `read_document` does."""
    root = read_document(body)
    digium = root.find(f".//{PIDF}digium_presence")
    return Picture(
        _text(root.find(f"./{PIDF}tuple/{PIDF}status/{PIDF}basic")).strip(),
        next((_text(note).strip() for path in _NOTES for note in root.iterfind(path)), ""),
        "" if digium is None else digium.get("type", ""),
        "" if digium is None else digium.get("subtype", ""),
        _text(digium),
    )


def _text(element: ET.Element | None) -> str:
    return "" if element is None else element.text or ""
