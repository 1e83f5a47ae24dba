import pytest

from bridge.registrar.interval import Interval
from bridge.sip.errors import IntervalTooBrief

INTERVAL = Interval(least=60, most=1800)


@pytest.mark.parametrize(
    ("asked", "granted"), [(0, 0), (60, 60), (600, 600), (1800, 1800), (1801, 1800), (2**32 - 1, 1800)]
)
def test_what_is_asked_is_granted_up_to_the_most(asked, granted):
    assert INTERVAL.grant(asked) == granted


@pytest.mark.requirement("R2", "P1")
def test_who_asks_nothing_gets_an_hour():
    assert Interval(most=7200).grant(None) == 3600
    assert INTERVAL.grant(None) == 1800


@pytest.mark.requirement("R2", "P1")
@pytest.mark.parametrize("asked", [1, 59])
def test_less_than_the_least_is_refused_with_the_least(asked):
    with pytest.raises(IntervalTooBrief) as caught:
        INTERVAL.grant(asked)
    assert caught.value.headers == (("Min-Expires", "60"),)


def test_an_hour_is_never_too_brief():
    eager = Interval(least=7200, most=86_400)
    assert eager.grant(3600) == 3600
    with pytest.raises(IntervalTooBrief):
        eager.grant(3599)
