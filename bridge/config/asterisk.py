"""The PBX beside the bridge: `[asterisk]`."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from bridge.config.addresses import parse_host
from bridge.config.section import Section
from bridge.config.values import EMPTY_IS_NONE, Whole


def _is_host(text: str) -> str:
    parse_host(text)
    return text


def _is_line(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError("needs a name, as it stands in manager.conf")
    return text


def _is_secret(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value():
        raise ValueError("needs the secret of the user, as it stands in manager.conf")
    return secret


def _is_pattern(text: str) -> str:
    if "/" not in text and ":" not in text and "*" not in text:
        raise ValueError("needs a device such as PJSIP/2000 or Custom:lamp, or a pattern such as PJSIP/*")
    return text


class AsteriskSettings(Section):
    """How the manager interface of an Asterisk is reached, and what goes either way."""

    host: Annotated[str, AfterValidator(_is_host)] = Field(
        default="127.0.0.1", description="Name or address of the Asterisk."
    )
    port: Annotated[Whole, Field(ge=1, le=65535)] = Field(
        default=5038, description="Port of the manager interface; by TLS usually 5039."
    )
    username: Annotated[str, AfterValidator(_is_line)] = Field(
        description="The name of the user's section in manager.conf."
    )
    secret: Annotated[SecretStr, AfterValidator(_is_secret)] = Field(
        description="The user's secret in manager.conf. It is not sent: Asterisk gets its hash."
    )
    tls: bool = Field(default=False, description="Whether the interface is that of `tlsbindaddr`, by TLS.")
    tls_ca: Annotated[str | None, EMPTY_IS_NONE] = Field(
        default=None, description="File with the CA of its certificate; empty: those that the system trusts."
    )
    tls_name: Annotated[str | None, EMPTY_IS_NONE] = Field(
        default=None, description="The name in its certificate, where it is another than `host`."
    )
    tls_verify: bool = Field(
        default=True, description="Whether its certificate is checked; without, anybody can pretend to be it."
    )
    devices: tuple[Annotated[str, AfterValidator(_is_pattern)], ...] = Field(
        default=("*",), description="Devices whose states come to MQTT; `*` stands for any characters."
    )
    custom_prefixes: tuple[str, ...] = Field(
        default=(),
        description="Beginnings of names behind `Custom:`: such devices are kept equal on both sides. An empty text is all.",
    )
    presence: Literal["both", "to_asterisk", "from_asterisk", "off"] = Field(
        default="both", description="Which way presences go between MQTT and Asterisk."
    )
    import_hints: bool = Field(
        default=False,
        description="Whether phones can watch the hints of Asterisk here, beside those of this file.",
    )
    import_contexts: tuple[str, ...] = Field(
        default=(), description="Contexts of Asterisk whose hints are taken; empty: all."
    )

    @property
    def ca(self) -> Path | None:
        """The certificate authority, None for those that the system trusts."""
        return None if self.tls_ca is None else Path(self.tls_ca)
