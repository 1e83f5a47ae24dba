import pytest
from pydantic import TypeAdapter, ValidationError

from bridge.config.outputs import (
    CustomDevice,
    Device,
    Provider,
    SetSettings,
    Setting,
    device_output,
    provider_output,
    spoken,
)
from bridge.model.device import DeviceState
from bridge.model.facts import device_key, presence_key
from bridge.model.presence import PresenceState
from bridge.rules.template import PresenceTemplate, Template


@pytest.mark.parametrize(
    ("kind", "name"),
    [(Provider, "2000"), (Provider, "Büro/Anna"), (CustomDevice, "Custom:lamp"), (Device, "SIP/2000")],
)
def test_names(kind, name):
    assert TypeAdapter(kind).validate_python(name) == name


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        (Provider, "CustomPresence:2000", "write the provider as in a topic: '2000'"),
        (Provider, "", "has an empty name"),
        (Provider, "a/set", "ends as our own topics do"),
        (CustomDevice, "SIP/2000", "the state of a SIP device is its PBX's"),
        (CustomDevice, "lamp", "must look like SIP/2000 or Custom:lamp"),
        (CustomDevice, "Custom:a+", "holds '+'"),
        (Device, "2000", "must look like SIP/2000 or Custom:lamp"),
        (Device, "SIP/", "must look like SIP/2000 or Custom:lamp"),
    ],
)
def test_refused_names(kind, name, words):
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(name)
    assert words in str(caught.value)


def setting(written) -> SetSettings:
    return TypeAdapter(Setting).validate_python(written)


@pytest.mark.parametrize(
    "written",
    [
        "dnd,door,Door {name}",
        {"state": "dnd", "subtype": "door", "message": "Door {name}"},
        {"state": "dnd,x,Door {name}", "subtype": "door"},
        {"state": "DND,door", "message": "Door {name}"},
    ],
)
def test_a_presence_is_a_line_or_its_parts(written):
    assert setting(written).presence == PresenceTemplate(
        PresenceState.DND, Template("door"), Template("Door {name}")
    )


def test_a_device_has_a_state():
    assert setting("inuse").device is DeviceState.INUSE
    with pytest.raises(ValueError, match="unknown device state 'dnd'"):
        _ = setting("dnd").device
    with pytest.raises(ValueError, match="unknown presence state 'INUSE'"):
        _ = setting("INUSE").presence


def test_a_text_with_a_lone_brace_is_refused_at_its_key():
    with pytest.raises(ValidationError) as caught:
        setting({"state": "dnd", "message": "{x"})
    assert [one["loc"] for one in caught.value.errors()] == [("message",)]


def test_outputs_and_how_they_are_spoken_of():
    assert provider_output("Anna") == (presence_key("anna"), "Anna")
    assert device_output("Custom:Lamp/1") == (device_key("custom/lamp/1"), "Custom/Lamp/1")
    assert spoken(provider_output("Anna")) == "CustomPresence:Anna"
    assert spoken(device_output("Custom/Lamp/1")) == "Custom:Lamp/1"
