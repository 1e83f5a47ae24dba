"""baresip (its own SIP stack, libre) watches two extensions: what it makes of the documents decides."""

import time

import pytest

from foreign.baresip import Baresip

LAMPS = (("INUSE", "Busy"), ("NOT_INUSE", "Online"), ("UNAVAILABLE", "Offline"), ("NOT_INUSE", "Online"))


@pytest.fixture
def baresip(run_bridge, tmp_path):
    bridge = run_bridge("2000 = SIP/2000,CustomPresence:2000", "2001 = SIP/2001")
    folder = tmp_path / "baresip"
    folder.mkdir()
    phone = Baresip(folder, f"127.0.0.1:{bridge.port}", ("2000", "2001"))
    yield phone
    phone.close()


def becomes(baresip, expected):
    until = time.monotonic() + 10
    while (statuses := baresip.statuses()) != expected:
        assert time.monotonic() < until, statuses
        time.sleep(0.05)


def is_logged(bridge, text):
    until = time.monotonic() + 10
    while text not in bridge.log():
        assert time.monotonic() < until, bridge.log()
        time.sleep(0.05)


def test_its_contacts_follow_the_devices(mosquitto, baresip):
    becomes(baresip, {"2000": "Online", "2001": "Online"})
    for state, status in LAMPS:
        mosquitto.publish("presence-bridge/device/SIP/2000", state, "-r")
        becomes(baresip, {"2000": status, "2001": "Online"})
    mosquitto.publish("presence-bridge/device/SIP/2001", "RINGING", "-r")
    becomes(baresip, {"2000": "Online", "2001": "Busy"})


@pytest.mark.requirement("A1", "A2")
@pytest.mark.parametrize(("password", "status"), [("wonderland", "Busy"), ("mistyped", "Unknown")])
def test_it_is_let_in_with_its_password_only(mosquitto, run_bridge, tmp_path, password, status):
    user = '{ name = "alice", password = "wonderland" }'
    bridge = run_bridge("2000 = SIP/2000", sip=f"trusted_networks = []\nusers = [{user}]")
    mosquitto.publish("presence-bridge/device/SIP/2000", "INUSE", "-r")
    folder = tmp_path / "baresip"
    folder.mkdir()
    account = f";auth_user=alice;auth_pass={password}"
    phone = Baresip(folder, f"127.0.0.1:{bridge.port}", ("2000",), account)
    try:
        if status == "Unknown":
            is_logged(bridge, "authentication_failed source=127.0.0.1 user=alice")
        becomes(phone, {"2000": status})
    finally:
        phone.close()
    assert ("authentication_failed" in bridge.log()) == (password == "mistyped")
    assert password not in bridge.log()
