"""`<mac>-contacts.xml`: whom the phone shows, and where it subscribes to each."""

from typing import Final
from urllib.parse import quote
from xml.etree import ElementTree as ET

from bridge.phones.phone import Contact, Phone, Server
from bridge.phones.xml import element

# The phone subscribes to the contacts of one group alone, which its configuration names.
GROUP: Final = "Presence Bridge"
BOOK_ID: Final = "presence-bridge"

# The action that a press of the key carries out: the makers reserve this id for it.
PRIMARY: Final = "primary"

# RFC 3261 section 25.1: what stands in the user part of a URI without escape, beside letters and digits.
_IN_USER: Final = "-_.!~*'()&=+$,"


def contacts(phone: Phone) -> ET.Element:
    """The phone book."""
    book = element("contacts", {"group_name": GROUP, "id": BOOK_ID, "editable": "0"})
    book.extend(_contact(contact, phone.bridge) for contact in phone.contacts)
    return element("phonebooks", None, book)


def subscription_uri(extension: str, bridge: Server) -> str:
    """What the phone subscribes to. The port is written out: by host and port it chooses its account."""
    transport = "" if bridge.transport == "udp" else f";transport={bridge.transport}"
    return f"sip:{quote(extension, safe=_IN_USER)}@{bridge.host_port}{transport}"


def _contact(contact: Contact, bridge: Server) -> ET.Element:
    attributes = {
        "id": contact.extension,
        "first_name": contact.shown_name,
        "last_name": "",
        "contact_type": "sip",
        "account_id": contact.extension,
        "subscribe_to": subscription_uri(contact.extension, bridge),
    }
    action = {"id": PRIMARY, "dial": contact.extension, "label": "Extension", "name": "Dial"}
    return element("contact", attributes, element("actions", None, element("action", action)))
