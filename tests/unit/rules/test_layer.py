"""The order of layers."""

import pytest

from bridge.rules.layer import Layer, parse_layer


def test_calls_are_asked_first_and_defaults_last():
    assert sorted(Layer, key=lambda layer: layer.rank) == [
        Layer.CALL,
        Layer.SCHEDULE,
        Layer.SENSOR,
        Layer.DEFAULT,
    ]


@pytest.mark.parametrize("layer", Layer)
def test_a_layer_is_parsed_from_its_word(layer):
    assert parse_layer(layer.value.upper()) is layer


def test_an_unknown_layer_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match=r"unknown layer 'sensors': known are .* \(did you mean sensor\?\)"):
        parse_layer("sensors")
