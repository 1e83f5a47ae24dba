"""One phone, as its files describe it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from bridge.phones.models import KeyPlace, Model


class Server(NamedTuple):
    """Where SIP is spoken. `host` is a name or an address, IPv6 without brackets; `transport` is udp or tcp."""

    host: str
    port: int
    transport: str = "udp"

    @property
    def host_port(self) -> str:
        """As it stands in a URI."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the phone. `id` is the phone's own name for it; `label` stands beside its line key.

    `voicemail` is what the key for messages dials, empty for nothing. `mailbox` tells whether the
    server knows of waiting messages.
    """

    id: str
    server: Server
    user: str
    password: str = field(repr=False)
    label: str
    auth_user: str = ""
    caller_id: str = ""
    voicemail: str = ""
    mailbox: bool = True


class Contact(NamedTuple):
    """An extension of the bridge that the phone shows."""

    extension: str
    name: str = ""

    @property
    def shown_name(self) -> str:
        """What stands beside the lamp."""
        return self.name or self.extension


@dataclass(frozen=True, slots=True)
class Phone:
    """Everything that goes into the files of one phone.

    `bridge` is where the phone reaches us. `settings` are the makers' own, by their id; they go over
    those that are written for every phone.
    """

    mac: str
    model: Model
    bridge: Server
    accounts: tuple[Account, ...] = ()
    contacts: tuple[Contact, ...] = ()
    dial_plan: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def keys(self) -> tuple[tuple[KeyPlace, Contact], ...]:
        """Which contact is on which key; contacts beyond the last key have none."""
        return tuple(zip(self.model.places(len(self.accounts)), self.contacts, strict=False))
