"""What baresip shows for each state of an extension; it knows Online, Busy and Offline."""

import pytest

from foreign.baresip import Baresip
from foreign.watching import HAPPENINGS, HINT
from support.waiting import eventually

SHOWS = {
    "ringing": "Busy",
    "on the phone": "Busy",
    "on hold": "Busy",
    "unplugged": "Offline",
    # Its own reading of RPID: who is away cannot be called.
    "away": "Offline",
    "dnd": "Busy",
    "unavailable": "Offline",
}


@pytest.mark.requirement("B1", "B2")
def test_it_shows_every_state(mosquitto, run_bridge, tmp_path):
    bridge = run_bridge(HINT)
    folder = tmp_path / "baresip"
    folder.mkdir()
    phone = Baresip(folder, f"127.0.0.1:{bridge.port}", ("2000",))

    def becomes(status):
        eventually(lambda: phone.statuses() == {"2000": status}, phone.statuses)

    try:
        becomes("Online")
        for name, (topic, payload, end) in HAPPENINGS.items():
            mosquitto.publish(f"presence-bridge/{topic}", payload, "-r")
            becomes(SHOWS[name])
            mosquitto.publish(f"presence-bridge/{topic}", end, "-r")
            becomes("Online")
    finally:
        phone.close()
    assert "notify_failed" not in bridge.log()
