"""Every requirement has its test, every mark names a requirement, and the document says so."""

import ast
import re

import pytest

from tools.conformance import DOCUMENT, LEVELS, Proof, document, marked, proofs, requirements

ROWS = {row.id: row for row in requirements()}

# What step 2 promises (S28 and S29 among the nice ones).
PROMISED = [
    *(f"M{n}" for n in range(1, 22)),
    *(f"T{n}" for n in range(1, 17)),
    *(f"X{n}" for n in range(1, 10)),
    *(f"D{n}" for n in range(1, 19)),
    *(f"A{n}" for n in range(1, 15)),
    *(f"S{n}" for n in (*range(1, 30), 31)),
    *("R1", "R2", "R4", "R6"),
    *(f"P{n}" for n in range(1, 6)),
    *(f"B{n}" for n in range(1, 6)),
]
# Promised rows that say themselves that nothing is to be done.
NOT_SERVED = {"S21"}

# Promised, and without a test so far. This set can only shrink: an id whose test is there must leave it.
PENDING: set[str] = set()


def test_every_promised_row_has_a_test():
    missing = [one for one in PROMISED if one not in proofs() and one not in NOT_SERVED | PENDING]
    told = "\n".join(f"{one} ({ROWS[one].level}): {ROWS[one].statement}" for one in missing)
    assert not missing, f"no test is marked with @pytest.mark.requirement for\n{told}"


def test_what_is_pending_is_really_without_a_test():
    done = sorted(PENDING & proofs().keys())
    assert not done, f"these have their test now, take them out of PENDING: {done}"


def test_every_mark_names_a_row():
    unknown = {
        one: [f"{test.file}::{test.name}" for test in tests]
        for one, tests in proofs().items()
        if one not in ROWS
    }
    assert not unknown


def test_the_rows_are_well_formed():
    assert len(ROWS) == len(requirements())
    for row in ROWS.values():
        assert row.level in LEVELS, row
        assert re.fullmatch(r"[A-Z]\d+", row.id), row
        assert row.statement, row
        assert row.source, row


def test_the_document_is_current():
    assert DOCUMENT.read_text(encoding="utf-8") == document(), (
        "docs/sip-conformance.md is old; run: .venv/bin/python tests/tools/conformance.py"
    )


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('@pytest.mark.requirement("M1", "M2")\ndef test_x(): ...', [("test_x", ["M1", "M2"])]),
        ('pytestmark = pytest.mark.requirement("M1")', [("", ["M1"])]),
        ('pytestmark = [pytest.mark.a, pytest.mark.requirement("M1")]', [("", ["M1"])]),
        (
            '@pytest.mark.parametrize("a", [pytest.param(1, marks=pytest.mark.requirement("M1"))])\ndef test_x(a): ...',
            [("test_x", ["M1"])],
        ),
        (
            '@pytest.mark.requirement("M1")\nclass TestX:\n @pytest.mark.requirement("M2")\n def test_y(self): ...',
            [("TestX.test_y", ["M1", "M2"])],
        ),
        ('@pytest.mark.requirement("M1")\nclass Machine(Base): x = 1', [("Machine", ["M1"])]),
        ("def test_x(): ...", [("test_x", [])]),
    ],
)
def test_how_marks_are_found(source, found):
    assert [*marked(ast.parse(source))] == found


def test_this_very_file_is_read():
    assert Proof("conformance/test_torture_udp.py", "") in proofs()["M21"]
