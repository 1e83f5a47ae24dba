"""Which body a watcher gets by its Accept: phones of one make all write the same, so that it is worked out once."""

from typing import Final

from bridge.notifier.packages.package import EventPackage
from bridge.sip.message import Request

# Different headers remembered, and the longest of them: what a stranger can leave here stays small.
_REMEMBERED: Final = 1024
_LONGEST: Final = 512


class Preferences:
    """Remembers what was chosen."""

    def __init__(self) -> None:
        self._chosen: dict[tuple[str, str], str | None] = {}

    def content_type(self, package: EventPackage, request: Request) -> str | None:
        """What `EventPackage.choose_body` says to the request's Accept. Raise BadRequest for one that is none."""
        lines = request.lines("accept")
        if len(lines) != 1 or len(lines[0]) > _LONGEST:
            return package.choose_body(request.accept)
        key = package.name, lines[0]
        if key not in self._chosen:
            if len(self._chosen) >= _REMEMBERED:
                self._chosen.clear()
            self._chosen[key] = package.choose_body(request.accept)
        return self._chosen[key]
