"""`presence-bridge check`: read the configuration, and tell what was understood."""

import argparse
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from bridge.commands.check_rules import rule_lines, sensor_lines
from bridge.commands.check_values import value_lines
from bridge.commands.columns import columns
from bridge.composition.options import broker_account
from bridge.config import MqttSettings, Settings, SipSettings, TlsSettings, doubts, find
from bridge.config.addresses import Network, is_loopback
from bridge.config.advice import advice
from bridge.config.environment import variable
from bridge.config.insecurity import exposed, insecure
from bridge.config.phones import PhoneSettings
from bridge.config.provisioning import contacts_of, files_url
from bridge.config.sources import Sources
from bridge.events import Address
from bridge.features.feature_code import FeatureCode
from bridge.io.mqtt.tls import context_of
from bridge.io.pem import TlsError
from bridge.io.tls import TlsFiles, server_context
from bridge.model.facts import device_path
from bridge.model.hint import Hint
from bridge.model.presence import format_presence
from bridge.model.words import printable, quoted
from bridge.sip.addressing import host_port
from bridge.sip.credentials import User
from bridge.topics.route import Routes

NAME = "check"
HELP = "check the configuration, and show what it says: addresses, topics, warnings"
NEEDS_CONFIG = True

_HEADINGS: Final = ("extension", "name", "watches", "MQTT topic", "set by publishing to")
_EVERY_ADDRESS: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 (compared with, not bound)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing beyond the configuration, but what to show of it."""
    parser.add_argument(
        "--show", action="store_true", help="print every value with its origin; secrets are hidden"
    )
    parser.epilog = (
        f"Variables such as {variable(('mqtt', 'host'))} override the file, here as in every command."
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print what the configuration says; warnings do not change the exit status, 0."""
    if args.show:
        for line in value_lines(settings, Sources.read(find(args.config), os.environ)):
            print(line)
        return 0
    print(f"{find(args.config)} is valid.\n")
    for line in report(settings, settings.store.file(find(args.config), os.environ)):
        print(line)
    if words := exposed(find(args.config)):
        print(f"\ninsecure: {words}")
    for doubt in doubts(settings, args.config, os.environ):
        print(f"\nwarning: {doubt}")
    return 0


def report(settings: Settings, store: Path | None = None) -> Iterator[str]:
    """What was understood, line by line; `store` is the file for what outlives a restart."""
    listeners = [_listener(f"{one.transport}://", one.address) for one in settings.sip.listeners]
    yield from columns(
        ("  broker", _broker(settings)),
        *_broker_tls(settings),
        ("  base topic", settings.base_topic),
        *_labelled("  SIP", listeners),
        *_tls(settings.sip.tls),
        *_labelled("  trusted", [_network(network) for network in settings.sip.networks]),
        *_users(settings.sip),
        *_refused(settings.sip),
        *_feature_codes(settings.sip),
        *_profiles(settings.sip),
        ("  HTTP", _listener("http://", settings.http.address)),
        ("  store", printable(str(store or "none: phones are sent away when the bridge stops"), 200)),
        *_phones(settings),
    )
    if settings.hints:
        yield ""
        rows = [row for hint in settings.parsed_hints for row in _hint(hint, Routes(settings.base_topic))]
        yield from columns(_HEADINGS, *rows)
        yield from _options(settings.parsed_hints)
    for block in (sensor_lines(settings), rule_lines(settings)):
        lines = [*block]
        yield from ("", *lines) if lines else ()
    for words in insecure(settings):
        yield ""
        yield f"insecure: {printable(words, 1000)}"
    for doubt in (*advice(settings), *_unusable(settings)):
        yield ""
        yield f"warning: {printable(doubt, 1000)}"


def _broker(settings: Settings) -> str:
    mqtt = settings.mqtt
    if mqtt is None:
        return "embedded broker, as there is no [mqtt] section; its retained states end with the bridge"
    user = f" as {printable(mqtt.username)}" if mqtt.username else ""
    password = ", with a password" if mqtt.password else ""
    return f"{_url(mqtt)}{user}{password}"


def _url(mqtt: MqttSettings) -> str:
    """The broker's address, as other programs write it."""
    where = host_port(Address(mqtt.host, mqtt.port))
    secure = "s" if mqtt.tls is not None else ""
    if mqtt.transport == "websockets":
        return f"ws{secure}://{where}{mqtt.websocket_path}"
    return f"mqtt{secure}://{where}"


def _broker_tls(settings: Settings) -> Iterator[tuple[str, str]]:
    """How the broker is known, and how it knows us; nothing without TLS."""
    tls = settings.mqtt and settings.mqtt.tls
    if not tls:
        return
    known = f"the broker shows a certificate of {tls.ca}" if tls.ca else "the broker shows one of a known CA"
    known = known if tls.verify else "NOT VERIFIED: whatever the broker shows is accepted"
    name = f" for {tls.server_name}" if tls.server_name else ""
    ours = f"the bridge shows {tls.certificate}" if tls.certificate else "the bridge shows none"
    yield "  broker's TLS", printable(f"{known}{name}; {ours}; TLS {tls.minimum_version} or newer", 300)


def _listener(scheme: str, address: Address) -> str:
    if address.host in _EVERY_ADDRESS:
        reach = "every address of this machine"
    else:
        reach = "this machine only" if is_loopback(address.host) else "one address of this machine"
    return f"{scheme}{host_port(address)} ({reach})"


def _tls(tls: TlsSettings | None) -> Iterator[tuple[str, str]]:
    if tls is not None:
        shown = f"phones show one of {tls.client_ca}" if tls.client_ca else "phones show none"
        yield "  TLS", printable(f"certificate {tls.certificate}; {shown}", 200)


