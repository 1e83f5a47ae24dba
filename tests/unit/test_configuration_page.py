"""The reference of the configuration, and its schema, against the model; the example against the schema."""

import json
import tomllib
from pathlib import Path

import jsonschema_rs
import pytest

from bridge.config.environment import variable
from bridge.config.schema import KEYS
from tools.configuration import DOCUMENT, SCHEMA, schema_text, updated

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"

REMEDY = "run .venv/bin/python tests/tools/configuration.py"


def test_the_schema_is_current():
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(), REMEDY


def test_the_page_is_current():
    text = DOCUMENT.read_text(encoding="utf-8")
    assert updated(text) == text, REMEDY


def test_every_key_stands_on_the_page():
    text = DOCUMENT.read_text(encoding="utf-8")
    for key in KEYS:
        if not key.listed and len(key.names) > 1:
            assert f"`{variable(key.names)}`" in text


def test_the_example_names_the_schema_and_fits_it():
    text = EXAMPLE.read_text(encoding="utf-8")
    first = text.partition("\n")[0]
    assert EXAMPLE.parent / first.removeprefix("#:schema ") == SCHEMA
    validator = jsonschema_rs.validator_for(json.loads(schema_text()))
    assert [error.message for error in validator.iter_errors(tomllib.loads(text))] == []


@pytest.mark.parametrize(
    "text",
    [
        "mqtt.hots = 'x'",
        "mqtt.port = 'x'",
        "mqtt.port = 0",
        "mqtt.tls.verify = 1",
        "sip.listen = 'udp://127.0.0.1:5060'",
        "log.level = 'loud'",
        "hints = [{ extension = '1' }]",
        "rule_options.manual_until = 'never'",
    ],
)
def test_what_is_wrong_does_not_fit(text):
    validator = jsonschema_rs.validator_for(json.loads(schema_text()))
    assert not validator.is_valid(tomllib.loads(text))


@pytest.mark.parametrize(
    "text",
    [
        "mqtt.password_file = '/run/secret'",
        "sip.users = [{ name = '1', ha1 = 'x' }, { name = '1', ha1 = ['x', 'y'], password_file = 'p' }]",
        "phones = [{ mac = 'x', model = 'D40', contacts = 'all' }, { mac = 'x', model = 'D40', contacts = ['1'] }]",
        "rules = [{ presence = '1', when = { door = true, lamp = [1, 'on'] }, set = 'dnd' }]",
        "rules = [{ presence = '1', weekdays = 'mon', set = { state = 'dnd' } }]",
        "sensors.door = { use = 'zigbee2mqtt.contact', name = 'x', request = { topic = 'a' } }",
        "rule_options.manual_until = 5",
    ],
)
def test_the_short_ways_to_write_fit(text):
    validator = jsonschema_rs.validator_for(json.loads(schema_text()))
    assert [error.message for error in validator.iter_errors(tomllib.loads(text))] == []
