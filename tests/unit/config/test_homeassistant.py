import pytest
from pydantic import ValidationError

from bridge.config.homeassistant import HomeAssistantSettings
from bridge.homeassistant.home import HomeOptions


def test_defaults_are_those_of_the_part_itself():
    settings, options = HomeAssistantSettings(), HomeOptions("presence-bridge", "1.2.3")
    assert (settings.discovery, settings.prefix, settings.node_id) == (
        options.discovery,
        options.prefix,
        options.node,
    )


@pytest.mark.parametrize("name", ["bridge_2", "Upstairs", "a-b"])
def test_a_node_id_is_what_may_stand_in_a_discovery_topic(name):
    assert HomeAssistantSettings(node_id=name).node_id == name


@pytest.mark.parametrize("name", ["", "two words", "Büro", "a/b", "a.b"])
def test_other_names_are_refused(name):
    with pytest.raises(ValidationError, match="needs letters"):
        HomeAssistantSettings(node_id=name)


@pytest.mark.parametrize("values", [{"discovery": "both"}, {"prefix": "a/#"}, {"prefix": ""}, {"node": "x"}])
def test_what_is_unknown_is_refused(values):
    with pytest.raises(ValidationError):
        HomeAssistantSettings.model_validate(values)
