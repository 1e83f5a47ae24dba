"""Files of phones, read as a phone reads them, and compared with what the makers' references name."""

import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path

from bridge.phones.models import model_of
from bridge.phones.phone import Account, Contact, Phone, Server

DATA = Path(__file__).parent.parent / "data" / "phones"
FIELDS = tomllib.loads((DATA / "fields.toml").read_text(encoding="utf-8"))


BRIDGE = Server("192.168.1.20", 5060)
PBX = Server("192.168.1.10", 5060)
AT_PBX = Account("200", PBX, "200", "pbx-secret", "Kitchen", "auth200", "Kitchen <200>", "*97")
AT_BRIDGE = Account("presence-200", BRIDGE, "200", "bridge-secret", "Presence", mailbox=False)
CONTACTS = (Contact("2000", "Front desk"), Contact("2001"))


def make_phone(model: str = "D65", **changes: object) -> Phone:
    """A phone with both accounts and two contacts, unless told otherwise."""
    traits = {"accounts": (AT_PBX, AT_BRIDGE), "contacts": CONTACTS, "dial_plan": "x.T3"} | changes
    return Phone("000fd3aabbcc", model_of(model), traits.pop("bridge", BRIDGE), **traits)


def read(document: bytes) -> ET.Element:
    """The root; every name and every word in the document is one of those known."""
    root = ET.fromstring(document)
    for one in root.iter():
        known = FIELDS["elements"][one.tag]
        assert set(one.attrib) <= set(known.get("attributes", ())), one.tag
        assert {child.tag for child in one} <= set(known.get("children", ())), one.tag
        assert not (one.text or "").strip(), one.tag
        for name, value in one.attrib.items():
            words = FIELDS["words"].get(f"{one.tag}.{name}")
            assert words is None or value in words, (one.tag, name, value)
    return root


def settings_of(configuration: ET.Element) -> dict[str, str]:
    """The settings of a main file by their id."""
    return {one.get("id"): one.get("value") for one in configuration.findall("setting")}
