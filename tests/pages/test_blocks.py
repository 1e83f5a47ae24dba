"""Code blocks of the pages are what they say: commands that are typed or counted, TOML, JSON and YAML that is read."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from bridge.config import Settings
from bridge.config.sources import Sources
from pages.blocks import blocks, pages
from pages.lines import missing

ALL = [block for page in pages() for block in blocks(page)]

# How many blocks of commands no test types, by the reason that stands above them.
NOT_RUN = {
    "installs packages": 1,
    "it ends with status 2; tests/unit/test_asterisk_page.py types it": 1,
    "needs FreePBX; tests/unit/test_asterisk_page.py runs it on a file of the same shape": 1,
    "needs the dialplan of an Asterisk": 2,
    "make test-image builds and runs the image": 1,
    "needs a broker of another machine": 1,
    "needs root": 3,
    "needs the installed service; make test-install runs it": 2,
    "needs the installed service; make test-systemd types it": 6,
    "opens an editor; make test-systemd writes the drop-ins of this page": 1,
    "root, in a clean Debian 12; make test-install runs it": 5,
    "takes minutes, and a machine with nothing else to do": 1,
    "tests/foreign/test_resync.py does, with a phone": 2,
}
LANGUAGES = {"", "sh", "console", "toml", "json", "yaml", "ini", "xml", "text"}


def of(language: str) -> list:
    return [pytest.param(block, id=str(block)) for block in ALL if block.language == language]


def test_what_is_not_typed_is_counted():
    assert Counter(why for block in ALL if (why := block.marked("not run")) is not None) == NOT_RUN


def test_every_block_is_of_a_known_language_and_no_command_hides_in_another():
    assert {block.language for block in ALL} <= LANGUAGES
    for block in ALL:
        hidden = not block.is_commands and any(line.startswith("$ ") for line in block.text.splitlines())
        assert not hidden, f"{block}: call it console, for it to be run"


@pytest.mark.parametrize("block", of("console"))
def test_a_console_begins_with_a_command(block):
    assert block.text.startswith("$ ")


@pytest.mark.parametrize("block", of("toml"))
def test_toml_is_a_configuration_or_a_part_of_one(block, tmp_path):
    # A rule may look at a sensor that stands in another block of its page.
    before = "".join(b.text for b in blocks(block.page) if b.marked("file") and b.language == "toml")
    text = before + block.text if block.marked("append") and "[mqtt]" in before else block.text
    for secret in re.findall(r'_file = "(/[^"]+)"', text):
        here = tmp_path / Path(secret).name
        here.write_text("0123456789abcdef")
        text = text.replace(secret, str(here))
    config = tmp_path / "config.toml"
    config.write_text(text)
    sources = Sources.read(config, {})
    assert not sources.problems
    Settings(**sources.values)


@pytest.mark.parametrize("block", of("json"))
def test_json_is_json(block):
    assert json.loads(block.text)


@pytest.mark.parametrize("block", of("yaml"))
def test_yaml_is_yaml(block):
    assert yaml.safe_load(block.text)


@pytest.mark.parametrize(
    ("expected", "printed", "first_missing"),
    [
        (["a", "b"], "a\nx\nb\n", None),
        (["a", "b"], "b\na\n", "b"),
        (["a", "...", "b"], "a\nb\n", None),
        (["up for 0:00:02, 1.5 ms"], "up for 1:10:59, -0.2 ms", None),
        (["2000  Ready"], "2001  Ready", "2000  Ready"),
        (["2026-11-24 14:21:23,514 INFO x"], "2027-01-01 00:00:00,000 INFO  x", None),
    ],
)
def test_lines_are_compared_but_for_examples(expected, printed, first_missing):
    assert missing(expected, printed) == first_missing
