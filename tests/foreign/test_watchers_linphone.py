"""What linphonec prints for each state of an extension."""

import re

import pytest

from foreign.softphones import linphone
from foreign.watching import HAPPENINGS, HINT
from support.waiting import eventually

SHOWS = {
    "ringing": "On the phone",
    "on the phone": "On the phone",
    "on hold": "On the phone",
    "unplugged": "Offline",
    "away": "Away",
    "dnd": "Busy",
    "unavailable": "Offline",
}


@pytest.mark.requirement("B1", "B2")
def test_it_shows_every_state(mosquitto, run_bridge, tmp_path):
    bridge = run_bridge(HINT, "2001 = ,CustomPresence:carol")
    home = tmp_path / "home"
    home.mkdir()
    phone = linphone(home, "carol", bridge.port, "2000")

    def shown():
        return re.findall(
            r'^(?:linphonec> )?Friend "Watched" <sip:2000@\S+> is (.+)$', phone.log(), re.MULTILINE
        )

    expected = ["Online"]
    try:
        eventually(lambda: shown() == expected, phone.log)
        for name, (topic, payload, end) in HAPPENINGS.items():
            for message, status in ((payload, SHOWS[name]), (end, "Online")):
                mosquitto.publish(f"presence-bridge/{topic}", message, "-r")
                expected.append(status)
                eventually(lambda: shown() == expected, lambda: (shown(), expected))
    finally:
        phone.close()
    # It answers 481 to the last NOTIFY: it has forgotten the dialog by then.
    goodbye = "notify_failed outcome=rejected status=481 trigger=terminate"
    assert "notify_failed" not in bridge.log().replace(goodbye, "")
