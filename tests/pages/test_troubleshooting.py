"""docs/troubleshooting.md quotes what the program prints, and nothing else."""

import re

import pytest

from pages.wording import is_printed
from support.bridge_process import ROOT

TEXT = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
TABLES = re.findall(r"^\| it says \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", TEXT, re.MULTILINE)
QUOTED = [row.split("`")[1] for table in TABLES for row in table.splitlines()]


@pytest.mark.parametrize("words", QUOTED)
def test_what_is_quoted_is_printed(words):
    assert is_printed(words)


@pytest.mark.parametrize(
    "words",
    [
        "no broker: the broker is asleep",
        "subscribe_rejected state=403",
        "subscription_died reason=expired",
        'mqtt_message_rejected topic=a reason="I did not like it"',
        "SIP cannot hear on udp://127.0.0.1:5060: Address already in use",
    ],
)
def test_what_is_not_printed_is_found(words):
    assert not is_printed(words)


def test_there_is_something_to_quote():
    assert len(QUOTED) > 20
