"""What a phone is sent, and why, without the phone: `presence-bridge explain --agent ...`."""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from bridge.config import Settings
from bridge.model.device import parse_device_state
from bridge.model.hint import ExtensionState
from bridge.model.presence import parse_presence
from bridge.model.words import printable, quoted
from bridge.notifier.bodies import PIDF_LAYOUTS, BodyFormat
from bridge.notifier.bodies.dialog_info import DIALOG_INFO
from bridge.notifier.bodies.subject import VERSION
from bridge.notifier.packages import PACKAGES
from bridge.notifier.profiles import Choice, Profile
from bridge.sip.errors import BadRequest
from bridge.sip.headers import MediaRange, parse_media_range, split_commas

_EXTENSION: Final = "2000"
_URI: Final = "sip:2000@192.0.2.1"

_LAYOUTS: Final[Mapping[str, str]] = {
    "asterisk": "in the layout of Asterisk",
    "rpid": "in the layout of the RFCs",
    "xpidf": "also where it asks for application/pidf+xml",
}
_PRESENCE: Final[Mapping[str, str]] = {
    "digium": "in an element of its own, <digium_presence>; status and note are those of the line",
    "status": "in status, activity and note, while the line is idle",
    "none": "nowhere; status and note are those of the line",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Who the phone says it is, what it asks for, and the state of the example."""
    group = parser.add_argument_group("what a phone is sent")
    group.add_argument(
        "--agent", default="", metavar="TEXT", help="the User-Agent; empty: the phone sends none"
    )
    group.add_argument("--accept", metavar="TYPES", help="its Accept header, such as application/pidf+xml")
    group.add_argument("--event", choices=PACKAGES, help="the event that it subscribes to (default: each)")
    group.add_argument("--device", default="NOT_INUSE", metavar="STATE", help="device state of the example")
    group.add_argument(
        "--presence",
        default="away,lunch,back at 13:00",
        metavar="STATE[,SUBTYPE[,MESSAGE]]",
        help="presence of the example (default: away,lunch,back at 13:00)",
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print the profile, what follows from it, and an example; 1 if the phone would be refused."""
    try:
        accept = None if args.accept is None else _media_ranges(args.accept)
        state = ExtensionState(parse_device_state(args.device), parse_presence(args.presence))
    except (ValueError, BadRequest) as error:
        print(error, file=sys.stderr)
        return 2
    choice = settings.sip.parsed_profiles.choose(args.agent)
    events = [args.event] if args.event else [*PACKAGES]
    bodies = {event: choice.profile.choose_body(PACKAGES[event], accept) for event in events}
    print("\n".join([*_reasons(args.agent, choice), "", *_consequences(choice.profile, bodies)]))
    for event, body in bodies.items():
        if body is not None:
            print(f"\n{_title(event, state)}\n\n{_example(choice.profile, body, state)}", end="")
    return 0 if any(bodies.values()) else 1


def _media_ranges(accept: str) -> Sequence[MediaRange]:
    return [parse_media_range(value) for value in split_commas(accept)]


def _reasons(agent: str, choice: Choice) -> Iterator[str]:
    """Which profile it is, and why."""
    profile, rule = choice
    who = f"A phone that calls itself {quoted(agent)}" if agent else "A phone without User-Agent"
    yield f"{who} gets the profile {profile.name}:"
    if rule is None:
        yield f"  {_built_in(profile)}"
        return
    yield f"  the entry with agent = {quoted(rule.agent)} in [[sip.profiles]] finds it: {rule.words}"
    if not rule.profile:
        yield f"  beyond it, {_built_in(profile)}"


def _built_in(profile: Profile) -> str:
    if not profile.pattern:
        return "no pattern of the built-in table finds it"
    return f"the built-in table finds {quoted(profile.pattern)} in it"


def _consequences(profile: Profile, bodies: Mapping[str, BodyFormat | None]) -> Iterator[str]:
    for event, body in bodies.items():
        yield f"  {f'Event: {event}':<16}  {_what(profile, body, event)}"
    yield f"  {'presence':<16}  {_PRESENCE[profile.presence]}"
    yield f"  {'size':<16}  above {profile.tcp_above_bytes} bytes by TCP where that is possible;"
    yield f"  {'':<16}  as a datagram {profile.udp_limit_bytes} bytes at most, for which texts are cut"


def _what(profile: Profile, body: BodyFormat | None, event: str) -> str:
    if body is None:
        return f"refused (406), as Accept names none of {', '.join(PACKAGES[event].bodies)}"
    if body is PIDF_LAYOUTS[profile.pidf]:
        return f"{body.content_type}, {_LAYOUTS[profile.pidf]}"
    # xpidf, under either of its names, has a place for it as well.
    return (
        f"{body.content_type}, of the line alone" if body.content_type == DIALOG_INFO else body.content_type
    )


def _title(event: str, state: ExtensionState) -> str:
    presence = ", ".join(filter(None, (state.presence.state.value, *map(printable, state.presence[1:]))))
    return f"Event: {event}, when the device is {state.device.value} and the presence {presence}:"


def _example(profile: Profile, body: BodyFormat, state: ExtensionState) -> str:
    document = body.format(state, profile.subject(_EXTENSION, _URI)).replace(VERSION, b"0").decode()
    return "".join(f"    {line}\n" for line in document.splitlines())
