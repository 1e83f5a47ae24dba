"""The pages can be built into a site: no dead link, no page that nobody finds, nothing from other hosts."""

import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from pages.blocks import blocks, pages
from support.bridge_process import ROOT

DECISIONS = ROOT / "docs/decisions"

# What a browser fetches by itself; an <a> is followed by people.
FETCHED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}


class Fetches(HTMLParser):
    """Collects what a page makes a browser fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag, attrs):
        address = dict(attrs).get(FETCHED.get(tag, ""))
        if address:
            self.found.add(address)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, ROOT / "tests/tools/site.py", folder]
    built = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / "site"


def test_nothing_is_fetched_from_elsewhere(site):
    built = list(site.glob("**/*.html"))
    assert len(built) > 20
    for page in built:
        fetches = Fetches()
        fetches.feed(page.read_text(encoding="utf-8"))
        assert not [one for one in fetches.found if re.match(r"(https?:)?//", one)], page


@pytest.mark.parametrize("page", pages())
def test_every_block_of_code_is_one(site, page):
    """MkDocs reads Markdown otherwise than GitHub where blocks stand in lists."""
    html = site / page.replace("README.md", "index.md").replace(".md", ".html")
    assert html.read_text(encoding="utf-8").count("<pre") == len(list(blocks(page)))


def test_the_index_names_every_decision():
    index = (DECISIONS / "index.md").read_text(encoding="utf-8")
    for page in sorted(DECISIONS.glob("0*.md")):
        number, title = page.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ").split(". ", 1)
        assert f"| {number} | [{title}]({page.name}) |" in index
