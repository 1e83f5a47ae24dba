"""Names where only ASCII letters, digits and _ may stand: in discovery topics, unique ids and entity ids."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from hashlib import sha256

_FOREIGN = re.compile("[^a-z0-9]+")
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789")

# Hexadecimal digits behind a word that two names share.
_DIGITS = 6


def identifier(name: str) -> str:
    """Return a name's identifier: of two names never the same, and whatever other names there are.

    All but small letters and digits is written as the octets of its UTF-8: `Müller` is `_4d_c3_bcller`.
    People do not see it; what Home Assistant keeps under it (renamed entities, history) stays when other
    names come and go.
    """
    return "".join(chr(octet) if octet in _PLAIN else f"_{octet:02x}" for octet in name.encode())


def words(names: Iterable[str]) -> dict[str, str]:
    """Return for each name what people see of it in entity ids: `Müller` is `muller`, `*78` is `78`.

    A word that several names share stays that of the name which is spelled so; the others get a digest
    of the name behind it.
    """
    plain = {name: _fold(name) for name in sorted(set(names))}
    bearers = Counter(plain.values())
    found = {name: word for name, word in plain.items() if word and (word == name or bearers[word] == 1)}
    taken = set(found.values())
    for name, word in plain.items():
        if name not in found:
            found[name] = _distinguished(word, name, taken)
            taken.add(found[name])
    return found


def _fold(name: str) -> str:
    """The way of Home Assistant's own `slugify`, for letters that are ASCII letters with something on them."""
    ascii_only = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return _FOREIGN.sub("_", ascii_only.lower()).strip("_")


def _distinguished(word: str, name: str, taken: set[str]) -> str:
    digest = sha256(name.encode()).hexdigest()
    for length in range(_DIGITS, len(digest) + 1):
        candidate = f"{word}_{digest[:length]}".strip("_")
        if candidate not in taken:
            return candidate
    raise AssertionError("two names have the same SHA-256")
