"""Lists of extensions as people write them: `3000-3099,4000`."""

import re
from typing import Final

from bridge.model.words import quoted

_RANGE = re.compile(r"([0-9]{1,15})-([0-9]{1,15})")
# More than any PBX has; each becomes a hint.
_MOST: Final = 100_000


def parse_extensions(text: str) -> tuple[str, ...]:
    """Return each extension of a list once. ValueError says what is wrong.

    Both ends of a range are as long, and zeros at the beginning stay.
    """
    found: dict[str, None] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        ends = _RANGE.fullmatch(part)
        found |= dict.fromkeys(_range(part, *ends.groups()) if ends else [part])
    if not found or len(found) > _MOST:
        raise ValueError(f"{quoted(text)} names {'no' if not found else 'too many'} extensions")
    return tuple(found)


def _range(part: str, first: str, last: str) -> list[str]:
    if len(first) != len(last) or not 0 <= int(last) - int(first) < _MOST:
        raise ValueError(f"{quoted(part)} is no range of extensions: write 3000-3099")
    return [str(number).zfill(len(first)) for number in range(int(first), int(last) + 1)]
