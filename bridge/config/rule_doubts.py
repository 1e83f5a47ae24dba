"""What is right in `[sensors]` and `[[rules]]`, but probably not what was meant; each with its key."""

from collections.abc import Callable, Iterator

from bridge.config.locate import KeyPath
from bridge.config.outputs import spoken
from bridge.config.settings import Settings
from bridge.model.facts import device_key
from bridge.model.words import meant, printable, quoted
from bridge.rules.condition import Comparison, leaves
from bridge.rules.proofs.reach import Verdict, never_deciding
from bridge.rules.rule import Rule

Doubt = tuple[KeyPath, str]
Where = Callable[[KeyPath], str]


def rule_doubts(settings: Settings, where: Where) -> Iterator[Doubt]:
    """`where` tells the place of a key, to name it beside another."""
    yield from _unread(settings)
    yield from _without_hint(settings)
    yield from _without_end(settings)
    yield from _never_deciding(settings, where)


def _unread(settings: Settings) -> Iterator[Doubt]:
    found = (leaf for rule in settings.parsed_rules for leaf in leaves(rule.condition))
    read = {leaf.sensor for leaf in found if isinstance(leaf, Comparison)}
    for name in settings.sensors:
        if name not in read:
            yield ("sensors", name), "is read by no rule"


def _without_hint(settings: Settings) -> Iterator[Doubt]:
    """Outputs and devices that no phone shows, once each; a name that is nearly another is often misspelt.

    Beside an Asterisk only such are doubtful: others may be in hints of its own.
    """
    for path, words, nearest in _strangers(settings):
        if nearest or settings.asterisk is None:
            yield path, f"{words}{nearest}"


def _strangers(settings: Settings) -> Iterator[tuple[KeyPath, str, str]]:
    """What stands in no hint: its key, what it is, and the name in one that is nearly the same."""
    seen = {key for hint in settings.parsed_hints for key in hint.keys}
    devices = [device for hint in settings.parsed_hints for device in hint.devices]
    providers = [provider for hint in settings.parsed_hints for provider in hint.providers]
    for number, rule in enumerate(settings.rules):
        name, kind, known = rule.presence or "", "presence", providers
        if rule.device is not None:
            name, kind, known = rule.device, "device", devices
        if rule.output.key not in seen:
            seen.add(rule.output.key)
            words = f"sets {spoken(rule.output)}, which no hint has"
            yield ("rules", number, kind), words, meant(name, known)
        for device in rule.device_state or {}:
            if device_key(device) not in seen:
                seen.add(device_key(device))
                path = ("rules", number, "device_state", device)
                yield path, "is a device that no hint has", meant(device, devices)


def _without_end(settings: Settings) -> Iterator[Doubt]:
    for number, rule in enumerate(settings.rules):
        if rule.begin is not None and rule.begin == rule.end:
            yield ("rules", number, "to"), "is the same as from, which makes it a whole day"


def _never_deciding(settings: Settings, where: Where) -> Iterator[Doubt]:
    rules = settings.parsed_rules
    numbers = {id(rule): number for number, rule in enumerate(rules)}
    sensors = {sensor.name: sensor for sensor in settings.parsed_sensors}
    for verdict in never_deciding(rules, sensors):
        path = ("rules", numbers[id(verdict.rule)])
        yield path, _why(verdict, lambda rule: where(("rules", numbers[id(rule)])))


def _why(verdict: Verdict, where: Callable[[Rule], str]) -> str:
    rule, by, contradicts = verdict
    words = f"({printable(rule.name)}) can never decide: "
    if contradicts:
        return f"{words}its condition contradicts itself: {rule.condition}"
    if by is None:
        return f"{words}whenever it is true, a rule before it decides, or is not known, which ends the search"
    before = f"{quoted(by.name)} at {where(by)} decides before it"
    return f"{words}whenever it is true, {before}, or is not known, which ends the search"
