"""Configurations with mistakes in them: for each, everything that is wrong, in words that were read and agreed to."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools.broken_configurations import FILES, FOLDER, said_of

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_all_that_is_wrong_is_told(file: Path):
    status, said = said_of(file)
    assert status == 78
    assert said == file.with_suffix(".txt").read_text(encoding="utf-8")
    assert "s3cret" not in said


def test_there_is_something_to_read_for_each():
    assert len(FILES) >= 20
    assert {path.stem for path in FOLDER.glob("*.txt")} == {file.stem for file in FILES}


def test_the_program_itself_says_the_same():
    file = FOLDER / "24-all-at-once.toml"
    command = [sys.executable, "-m", "bridge", "check", "--config", file.name]
    environ = {"PYTHONPATH": str(ROOT), "PATH": ""}
    done = subprocess.run(
        command, cwd=FOLDER, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (78, "")
    assert done.stderr == file.with_suffix(".txt").read_text(encoding="utf-8")
