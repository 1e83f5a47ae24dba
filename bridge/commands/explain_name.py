"""Why an extension, a presence, a device or a sensor is what it is: `presence-bridge explain 2000`."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from bridge.commands.asking import answer_of
from bridge.config import Settings
from bridge.io.oneshot import BrokerError
from bridge.model.words import printable

Document = Mapping[str, Any]


def explain_name(name: str, settings: Settings, *, as_json: bool) -> int:
    """Ask the running bridge, and print its answer (`bridge.rules.question`); 1 if it gives none."""
    try:
        data = answer_of(settings, "explain", {"name": name})
    except BrokerError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(data, indent=2) if as_json else "\n".join(in_words(data)))
    return 0


def in_words(data: Document) -> Iterator[str]:
    """The answer, line by line."""
    blocks = [*_extension(data["extension"]), *_sensor_block(data["sensor"]), *_unruled(data["unruled"])]
    blocks += [[*_output(one)] for one in data["outputs"]]
    for number, block in enumerate(blocks):
        if number:
            yield ""
        yield from block


def _extension(shown: Document | None) -> Iterator[Sequence[str]]:
    if shown is not None:
        words = (
            f"{shown['extension']} ({shown['hint']}) is {shown['state']}, with presence {shown['presence']}"
        )
        yield [_line(words)]


def _sensor_block(sensor: Document | None) -> Iterator[Sequence[str]]:
    if sensor is not None:
        yield [_line(f"sensor {sensor['sensor']}"), *_sensor(sensor)]


def _unruled(facts: Sequence[Document]) -> Iterator[Sequence[str]]:
    if facts:
        yield [_line(f"{one['name']} is {one['value']}, as no rule sets it") for one in facts]


def _output(output: Document) -> Iterator[str]:
    """One output, what decides it, and everything that it depends on."""
    yield _line(f"{_spoken(output)} is {output['value']}: {output['why']}")
    if manual := output["manual"]:
        yield _line(f"  the manual word stands{_since(manual)}")
    for rule in output["rules"]:
        yield from _rule(rule, decides=rule["rule"] == output["rule"])
    for sensor in output["sensors"]:
        yield from _sensor(sensor)
    for device in output["devices"]:
        yield _line(f"  {device['device']} is {device['state']}")


def _spoken(output: Document) -> str:
    name: str = output["output"]
    return f"CustomPresence:{name}" if output["kind"] == "presence" else name.replace("/", ":", 1)


def _rule(rule: Document, *, decides: bool) -> Iterator[str]:
    mark = ">" if decides else " "
    since = _since(rule) if rule["outcome"] == "true" else ""
    yield _line(f"{mark} {rule['rule']} ({rule['layer']}): {rule['text']}{since}; sets {rule['sets']}")
    for condition in rule["conditions"]:
        yield _line(f"      {condition['outcome']:<8} {condition['text']}")


def _sensor(sensor: Document) -> Iterator[str]:
    for instance in sensor["instances"]:
        captures = ", ".join(f"{name} {text}" for name, text in instance["captures"].items())
        named = f"{sensor['sensor']} ({captures})" if captures else sensor["sensor"]
        yield _line(f"  {named} is {instance['value']}{_since(instance)}{_outlook(instance)}")
    if sensor["more"]:
        yield _line(f"  {sensor['sensor']}: {sensor['more']} more")
    if not sensor["instances"]:
        yield _line(f"  {sensor['sensor']} has heard of no device yet")


def _outlook(instance: Document) -> str:
    """What is to come of itself."""
    words = "" if instance["available"] else "; not available"
    if pending := instance["pending"]:
        words += f"; {pending['value']} if that lasts {pending['seconds_left']:g} s more"
    if (seconds := instance["expires_in_seconds"]) is not None:
        words += f"; expires in {seconds:g} s of silence"
    return words


def _since(document: Document) -> str:
    """A moment on the clock of this machine."""
    since = document["since"]
    return "" if since is None else f" since {datetime.fromisoformat(since).astimezone():%Y-%m-%d %H:%M:%S}"


def _line(text: str) -> str:
    return printable(text, 500)
