import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.device import DeviceState
from bridge.model.facts import Facts, device_key, device_path, presence_key
from bridge.model.presence import NOT_SET, Presence, PresenceState

AWAY = Presence(PresenceState.AWAY, "lunch")


def test_what_was_never_written_is_not_set_and_unknown():
    facts = Facts()
    assert facts.presence("2000") == NOT_SET
    assert facts.device("Custom:lamp") is DeviceState.UNKNOWN
    assert facts.value(presence_key("2000")) == NOT_SET
    assert facts.value(device_key("SIP/2000")) is DeviceState.UNKNOWN


def test_a_fact_is_found_by_its_name_in_any_case():
    facts = Facts()
    facts.put(presence_key("Alice Müller"), AWAY)
    facts.put(device_key("SIP/Phone"), DeviceState.BUSY)
    assert facts.presence("ALICE MÜLLER") == AWAY == facts.value(presence_key("alice müller"))
    assert facts.device("sip/phone") is DeviceState.BUSY is facts.value(device_key("Sip/pHone"))


def test_a_provider_and_a_device_of_one_name_are_two_facts():
    facts = Facts()
    facts.put(presence_key("sip/2000"), AWAY)
    assert facts.device("SIP/2000") is DeviceState.UNKNOWN


@pytest.mark.parametrize(
    ("device", "path"),
    [
        ("Custom:lamp", "Custom/lamp"),
        ("Custom/lamp", "Custom/lamp"),
        ("Custom:a/b:c", "Custom/a/b:c"),
        ("SIP/host:5060", "SIP/host:5060"),
        ("Local/100@hints/n", "Local/100@hints/n"),
        ("lamp", "lamp"),
    ],
)
def test_a_device_is_a_path_of_topic_levels(device, path):
    assert device_path(device) == path
    assert device_key(device) == device_key(path)


@pytest.mark.parametrize("value", [AWAY, Presence(PresenceState.NOT_SET, "a", "b")])
def test_a_presence_put_is_there_until_it_is_cleared(value):
    facts, key = Facts(), presence_key("2000")
    facts.put(key, value)
    assert facts.value(key) == value
    facts.put(key, NOT_SET)
    facts.put(key, NOT_SET)
    assert facts.value(key) == NOT_SET


def test_a_device_put_is_there_until_it_is_cleared():
    facts, key = Facts(), device_key("Custom:lamp")
    facts.put(key, DeviceState.INVALID)
    assert facts.value(key) is DeviceState.INVALID
    facts.put(key, DeviceState.UNKNOWN)
    facts.put(key, DeviceState.UNKNOWN)
    assert facts.value(key) is DeviceState.UNKNOWN


@given(st.lists(st.sampled_from(["a", "b", "c"])))
def test_cleared_facts_take_no_room(names):
    facts = Facts()
    for name in names:
        facts.put(presence_key(name), AWAY)
        facts.put(device_key(f"SIP/{name}"), DeviceState.BUSY)
    for name in names:
        facts.put(presence_key(name), NOT_SET)
        facts.put(device_key(f"SIP/{name}"), DeviceState.UNKNOWN)
    assert not facts._presences
    assert not facts._devices
