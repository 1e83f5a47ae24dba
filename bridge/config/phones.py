"""The phones whose files the bridge makes: `[provisioning]` and `[[phones]]`."""

import re
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from bridge.config.addresses import parse_server
from bridge.config.section import Section
from bridge.config.users import NO_SECRET, Name
from bridge.config.values import EMPTY_IS_NONE
from bridge.phones.mac import parse_mac
from bridge.phones.models import Model, model_of
from bridge.phones.phone import Server

# Type of a finding whose words say everything.
NO_ACCOUNT: Final = "no_account"

_SETTING_ID = re.compile(r"[a-z][a-z0-9_]*")


def _is_server(text: str) -> str:
    parse_server(text)
    return text


def _is_mac(text: str) -> str:
    parse_mac(text)
    return text


def _is_model(text: str) -> str:
    model_of(text)
    return text


def _is_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("needs the URL of a folder, such as http://192.168.1.20:9464/phones/")
    return text


def _are_settings(values: dict[str, str]) -> dict[str, str]:
    for name in values:
        if not _SETTING_ID.fullmatch(name):
            raise ValueError(f"{name!r} is no setting of a phone: these have small letters, digits and _")
    return values


_ALL_IS_NONE = BeforeValidator(lambda value: None if value == "all" else value)

Transport = Literal["udp", "tcp"]
_Server = Annotated[str, AfterValidator(_is_server)]


class ProvisioningSettings(Section):
    """What all phones have in common. `url` is None where it is made from the addresses."""

    bridge_address: Annotated[_Server | None, EMPTY_IS_NONE] = None
    transport: Transport = "udp"
    http: bool = False
    url: Annotated[Annotated[str, AfterValidator(_is_url)] | None, EMPTY_IS_NONE] = None
    dial_plan: str = "x.T3|*x.T3"
    settings: Annotated[dict[str, str], AfterValidator(_are_settings)] = Field(
        default_factory=dict, repr=False
    )

    @property
    def bridge(self) -> Server | None:
        """Where phones reach the bridge."""
        if self.bridge_address is None:
            return None
        return Server(*parse_server(self.bridge_address), self.transport)


class PbxSettings(Section):
    """A phone's account at a PBX."""

    server: _Server
    transport: Transport = "udp"
    user: Name
    auth_user: Annotated[Name | None, EMPTY_IS_NONE] = None
    password: Annotated[SecretStr | None, EMPTY_IS_NONE] = None
    voicemail: str = ""

    @model_validator(mode="after")
    def _has_a_secret(self) -> Self:
        if self.password is None:
            raise PydanticCustomError(NO_SECRET, "needs a password, or password_file")
        return self

    @property
    def address(self) -> Server:
        """Where the PBX is."""
        return Server(*parse_server(self.server), self.transport)


class PhoneSettings(Section):
    """One phone. `contacts` is None for all extensions but its own."""

    mac: Annotated[str, AfterValidator(_is_mac)]
    model: Annotated[str, AfterValidator(_is_model)]
    name: str = ""
    extension: str = ""
    user: Annotated[Name | None, EMPTY_IS_NONE] = None
    contacts: Annotated[tuple[str, ...] | None, _ALL_IS_NONE] = None
    pbx: PbxSettings | None = None

    @model_validator(mode="after")
    def _has_an_account(self) -> Self:
        if self.user is None and self.pbx is None:
            raise PydanticCustomError(
                NO_ACCOUNT, "needs user (a name of [[sip.users]]), or pbx, or both: a phone has an account"
            )
        return self

    @property
    def parsed_mac(self) -> str:
        """12 digits in lower case."""
        return parse_mac(self.mac)

    @property
    def parsed_model(self) -> Model:
        """The model, with its keys."""
        return model_of(self.model)
