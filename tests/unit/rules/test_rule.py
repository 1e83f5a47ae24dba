"""What a rule is."""

import pytest

from bridge.model.device import DeviceState
from bridge.rules.condition import AllOf, AnyOf, Count, DeviceComparison, During, NoneOf
from bridge.rules.layer import Layer
from bridge.rules.rule import natural_layer, offered
from bridge.rules.window import Window
from support.rulebook import UTC, compare, rule, sensor

CALL = DeviceComparison("SIP/2000", (DeviceState.INUSE,))
HOURS = During(Window(UTC))
DOOR = compare("door", "closed")


@pytest.mark.parametrize(
    ("condition", "layer"),
    [
        (AllOf((CALL, DOOR, HOURS)), Layer.CALL),
        (AllOf((HOURS, NoneOf((DOOR,)))), Layer.SENSOR),
        (AllOf((HOURS,)), Layer.SCHEDULE),
        (AllOf(()), Layer.DEFAULT),
    ],
)
def test_the_layer_of_a_rule_that_names_none(condition, layer):
    assert natural_layer(condition) is layer


def test_what_a_rule_can_fill_in():
    sensors = {
        "door": sensor("door", "zigbee2mqtt/{name}"),
        "hall": sensor("hall", names={"base": "statestream"}),
        "gate": sensor("gate", "gate/{id}"),
    }
    assert offered(AllOf(()), sensors) == {"time"}
    assert offered(AllOf((DOOR,)), sensors) == {"time", "sensor", "value", "name"}
    either = AnyOf((DOOR, Count((compare("hall", "on"),), 1)))
    assert offered(either, sensors) == {"time", "sensor", "value", "name", "base"}
    assert offered(AllOf((DOOR, NoneOf((compare("gate", "open"),)))), sensors) == offered(DOOR, sensors)
    with pytest.raises(KeyError):
        offered(compare("cellar", "open"), sensors)


def test_the_places_in_the_texts_of_a_rule():
    assert rule("door", sets="away,{zone},at {time}").placeholders == {"zone", "time"}
    assert rule("lamp", sets="INUSE", output="Custom:lamp").placeholders == frozenset()
