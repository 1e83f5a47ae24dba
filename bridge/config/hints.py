"""What phones can watch: `[[hints]]`."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from ipaddress import ip_address
from typing import Annotated

from pydantic import AfterValidator, Field

from bridge.config.addresses import parse_network
from bridge.config.locate import KeyPath
from bridge.config.section import Section
from bridge.model.hint import Deviceless, Hint, parse_hint
from bridge.model.watchers import Watchers
from bridge.model.words import unknown_name


def _is_extension(text: str) -> str:
    parse_hint(text, "SIP/2000")
    return text


def _is_hint(text: str) -> str:
    parse_hint("2000", text)
    return text


def _is_watcher(text: str) -> str:
    if _is_network(text):
        parse_network(text)
    return text


class HintSettings(Section):
    """One extension that phones can watch."""

    extension: Annotated[str, AfterValidator(_is_extension)] = Field(description="What phones subscribe to.")
    hint: Annotated[str, AfterValidator(_is_hint)] = Field(
        description="As in Asterisk's extensions.conf: devices joined by `&`, then a comma, then presence providers."
    )
    name: str = Field(default="", description="What people call the extension.")
    dnd_is_busy: bool = Field(
        default=False, description="Whether dnd makes it busy for phones that show no presence."
    )
    deviceless: Deviceless = Field(
        default="presence",
        description="How it looks without a device: by its presence, or always unavailable as in Asterisk.",
    )
    watchers: tuple[Annotated[str, AfterValidator(_is_watcher)], ...] = Field(
        default=(), description="Who may watch it: names of users, and networks; empty: everybody."
    )

    @cached_property
    def parsed(self) -> Hint:
        """The hint as the engine uses it."""
        return parse_hint(
            self.extension,
            self.hint,
            self.name,
            self.deviceless,
            dnd_is_busy=self.dnd_is_busy,
            watchers=self._parsed_watchers,
        )

    @property
    def _parsed_watchers(self) -> Watchers:
        users = frozenset(text for text in self.watchers if not _is_network(text))
        return Watchers(users, tuple(parse_network(text) for text in self.watchers if _is_network(text)))


def unknown_watchers(hints: Iterable[HintSettings], users: Iterable[str]) -> Iterator[tuple[KeyPath, str]]:
    """Names under `watchers` that are no user's: the key, and what is wrong with it."""
    known = tuple(users)
    for number, hint in enumerate(hints):
        for index, text in enumerate(hint.watchers):
            if not _is_network(text) and text not in known:
                words = (
                    f"names an {unknown_name('user', text, known)}"
                    if known
                    else "needs a network, or [[sip.users]]"
                )
                yield ("hints", number, "watchers", index), words


def _is_network(text: str) -> bool:
    """Whether it is meant as a network, or as an address; a slash is no part of a user's name."""
    if "/" in text:
        return True
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
