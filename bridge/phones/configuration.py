"""`<mac>.cfg`: accounts, settings, and where the phone finds its other files."""

from collections.abc import Iterator, Mapping
from typing import Final
from xml.etree import ElementTree as ET

from bridge.phones.contacts import BOOK_ID, GROUP
from bridge.phones.phone import Account, Phone
from bridge.phones.xml import element

# Subscriptions that a phone makes unless it is told that it may make more.
_USUAL_SUBSCRIPTIONS: Final = 40

_SETTINGS: Final[Mapping[str, str]] = {
    "transport_udp_enabled": "1",
    "transport_tcp_enabled": "1",
    # Seconds between the blank lines that keep the way through a NAT or a firewall open.
    "udp_ka_interval": "30",
    # A NOTIFY with Event: check-sync makes the phone fetch its files again.
    "enable_check_sync": "1",
    "enable_blf_on_unused_line_keys": "1",
    # Without it the phone subscribes to nobody.
    "blf_contact_group": GROUP,
}


def configuration(phone: Phone, contacts_url: str, keys_url: str) -> ET.Element:
    """The main file, which names the URLs of the others."""
    return element(
        "config",
        None,
        *_settings(phone),
        element("contacts", {"url": contacts_url, "id": BOOK_ID}),
        element("smart_blf", None, element("blf_items", {"url": keys_url})),
        element(
            "accounts",
            None,
            *(_account(index, account, phone.dial_plan) for index, account in enumerate(phone.accounts)),
        ),
    )


def _settings(phone: Phone) -> Iterator[ET.Element]:
    values = dict(_SETTINGS)
    if len(phone.contacts) > _USUAL_SUBSCRIPTIONS:
        values["contacts_max_subscriptions"] = str(len(phone.contacts))
    for name, value in (values | dict(phone.settings)).items():
        yield element("setting", {"id": name, "value": value})


def _account(index: int, account: Account, dial_plan: str) -> ET.Element:
    attributes = {
        "index": str(index),
        "status": "1",
        "register": "1",
        "account_id": account.id,
        "username": account.user,
        "authname": account.auth_user or account.user,
        "password": account.password,
        "line_label": account.label,
        "caller_id": account.caller_id or account.label,
        "dial_plan": dial_plan,
        "visual_voicemail": "0",
        "voicemail": account.voicemail,
        "needMwiSubscription": str(int(account.mailbox)),
    }
    return element("account", attributes, _host(account))


def _host(account: Account) -> ET.Element:
    server = account.server
    attributes = {
        "server": server.host,
        "port": str(server.port),
        "transport": server.transport,
        "reregister": "300",
        "retry": "25",
        "num_retries": "5",
    }
    return element("host_primary", attributes)
