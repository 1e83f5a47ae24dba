"""The wheel and the sdist: the same to the last bit whoever builds them, and nothing is missing."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
SHIPPED = [
    "config.example.toml",
    "docs/config.schema.json",
    "grafana/presence-bridge.json",
    "grafana/prometheus/rules.yml",
    "systemd/drop-in/systemd-254.conf",
    "systemd/presence-bridge-tcp.socket",
    "systemd/presence-bridge-udp.socket",
    "systemd/presence-bridge.service",
]


def copy(origin, folder, files):
    """Some files of a folder, with other times and in another place."""
    for name in files:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(origin / name, target)
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """What two builds of what git holds, or will hold, have made in two places: file name to path, twice."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT, capture_output=True, check=True, text=True,
    )  # fmt: skip
    files = [name for name in listed.stdout.split("\0") if name and (CHECKOUT / name).is_file()]
    results = []
    origin = CHECKOUT
    for where in ("here", "there/further/down"):
        # The second is a copy of the first, whatever somebody does to the checkout meanwhile.
        folder = origin = copy(origin, tmp_path_factory.mktemp("build") / where, files)
        subprocess.run(
            [sys.executable, "-m", "hatchling", "build", "--directory", "dist"],
            cwd=folder, env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"},
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        results.append({path.name: path for path in sorted((folder / "dist").iterdir())})
    return results


def only(paths, suffix):
    [path] = [path for name, path in paths.items() if name.endswith(suffix)]
    return path


def test_two_builds_are_equal(built):
    first, second = built
    assert len(first) == 2
    assert {name: path.read_bytes() for name, path in first.items()} == {
        name: path.read_bytes() for name, path in second.items()
    }


def test_the_wheel_has_the_program_and_all_that_belongs_to_it(built):
    names = zipfile.ZipFile(only(built[0], ".whl")).namelist()
    modules = {str(path.relative_to(CHECKOUT)) for path in (CHECKOUT / "bridge").rglob("*.py")}
    assert modules - set(names) == set()
    data = sorted(
        name.split(".data/data/share/presence-bridge/")[1] for name in names if ".data/data/" in name
    )
    assert data == SHIPPED
    assert not [name for name in names if name.startswith(("tests/", "docs/"))]


def test_what_is_not_code_in_the_package_is_in_the_wheel(built):
    names = zipfile.ZipFile(only(built[0], ".whl")).namelist()
    others = {
        str(path.relative_to(CHECKOUT))
        for path in (CHECKOUT / "bridge").rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc"}
    }
    assert others - set(names) == set()


def test_the_sdist_has_all_that_building_and_testing_needs(built):
    with tarfile.open(only(built[0], ".tar.gz")) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames()}
    needed = {*SHIPPED, "pyproject.toml", "README.md", "LICENSE", "Makefile", "CHANGELOG.md"}
    needed |= {"bridge/cli.py", "tests/conftest.py", "docs/operations.md"}
    assert needed - names == set()
