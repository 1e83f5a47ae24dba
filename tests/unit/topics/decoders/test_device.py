import pytest

from bridge.model.device import DeviceState
from bridge.mqtt.payload import BadPayload
from bridge.topics.decoders.device import DeviceCommand, decode_device, decode_device_command


@pytest.mark.parametrize("state", DeviceState)
@pytest.mark.parametrize(
    "form", ["{}", "{}\n", '"{}"', '{{"state":"{}"}}', '{{"state":"{}","x":1}}', "{{'state': '{}'}}"]
)
def test_a_state_is_read_in_every_form_and_case(state, form):
    assert decode_device(form.format(state.value).encode()) is state
    assert decode_device(form.format(state.value.lower()).encode()) is state


def test_no_bytes_clear_the_state():
    assert decode_device(b"") is DeviceState.UNKNOWN


@pytest.mark.parametrize(
    ("payload", "command"),
    [
        (b"inuse", DeviceCommand(DeviceState.INUSE)),
        (b'"INUSE"', DeviceCommand(DeviceState.INUSE)),
        (b'{"state":"INUSE"}', DeviceCommand(DeviceState.INUSE)),
        (b'{"state":"INUSE","until":60}', DeviceCommand(DeviceState.INUSE, 60)),
        (b'{"state":null}', DeviceCommand(None)),
        (b"{'state': None}", DeviceCommand(None)),
    ],
)
def test_a_command_is_read(payload, command):
    assert decode_device_command(payload) == command


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"IDLE", "unknown device state 'IDLE'"),
        (b"{}", "state is missing"),
        (b'{"until":60}', "state is missing"),
        (b'{"state":null,"until":60}', "state is null, which gives back to the rules"),
        (b"[]", "must be text or an object, not a list"),
    ],
)
def test_a_wrong_command_is_refused_in_words(payload, reason):
    with pytest.raises(BadPayload, match=reason):
        decode_device_command(payload)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"IDLE", "unknown device state 'IDLE': known are UNKNOWN"),
        (b"INUSE ", "unknown device state 'INUSE '"),
        (b"NOT_IN_USE", "did you mean NOT_INUSE"),
        (b"{}", "state is missing"),
        (b'{"state":null}', "state is missing"),
        (b'{"state":1}', "state must be text, not a number"),
        (b'["INUSE"]', "must be text or an object, not a list"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_another_payload_is_refused_in_words(payload, reason):
    with pytest.raises(BadPayload, match=reason):
        decode_device(payload)
