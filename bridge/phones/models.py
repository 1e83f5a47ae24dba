"""The models that take such files, and where each has keys with a lamp.

From the makers' Smart BLF reference and from their own generator of such files in FreePBX. The D80
and the A series are provisioned by other means.
"""

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Final, NamedTuple


class KeyPlace(NamedTuple):
    """A key: the panel that it is on, its number from the top (from 0), and whether the panel has several pages."""

    location: str
    number: int
    paged: bool = False


class Panel(NamedTuple):
    """A column of keys. `keys` is None where the makers do not tell how many there are."""

    location: str
    keys: int | None
    pages: int = 1


class Model(NamedTuple):
    """One model, with its panels in the order in which they are filled."""

    name: str
    panels: tuple[Panel, ...]

    def places(self, accounts: int) -> Iterator[KeyPlace]:
        """The keys that are left over when each account has taken a line key.

        The first line key is always the phone's own. A key that stands for several pages comes once
        for each: the phone puts the second contact of a key on the second page. Endless where the
        number of keys is not known.
        """
        for panel in self.panels:
            first = max(1, accounts) if panel.location == "main" else 0
            for _ in range(panel.pages):
                for number in count(first) if panel.keys is None else range(first, panel.keys):
                    yield KeyPlace(panel.location, number, panel.pages > 1)


_TWO_LINES: Final = (Panel("main", 2),)
_UNKNOWN: Final = (Panel("main", None),)

MODELS: Final[Mapping[str, Model]] = {
    name: Model(name, panels)
    for name, panels in {
        "D40": _TWO_LINES,
        "D45": _TWO_LINES,
        "D50": (Panel("main", 4), Panel("side", 10)),
        "D60": _TWO_LINES,
        "D62": _TWO_LINES,
        "D65": (Panel("main", 6, pages=20),),
        "D70": (Panel("main", 6), Panel("side", 10, pages=10)),
        "P310": _UNKNOWN,
        "P315": _UNKNOWN,
        "P320": _UNKNOWN,
        "P325": _UNKNOWN,
        "P330": _UNKNOWN,
        "P370": _UNKNOWN,
    }.items()
}


def model_of(name: str) -> Model:
    """The model of this name, in any case. ValueError for one that takes no such files."""
    model = MODELS.get(name.upper())
    if model is None:
        raise ValueError(f"files can be made for {', '.join(MODELS)}")
    return model
