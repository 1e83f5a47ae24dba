"""What twinkle-console makes of each state: it shows nothing, but its log tells open from closed."""

import re

import pytest

from foreign.softphones import twinkle
from foreign.watching import HAPPENINGS, HINT
from support.waiting import eventually

CLOSED = {"unplugged", "unavailable"}


@pytest.mark.requirement("B1")
def test_it_reads_every_state(mosquitto, run_bridge, tmp_path):
    bridge = run_bridge(HINT, "2001 = ,CustomPresence:dave")
    home = tmp_path / "home"
    home.mkdir()
    phone = twinkle(home, "dave", bridge.port, "2000")
    log = home / ".twinkle" / "twinkle.log"

    def read():
        text = log.read_text(errors="replace") if log.exists() else ""
        return re.findall(r"^Presence state changed to: (\w+)\nsip:2000@", text, re.MULTILINE)

    expected = ["open"]
    try:
        eventually(lambda: read() == expected, read)
        for name, (topic, payload, end) in HAPPENINGS.items():
            for message, status in ((payload, "closed" if name in CLOSED else "open"), (end, "open")):
                mosquitto.publish(f"presence-bridge/{topic}", message, "-r")
                expected.append(status)
                eventually(lambda: read() == expected, lambda: (read(), expected))
    finally:
        phone.close()
    # Each NOTIFY was answered 200, the last one included.
    assert "notify_failed" not in bridge.log()
    answered = re.findall(
        r"^SIP/2\.0 (\d+) .*?^CSeq: (\d+) NOTIFY", log.read_text(), re.MULTILINE | re.DOTALL
    )
    assert {status for status, _ in answered} == {"200"}
