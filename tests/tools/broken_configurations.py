"""Writes what `presence-bridge check` says of each tests/data/config/broken/NN-*.toml beside it, as NN-*.txt.

    .venv/bin/python tests/tools/broken_configurations.py

Read the difference as somebody would who has never seen TOML, before you commit it.
"""

import contextlib
import io
import os
import sys
from pathlib import Path
from unittest.mock import patch

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "data" / "config" / "broken"
FILES = sorted(FOLDER.glob("*.toml"))


def said_of(file: Path) -> tuple[int, str]:
    """Exit status, and what is printed, with the variables of NN-*.env if there are any."""
    from bridge.cli import main

    variables = file.with_suffix(".env")
    lines = variables.read_text(encoding="utf-8").splitlines() if variables.exists() else []
    environ = {name: value for name, _, value in (line.partition("=") for line in lines)}
    errors = io.StringIO()
    with contextlib.chdir(FOLDER), patch.dict(os.environ, environ), contextlib.redirect_stderr(errors):
        status = main(["check", "--config", file.name])
    return status, errors.getvalue()


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    for one in FILES:
        one.with_suffix(".txt").write_text(said_of(one)[1], encoding="utf-8")
