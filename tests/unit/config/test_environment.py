import pytest

from bridge.config.environment import merged, read, variable


def test_nothing_but_our_own_variables_is_read():
    environment = read({"HOME": "/x", "PRESENCE": "1"})
    assert (environment.values, environment.problems) == ({}, [])


def test_the_name_of_a_variable():
    assert variable(("mqtt", "base_topic")) == "PRESENCE_BRIDGE_MQTT__BASE_TOPIC"


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("MQTT__HOST", "broker", {"mqtt": {"host": "broker"}}),
        ("MQTT__PORT", "1884", {"mqtt": {"port": "1884"}}),
        ("MQTT__PASSWORD", "12345", {"mqtt": {"password": "12345"}}),
        ("MQTT", '{"port": 1884}', {"mqtt": {"port": 1884}}),
        ("MQTT", "null", {"mqtt": None}),
        ("HINTS", "2000", {"hints": 2000}),
        ("SIP__LISTEN", "udp://[::1]:5060", {"sip": {"listen": ["udp://[::1]:5060"]}}),
        ("SIP__TRUSTED_NETWORKS", "::1, 10.0.0.0/8", {"sip": {"trusted_networks": ["::1", "10.0.0.0/8"]}}),
        ("SIP__TRUSTED_NETWORKS", ' ["::1"]', {"sip": {"trusted_networks": ["::1"]}}),
        ("HINTS", '[{"extension": "1"}]', {"hints": [{"extension": "1"}]}),
    ],
)
def test_values(name, text, values):
    environment = read({f"PRESENCE_BRIDGE_{name}": text})
    assert (environment.values, environment.problems) == (values, [])


def test_variables_are_put_together():
    environment = read(
        {"PRESENCE_BRIDGE_MQTT__HOST": "a", "PRESENCE_BRIDGE_MQTT": '{"host": "b", "port": 1}'}
    )
    assert environment.values == {"mqtt": {"host": "a", "port": 1}}
    assert environment.origin(("mqtt", "host")) == "PRESENCE_BRIDGE_MQTT__HOST"
    assert environment.origin(("mqtt", "port")) == "PRESENCE_BRIDGE_MQTT"
    assert environment.origin(("mqtt",)) is None


def test_an_entry_of_a_list_comes_from_the_list():
    environment = read({"PRESENCE_BRIDGE_HINTS": "[{}]"})
    assert environment.origin(("hints", 0, "name")) == "PRESENCE_BRIDGE_HINTS"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("PRESENCE_BRIDGE_MQT", "is not a setting (did you mean PRESENCE_BRIDGE_MQTT?)"),
        ("PRESENCE_BRIDGE_MQTT__HOTS", "is not a setting (did you mean PRESENCE_BRIDGE_MQTT__HOST?)"),
        ("PRESENCE_BRIDGE_MQTT_HOST", "is not a setting (did you mean PRESENCE_BRIDGE_MQTT__HOST?)"),
        ("PRESENCE_BRIDGE_HINTS__0__NAME", "is not a setting (did you mean PRESENCE_BRIDGE_HINTS?)"),
        ("PRESENCE_BRIDGE_HINTS__NAME", "is not a setting (did you mean PRESENCE_BRIDGE_HINTS?)"),
        ("PRESENCE_BRIDGE_COLOUR", "is not a setting"),
        ("PRESENCE_BRIDGE_", "is not a setting"),
    ],
)
def test_unknown_variables_are_refused(name, words):
    environment = read({name: "secret"})
    assert [str(problem) for problem in environment.problems] == [f"environment {name}: {words}"]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("SIP__LISTEN", "[1", "sip.listen needs commas between its parts, or JSON"),
        ("HINTS", "2000=SIP/2000", 'hints needs JSON, such as [{"key": "value"}]'),
        ("MQTT", "mqtt://broker", 'mqtt needs JSON, such as {"key": "value"}'),
        ("MQTT", "", 'mqtt needs JSON, such as {"key": "value"}'),
    ],
)
def test_what_is_no_json_is_refused(name, text, words):
    problems = [str(problem) for problem in read({f"PRESENCE_BRIDGE_{name}": text}).problems]
    assert problems == [f"environment PRESENCE_BRIDGE_{name}: {words}"]


def test_lists_are_replaced_and_sections_merged():
    below = {"a": {"b": 1, "c": [1, 2]}, "d": 1}
    assert merged(below, {"a": {"c": [3], "e": 2}}) == {"a": {"b": 1, "c": [3], "e": 2}, "d": 1}
    assert merged(below, {"a": None, "d": {"x": 1}}) == {"a": None, "d": {"x": 1}}
    assert below == {"a": {"b": 1, "c": [1, 2]}, "d": 1}
