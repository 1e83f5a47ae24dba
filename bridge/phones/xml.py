"""XML documents of elements and attributes, written so that every reader can read them back.

A phone does not report a document that is not well formed; it drops it.
"""

import re
from collections.abc import Mapping
from typing import Final
from xml.etree import ElementTree as ET

# What XML 1.0 section 2.2 forbids, halves of UTF-16 pairs included: ElementTree would write it.
_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def element(name: str, attributes: Mapping[str, str] | None = None, *children: ET.Element) -> ET.Element:
    """An element; of the values, what XML cannot hold is left out."""
    made = ET.Element(name, {key: _FORBIDDEN.sub("", value) for key, value in (attributes or {}).items()})
    made.extend(children)
    return made


def encode(root: ET.Element) -> bytes:
    """The document, in UTF-8, one element a line."""
    ET.indent(root)
    text: str = ET.tostring(root, encoding="unicode")
    return _DECLARATION + text.encode() + b"\n"
