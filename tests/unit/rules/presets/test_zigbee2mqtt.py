from bridge.rules.presets.zigbee2mqtt import ZIGBEE2MQTT


def test_every_part_can_be_read_from_the_document_and_from_a_topic_of_its_own():
    names = [preset.name for preset in ZIGBEE2MQTT]
    assert [f"{name}_attribute" for name in names[::2]] == names[1::2]
    for document, attribute in zip(ZIGBEE2MQTT[::2], ZIGBEE2MQTT[1::2], strict=True):
        part = document.sensor["path"]
        assert document.name == f"zigbee2mqtt.{part}"
        assert attribute.build({"name": "a"})["topic"] == f"zigbee2mqtt/a/{part}"
        assert "path" not in attribute.sensor
        assert document.sensor["map"] == attribute.sensor["map"]


def test_the_help_says_which_values_there_are():
    assert ZIGBEE2MQTT[0].help == "a door or window: open or closed"
