"""The phones of the configuration, as `bridge.phones` makes their files; and what is wrong with them or doubtful."""

from collections.abc import Iterator
from typing import Final

from bridge.config.addresses import is_loopback
from bridge.config.locate import KeyPath
from bridge.config.phones import PhoneSettings
from bridge.config.settings import Settings
from bridge.config.users import UserSettings
from bridge.phones.phone import Account, Contact, Phone, Server
from bridge.phones.roster import Listed
from bridge.sip.addressing import host_port

# The path of the phones' files on the HTTP server of the bridge.
FOLDER: Final = "/phones/"


def provisioned(settings: Settings) -> Iterator[Phone]:
    """Every phone, with its secrets. The settings are those of `load`, which has looked for `mistakes`."""
    for phone in settings.phones:
        yield Phone(
            phone.parsed_mac,
            phone.parsed_model,
            _bridge(settings),
            tuple(_accounts(settings, phone)),
            tuple(contacts_of(settings, phone)),
            settings.provisioning.dial_plan,
            settings.provisioning.settings,
        )


def listed(settings: Settings) -> tuple[Listed, ...]:
    """Every phone by its names alone."""
    return tuple(Listed(phone.parsed_mac, tuple(_names(phone))) for phone in settings.phones)


def contacts_of(settings: Settings, phone: PhoneSettings) -> Iterator[Contact]:
    """What a phone shows, in the order of its list, or of the hints. An extension without a hint would get 404."""
    names = {hint.extension: hint.name for hint in settings.hints}
    wanted = phone.contacts
    if wanted is None:
        wanted = tuple(extension for extension in names if extension != phone.extension)
    for extension in dict.fromkeys(wanted):
        if extension in names:
            yield Contact(extension, names[extension])


def files_url(settings: Settings) -> str:
    """The folder in which phones find their files; where none is named, that of the bridge's own server."""
    if settings.provisioning.url is not None:
        return settings.provisioning.url
    here = Server(_bridge(settings).host, settings.http.address.port)
    return f"http://{here.host_port}{FOLDER}"


def mistakes(settings: Settings) -> Iterator[tuple[KeyPath, str]]:
    """What one section alone does not show: the key, and what is wrong with it."""
    if settings.phones and settings.provisioning.bridge is None:
        words = "is required with [[phones]]: where they reach the bridge, such as 192.168.1.20:5060"
        yield ("provisioning", "bridge_address"), words
    first: dict[str, int] = {}
    for index, phone in enumerate(settings.phones):
        if first.setdefault(phone.parsed_mac, index) != index:
            yield ("phones", index, "mac"), f"is that of phones[{first[phone.parsed_mac]}] again"
        if phone.user is not None and (words := _no_password(settings, phone.user)):
            yield ("phones", index, "user"), words


def doubts(settings: Settings) -> Iterator[str]:
    """One sentence for each."""
    provisioning = settings.provisioning
    if provisioning.http and not settings.phones:
        yield "[provisioning] http is of no use without [[phones]]"
    elif provisioning.http and is_loopback(settings.http.address.host):
        yield (
            f"phones cannot fetch their files: [http] listen is {host_port(settings.http.address)},"
            " which only this machine reaches"
        )
    if settings.phones and all(one.transport != provisioning.transport for one in settings.sip.listeners):
        yield (
            f"phones are told to reach the bridge by {provisioning.transport}, for which there is no"
            f" {provisioning.transport}:// address in [sip] listen"
        )
    for phone in settings.phones:
        yield from _phone_doubts(settings, phone)


def _phone_doubts(settings: Settings, phone: PhoneSettings) -> Iterator[str]:
    known = {hint.extension for hint in settings.hints}
    unknown = [extension for extension in phone.contacts or () if extension not in known]
    for extension in unknown:
        yield f"phone {phone.parsed_mac} is to show {extension!r}, for which there is no hint"
    contacts = tuple(contacts_of(settings, phone))
    accounts = (phone.pbx is not None) + (phone.user is not None)
    keys = sum(1 for _ in zip(contacts, phone.parsed_model.places(accounts), strict=False))
    if keys < len(contacts):
        yield (
            f"phone {phone.parsed_mac} has keys for {keys} of its {len(contacts)} contacts:"
            f" a {phone.parsed_model.name} with {_plural(accounts, 'account')} has no more"
        )


def _bridge(settings: Settings) -> Server:
    bridge = settings.provisioning.bridge
    if bridge is None:
        raise AssertionError("load refuses phones without bridge_address")
    return bridge


def _accounts(settings: Settings, phone: PhoneSettings) -> Iterator[Account]:
    """That of the PBX comes first: the phone dials by it."""
    label = phone.name or phone.extension
    if phone.pbx is not None:
        pbx = phone.pbx
        if pbx.password is None:
            raise AssertionError("the section refuses an account without a password")
        yield Account(
            id=pbx.user,
            server=pbx.address,
            user=pbx.user,
            auth_user=pbx.auth_user or pbx.user,
            password=pbx.password.get_secret_value(),
            label=label or pbx.user,
            caller_id=f"{phone.name} <{pbx.user}>" if phone.name else pbx.user,
            voicemail=pbx.voicemail,
        )
    user = None if phone.user is None else _user(settings, phone.user)
    if user is not None and user.password is not None:
        yield Account(
            id=f"presence-{user.name}",
            server=_bridge(settings),
            user=user.name,
            password=user.password.get_secret_value(),
            label="Presence",
            caller_id=phone.name or user.name,
            mailbox=False,
        )


def _names(phone: PhoneSettings) -> Iterator[str]:
    """What the phone may be called in SIP."""
    yield from filter(None, (phone.user, phone.extension, phone.pbx and phone.pbx.user))


def _no_password(settings: Settings, name: str) -> str:
    user = _user(settings, name)
    if user is None:
        return f"cannot be {name!r}: there is no [[sip.users]] of that name"
    if user.password is None:
        return f"cannot be {name!r}: that user has only ha1, and a phone needs the password itself"
    return ""


def _user(settings: Settings, name: str) -> UserSettings | None:
    return next((user for user in settings.sip.users if user.name == name), None)


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
