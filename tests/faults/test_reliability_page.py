"""docs/reliability.md is what the generator makes of the measurements, and names every fault that is tested."""

import json
import re
from pathlib import Path

from tools.reliability import FAULTS, JSON, PAGE, page


def test_the_page_is_made_of_the_measurements():
    assert PAGE.read_text() == page(json.loads(JSON.read_text()))


def test_every_fault_that_is_tested_is_in_the_page():
    tested = {
        name.upper()
        for file in Path(__file__).parent.glob("test_*.py")
        for name in re.findall(r"^def test_([ri]\d+)_", file.read_text(), re.MULTILINE)
    }
    assert tested | {"R19"} == {fault.name for fault in FAULTS}


def test_a_fault_without_measurements_says_so():
    assert page({}).count("| not measured |") == len(FAULTS)


def test_the_page_says_what_was_measured():
    all_of_one = dict.fromkeys((fault.name for fault in FAULTS), "1a2b3c4")
    assert "The figures are those of revision 1a2b3c4." in page({"revisions": all_of_one})
    of_two = page({"revisions": {"R1": "1a2b3c4", "R19": "5d6e7f8", "R2": "1a2b3c4"}})
    assert "of several revisions; of 1a2b3c4: R1, R2; of 5d6e7f8: R19." in of_two
