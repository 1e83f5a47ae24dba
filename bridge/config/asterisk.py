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

    host: Annotated[str, AfterValidator(_is_host)] = "127.0.0.1"
    port: Annotated[Whole, Field(ge=1, le=65535)] = 5038
    username: Annotated[str, AfterValidator(_is_line)]
    secret: Annotated[SecretStr, AfterValidator(_is_secret)]
    tls: bool = False
    tls_ca: Annotated[str | None, EMPTY_IS_NONE] = None
    tls_name: Annotated[str | None, EMPTY_IS_NONE] = None
    tls_verify: bool = True
    devices: tuple[Annotated[str, AfterValidator(_is_pattern)], ...] = ("*",)
    custom_prefixes: tuple[str, ...] = ()
    presence: Literal["both", "to_asterisk", "from_asterisk", "off"] = "both"
    import_hints: bool = False
    import_contexts: tuple[str, ...] = ()

    @property
    def ca(self) -> Path | None:
        """The certificate authority, None for those that the system trusts."""
        return None if self.tls_ca is None else Path(self.tls_ca)
