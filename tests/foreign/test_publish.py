"""baresip registers and publishes its user's presence: the MQTT topic follows, and gives way when it leaves."""

import time

import pytest

from foreign.baresip import Baresip

HINT = "2000 = SIP/2000,CustomPresence:alice"
TRUTH = "presence-bridge/presence/alice"


@pytest.fixture
def baresip(tmp_path):
    """Starts baresips, and ends those that a test has not ended."""
    phones = []

    def start(bridge, account=""):
        folder = tmp_path / f"baresip-{len(phones)}"
        folder.mkdir()
        phone = Baresip(folder, f"127.0.0.1:{bridge.port}", ("2000",), f";pubint=60{account}", regint=60)
        phones.append(phone)
        return phone

    yield start
    for phone in phones:
        phone.close()


def becomes(broker, state):
    """Wait until the truth says this."""
    until = time.monotonic() + 10
    while f'"state":"{state}"' not in (said := broker.retained(TRUTH)):
        assert time.monotonic() < until, said
        time.sleep(0.05)


def is_logged(program, text):
    until = time.monotonic() + 10
    while text not in program.log():
        assert time.monotonic() < until, program.log()
        time.sleep(0.05)


@pytest.mark.requirement("P3", "P5", "R1")
def test_the_topic_follows_the_softphone_and_gives_way_when_it_leaves(mosquitto, run_bridge, baresip):
    mosquitto.publish(TRUTH, "xa,trip,back in May", "-r")
    bridge = run_bridge(HINT)
    phone = baresip(bridge)
    is_logged(bridge, "register_registered status=200 aor=sip:alice@127.0.0.1")
    becomes(mosquitto, "available")
    phone.command("presence_offline")
    becomes(mosquitto, "unavailable")
    phone.command("presence_online")
    becomes(mosquitto, "available")
    phone.close()
    becomes(mosquitto, "xa")
    assert '"subtype":"trip","message":"back in May"' in mosquitto.retained(TRUTH)


@pytest.mark.requirement("P5")
def test_what_others_write_stays_when_it_leaves(mosquitto, run_bridge, baresip):
    bridge = run_bridge(HINT)
    phone = baresip(bridge)
    becomes(mosquitto, "available")
    mosquitto.publish(TRUTH, '{"state":"dnd"}', "-r")
    is_logged(bridge, "presence_changed provider=alice old=available new=dnd")
    phone.close()
    is_logged(bridge, "publish_removed")
    assert mosquitto.retained(TRUTH) == '{"state":"dnd"}'


@pytest.mark.requirement("A11")
def test_with_digest_it_speaks_for_itself(mosquitto, run_bridge, baresip):
    user = '{ name = "alice", password = "wonderland" }'
    bridge = run_bridge(HINT, sip=f"trusted_networks = []\nusers = [{user}]")
    baresip(bridge, ";auth_user=alice;auth_pass=wonderland")
    is_logged(bridge, "register_registered status=200")
    becomes(mosquitto, "available")
    assert "authentication_failed" not in bridge.log()


def test_with_publishing_off_nothing_is_written(mosquitto, run_bridge, baresip):
    bridge = run_bridge(HINT, sip="accept_publish = false\naccept_register = false")
    baresip(bridge)
    is_logged(bridge, "publish_rejected status=403")
    assert mosquitto.retained(TRUTH) == ""
