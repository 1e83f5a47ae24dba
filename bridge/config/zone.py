"""Time zones by their names in the IANA database, and that of this machine."""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from bridge.model.words import quoted

_LOCALTIME: Final = Path("/etc/localtime")


def parse_zone(name: str) -> ZoneInfo:
    """`Europe/Berlin`; ValueError names the nearest."""
    # ZoneInfo also opens files that are no zones, and on some systems any spelling of a name.
    if name not in available_timezones():
        raise ValueError(f"unknown time zone {quoted(name)}{_nearest(name)}")
    return ZoneInfo(name)


def system_zone(environ: Mapping[str, str], localtime: Path = _LOCALTIME) -> ZoneInfo:
    """The zone that TZ names, else that of this machine, else UTC (tzset(3), localtime(5))."""
    name = environ.get("TZ", "").removeprefix(":")
    if name in available_timezones():
        return ZoneInfo(name)
    try:
        _, found, name = str(localtime.resolve(strict=True)).rpartition("/zoneinfo/")
        if found and name in available_timezones():
            return ZoneInfo(name)
        with localtime.open("rb") as file:
            return ZoneInfo.from_file(file, key="localtime")
    except (OSError, ValueError):
        return ZoneInfo("UTC")


def _nearest(name: str) -> str:
    """The zone of that spelling, of that city, or of a similar one."""
    # Short names, such as EST, are old spellings of zones that others mean otherwise.
    zones = (zone for zone in sorted(available_timezones(), reverse=True) if "/" in zone or zone == "UTC")
    known = {zone.casefold(): zone for zone in zones}
    cities = {folded.rpartition("/")[2]: zone for folded, zone in known.items()}
    wanted = name.strip().replace(" ", "_").casefold()
    for names in (known, cities):
        if near := get_close_matches(wanted, names, n=1, cutoff=0.8):
            return f" (did you mean {names[near[0]]}?)"
    return ", such as Europe/Berlin"
