"""Presets of sensors: one family a file, and the table that `use = "..."` chooses from."""

from collections.abc import Mapping
from itertools import chain
from typing import Final

from bridge.model.words import unknown_name
from bridge.rules.presets.esphome import ESPHOME
from bridge.rules.presets.espresense import ESPRESENSE
from bridge.rules.presets.frigate import FRIGATE
from bridge.rules.presets.ha import HA
from bridge.rules.presets.homie import HOMIE
from bridge.rules.presets.owntracks import OWNTRACKS
from bridge.rules.presets.preset import Parameter, Preset
from bridge.rules.presets.ring import RING
from bridge.rules.presets.room_assistant import ROOM_ASSISTANT
from bridge.rules.presets.rtl_433 import RTL_433
from bridge.rules.presets.shelly1 import SHELLY1
from bridge.rules.presets.shelly2 import SHELLY2
from bridge.rules.presets.tasmota import TASMOTA
from bridge.rules.presets.zigbee2mqtt import ZIGBEE2MQTT
from bridge.rules.presets.zwavejs import ZWAVEJS

__all__ = ["PRESETS", "Parameter", "Preset", "find_preset"]

_FAMILIES: Final = (
    ZIGBEE2MQTT,
    TASMOTA,
    ESPHOME,
    SHELLY1,
    SHELLY2,
    HA,
    OWNTRACKS,
    ESPRESENSE,
    FRIGATE,
    ZWAVEJS,
    HOMIE,
    RING,
    RTL_433,
    ROOM_ASSISTANT,
)

PRESETS: Final[Mapping[str, Preset]] = {preset.name: preset for preset in chain.from_iterable(_FAMILIES)}


def find_preset(name: str) -> Preset:
    """Return the preset of a name; ValueError says which there are, of its family if there is such."""
    preset = PRESETS.get(name)
    if preset is None:
        family = [known for known in PRESETS if known.startswith(name.partition(".")[0] + ".")]
        raise ValueError(unknown_name("preset", name, family or PRESETS))
    return preset
