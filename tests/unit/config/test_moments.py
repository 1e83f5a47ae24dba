from datetime import time

import pytest
from pydantic import TypeAdapter, ValidationError

from bridge.config.moments import Clock, Weekday, Zone


def test_a_time_of_day_is_text_or_a_time_of_toml():
    assert TypeAdapter(Clock).validate_python("8:00") == "8:00"
    assert TypeAdapter(Clock).validate_python(time(8, 30)) == "08:30:00"


def test_no_zone_is_that_of_somebody_else():
    assert TypeAdapter(Zone).validate_python("") is None
    assert TypeAdapter(Zone).validate_python("Europe/Berlin") == "Europe/Berlin"


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        (Clock, "25:00", "no time of day"),
        (Weekday, "mon-fir", "did you mean fri?"),
        (Zone, "Berlin", "did you mean Europe/Berlin?"),
    ],
)
def test_refused(kind, text, words):
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(text)
    assert words in str(caught.value)
