import pytest
from pydantic import TypeAdapter, ValidationError

from bridge.config.values import Number, Seconds, Whole, Word


@pytest.mark.parametrize(
    ("written", "text"), [("open", "open"), (1, "1"), (True, "true"), (False, "false"), (0.5, "0.5")]
)
def test_a_word_may_be_written_without_quotes(written, text):
    assert TypeAdapter(Word).validate_python(written) == text


@pytest.mark.parametrize("written", [None, [], {}])
def test_what_is_no_word(written):
    with pytest.raises(ValidationError):
        TypeAdapter(Word).validate_python(written)


@pytest.mark.parametrize("kind", [Number, Seconds, Whole])
def test_true_is_no_number(kind):
    with pytest.raises(ValidationError, match="needs a number"):
        TypeAdapter(kind).validate_python(True)


def test_numbers_are_finite_and_seconds_are_not_negative():
    assert TypeAdapter(Number).validate_python(-1.5) == -1.5
    for kind, value in ((Number, float("inf")), (Seconds, float("nan")), (Seconds, -1)):
        with pytest.raises(ValidationError):
            TypeAdapter(kind).validate_python(value)
