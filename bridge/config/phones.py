"""The phones whose files the bridge makes: `[provisioning]` and `[[phones]]`."""

import re
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from bridge.config.addresses import parse_server
from bridge.config.section import Section
from bridge.config.users import NO_SECRET, Name
from bridge.config.values import EMPTY_IS_NONE, Also
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

    bridge_address: Annotated[_Server | None, EMPTY_IS_NONE] = Field(
        default=None, description="Where phones reach the bridge, such as `192.168.1.20:5060`."
    )
    transport: Transport = Field(default="udp", description="By which they reach it.")
    http: bool = Field(
        default=False, description="Whether phones can fetch their files from the bridge, without encryption."
    )
    url: Annotated[Annotated[str, AfterValidator(_is_url)] | None, EMPTY_IS_NONE] = Field(
        default=None, description="Folder in which phones find their files; empty: that of the bridge."
    )
    dial_plan: str = Field(
        default="x.T3|*x.T3",
        description="What numbers look like, for the phone to know when one is complete.",
    )
    settings: Annotated[dict[str, str], AfterValidator(_are_settings)] = Field(
        default_factory=dict,
        repr=False,
        description="Further settings of all phones, by the names that the makers give them.",
    )

    @property
    def bridge(self) -> Server | None:
        """Where phones reach the bridge."""
        if self.bridge_address is None:
            return None
        return Server(*parse_server(self.bridge_address), self.transport)


class PbxSettings(Section):
    """A phone's account at a PBX."""

    server: _Server = Field(description="Name or address of the PBX.")
    transport: Transport = Field(default="udp", description="By which it is reached.")
    user: Name = Field(description="Name of the account.")
    auth_user: Annotated[Name | None, EMPTY_IS_NONE] = Field(
        default=None, description="Name for the password, where it is another than user."
    )
    password: Annotated[SecretStr | None, EMPTY_IS_NONE] = Field(
        default=None, description="Password of the account."
    )
    voicemail: str = Field(default="", description="What the key for messages dials.")

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

    mac: Annotated[str, AfterValidator(_is_mac)] = Field(description="The address on its back.")
    model: Annotated[str, AfterValidator(_is_model)] = Field(description="Its model, such as `D65`.")
    name: str = Field(default="", description="What stands on its screen.")
    extension: str = Field(
        default="", description="Its own extension, which it does not show among the others."
    )
    user: Annotated[Name | None, EMPTY_IS_NONE] = Field(
        default=None, description="Its account at the bridge: a name of `[[sip.users]]` with a password."
    )
    contacts: Annotated[tuple[str, ...] | None, _ALL_IS_NONE, Also({"const": "all"})] = Field(
        default=None, description="What it shows: `all`, or a list of extensions in the order of the keys."
    )
    pbx: PbxSettings | None = Field(default=None, description="Its account at a PBX, by which it calls.")

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
