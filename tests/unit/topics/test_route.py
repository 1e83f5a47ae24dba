import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.device import DeviceState
from bridge.model.facts import device_key, presence_key
from bridge.model.presence import NOT_SET, Presence, PresenceState
from bridge.topics.decoders.device import DeviceCommand
from bridge.topics.decoders.presence import PresenceCommand
from bridge.topics.decoders.word import Origin, Word
from bridge.topics.route import CommandRead, DeviceCommandRead, FactRead, Ignored, Rejected, Routes

ROUTES = Routes("home/bridge")
AWAY = Presence(PresenceState.AWAY, "lunch")


def read(topic, payload, retained=False):
    return ROUTES.read(f"home/bridge/{topic}", payload, retained)


def test_two_subscriptions_reach_everything():
    assert ROUTES.filters == ("home/bridge/presence/#", "home/bridge/device/#")


@pytest.mark.parametrize("retained", [True, False])
@pytest.mark.parametrize("name", ["2000", "Alice Müller", "house/east/door", "set", "event", "a//b", "/a"])
def test_a_truth_about_a_provider(name, retained):
    reading = read(f"presence/{name}", b"away,lunch", retained)
    assert reading == FactRead(presence_key(name), name, Word(AWAY))


def test_a_truth_tells_who_has_said_it():
    reading = read("presence/2000", b'{"state":"away","by":"rule","rule":"door"}')
    assert reading.word.origin == Origin("rule", "door")


def test_an_empty_truth_clears():
    assert read("presence/2000", b"", retained=True) == FactRead(presence_key("2000"), "2000", Word(NOT_SET))
    assert read("device/SIP/2000", b"").word.value is DeviceState.UNKNOWN


@pytest.mark.parametrize(
    ("levels", "device"),
    [("SIP/2000", "SIP/2000"), ("Local/100@hints/n", "Local/100@hints/n"), ("custom/Lamp", "Custom:lamp")],
)
def test_a_truth_about_a_device(levels, device):
    word = Word(DeviceState.INUSE)
    assert read(f"device/{levels}", b"InUse") == FactRead(device_key(device), levels, word)


@pytest.mark.parametrize("name", ["2000", "house/east/door", "set"])
def test_a_command_for_a_provider(name):
    command = PresenceCommand(None, None, "back soon")
    assert read(f"presence/{name}/set", b'{"message":"back soon"}') == CommandRead(name, command)


def test_a_command_for_a_custom_device():
    command = DeviceCommand(DeviceState.BUSY)
    assert read("device/Custom/lamp/set", b"busy") == DeviceCommandRead("Custom/lamp", command)


@pytest.mark.parametrize("topic", ["presence/2000/set", "device/Custom/lamp/set", "device/SIP/1/set"])
@pytest.mark.parametrize("retained", [True, False])
def test_an_empty_command_is_how_a_retained_one_is_removed(topic, retained):
    assert read(topic, b"", retained) == Ignored()


def test_our_own_events_are_ignored():
    assert read("presence/2000/event", b"\xff", retained=True) == Ignored()


def rejected(topic, payload, retained=False):
    with pytest.raises(Rejected) as caught:
        read(topic, payload, retained)
    assert caught.value.value.isprintable()
    assert len(caught.value.value) <= 80
    assert str(caught.value) == caught.value.reason
    return caught.value


@pytest.mark.parametrize(
    ("topic", "payload"),
    [("presence/2000/set", b"away"), ("presence/2000/set", b"\xff"), ("device/Custom/x/set", b"BUSY")],
)
def test_a_retained_command_is_rejected_whatever_it_says(topic, payload):
    refusal = rejected(topic, payload, retained=True)
    assert refusal.kind == "retained_set"
    assert "must not be retained" in refusal.reason


@pytest.mark.parametrize(
    "topic",
    [
        "presence",
        "presence/",
        "presence//set",
        "device",
        "device/SIP",
        "device/SIP/",
        "device//2000",
        "hint/2000",
        "x",
    ],
)
def test_a_topic_without_a_name_is_rejected_unless_it_is_being_removed(topic):
    assert rejected(topic, b"away").kind == "topic"
    assert read(topic, b"") == Ignored()


def test_only_custom_devices_can_be_set():
    refusal = rejected("device/SIP/2000/set", b"BUSY")
    assert (refusal.kind, refusal.value) == ("topic", "BUSY")
    assert "only Custom devices can be set: the state of a SIP device" in refusal.reason


@pytest.mark.parametrize(
    ("topic", "payload", "kind", "value"),
    [
        ("presence/2000", b"bored", "payload", "bored"),
        ("presence/2000", b"\x1b[2Jaway", "payload", "\\x1b[2Jaway"),
        ("presence/2000/set", b"{}", "payload", "{}"),
        ("device/SIP/2000", b"\xff\xfe", "payload", "\\xff\\xfe"),
        ("device/SIP/2000", b"x" * 70_000, "size", "x" * 79 + "…"),
    ],
)
def test_a_wrong_payload_is_rejected_with_what_it_was(topic, payload, kind, value):
    refusal = rejected(topic, payload)
    assert (refusal.kind, refusal.value) == (kind, value)


@given(
    st.lists(st.sampled_from(["presence", "device", "Custom", "set", "event", "a", ""]), max_size=6),
    st.binary(),
    st.booleans(),
)
def test_any_message_is_read_or_rejected_in_words(levels, payload, retained):
    try:
        read("/".join(levels), payload, retained)
    except Rejected as refusal:
        kind, words = refusal.kind, refusal.value + refusal.reason
    else:
        kind, words = "payload", ""
    assert kind in {"payload", "topic", "retained_set"}
    assert words == "" or words.isprintable()


@pytest.mark.parametrize("base", ["a/+", "#", "a{b"])
def test_a_base_that_no_topic_can_have_is_refused(base):
    with pytest.raises(ValueError, match="must be text"):
        Routes(base)


@pytest.mark.parametrize(
    "topic", ["presence/2000", "presence/2000/set", "device/SIP/2000", "presence", "device"]
)
def test_it_takes_what_its_filters_let_in(topic):
    assert ROUTES.takes(f"home/bridge/{topic}")
    assert not ROUTES.takes(f"home/{topic}")
    assert not ROUTES.takes(f"home/bridge/hint/{topic}")


def test_where_we_write():
    assert ROUTES.presence_topic("house/a") == "home/bridge/presence/house/a"
    assert ROUTES.device_topic("Custom/lamp") == "home/bridge/device/Custom/lamp"
