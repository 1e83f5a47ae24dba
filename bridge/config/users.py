"""Who may use the bridge by digest: `[[sip.users]]`."""

import re
from functools import cached_property
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from bridge.config.section import Section
from bridge.config.values import ONE_OR_MORE
from bridge.sip.credentials import HASH_LENGTHS, User

# Types of findings whose words say everything: what stands there is not repeated behind them.
NO_SECRET: Final = "no_secret"  # noqa: S105 - the name of a finding
TWO_SECRETS: Final = "two_secrets"
UNSUITED: Final = "unsuited"

Algorithm = Literal["SHA-256", "MD5"]

_HEX = re.compile(r"[0-9a-f]*")


def _is_name(text: str) -> str:
    if not text or not text.isprintable():
        raise ValueError("must not be empty, nor hold control characters")
    return text


def _algorithm_of(ha1: str) -> str | None:
    return HASH_LENGTHS.get(len(ha1)) if _HEX.fullmatch(ha1) else None


def _is_hash(secret: SecretStr) -> SecretStr:
    ha1 = secret.get_secret_value().lower()
    if _algorithm_of(ha1) is None:
        lengths = " or ".join(f"{length} ({name})" for length, name in HASH_LENGTHS.items())
        raise ValueError(f"needs hexadecimal digits, {lengths}")
    return SecretStr(ha1)


def _is_filled(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value():
        raise ValueError("must not be empty")
    return secret


# A name or a realm is part of every challenge or answer, which has to fit into a datagram.
Name = Annotated[str, AfterValidator(_is_name), Field(max_length=64)]
_Hash = Annotated[SecretStr, AfterValidator(_is_hash)]


class UserSettings(Section):
    """A user, with a password or its hash. `extensions` is None for all of them."""

    name: Name = Field(description="Name of the account.")
    password: Annotated[SecretStr, AfterValidator(_is_filled)] | None = Field(
        default=None, description="Its password."
    )
    ha1: Annotated[tuple[_Hash, ...], ONE_OR_MORE] = Field(
        default=(),
        description="In place of a password, its hash in hexadecimal digits, of `name:realm:password`; MD5, SHA-256, or a list of both.",
    )
    extensions: tuple[str, ...] | None = Field(
        default=None, description="What the account may watch; absent: everything."
    )

    @model_validator(mode="after")
    def _has_one_secret(self) -> Self:
        if self.password is None and not self.ha1:
            raise PydanticCustomError(
                NO_SECRET, "needs a password, or ha1; password_file and ha1_file name files that hold them"
            )
        if self.password is not None and self.ha1:
            raise PydanticCustomError(TWO_SECRETS, "has a password and ha1: one of them is enough")
        if len(self.hashes) < len(self.ha1):
            raise PydanticCustomError(TWO_SECRETS, "has two ha1 of the same algorithm")
        return self

    @property
    def hashes(self) -> dict[str, str]:
        """The values of ha1 by their algorithm, which their length tells."""
        texts = (secret.get_secret_value() for secret in self.ha1)
        return {HASH_LENGTHS[len(text)]: text for text in texts}

    @cached_property
    def parsed(self) -> User:
        """The user as the gate knows it."""
        return User(
            self.name,
            None if self.password is None else self.password.get_secret_value(),
            self.hashes,
            None if self.extensions is None else frozenset(self.extensions),
        )
