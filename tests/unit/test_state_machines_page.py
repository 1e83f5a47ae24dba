"""docs/state-machines.md and its drawings are current."""

import xml.etree.ElementTree as ET

import pytest

from tools.state_diagram import Step, draw
from tools.state_machines import PAGE, drawings, machines, page

OLD = "run .venv/bin/python tests/tools/state_machines.py"


def test_the_page_is_that_of_the_code():
    assert PAGE.read_text(encoding="utf-8") == page(), OLD


@pytest.mark.parametrize(
    ("file", "drawn"), list(drawings().items()), ids=lambda value: getattr(value, "name", "")
)
def test_a_drawing_is_that_of_the_code(file, drawn):
    assert file.read_text(encoding="utf-8") == drawn, OLD


@pytest.mark.parametrize("machine", list(machines()), ids=lambda machine: machine.name)
def test_a_drawing_shows_every_state_and_every_step(machine):
    words = [
        text.text
        for text in ET.fromstring(draw(machine.title, machine.steps)).iter()
        if text.tag[-4:] == "text"
    ]
    assert {step.state for step in machine.steps} | {step.to for step in machine.steps} <= set(words)
    assert all(words.count(step.words) >= 1 for step in machine.steps)


def test_what_changes_in_a_machine_changes_its_drawing():
    assert draw("one", [Step("A", "x", "B")]) != draw("one", [Step("A", "x", "A")])
