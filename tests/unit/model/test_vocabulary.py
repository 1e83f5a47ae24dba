from enum import Enum

import pytest

from bridge.model.vocabulary import Vocabulary


class Colour(Enum):
    RED = "Red"
    GREEN = "GREEN"


COLOURS = Vocabulary("colour", Colour)


@pytest.mark.parametrize("colour", Colour)
@pytest.mark.parametrize("case", [str, str.lower, str.upper])
def test_a_word_is_read_in_any_case(colour, case):
    assert COLOURS.parse(case(colour.value)) is colour


def test_another_word_is_refused_with_those_that_there_are():
    with pytest.raises(
        ValueError, match=r"unknown colour 'rad': known are Red, GREEN \(did you mean Red\?\)"
    ):
        COLOURS.parse("rad")


def test_a_letter_that_only_folds_to_ours_is_another():
    with pytest.raises(ValueError, match="unknown colour"):
        Vocabulary("colour", [Colour.RED]).parse("\u0280ed")
