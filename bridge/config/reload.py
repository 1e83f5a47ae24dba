"""What a reload of the configuration puts to use, and what only a restart does: the one table of it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from pydantic import BaseModel

from bridge.config.settings import Settings


class Effect(NamedTuple):
    """What becomes of these keys (dotted; a section stands for all in it) when they have another value."""

    keys: tuple[str, ...]
    live: bool
    words: str


EFFECTS: Final = (
    Effect(
        ("hints",),
        True,
        "New ones can be watched at once. The watchers of one that is gone are told so (`terminated;"
        "reason=noresource`), its topic is deleted, its entities go. Of one that is changed, whoever sees"
        " something else is told at once; who may not watch it any more gets `terminated;reason=rejected`",
    ),
    Effect(
        ("sensors",),
        True,
        "One that is the same keeps its value, and what it waits for. Others begin anew: their topics are"
        " subscribed to, which brings what is retained there, and their `request` is sent",
    ),
    Effect(
        ("rules", "rule_options"),
        True,
        "A rule whose condition is the same goes on where it was, a running `for_seconds` included. What a"
        " new one finds true counts at once, as at a start. Manual words stay",
    ),
    Effect(
        (
            "sip.trusted_networks",
            "sip.users",
            "sip.realm",
            "sip.digest_algorithms",
            "sip.digest_md5_only",
            "sip.digest_without_qop",
        ),
        True,
        "They hold for the next request. Subscriptions of those who would not be let in any more end with"
        " `terminated;reason=rejected`",
    ),
    Effect(
        ("sip.min_expires_seconds", "sip.max_expires_seconds"),
        True,
        "They hold for the next subscription, refresh, registration and publication",
    ),
    Effect(
        ("sip.max_subscriptions", "sip.max_subscriptions_per_source", "sip.max_subscriptions_per_watcher"),
        True,
        "They hold for the next subscription; none ends for them",
    ),
    Effect(("sip.notify_min_interval_seconds", "sip.large_requests"), True, "They hold for the next NOTIFY"),
    Effect(
        ("sip.profiles",),
        True,
        "Every phone is sent what its profile is now, if that differs; another type of document only when it subscribes anew",
    ),
    Effect(
        ("sip.feature_codes", "sip.accept_register", "sip.accept_publish"),
        True,
        "They hold for the next request. What was registered or published runs out as it would have",
    ),
    Effect(
        ("log",),
        True,
        "A level that is another than it was in the file goes before that of `--log-level` and of `loglevel`",
    ),
    Effect(("homeassistant",), True, "Entities come, go and move, as after a start"),
    Effect(
        ("phones", "provisioning"),
        True,
        "The files are made anew, also where only a file with a password has changed. Phones fetch them"
        " when they are told to: `presence-bridge resync`",
    ),
    Effect(("log.level",), True, "It holds for the next line, whatever was asked for while the bridge ran"),
    Effect(("log.format",), False, "How the log is written"),
    Effect(
        ("mqtt",),
        False,
        "Who the bridge is to the broker, and the names of all topics. Renewed files of `[mqtt.tls]` are taken by the next connection",
    ),
    Effect(
        ("sip.listen", "sip.tls", "sip.max_connections"),
        False,
        "The sockets of SIP. A certificate that was renewed under its old name is taken by a reload",
    ),
    Effect(("http", "metrics", "provisioning.http"), False, "What the HTTP server serves, and where"),
    Effect(("asterisk",), False, "The PBX that the bridge stands beside, and what goes either way"),
    Effect(("store",), False, "The file of what outlives a restart"),
)


def effect_of(key: str) -> Effect:
    """What becomes of one key, dotted and without places in lists: the entry that names the most of it."""
    found = [
        (len(name), effect)
        for effect in EFFECTS
        for name in effect.keys
        if key == name or key.startswith(f"{name}.")
    ]
    return max(found, key=lambda pair: pair[0])[1]


_RESTART: Final = frozenset(key for effect in EFFECTS if not effect.live for key in effect.keys)

# The sections that are lists or tables, and the key that tells their entries apart; of rules none does.
_NAMED: Final[Mapping[str, str]] = {
    "hints": "extension",
    "sip.users": "name",
    "sip.profiles": "agent",
    "sip.feature_codes": "dial",
    "phones": "mac",
}


class Renewed(NamedTuple):
    """What follows from a file that was read anew.

    `settings` are to be run with. `applied` says what is other in them than before, in words that begin
    with the key; `restart_needed` are the keys whose new value is not among them.
    """

    settings: Settings
    applied: tuple[str, ...]
    restart_needed: tuple[str, ...]


def renewed(running: Settings, read: Settings) -> Renewed:
    """Compare what runs with what stands in the file now."""
    settings = _live(running, read)
    applied = (
        _words(key, _value(running, key), _value(settings, key)) for key in _differing(running, settings)
    )
    return Renewed(settings, tuple(applied), tuple(_differing(settings, read)))


def _live(running: Settings, read: Settings) -> Settings:
    """What was read, with the values that run where only a restart changes them."""
    values = {name: getattr(read, name) for name in Settings.model_fields}
    for key in sorted(_RESTART):
        section, _, name = key.partition(".")
        if not name:
            values[section] = getattr(running, section)
        else:
            values[section] = _with(values[section], name, getattr(getattr(running, section), name))
    return Settings.model_construct(**values)


def _with(section: BaseModel, name: str, value: object) -> BaseModel:
    # Not model_copy: it would also copy what the properties have kept.
    values = {field: getattr(section, field) for field in type(section).model_fields}
    return type(section).model_construct(**{**values, name: value})


def _differing(before: BaseModel, after: BaseModel, prefix: str = "") -> Iterator[str]:
    """The keys of which the values differ, in the order of the settings."""
    for name in type(after).model_fields:
        old, new = getattr(before, name), getattr(after, name)
        if isinstance(old, BaseModel) and isinstance(new, BaseModel) and not prefix:
            yield from _differing(old, new, f"{name}.")
        elif _plain(old) != _plain(new):
            yield f"{prefix}{name}"


def _plain(value: object) -> object:
    """What was written, without what the properties have kept (some of that leads back to where it stands)."""
    if isinstance(value, BaseModel):
        return value.model_dump()
    if isinstance(value, dict):
        return {name: _plain(below) for name, below in value.items()}
    return [_plain(entry) for entry in value] if isinstance(value, tuple) else value


def _value(settings: Settings, key: str) -> object:
    found: object = settings
    for name in key.split("."):
        found = getattr(found, name)
    return found


def _words(key: str, before: object, after: object) -> str:
    """Of what has names, which are added, removed and changed."""
    old, new = _by_name(key, before), _by_name(key, after)
    added = [name for name in new if name not in old]
    removed = [name for name in old if name not in new]
    changed = [name for name in new if name in old and _plain(old[name]) != _plain(new[name])]
    groups = ((added, "added"), (removed, "removed"), (changed, "changed"))
    found = ", ".join(f"{_list(names)} {word}" for names, word in groups if names)
    return f"{key}: {found}" if found else key


def _by_name(key: str, value: object) -> Mapping[str, object]:
    if isinstance(value, dict):
        return value
    if key in _NAMED and isinstance(value, tuple):
        return {str(getattr(entry, _NAMED[key])): entry for entry in value}
    return {}


def _list(names: Iterable[str], most: int = 5) -> str:
    """A few names, and how many more there are."""
    listed = list(names)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return " ".join(listed[:most]) + more
