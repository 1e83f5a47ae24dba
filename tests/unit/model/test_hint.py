import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.device import DeviceState
from bridge.model.facts import Facts, device_key, presence_key
from bridge.model.hint import ExtensionState, Hint, parse_hint, require_topic_name
from bridge.model.presence import NOT_SET, Presence, PresenceState
from bridge.model.watchers import EVERYBODY, Watchers

MEASURED = Path(__file__).parents[2] / "data" / "asterisk"
AWAY = Presence(PresenceState.AWAY, "lunch", "back at 13:00")


@pytest.mark.parametrize(
    ("text", "devices", "providers"),
    [
        ("SIP/2000,CustomPresence:2000", ("SIP/2000",), ("2000",)),
        ("SIP/2000&SIP/2001,CustomPresence:2000", ("SIP/2000", "SIP/2001"), ("2000",)),
        (",CustomPresence:2000", (), ("2000",)),
        ("SIP/2000", ("SIP/2000",), ()),
        ("SIP/2000,", ("SIP/2000",), ()),
        ("Custom:lamp,custompresence:a&CUSTOMPRESENCE:b", ("Custom:lamp",), ("a", "b")),
        (" SIP/2000 & SIP/2001 , CustomPresence: 2000 ", ("SIP/2000", "SIP/2001"), ("2000",)),
        ("SIP/2000,CustomPresence:house/Alice Müller", ("SIP/2000",), ("house/Alice Müller",)),
    ],
)
def test_a_hint_is_read(text, devices, providers):
    assert parse_hint("2000", text, "Alice") == Hint("2000", devices, providers, "Alice", text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("CustomPresence:2000", "needs a comma before it: write ',CustomPresence:2000'"),
        ("SIP/1&custompresence:a", "needs a comma before it: write 'SIP/1,custompresence:a'"),
        ("SIP/1&CustomPresence:a,CustomPresence:b", "write 'SIP/1,CustomPresence:a&CustomPresence:b'"),
        ("", "watches nothing"),
        (" , ", "watches nothing"),
        ("SIP/1&&SIP/2", "the device has an empty name"),
        ("SIP/1&", "the device has an empty name"),
        ("SIP/1,CustomPresence:a&", "the presence provider has an empty name"),
        ("SIP/1,CustomPresence:", "the presence provider has an empty name"),
        ("SIP/1,2000", "'2000' is not a presence provider: write 'CustomPresence:2000'"),
        ("SIP/1,SIP/2", "'SIP/2' stands where presence stands: devices are joined by &, before the comma"),
        ("SIP/1,CustomPresence:a,CustomPresence:b", "holds a comma"),
        ("2000", "must look like SIP/2000 or Custom:lamp"),
        ("SIP/", "must look like SIP/2000"),
        ("/2000", "must look like SIP/2000"),
        ("SIP/+", "holds '\\+', which the name of a topic cannot"),
        ("SIP/#", "holds '#'"),
        (",CustomPresence:a\x00", r"holds '\\x00'"),
        (",CustomPresence:a\nb", r"holds '\\n'"),
        (",CustomPresence:a\ud800", r"holds '\\ud800'"),
        (",CustomPresence:door/set", "ends as our own topics do"),
        (",CustomPresence:door/event", "ends as our own topics do"),
        ("Custom:lamp/set", "ends as our own topics do"),
    ],
)
def test_a_wrong_hint_is_refused_in_words(text, reason):
    with pytest.raises(ValueError, match=reason) as refusal:
        parse_hint("2000", text)
    assert str(refusal.value).isprintable()


@pytest.mark.parametrize(
    ("extension", "reason"),
    [
        ("", "the extension has an empty name"),
        ("a/b", "must be one level of a topic"),
        (" 2000", "no blank round it"),
        ("20+", r"holds '\+'"),
        ("20\x07", "holds"),
        ("_3XXX", "is a pattern: write one hint for each extension"),
    ],
)
def test_a_wrong_extension_is_refused_in_words(extension, reason):
    with pytest.raises(ValueError, match=reason):
        parse_hint(extension, "SIP/2000")


@pytest.mark.parametrize("extension", ["2000", "*78", "Müller", "set", "a b", "alice@example.org"])
def test_an_extension_may_be_any_level_of_a_topic(extension):
    assert parse_hint(extension, "SIP/2000").extension == extension


VARIABLES = [
    row
    for row in json.loads((MEASURED / "table_presence_write_validation.json").read_text(encoding="utf-8"))
    if "variable" in row and "&" not in row["variable"] and "," not in row["variable"]
]


@pytest.mark.parametrize("row", VARIABLES, ids=lambda row: row["variable"])
def test_provider_names_are_those_that_asterisk_lets_write(row):
    text = "," + row["variable"].removeprefix("PRESENCE_STATE(").removesuffix(")")
    if row["ami"] == "Success":
        assert parse_hint("2000", text).providers
    else:
        with pytest.raises(ValueError, match=r"presence provider|watches nothing|where presence stands"):
            parse_hint("2000", text)


def test_seven_provider_names_were_measured():
    assert len(VARIABLES) == 7


def test_the_keys_are_each_fact_once():
    hint = parse_hint("2000", "SIP/1&sip/1&Custom:lamp&Custom/lamp,CustomPresence:A&CustomPresence:a")
    assert hint.keys == (device_key("SIP/1"), device_key("Custom:lamp"), presence_key("a"))


