"""Bridges and Home Assistants that come and go: what is shown meanwhile, and that all is right afterwards."""

import pytest

from homeassistant.house_bridge import BASE, HINTS
from support.waiting import eventually

CONNECTION = "binary_sensor.presence_bridge_connection"
PREFIX = "homeassistant/"

# What was measured by a bridge that is gone, the next one does not know.
MEASURED = {f"sensor.presence_bridge_{name}" for name in ("last_notify", "notify_latency", "subscriptions")}

# What 2024.3 says of the shape that came with 2024.11, and of the message that lets the other shape go.
UNKNOWN_HERE = ("Integration device is not supported", "'migrate_discovery': True")


@pytest.fixture
def shown(home, bridge):
    """All entities of the bridge; nobody watches."""
    for extension in ("2000", "78", "muller"):
        home.shows(f"sensor.extension_{extension}_watchers", "0")
    return home.discovered()


def states_of(home, entities):
    states = home.api.states()
    return {entity: states[entity]["state"] for entity in entities if entity in states}


def become(home, wanted):
    """Wait until these entities have these states."""

    def wrong():
        seen = states_of(home, wanted)
        return {
            entity: (state, seen.get(entity)) for entity, state in wanted.items() if seen.get(entity) != state
        }

    eventually(lambda: not wrong(), lambda: (wrong(), home.complaints()))


def documents(ear):
    """The topics of all documents that the broker retains."""
    return {topic for topic, payload in ear.latest.items() if topic.endswith("/config") and payload}


def test_a_bridge_that_dies_greys_everything_out_but_the_word_that_it_is_gone(home, bridge, shown):
    before = states_of(home, shown - MEASURED)
    bridge.kill()
    home.shows(CONNECTION, "off", within=5)
    become(home, dict.fromkeys(shown, "unavailable") | {CONNECTION: "off"})
    bridge.start()
    become(home, before)


def test_a_bridge_that_is_stopped_says_so(home, bridge, shown):
    bridge.stop()
    home.shows(CONNECTION, "off", within=5)
    home.shows("select.presence_alice", "unavailable", within=5)


def test_a_broker_that_has_forgotten_everything_is_told_it_again(home, bridge, mosquitto, shown):
    home.api.call("select", "select_option", "select.presence_alice", option="xa")
    home.shows("select.presence_alice", "xa")
    before = states_of(home, shown - MEASURED)
    mosquitto.kill()
    home.shows("select.presence_alice", "unavailable")
    mosquitto.start()
    become(home, before)
    # Its statestream cannot tell the broker that it is away.
    home.forgive("MQTT server", "Task exception was never retrieved")


def test_what_a_person_has_renamed_keeps_its_name_when_the_bridge_starts_anew(home, bridge, shown):
    ours, theirs = "select.presence_alice", "select.alices_little_lamp"
    update = "config/entity_registry/update"
    home.api.ask(update, entity_id=ours, new_entity_id=theirs, name="Alice's little lamp")
    try:
        home.shows(theirs, home.api.state(theirs))
        bridge.kill()
        home.shows(theirs, "unavailable")
        bridge.start()
        home.api.call("select", "select_option", theirs, option="away")
        home.shows(theirs, "away")
        assert home.api.states()[theirs]["attributes"]["friendly_name"] == "Alice's little lamp"
        assert ours not in home.api.states()
    finally:
        home.api.ask(update, entity_id=theirs, new_entity_id=ours, name=None)
    home.shows(ours, "away")


def test_home_assistant_is_told_everything_again_when_it_starts(home, bridge, ear, shown):
    home.api.call("select", "select_option", "select.presence_alice", option="chat")
    home.shows("select.presence_alice", "chat")
    eventually(lambda: len(documents(ear)) == len(shown), lambda: documents(ear))
    before, heard = states_of(home, shown - MEASURED), len(ear.messages)
    home.stop()
    home.start()
    become(home, before)

    def untold():
        return documents(ear) - set(ear.topics(PREFIX, heard))

    eventually(lambda: not untold(), untold)
    assert f"{PREFIX}status" in ear.topics(PREFIX, heard)
    become(home, before)


def test_a_birth_message_has_all_documents_published_again_and_all_states_after_them(
    home, bridge, ear, mosquitto, shown
):
    eventually(lambda: len(documents(ear)) == len(shown), lambda: documents(ear))
    heard = len(ear.messages)
    mosquitto.publish("homeassistant/status", "online")
    states = {f"{BASE}/homeassistant/presence/alice", f"{BASE}/hint/2000", f"{BASE}/bridge/info"}

    def told():
        """What was said after all documents."""
        topics = ear.topics("", heard)
        if not documents(ear) <= set(topics):
            return []
        last = max(number for number, topic in enumerate(topics) if topic in documents(ear))
        return topics[last:]

    eventually(lambda: states <= set(told()), lambda: ear.topics("", heard))


def test_an_extension_that_leaves_the_configuration_leaves_home_assistant(home, bridge, shown):
    bridge.configure(hints={extension: hint for extension, hint in HINTS.items() if extension != "*78"})
    gone = {entity for entity in shown if "extension_78" in entity or "zoe_zed" in entity}
    assert len(gone) == 7
    eventually(lambda: not gone & home.api.states().keys(), home.complaints)
    eventually(lambda: not gone & home.api.entities().keys(), home.complaints)

    def devices():
        return {device["name"] for device in home.api.devices().values()}

    eventually(
        lambda: devices() == {"Presence Bridge", "alice presence", "Extension 2000", "Extension Müller"},
        devices,
    )
    assert shown - gone <= home.api.states().keys()
    bridge.restore()
    eventually(lambda: shown <= home.api.states().keys(), home.complaints)


def test_without_discovery_nothing_of_it_is_left(home, bridge, ear, shown):
    bridge.configure(shape="off")
    eventually(lambda: not shown & home.api.states().keys(), home.complaints)
    eventually(lambda: not documents(ear), lambda: documents(ear))
    views = f"{BASE}/homeassistant/"

    def left():
        return [topic for topic, payload in ear.latest.items() if topic.startswith(views) and payload]

    eventually(lambda: not left(), left)
    bridge.restore()
    eventually(lambda: shown <= home.api.states().keys(), home.complaints)


def test_the_shape_for_newer_versions_is_not_understood_here_does_no_harm_and_can_be_taken_back(
    home, bridge, ear, shown
):
    home.api.call("select", "select_option", "select.presence_alice", option="xa")
    home.shows("select.presence_alice", "xa")
    before = states_of(home, shown - MEASURED)
    bridge.configure(shape="device")
    device = f"{PREFIX}device/"
    eventually(
        lambda: documents(ear) and all(topic.startswith(device) for topic in documents(ear)),
        lambda: documents(ear),
    )
    eventually(lambda: not shown & home.api.states().keys(), home.complaints)
    bridge.restore()
    become(home, before)
    eventually(lambda: not any(topic.startswith(device) for topic in documents(ear)), lambda: documents(ear))
    # It says what it does not understand, and nothing else.
    assert {said for line in home.complaints() for said in UNKNOWN_HERE if said in line} == set(UNKNOWN_HERE)
    home.api.call("select", "select_option", "select.presence_alice", option="dnd")
    home.shows("select.presence_alice", "dnd")
    home.forgive(*UNKNOWN_HERE)
