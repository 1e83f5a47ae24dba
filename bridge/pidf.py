"""Presence documents (PIDF, RFC 3863) of strangers, read within bounds and with nothing looked up.

Two parts read them, and make different things of them: a watching phone takes what its lamp and
its screen show, the registrar takes what a person says. What they share is here: how such XML is
read at all, which is the dangerous half.
"""

from typing import Final
from xml.etree import ElementTree as ET

CONTENT_TYPE: Final = "application/pidf+xml"

# Namespaces, as ElementTree writes them in front of a name: RFC 3863 section 4.1 and RFC 4479 section 5.
PIDF: Final = "{urn:ietf:params:xml:ns:pidf}"
DATA_MODEL: Final = "{urn:ietf:params:xml:ns:pidf:data-model}"

# Softphones send 0.2 to 0.6 kB, with 10 elements and 5 levels. The bounds keep the worst document below
# 5 ms, and the recursion of whoever walks through the tree far from the interpreter's limit.
MAX_BYTES: Final = 16_384
_MAX_ELEMENTS: Final = 1_000
_MAX_DEPTH: Final = 32

_UTF_16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


class DocumentError(ValueError):
    """The body is not a presence document that we read; the text says why."""


def read_document(body: bytes) -> ET.Element:
    """The root of a document; DocumentError for what is malformed, too large, no PIDF, or has a DTD."""
    if len(body) > MAX_BYTES:
        raise DocumentError(f"not a presence document: {len(body)} bytes")
    # What S314 warns of needs a DTD, and `_text` lets none pass.
    parser = ET.XMLParser(target=_Target())  # noqa: S314 - no DTD gets here
    try:
        parser.feed(_text(body))
        root: ET.Element = parser.close()
    except (ET.ParseError, ValueError) as error:
        raise DocumentError(f"not a presence document: {error}") from error
    if root.tag != f"{PIDF}presence":
        raise DocumentError(f"not a presence document: its root is {root.tag[:80]}")
    return root


def _text(body: bytes) -> str:
    """Every reader of XML reads UTF-8 and UTF-16 (XML 1.0 section 4.3.3), and we read nothing else.

    The parser is given text, so that it takes no notice of the encoding that the document names: it
    would ask Python's registry, which remembers for ever each name that it did not find. And a DTD is
    looked for here: when a callback raises, expat goes on, and expands all entities before it says so.
    """
    text = body.decode("utf-16" if body.startswith(_UTF_16_MARKS) else "utf-8-sig")
    if "<!DOCTYPE" in text:
        raise ValueError("it has a document type")
    return text


class _Target(ET.TreeBuilder):
    def __init__(self) -> None:
        super().__init__()
        self._elements = self._depth = 0

    def start(self, tag: str, attrs: dict[str, str]) -> ET.Element:
        self._elements += 1
        self._depth += 1
        if self._elements > _MAX_ELEMENTS or self._depth > _MAX_DEPTH:
            raise ValueError("it has too many elements, or they are nested too deeply")
        return super().start(tag, attrs)

    def end(self, tag: str) -> ET.Element:
        self._depth -= 1
        return super().end(tag)
