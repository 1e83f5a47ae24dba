from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bridge.config.zone import parse_zone, system_zone


def test_a_zone_by_its_name():
    assert parse_zone("Europe/Berlin") == ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Berlin", "Europe/Berlin"),
        ("berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("Europe/Berln", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("utc", "UTC"),
    ],
)
def test_the_nearest_is_named(name, meant):
    with pytest.raises(ValueError, match=rf"unknown time zone '{name}' \(did you mean {meant}\?\)"):
        parse_zone(name)


@pytest.mark.parametrize("name", ["CEST", "", "../etc/passwd", "Mars/Olympus_Mons"])
def test_what_is_near_to_none(name):
    with pytest.raises(ValueError, match=r"such as Europe/Berlin$"):
        parse_zone(name)


@pytest.fixture
def localtime(tmp_path: Path):
    """A file like /etc/localtime, of Berlin."""
    database = tmp_path / "zoneinfo" / "Europe"
    database.mkdir(parents=True)
    (database / "Berlin").write_bytes(_tzif())
    link = tmp_path / "localtime"
    link.symlink_to(database / "Berlin")
    return link


def _tzif() -> bytes:
    """The shortest zone there is: UTC without any transition (RFC 8536)."""
    counts = b"\0" * 12 + (0).to_bytes(4, "big") + (1).to_bytes(4, "big") + (4).to_bytes(4, "big")
    block = b"TZif2" + b"\0" * 15 + counts[4:16] + counts[12:]
    data = b"\0" * 4 + b"\0" + b"\0" + b"UTC\0"
    return block + data + block + data + b"\nUTC0\n"


def test_the_variable_goes_before_the_machine(localtime):
    assert system_zone({"TZ": "Asia/Tokyo"}, localtime).key == "Asia/Tokyo"
    assert system_zone({"TZ": ":Asia/Tokyo"}, localtime).key == "Asia/Tokyo"


def test_the_machine_has_its_zone_as_a_link(localtime):
    assert system_zone({}, localtime).key == "Europe/Berlin"
    assert system_zone({"TZ": "nonsense"}, localtime).key == "Europe/Berlin"


def test_or_as_a_copy(localtime, tmp_path):
    copy = tmp_path / "copy"
    copy.write_bytes(localtime.read_bytes())
    assert system_zone({}, copy).key == "localtime"


def test_without_either_it_is_utc(tmp_path):
    assert system_zone({}, tmp_path / "nothing").key == "UTC"
    (tmp_path / "broken").write_bytes(b"no zone")
    assert system_zone({}, tmp_path / "broken").key == "UTC"
