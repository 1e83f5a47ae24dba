"""Whether a program has printed what a page shows, but for what differs from run to run."""

import re

# Moments, times, durations and what was drawn by lot: what the page has there is an example.
_EXAMPLES = (
    (r"\x1b\[[0-9;]*m", ""),
    (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:\+00:00|Z)?", "<moment>"),
    (r"\b\d+:\d\d:\d\d(?:\.\d+)?\b", "<time>"),
    (r"\b\d\d:\d\d\b", "<time>"),
    (r"(?<!\S)-?\d+(?:\.\d+)? ms\b", "<n> ms"),
    (r"\b\d+(?:\.\d+)? s\b", "<n> s"),
    (r"\b(seconds|messages|size|pid|call_id)=[\w.]+", r"\1=<n>"),
    (r"\b\d+ messages received, \d+ sent\b", "<n> messages"),
    (r"\b[0-9a-f]{12,}\b", "<id>"),
    (r":5060\b", ""),
)


def shape(line: str) -> str:
    """What of a line is the same in each run."""
    for pattern, name in _EXAMPLES:
        line = re.sub(pattern, name, line)
    return " ".join(line.split())


def missing(expected: list[str], printed: str) -> str | None:
    """The first of the expected lines that was not printed behind those before it; None if all were.

    Others may stand between them; `...` in a page says so to its readers.
    """
    actual = iter([shape(line) for line in printed.splitlines()])
    for line in expected:
        wanted = shape(line)
        if wanted not in ("", "...") and wanted not in actual:
            return line
    return None
