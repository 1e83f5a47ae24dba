"""docs/commands.md names every command, and no other."""

import re

from bridge.commands import COMMANDS
from support.bridge_process import ROOT

TEXT = (ROOT / "docs/commands.md").read_text(encoding="utf-8")


def test_the_table_is_that_of_the_commands():
    named = re.findall(r"^\| `presence-bridge ([a-z-]+)", TEXT, re.MULTILINE)
    assert set(named) == {command.NAME for command in COMMANDS}
