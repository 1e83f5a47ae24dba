"""The house decides: automations of Home Assistant set presence, its persons drive our rules, phones are told."""

import pytest

from support.waiting import eventually


@pytest.fixture
def alice(home, bridge, mosquitto):
    """Alice is at home, her door is open, and she has said nothing herself."""
    mosquitto.publish("pocket/telephone", "home", "-r")
    mosquitto.publish("zigbee2mqtt/office_door", '{"contact": false}', "-r")
    home.shows("person.alice", "home")
    home.shows("binary_sensor.office_door", "on")
    home.api.call("button", "press", "button.presence_alice_automatic")
    home.shows("select.presence_alice", "available")
    yield "select.presence_alice"
    home.api.call("input_boolean", "turn_off", "input_boolean.focus")


def said_by(home, entity):
    """Who says what an entity shows, and by which rule."""
    attributes = home.api.states()[entity]["attributes"]
    return attributes.get("by"), attributes.get("rule")


def test_an_automation_sets_presence_and_the_phone_is_told(home, alice, watch):
    watcher = watch("2000")
    watcher.sees("available")
    home.api.call("input_boolean", "turn_on", "input_boolean.focus")
    watcher.sees("dnd", "focus", 'Alice is "deep" in {{ thought }}')
    home.shows(alice, "dnd")
    home.api.call("input_boolean", "turn_off", "input_boolean.focus")
    watcher.sees("available")
    home.shows(alice, "available")


def test_a_person_who_leaves_the_house_is_away_on_the_phones(home, alice, watch, mosquitto):
    watcher = watch("2000")
    watcher.sees("available")
    mosquitto.publish("pocket/telephone", "not_home", "-r")
    home.shows("person.alice", "not_home")
    watcher.sees("away", "out", "back tomorrow")
    home.shows(alice, "away")
    mosquitto.publish("pocket/telephone", "home", "-r")
    watcher.sees("available")


def test_a_door_that_closes_keeps_callers_away(home, alice, watch, mosquitto):
    watcher = watch("2000")
    watcher.sees("available")
    mosquitto.publish("zigbee2mqtt/office_door", '{"contact": true}', "-r")
    watcher.sees("dnd", "door", "knock")
    home.shows(alice, "dnd")
    eventually(lambda: said_by(home, alice) == ("rule", "door closed"), lambda: said_by(home, alice))
    mosquitto.publish("zigbee2mqtt/office_door", '{"contact": false}', "-r")
    watcher.sees("available")


def test_what_is_chosen_beats_the_rules_until_they_are_asked_for_again(home, alice, watch, mosquitto):
    watcher = watch("2000")
    watcher.sees("available")
    home.api.call("select", "select_option", alice, option="chat")
    watcher.sees("chat")
    eventually(lambda: said_by(home, alice) == ("command", ""), lambda: said_by(home, alice))
    mosquitto.publish("zigbee2mqtt/office_door", '{"contact": true}', "-r")
    home.shows("binary_sensor.office_door", "off")
    home.shows(alice, "chat")
    home.api.call("button", "press", "button.presence_alice_automatic")
    watcher.sees("dnd", "door", "knock")
