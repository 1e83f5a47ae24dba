"""The lock file: what the Debian package and the image are made of."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

CHECKOUT = Path(__file__).parents[2]
LOCK = (CHECKOUT / "systemd/debian/requirements.lock").read_text()
PINS = dict(re.findall(r"(?m)^([\w.-]+)==([\w.]+)", LOCK))


def test_everything_that_is_asked_for_is_pinned_to_a_version_that_will_do():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    wanted = [
        Requirement(text) for text in project["dependencies"] + project["optional-dependencies"]["embedded"]
    ]
    unfit = [str(one) for one in wanted if not one.specifier.contains(PINS[one.name])]
    assert unfit == [], "make lock chooses anew"


def test_every_file_is_known_by_its_hash():
    entries = [entry for entry in re.split(r"(?m)^(?=\w)", LOCK) if "==" in entry]
    assert len(entries) == len(PINS)
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_it_comes_from_whatever_registry_the_machine_uses():
    assert "://" not in LOCK
    assert "index-url" not in LOCK
