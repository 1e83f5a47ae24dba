"""`<mac>-smartblf.xml`: which contact is on which key, and how its lamp tells the state.

The lamp follows the state of the extension's devices. Presence shows in the phone's texts; for the
lamps of its keys the makers know no presence.
"""

from typing import Final
from xml.etree import ElementTree as ET

from bridge.phones.contacts import PRIMARY
from bridge.phones.models import KeyPlace
from bridge.phones.phone import Contact, Phone
from bridge.phones.xml import element

# Target status, colour, and how it is lit: what phones of this make show where nobody says otherwise.
LAMPS: Final = (
    ("unknown", "green", "off"),
    ("idle", "green", "on"),
    ("ringing", "red", "fast"),
    ("on_the_phone", "red", "on"),
    ("on_hold", "red", "slow"),
)

# What a press does: a call, and during one a transfer.
_PRESSES: Final = (("all", "dial"), ("connected", "transfer"), ("hold", "transfer"))


def smart_blf(phone: Phone) -> ET.Element:
    """The keys. A contact that is not here has no key."""
    items = element("blf_items")
    items.extend(_item(place, contact) for place, contact in phone.keys)
    return element("config", None, element("smart_blf", None, items))


def _item(place: KeyPlace, contact: Contact) -> ET.Element:
    attributes = {
        "location": place.location,
        "index": str(place.number),
        "paging": str(int(place.paged)),
        "contact_id": contact.extension,
    }
    return element("blf_item", attributes, _behaviors(), _indicators())


def _behaviors() -> ET.Element:
    behaviors = element("behaviors")
    behaviors.extend(
        element("behavior", {"phone_state": state, "press_action": PRIMARY, "press_function": function})
        for state, function in _PRESSES
    )
    return behaviors


def _indicators() -> ET.Element:
    indicators = element("indicators")
    indicators.extend(
        element("indicator", {"target_status": status, "ring": "0", "led_color": color, "led_state": lit})
        for status, color, lit in LAMPS
    )
    return indicators
