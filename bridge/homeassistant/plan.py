"""What has to be published so that the broker retains the documents that are wanted, and no others.

Home Assistant must see some messages before others, so the plan comes in phases:

    retire     a device's document once more, with those entities reduced to their platform that it loses
    release    `{"migrate_discovery": true}` in the other shape: the entities let go of their topics
    announce   the documents as they shall be
    remove     nothing, retained, on each topic that is left over

It depends on nothing but what the broker retains, so a plan that was interrupted goes on with the next one.
"""

import json
from collections.abc import Mapping
from typing import Final, NamedTuple

RELEASE: Final = b'{"migrate_discovery":true}'

Messages = tuple[tuple[str, bytes], ...]


class Plan(NamedTuple):
    """The phases, as topics and payloads. Between two of them Home Assistant needs a moment.

    Of `retire`, the payload is the document to come; `retired` tells what is to be published before it.
    """

    retire: Messages = ()
    release: Messages = ()
    announce: Messages = ()
    remove: Messages = ()


def plan(wanted: Mapping[str, bytes], other: Mapping[str, bytes], held: Mapping[str, bytes]) -> Plan:
    """Return the way from what the broker retains (`held`) to what is `wanted`.

    `other` is the same in the other shape, or nothing when nothing is wanted.
    """
    left_over = [topic for topic in held if topic not in wanted]
    migrating = [topic for topic in left_over if topic in other]
    differing = [topic for topic in held if topic in wanted and held[topic] != wanted[topic]]
    return Plan(
        retire=tuple(
            (topic, wanted.get(topic) or other[topic])
            for topic in (*differing, *migrating)
            if b'"components"' in held[topic]
        ),
        release=tuple((topic, RELEASE) for topic in migrating if held[topic] != RELEASE),
        # What was released waits for its new document, even one that the broker retains already.
        announce=tuple(
            (topic, payload) for topic, payload in wanted.items() if migrating or held.get(topic) != payload
        ),
        remove=tuple((topic, b"") for topic in left_over),
    )


def retired(held: bytes, document: bytes) -> bytes | None:
    """Return a device's retained document with those entities reduced to their platform that `document` lacks.

    None if nothing is lost.
    """
    before, after = _components(held), _components(document)
    lost = {
        key: {"platform": component["platform"]}
        for key, component in before.items()
        if key not in after and len(component) > 1 and "platform" in component
    }
    if not lost:
        return None
    whole = json.loads(held)
    whole["components"] |= lost
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


def _components(document: bytes) -> dict[str, dict[str, object]]:
    try:
        components = json.loads(document)["components"]
        return {key: component for key, component in components.items() if isinstance(component, dict)}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # Somebody else's: nothing of ours to retire.
        return {}
