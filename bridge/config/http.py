"""Where metrics, health, the status page and its API are served, and who may set a presence there: `[http]`."""

from functools import cached_property
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator, model_validator

from bridge.config.addresses import Network, parse_address, parse_host, parse_network
from bridge.config.findings import Finding, own_words, refuse
from bridge.config.section import Section
from bridge.events import Address

# Characters of a token: more than anybody tries.
_LEAST: Final = 16


def _is_address(text: str) -> str:
    parse_address(text)
    return text


def _is_network(text: str) -> str:
    parse_network(text)
    return text


def _is_host(text: str) -> str:
    parse_host(text)
    return text


class HttpSettings(Section):
    """`hosts`: names under which browsers reach it, beside addresses and the name of the machine.

    `write`: presences can be set, by whoever has the token or comes from a trusted network.
    """

    listen: Annotated[str, AfterValidator(_is_address)] = Field(
        default="127.0.0.1:9464", description="Where the status page, metrics and health are served."
    )
    hosts: tuple[Annotated[str, AfterValidator(_is_host)], ...] = Field(
        default=(),
        description="Names in the browser's address bar, beside addresses and the name of this machine.",
    )
    write: bool = Field(default=False, description="Whether presences can be set by the page and the API.")
    token: SecretStr = Field(
        default=SecretStr(""), description="Who has it can set presences; 16 characters or more."
    )
    trusted_networks: tuple[Annotated[str, AfterValidator(_is_network)], ...] = Field(
        default=(), description="Networks from which everybody can."
    )

    @field_validator("token")
    @classmethod
    def _is_long(cls, token: SecretStr, _info: ValidationInfo) -> SecretStr:
        if 0 < len(token.get_secret_value()) < _LEAST:
            raise own_words(f"is shorter than {_LEAST} characters: write what openssl rand -hex 16 gives")
        return token

    @model_validator(mode="after")
    def _somebody_may_write(self) -> Self:
        if self.write and not self.token.get_secret_value() and not self.trusted_networks:
            refuse([Finding(("write",), "lets nobody set anything: name a token, or trusted_networks")])
        return self

    @property
    def address(self) -> Address:
        """The address and port to serve at."""
        return parse_address(self.listen)

    @cached_property
    def networks(self) -> tuple[Network, ...]:
        """From where presences can be set without a token."""
        return tuple(map(parse_network, self.trusted_networks))
