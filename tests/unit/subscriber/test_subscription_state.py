import pytest

from bridge.sip.errors import BadRequest
from bridge.subscriber.subscription_state import parse_subscription_state


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("active;expires=600", ("active", 600, "", None)),
        ("Active ; Expires=600", ("active", 600, "", None)),
        ("pending", ("pending", None, "", None)),
        ("active;expires=soon", ("active", None, "", None)),
        ("terminated;reason=Timeout", ("terminated", None, "timeout", None)),
        ("terminated;reason=giveup;retry-after=7", ("terminated", None, "giveup", 7)),
    ],
)
def test_reads_the_word_and_its_parameters(text, expected):
    assert parse_subscription_state(text) == expected


@pytest.mark.parametrize("text", [None, "", ";expires=1", "active expires=1"])
def test_refuses_what_is_no_subscription_state(text):
    with pytest.raises(BadRequest):
        parse_subscription_state(text)


@pytest.mark.parametrize(
    ("text", "pause"),
    [
        ("terminated", 0.5),
        ("terminated;reason=deactivated", 0.5),
        ("terminated;reason=timeout", 0.5),
        ("terminated;reason=probation", 300),
        ("terminated;reason=probation;retry-after=7", 7),
        ("terminated;reason=giveup;retry-after=7", 7),
        ("terminated;reason=rejected;retry-after=7", 300),
        ("terminated;reason=noresource", 300),
    ],
)
def test_stays_away_as_long_as_a_digium_phone(text, pause):
    assert parse_subscription_state(text).pause == pause
