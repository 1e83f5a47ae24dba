"""Each page's commands, typed in their order, print what the page shows."""

import pytest

from pages.blocks import blocks
from pages.houses import HOUSES, Newcomer
from pages.sandbox import Sandbox

PAGES = ["docs/getting-started.md"]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_can_be_followed(page, tmp_path, commands):
    house = HOUSES.get(page, Newcomer())
    sandbox = Sandbox(tmp_path, commands)
    try:
        house.furnish(sandbox)
        for block in blocks(page):
            if (name := block.marked("file")) is not None:
                sandbox.write(name, block.text)
            elif (name := block.marked("append")) is not None:
                sandbox.write(name, block.text, "a")
            elif block.is_commands and block.marked("not run") is None:
                sandbox.type(block)
        sandbox.finish()
    finally:
        sandbox.close()
