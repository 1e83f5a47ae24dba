"""linphone and Twinkle register, watch, and publish their user's presence."""

import time

import pytest

from foreign.softphones import linphone, twinkle

HINTS = ("2000 = SIP/2000,CustomPresence:2000", "2001 = SIP/2001,CustomPresence:Carol")
TRUTH = "presence-bridge/presence/Carol"


@pytest.fixture(params=[linphone, twinkle], ids=["linphone", "twinkle"])
def start(request, mosquitto, run_bridge, tmp_path):
    """Starts the softphone of carol, which watches 2000; gives it and the bridge."""
    mosquitto.publish(TRUTH, "xa,trip", "-r")
    bridge = run_bridge(*HINTS)
    home = tmp_path / "home"
    home.mkdir()
    phone = request.param(home, "carol", bridge.port, "2000")
    yield phone, bridge
    phone.close()


def becomes(broker, state):
    """Wait until the truth says this."""
    until = time.monotonic() + 15
    while f'"state":"{state}"' not in (said := broker.retained(TRUTH)):
        assert time.monotonic() < until, said
        time.sleep(0.05)


@pytest.mark.requirement("P2", "P3", "P5", "R1")
def test_the_topic_follows_the_softphone_and_gives_way_when_it_leaves(mosquitto, start):
    phone, bridge = start
    becomes(mosquitto, "available")
    assert "register_registered status=200 aor=sip:carol@127.0.0.1" in bridge.log()
    assert "subscribe_created status=200 extension=2000 watcher=sip:carol@127.0.0.1" in bridge.log()
    phone.close()
    becomes(mosquitto, "xa")
    assert '"subtype":"trip"' in mosquitto.retained(TRUTH)
    assert "publish_removed status=200" in bridge.log()
    assert "rejected" not in bridge.log().replace("notify_failed outcome=rejected status=481", "")


@pytest.mark.requirement("P3")
@pytest.mark.parametrize("start", [twinkle], ids=["twinkle"], indirect=True)
def test_twinkle_says_what_it_is_told_to_say(mosquitto, start):
    phone, bridge = start
    becomes(mosquitto, "available")
    for state, told in (("unavailable", "offline"), ("available", "online")):
        phone.command(f"presence -b {told}")
        becomes(mosquitto, state)
    assert bridge.log().count("publish_created") == 1
    assert bridge.log().count("publish_modified") == 2
