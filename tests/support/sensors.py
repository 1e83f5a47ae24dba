"""What real devices send, and what it means: the cases of tests/data/sensor-payloads*.json."""

import json
from pathlib import Path

from bridge.rules.payload import Payload
from bridge.rules.reader import Reader

DATA = Path(__file__).parents[1] / "data"
OPTIONS = ("path", "contains", "below", "above", "matches")


def entries():
    """Every entry of both files: source, rule, cases, and in ours `use` with its parameters."""
    return [
        entry
        for name in ("sensor-payloads.json", "sensor-payloads-more.json")
        for entry in json.loads((DATA / name).read_text(encoding="utf-8"))
    ]


def reader_of(keys):
    """The reader that the keys of a sensor's configuration make."""
    guards = {
        path: texts if isinstance(texts, list) else [texts] for path, texts in keys.get("if", {}).items()
    }
    options = {key: keys[key] for key in OPTIONS if key in keys}
    return Reader(keys["topic"], guards=guards, values=keys.get("map", {}), **options)


def read(reader, topic, payload):
    """What a message means to a reader; None also when its topic is another."""
    return None if reader.topic.match(topic) is None else reader.read(Payload(payload.encode()))
