"""Who says whether devices can be reached."""

import pytest

from bridge.rules.availability import ITSELF, Availability
from bridge.rules.reader import Reader
from bridge.rules.sensor import Sensor

ONE, TWO = 1, 2
FRONT, BACK = ("home", "front"), ("home", "back")


def availability(mode: str = "latest", limit: int = 100) -> Availability:
    topics = ("z2m/{name}/{base}/availability", "z2m/{other}/{base}/state")
    readers = tuple(map(Reader, topics))
    sensor = Sensor("door", Reader("z2m/{base}/{name}"), availability=readers, availability_mode=mode)
    return Availability(sensor, limit)


def test_a_device_of_which_nothing_was_said_is_available():
    assert availability().of(FRONT)


def test_a_word_concerns_those_that_agree_in_the_names_that_both_have():
    said = availability()
    scope = said.scope(TWO, {"base": "home", "other": "front"})
    assert scope == ("home",)
    assert not said.is_exact(TWO)
    assert said.concerns(TWO, scope, FRONT)
    assert said.concerns(TWO, scope, BACK)
    assert not said.concerns(TWO, scope, ("barn", "front"))
    said.hear(TWO, scope, False, level=False)
    assert not said.of(FRONT)
    assert not said.of(BACK)
    assert said.of(("barn", "front"))


def test_a_word_with_all_names_concerns_one_device_whatever_their_order():
    said = availability()
    scope = said.scope(ONE, {"name": "front", "base": "home"})
    assert scope == FRONT
    assert said.is_exact(ONE)
    said.hear(ONE, scope, False, level=False)
    assert not said.of(FRONT)
    assert said.of(BACK)


@pytest.mark.parametrize(
    ("mode", "words", "available"),
    [
        ("latest", [(ONE, False), (TWO, True)], True),
        ("latest", [(TWO, True), (ONE, False)], False),
        ("latest", [(ONE, False), (TWO, True), (ONE, False)], False),
        ("all", [(ONE, False), (TWO, True)], False),
        ("all", [(ONE, True)], True),
        ("all", [(ITSELF, False), (ONE, True), (TWO, True)], False),
        ("any", [(ONE, False), (TWO, True)], True),
        ("any", [(TWO, False)], False),
    ],
)
def test_what_several_topics_say_amounts_to(mode, words, available):
    said = availability(mode)
    scopes = {ITSELF: FRONT, ONE: FRONT, TWO: ("home",)}
    for voice, word in words:
        said.hear(voice, scopes[voice], word, level=False)
    assert said.of(FRONT) is available


def test_a_replay_of_what_was_said_is_no_later_word():
    said = availability()
    assert said.hear(ONE, FRONT, True, level=True)
    assert said.hear(TWO, ("home",), False, level=True)
    assert not said.hear(ONE, FRONT, True, level=True)
    assert not said.of(FRONT)
    assert said.hear(ONE, FRONT, True, level=False)
    assert said.of(FRONT)


def test_the_words_of_a_topic_are_bounded():
    said = availability(limit=1)
    assert said.hear(ONE, FRONT, False, level=False)
    assert not said.hear(ONE, BACK, False, level=False)
    assert said.of(BACK)
    assert said.hear(ONE, FRONT, True, level=False)


def test_what_the_topic_of_the_state_has_said():
    said = availability()
    assert not said.withdrawn(FRONT)
    said.hear(ITSELF, FRONT, False, level=False)
    assert said.withdrawn(FRONT)
    said.hear(ITSELF, FRONT, True, level=False)
    assert not said.withdrawn(FRONT)