def _unusable(settings: Settings) -> Iterator[str]:
    """What keeps the bridge from its work, unless only its own account can read the files."""
    sip, broker = settings.sip.tls, broker_account(settings.mqtt or MqttSettings()).tls
    try:
        if sip is not None:
            server_context(TlsFiles(*sip.files))
    except TlsError as error:
        yield str(error)
    try:
        if broker is not None:
            context_of(broker)
    except TlsError as error:
        yield str(error)


def _network(network: Network) -> str:
    if network.is_loopback:
        return f"{network} (this machine)"
    if network.num_addresses == 1:
        return f"{network} (one address)"
    return f"{network} ({network[0]} to {network[-1]})"


def _users(sip: SipSettings) -> Iterator[tuple[str, str]]:
    """Who may come from elsewhere, and how they are asked; nothing where nobody may."""
    if not sip.users:
        return
    yield from _labelled("  users", [_user(user) for user in sip.parsed_users])
    algorithms = ", ".join(sip.offered_algorithms)
    alone = f"; MD5 alone to {', '.join(sip.digest_md5_only)}" if sip.weakens_for_some else ""
    yield "  digest", printable(f"realm {sip.realm}; {algorithms}{alone}", 200)


def _refused(sip: SipSettings) -> Iterator[tuple[str, str]]:
    """What phones are told that ask for what is turned off; nothing if all is served."""
    answers = ((sip.accept_register, "REGISTER (405)"), (sip.accept_publish, "PUBLISH (403)"))
    refused = [words for accepted, words in answers if not accepted]
    if refused:
        yield "  refused", ", ".join(refused)


def _feature_codes(sip: SipSettings) -> Iterator[tuple[str, str]]:
    """What can be dialled; nothing without codes."""
    if sip.feature_codes:
        yield from _labelled("  codes", [_feature_code(code) for code in sip.parsed_feature_codes])


def _feature_code(code: FeatureCode) -> str:
    values = [printable(format_presence(one)) for one in code.said]
    does = f"goes through {', '.join(values)}" if code.toggles else f"is set to {values[0]}"
    return f"{printable(str(code))} dialled: {printable(code.provider)} {does} (answered {code.status})"


def _user(user: User) -> str:
    secret = "password" if user.password is not None else f"{' and '.join(user.hashes)} hash"
    if user.extensions is None:
        shown = "every extension"
    else:
        shown = f"extension {printable(', '.join(sorted(user.extensions)))}" if user.extensions else "nothing"
    return f"{printable(user.name)} ({secret} set; may watch {shown})"


def _profiles(sip: SipSettings) -> Iterator[tuple[str, str]]:
    """What goes before the built-in table; nothing where nothing does. `explain` tells the rest."""
    if sip.profiles:
        rules = [entry.rule for entry in sip.profiles]
        yield from _labelled("  profiles", [f"{quoted(rule.agent)}: {rule.words}" for rule in rules])


def _phones(settings: Settings) -> Iterator[tuple[str, str]]:
    """Whose files are made, and where they are; nothing without phones."""
    if not settings.phones:
        return
    yield from _labelled("  phones", [_phone(settings, phone) for phone in settings.phones])
    how = (
        "served by the bridge" if settings.provisioning.http else "to be written by presence-bridge provision"
    )
    yield "  their files", f"{printable(files_url(settings), 200)} ({how})"


def _phone(settings: Settings, phone: PhoneSettings) -> str:
    named = f" {printable(phone.name)}" if phone.name else ""
    pbx = f"{printable(phone.pbx.user)} at {phone.pbx.address.host_port}" if phone.pbx else ""
    user = f"{printable(phone.user)} here" if phone.user else ""
    accounts = " and ".join(filter(None, (pbx, user)))
    shown = f"contacts: {len(tuple(contacts_of(settings, phone)))}"
    return f"{phone.parsed_mac} {phone.parsed_model.name}{named} (account {accounts}; {shown})"


def _labelled(label: str, values: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The label before the first value only; `none` where there is no value."""
    for index, value in enumerate(values or ["none"]):
        yield ("" if index else label), value


def _hint(hint: Hint, routes: Routes) -> Iterator[tuple[str, ...]]:
    """The rows of one hint: a row for each device and each presence provider."""
    watched: list[tuple[str, str, str]] = []
    for device in hint.devices:
        topic = routes.device_topic(device_path(device))
        settable = device_path(device).casefold().startswith("custom/")
        watched.append((device, topic, f"{topic}/set" if settable else ""))
    for provider in hint.providers:
        topic = routes.presence_topic(provider)
        watched.append((f"CustomPresence:{provider}", topic, f"{topic}/set"))
    for index, row in enumerate(watched):
        yield ("", "", *row) if index else (hint.extension, printable(hint.name), *row)


def _options(hints: Sequence[Hint]) -> Iterator[str]:
    """A line for each hint that is not shown to everybody, or not in the usual way; after an empty one."""
    lines = [f"{hint.extension} {'; '.join(words)}" for hint in hints if (words := tuple(_differences(hint)))]
    if lines:
        yield ""
    yield from lines


def _differences(hint: Hint) -> Iterator[str]:
    if hint.dnd_is_busy:
        yield "is busy while dnd, for phones that show no presence"
    if hint.deviceless == "asterisk" and not hint.devices:
        yield "is always unavailable, as in Asterisk"
    if not hint.watchers.are_all:
        names = (*sorted(hint.watchers.users), *map(str, hint.watchers.networks))
        yield f"may be watched by {printable(', '.join(names), 200)} alone"
