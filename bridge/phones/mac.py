"""Hardware addresses (IEEE 802, EUI-48) in the ways in which labels, phones and routers write them."""

import re
from typing import Final

# Twelve digits, or groups of two, four or six of them with one and the same sign in between.
_SPELLINGS: Final = re.compile(
    r"[0-9a-f]{12}"
    r"|[0-9a-f]{2}([:-])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}"
    r"|[0-9a-f]{4}([.:-])[0-9a-f]{4}\2[0-9a-f]{4}"
    r"|[0-9a-f]{6}[:-][0-9a-f]{6}"
)


def parse_mac(text: str) -> str:
    """Return the address as phones ask by it: 12 digits in lower case. ValueError for what is none."""
    digits = text.lower()
    if not _SPELLINGS.fullmatch(digits):
        raise ValueError("needs a hardware address of 12 hexadecimal digits, such as 00:0f:d3:aa:bb:cc")
    return _without_signs(digits)


def names_mac(text: str, mac: str) -> bool:
    """Whether a text, such as a User-Agent, holds this address (as `parse_mac` gives it)."""
    return mac in _without_signs(text.lower())


def _without_signs(text: str) -> str:
    return re.sub("[:.-]", "", text)
