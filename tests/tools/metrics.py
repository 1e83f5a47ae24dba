"""Makes the table in docs/metrics.md: every metric of the bridge, from the registry that serves them.

    .venv/bin/python tests/tools/metrics.py

What stands around the table is written by hand.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from prometheus_client.core import Metric

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "metrics.md"

BEGIN = "<!-- The table: made by tests/tools/metrics.py, a test compares. -->\n"
END = "<!-- The end of the table. -->\n"

# What Prometheus' client adds to the name of a family.
_SUFFIXES = {"counter": "_total", "info": "_info"}

# Labels whose values come from the configuration, or are more than a reader wants to see.
_IN_WORDS = {
    "extension": "of `[[hints]]`",
    "sensor": "of `[sensors]`, else other",
    "method": "of SIP, else other",
    "code": "of the answer, else other",
    "version": "of the bridge",
    "python": "of Python",
    "revision": "the commit, where it is known",
}


def updated(text: str) -> str:
    """The document with the table as it has to be."""
    before, _, rest = text.partition(BEGIN)
    _, _, behind = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{behind}"


def table() -> str:
    """One row a family, in the order in which they are served."""
    from support.metrics import PREFIX, whole_registry

    rows = ["| metric | type | labels | what it says |", "|---|---|---|---|"]
    for metric in whole_registry().collect():
        if metric.name.startswith(PREFIX):
            name = metric.name + _SUFFIXES.get(metric.type, "")
            kind = "gauge" if metric.type == "info" else metric.type
            rows.append(f"| `{name}` | {kind} | {'<br>'.join(_labels(metric))} | {metric.documentation} |")
    return "\n".join(rows) + "\n"


def _labels(metric: Metric) -> Iterator[str]:
    values: dict[str, list[str]] = {}
    for sample in metric.samples:
        for label, value in sample.labels.items():
            if value not in values.setdefault(label, []):
                values[label].append(value)
    for label, found in values.items():
        if label != "le":
            yield f"`{label}`: {_IN_WORDS.get(label) or ', '.join(found)}"


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    DOCUMENT.write_text(updated(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
