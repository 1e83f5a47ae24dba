import pytest

from bridge.rules.presets.preset import Parameter, Preset, availability

PRESET = Preset(
    "lamp.state",
    "a lamp: on or off",
    {
        "base": Parameter("first level", "lamps"),
        "id": Parameter("the lamp"),
        "room": Parameter("the room", required=True),
    },
    {
        "topic": "{base}/{id}/state",
        "if": {"room": "{room}"},
        "map": {"{room}": "on", "*": "off"},
        "below": 3.0,
        "availability": (availability("{base}/{id}/online"),),
        "request": ({"topic": "{base}/{id}/ask", "payload": '{"src":"{base}"}'},),
    },
)


def test_parameters_are_put_into_every_text():
    assert PRESET.build({"base": "x", "id": 7, "room": "Office"}) == {
        "topic": "x/7/state",
        "if": {"room": "Office"},
        "map": {"Office": "on", "*": "off"},
        "below": 3.0,
        "availability": [{"topic": "x/7/online", "map": {"online": "@available", "*": "@unavailable"}}],
        "request": [{"topic": "x/7/ask", "payload": '{"src":"x"}'}],
    }


def test_one_that_is_left_out_is_its_default_or_stays_a_capture():
    keys = PRESET.build({"room": "Office"})
    assert keys["topic"] == "lamps/{id}/state"
    assert keys["availability"][0]["topic"] == "lamps/{id}/online"


@pytest.mark.parametrize("given", [{"room": "x"}, {"room": "x", "id": "{id+}"}])
def test_nothing_is_asked_of_many_topics(given):
    assert "request" not in PRESET.build(given)


def test_a_capture_can_be_given():
    assert PRESET.build({"room": "x", "id": "{id+}"})["topic"] == "lamps/{id+}/state"


def test_what_is_put_in_is_not_looked_at_again():
    assert PRESET.build({"room": "x", "base": "{id}", "id": "7"})["topic"] == "{id}/7/state"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"room": "x", "base_": "y"}, r"unknown parameter of lamp\.state 'base_'.*did you mean base"),
        ({}, r"lamp\.state needs room: the room"),
        ({"room": ""}, r"room of lamp\.state must be a text or a number, not empty"),
        ({"room": True}, "not true or false"),
        ({"room": ["x"]}, "not a list"),
        ({"room": None}, "not something else"),
        ({"room": float("nan")}, "not a number|not something else"),
    ],
)
def test_wrong_parameters_are_refused_in_words(given, reason):
    with pytest.raises(ValueError, match=reason):
        PRESET.build(given)


def test_a_build_is_its_callers_own():
    PRESET.build({"room": "x"})["map"].clear()
    assert PRESET.build({"room": "x"})["map"] == {"x": "on", "*": "off"}


@pytest.mark.parametrize(
    ("path", "word", "keys"),
    [
        ("", "online", {"topic": "t", "map": {"online": "@available", "*": "@unavailable"}}),
        ("a", "true", {"topic": "t", "path": "a", "map": {"true": "@available", "*": "@unavailable"}}),
    ],
)
def test_availability_is_a_word_at_a_place(path, word, keys):
    assert availability("t", path, word=word) == keys
