"""What a sensor is."""

import pytest

from bridge.rules.reader import Reader
from bridge.rules.sensor import Sensor, fold


def test_the_captures_of_a_topic_in_their_order():
    assert Sensor("doors", Reader("a/{x}/b/{rest+}/{y_2}")).captures == ("x", "rest", "y_2")
    assert Sensor("door", Reader("zigbee2mqtt/door")).captures == ()


@pytest.mark.parametrize(
    ("value", "folded"),
    [("Closed", "closed"), ("22.0", "22"), ("Unknown", None), (None, None), ("", ""), ("STRASSE", "strasse")],
)
def test_values_are_compared_without_case_and_unknown_is_none(value, folded):
    assert fold(value) == folded


def test_the_values_that_a_sensor_can_have():
    reader = Reader("door", values={"true": "Closed", "false": "open", "x": "@unavailable", "*": "ignore"})
    assert Sensor("door", reader).possible == {"closed", "open", "unknown"}
    assert Sensor("door", reader, expire_seconds=5.0, expire_to="Out").possible >= {"out"}
    assert Sensor("door", reader, expire_to="Out").possible == {"closed", "open", "unknown"}
    assert Sensor("door", reader, on_unavailable="Gone").possible >= {"gone"}
    assert "keep" not in Sensor("door", reader).possible


def test_without_a_map_a_sensor_can_have_any_value():
    assert Sensor("door", Reader("door")).possible is None
