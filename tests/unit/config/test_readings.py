import pytest
from pydantic import ValidationError

from bridge.config.readings import ReadingSettings
from bridge.rules.payload import Payload


def read(written: dict, payload: str) -> str | None:
    return ReadingSettings.model_validate({"topic": "x", **written}).reader.read(Payload(payload.encode()))


@pytest.mark.parametrize(
    ("written", "payload", "value"),
    [
        ({}, "ON", "ON"),
        ({"path": "a[0].b"}, '{"a":[{"b":5}]}', "5"),
        ({"map": {"5": True}, "path": "a"}, '{"a":5}', "true"),
        ({"map": {"on": "ignore", "*": "off"}}, "ON", None),
        ({"if": {"kind": ["door", 1]}, "path": "v"}, '{"kind":1,"v":"x"}', "x"),
        ({"if": {"kind": "door"}, "path": "v"}, '{"kind":"window","v":"x"}', None),
        ({"contains": "home"}, '["Home"]', "true"),
        ({"below": 3, "above": 1}, "2", "true"),
        ({"matches": "^o"}, "off", "true"),
        ({"contains": "", "matches": "", "below": 1}, "2", "false"),
        ({"map": {"up": "@available", "*": "@unavailable"}}, "down", "@unavailable"),
    ],
)
def test_what_is_written_is_what_is_read(written, payload, value):
    assert read(written, payload) == value


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ({"topic": "a/+"}, ("topic",)),
        ({"path": "a..b"}, ("path",)),
        ({"matches": "("}, ("matches",)),
        ({"below": True}, ("below",)),
        ({"above": float("inf")}, ("above",)),
        ({"if": {"a..b": "x"}}, ("if", "a..b", "[key]")),
        ({"map": {"x": "@on"}}, ("map", "x")),
        ({"guards": {}}, ("guards",)),
    ],
)
def test_refused_at_its_key(written, path):
    with pytest.raises(ValidationError) as caught:
        ReadingSettings.model_validate({"topic": "x", **written})
    assert [one["loc"] for one in caught.value.errors()] == [path]


def test_a_topic_is_needed_to_read():
    with pytest.raises(ValueError, match="needs a topic"):
        _ = ReadingSettings().reader
