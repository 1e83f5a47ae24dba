"""Profiles: what a phone is sent, as far as its User-Agent decides it.

A profile says which PIDF a phone reads, where it is shown a person's presence, and how large a
datagram may be. What holds for every phone is not in it: a Content-Type has no parameters (baresip
answers 415 to any), documents have no comments and an unprefixed default namespace (PJSIP answers
488), CSeq and the version of dialog-info never go back (Polycom stops listening).

The facts are measured where a client can be had, and read or told of where not: docs/phones.md.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, NamedTuple

from bridge.notifier.bodies import BODIES, PIDF_LAYOUTS, BodyFormat
from bridge.notifier.bodies.digium import digium_tuple
from bridge.notifier.bodies.subject import Subject
from bridge.notifier.packages.package import EventPackage
from bridge.pidf import CONTENT_TYPE as PIDF
from bridge.sip.headers import MediaRange

PidfLayout = Literal["asterisk", "rpid", "xpidf"]
PresenceShown = Literal["digium", "status", "none"]

# Of a User-Agent that is longer, the rest is not looked at. Those of phones have up to 60 characters.
_LOOKED_AT: Final = 256

# User-Agents whose profile is remembered: more than a site has models and versions.
_REMEMBERED: Final = 1024


@dataclass(frozen=True, slots=True)
class Profile:
    """How phones of one kind are served. `pattern` finds them by User-Agent, in any case.

    `pidf`: what is sent where PIDF is asked for: Asterisk's layout, the RFCs' layout, or xpidf instead.
    `presence`: where a person's presence shows: in the tuple of Digium, in status, activity and
    note, or nowhere.
    `tcp_above_bytes`: octets of a NOTIFY above which it goes by TCP, where that is possible (RFC 3261 18.1.1).
    `udp_limit_bytes`: octets of the largest datagram; a message is shortened until it fits.
    """

    name: str
    pattern: str
    pidf: PidfLayout = "rpid"
    presence: PresenceShown = "status"
    tcp_above_bytes: int = 1300
    # Where PJSIP ends, and no phone is known to take less. What IP fragments is its own business.
    udp_limit_bytes: int = 4000

    def __post_init__(self) -> None:
        if self.presence == "digium" and self.pidf != "asterisk":
            raise ValueError('presence = "digium" needs pidf = "asterisk": no other document has that tuple')

    def choose_body(self, package: EventPackage, accept: Sequence[MediaRange] | None) -> BodyFormat | None:
        """What a watcher with this Accept gets; None if nothing fits."""
        content_type = package.choose_body(accept)
        return None if content_type is None else self.body(content_type)

    def body(self, content_type: str) -> BodyFormat:
        """What a watcher gets who asked for this content type, one of an event package."""
        return PIDF_LAYOUTS[self.pidf] if content_type == PIDF else BODIES[content_type]

    def subject(self, extension: str, uri: str) -> Subject:
        """What the bodies about an extension are made of."""
        supplements = (digium_tuple,) if self.presence == "digium" else ()
        return Subject(extension, uri, supplements, personal=self.presence == "status")


# The first whose pattern is found is taken; the last takes everybody.
PROFILES: Final[Sequence[Profile]] = (
    # Asterisk's own rule for the two: the name of the maker, anywhere and in any case.
    Profile("digium", "digium", "asterisk", "digium"),
    Profile("sangoma", "sangoma", "asterisk", "digium"),
    Profile("yealink", "yealink"),
    Profile("grandstream", "grandstream"),
    Profile("snom", "snom"),
    # Its older firmware claims to read PIDF, and reads xpidf (chan_sip has the same rule).
    Profile("polycom", "polycom", pidf="xpidf"),
    Profile("baresip", "baresip"),
    Profile("linphone", "linphone"),
    Profile("twinkle", "twinkle"),
    Profile("pjsip", "pjsua|pjsip|microsip"),
    Profile("jitsi", "jitsi"),
    # Version 5 calls itself "Z 5.6.4 v2.10.20.4".
    Profile("zoiper", r"zoiper|^z \d"),
    Profile("default", ""),
)

BY_NAME: Final[Mapping[str, Profile]] = {profile.name: profile for profile in PROFILES}


def parse_agent(text: str) -> re.Pattern[str]:
    """The pattern that an operator wrote: part of a User-Agent, or `/regular expression/`; in any case.

    ValueError says what is wrong with it.
    """
    if not text.strip():
        raise ValueError("must not be empty: it would take every phone")
    is_expression = len(text) > 1 and text.startswith("/") and text.endswith("/")
    try:
        return re.compile(text[1:-1] if is_expression else re.escape(text), re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from None


@dataclass(frozen=True, slots=True)
class Rule:
    """An entry of the configuration: phones that `agent` finds get `profile`, with `changes` to its fields.

    Without `profile` it is the one that they would get without this entry.
    """

    agent: str
    profile: str | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """What it says, as the configuration writes it."""
        given: dict[str, Any] = {"profile": self.profile} if self.profile is not None else {}
        words = [f"{name} = {value!r}" for name, value in {**given, **self.changes}.items()]
        return ", ".join(words) or "no change"

    def apply(self, built_in: Profile) -> Profile:
        """The profile in full. ValueError if `changes` contradict each other; nothing else can."""
        profile = built_in if self.profile is None else BY_NAME[self.profile]
        changes = dict(self.changes)
        if changes.get("presence") == "digium":
            changes.setdefault("pidf", "asterisk")
        elif changes.get("pidf", "asterisk") != "asterisk" and profile.presence == "digium":
            changes.setdefault("presence", "status")
        return replace(profile, **changes)


class Choice(NamedTuple):
    """A profile, and the entry of the configuration that decided for it; None if it is the table above."""

    profile: Profile
    rule: Rule | None


class Profiles:
    """The table above, with the entries of the configuration before it."""

    def __init__(self, rules: Sequence[Rule] = ()) -> None:
        self._choices: dict[str, Choice] = {}
        self._built_in = [(re.compile(one.pattern, re.IGNORECASE), one) for one in PROFILES]
        self._rules = [
            (parse_agent(rule.agent), rule, {one.name: rule.apply(one) for one in PROFILES}) for rule in rules
        ]

    def choose(self, user_agent: str) -> Choice:
        """The profile of the phone that calls itself so; many do, so the choice is remembered."""
        agent = user_agent[:_LOOKED_AT]
        choice = self._choices.get(agent)
        if choice is None:
            if len(self._choices) >= _REMEMBERED:
                self._choices.clear()
            choice = self._choices[agent] = self._choose(agent)
        return choice

    def _choose(self, agent: str) -> Choice:
        built_in = next(profile for pattern, profile in self._built_in if pattern.search(agent))
        for pattern, rule, applied in self._rules:
            if pattern.search(agent):
                return Choice(applied[built_in.name], rule)
        return Choice(built_in, None)
