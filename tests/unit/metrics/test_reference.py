"""docs/metrics.md is current."""

import re

from support.metrics import whole_registry
from tools.metrics import BEGIN, DOCUMENT, END, table, updated

TEXT = DOCUMENT.read_text(encoding="utf-8")


def test_the_table_is_that_of_the_registry():
    assert updated(TEXT) == TEXT, "run .venv/bin/python tests/tools/metrics.py"


def test_an_old_table_is_replaced_and_the_rest_is_left():
    assert updated(f"before\n{BEGIN}| old |\n{END}behind\n") == f"before\n{BEGIN}\n{table()}\n{END}behind\n"


def test_every_metric_that_the_text_names_exists():
    exposed = whole_registry().expose().decode()
    names = set(re.findall(r"`((?:presence_bridge|process|python)_[a-z_]+)", TEXT))
    assert len(names) > 50
    assert not {name for name in names if f"# TYPE {name}" not in exposed} - {"python_gc_"}


def test_the_number_of_series_is_about_right():
    lines = whole_registry().expose().decode().splitlines()
    series = [line for line in lines if line.startswith("presence_bridge_")]
    stated = int(re.search(r"^About (\d+), and one for each extension", TEXT, re.MULTILINE)[1])
    assert stated * 0.9 < len(series) < stated * 1.1
