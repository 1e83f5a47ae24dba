"""Builds the pages into a site, strictly: `make docs`.

    .venv/bin/python tests/tools/site.py [FOLDER]

MkDocs takes no pages from above its configuration, and links go from docs/ to files all over the checkout. So the
pages, and the files that they link to, are first copied as they stand there.
"""

import logging
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from mkdocs.commands.build import build
from mkdocs.config import load_config

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "docs" / "mkdocs.yml"

_LINK = re.compile(r"\]\(([^)\s#:]+)(?:#[^)]*)?\)")


def build_site(folder: Path) -> Path:
    """Build below `folder`, and return where the site is. Raise mkdocs.exceptions.Abort for what is wrong."""
    pages, site = folder / "pages", folder / "site"
    shutil.rmtree(pages, ignore_errors=True)
    for file in dict.fromkeys(_files()):
        copy = pages / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    config = load_config(str(CONFIG), docs_dir=str(pages), site_dir=str(site))
    config.plugins.on_startup(command="build", dirty=False)
    build(config)
    return site


def _files() -> Iterator[Path]:
    """The pages, and what they link to, as far as it is there."""
    for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("grafana/*.md")):
        yield page
        for link in _LINK.findall(page.read_text(encoding="utf-8")):
            target = (page.parent / link).resolve()
            if target.is_file() and target.is_relative_to(ROOT):
                yield target


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    print(f"the pages are in {build_site(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / 'build'))}")