def test_an_extension_shows_its_devices_and_its_strongest_presence():
    facts = Facts()
    facts.put(device_key("SIP/1"), DeviceState.RINGING)
    facts.put(device_key("SIP/2"), DeviceState.INUSE)
    facts.put(presence_key("a"), Presence(PresenceState.AVAILABLE))
    facts.put(presence_key("b"), AWAY)
    shown = parse_hint("2000", "SIP/1&SIP/2,CustomPresence:A&CustomPresence:B").evaluate(facts)
    assert shown == ExtensionState(DeviceState.RINGINUSE, AWAY)
    assert shown.text == "InUse&Ringing"


def test_nothing_known_is_idle_and_not_set():
    shown = parse_hint("2000", "SIP/1,CustomPresence:a").evaluate(Facts())
    assert (shown.text, shown.presence) == ("Idle", NOT_SET)


@pytest.mark.parametrize("state", PresenceState)
def test_a_hint_without_devices_shows_by_its_presence(state):
    facts = Facts()
    facts.put(presence_key("a"), Presence(state))
    shown = parse_hint("2000", ",CustomPresence:a").evaluate(facts)
    closed = state is PresenceState.UNAVAILABLE
    assert shown.device is (DeviceState.UNAVAILABLE if closed else DeviceState.NOT_INUSE)


@pytest.mark.parametrize("state", PresenceState)
def test_a_hint_without_devices_can_be_unavailable_as_in_asterisk(state):
    facts = Facts()
    facts.put(presence_key("a"), Presence(state))
    shown = parse_hint("2000", ",CustomPresence:a", deviceless="asterisk").evaluate(facts)
    assert shown.text == "Unavailable"
    assert shown.presence.state is state


@pytest.mark.parametrize("state", DeviceState)
def test_every_device_state_has_a_word(state):
    assert ExtensionState(state, NOT_SET).text in {
        "Idle", "InUse", "Busy", "Unavailable", "Ringing", "InUse&Ringing", "Hold",
    }  # fmt: skip


def test_a_letter_that_only_folds_to_ours_makes_no_provider():
    with pytest.raises(ValueError, match=r"is not a presence provider|where presence stands"):
        parse_hint("2000", "SIP/1,Cu\ufb06omPresence:a")


@given(st.text("SIPcustomreen:/&, 2+#\x00", max_size=30) | st.text(max_size=20))
def test_any_text_is_a_hint_or_a_refusal_in_words(text):
    try:
        hint = parse_hint("2000", text)
    except ValueError as refusal:
        reason = str(refusal)
    else:
        reason = ""
        assert hint.keys
        assert not any(set("+#\x00") & set(key.name) for key in hint.keys)
    assert reason == "" or reason.isprintable()


def test_the_keys_are_no_part_of_a_hints_identity():
    assert "keys" not in repr(parse_hint("2000", "SIP/1"))


def test_options_are_kept():
    hint = parse_hint("2000", "SIP/2000")
    assert (hint.dnd_is_busy, hint.deviceless, hint.watchers) == (False, "presence", EVERYBODY)
    some = Watchers(frozenset({"alice"}))
    hint = parse_hint("2000", "SIP/2000", "Alice", "asterisk", dnd_is_busy=True, watchers=some)
    assert (hint.dnd_is_busy, hint.deviceless, hint.watchers) == (True, "asterisk", some)


@pytest.mark.parametrize(
    ("device", "lamp"),
    [
        ("UNKNOWN", "BUSY"),
        ("NOT_INUSE", "BUSY"),
        ("INUSE", "BUSY"),
        ("BUSY", "BUSY"),
        ("INVALID", "BUSY"),
        ("UNAVAILABLE", "BUSY"),
        ("ONHOLD", "BUSY"),
        # As with a device Custom:DND in the hint: it rings, and is in use.
        ("RINGING", "RINGINUSE"),
        ("RINGINUSE", "RINGINUSE"),
    ],
)
def test_dnd_is_one_more_busy_device_for_who_reads_no_presence(device, lamp):
    facts = Facts()
    facts.put(device_key("SIP/2000"), DeviceState(device))
    hint = parse_hint("2000", "SIP/2000,CustomPresence:a", dnd_is_busy=True)
    for state in PresenceState:
        facts.put(presence_key("a"), Presence(state))
        shown = hint.evaluate(facts)
        assert shown.device is shown.lamp(reads_presence=True) is DeviceState(device)
        is_dnd = state is PresenceState.DND
        assert shown.lamp(reads_presence=False) is DeviceState(lamp if is_dnd else device)


def test_without_the_option_the_lamp_is_that_of_the_devices():
    facts = Facts()
    facts.put(presence_key("a"), Presence(PresenceState.DND))
    shown = parse_hint("2000", "SIP/2000,CustomPresence:a").evaluate(facts)
    assert shown.lamp(reads_presence=False) is shown.device is DeviceState.UNKNOWN
    assert shown == ExtensionState(DeviceState.UNKNOWN, Presence(PresenceState.DND))


def test_names_of_topics():
    require_topic_name("presence provider", "house/Alice Müller")
    with pytest.raises(ValueError, match="the presence provider has an empty name"):
        require_topic_name("presence provider", "")
