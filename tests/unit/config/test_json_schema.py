import json

from bridge.config.json_schema import is_secret, json_schema
from bridge.config.schema import KEYS


def test_every_key_says_what_it_means():
    schema = json_schema()
    sections = [schema, *schema["$defs"].values()]
    silent = [
        (name, one)
        for section in sections
        for name, one in section.get("properties", {}).items()
        if not one.get("description", "").endswith((".", ")"))
    ]
    assert silent == [], "give each field a Field(description=...) that is a sentence"


def test_a_secret_may_be_written_as_a_file():
    mqtt = json_schema()["$defs"]["MqttSettings"]["properties"]
    assert is_secret(mqtt["password"])
    assert mqtt["password_file"]["type"] == "string"
    assert "host_file" not in mqtt
    assert is_secret(json_schema()["$defs"]["UserSettings"]["properties"]["ha1"])


def test_numbers_have_their_bounds():
    port = json_schema()["$defs"]["MqttSettings"]["properties"]["port"]
    assert (port["minimum"], port["maximum"]) == (1, 65535)


def test_what_toml_cannot_say_is_left_out():
    assert "null" not in json.dumps(json_schema())


def test_every_key_of_the_file_is_in_it():
    found = {name for section in json_schema()["$defs"].values() for name in section.get("properties", {})}
    assert {key.names[-1] for key in KEYS if len(key.names) > 1} == found
