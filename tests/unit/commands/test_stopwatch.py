import pytest

from bridge.commands.stopwatch import GRACE, Stopwatch, begins_anew
from bridge.model.facts import device_key, presence_key
from bridge.subscriber.pidf import Picture
from bridge.subscriber.reports import Seen

PROVIDER, DEVICE = presence_key("2000"), device_key("SIP/2000")


@pytest.fixture
def stopwatch():
    return Stopwatch((PROVIDER, DEVICE))


def test_without_a_message_nothing_is_known(stopwatch):
    assert stopwatch.latency(10.0) is None


def test_only_facts_of_the_hint_count(stopwatch):
    stopwatch.heard(presence_key("2001"), 9.0)
    assert stopwatch.latency(10.0) is None


def test_measures_from_the_message_to_the_notify(stopwatch):
    stopwatch.heard(PROVIDER, 9.75)
    assert stopwatch.latency(10.0) == 0.25


def test_one_message_is_behind_one_notify(stopwatch):
    stopwatch.heard(PROVIDER, 9.75)
    stopwatch.latency(10.0)
    assert stopwatch.latency(10.5) is None


def test_the_newest_message_before_the_notify_is_meant(stopwatch):
    stopwatch.heard(PROVIDER, 9.25)
    stopwatch.heard(DEVICE, 9.75)
    stopwatch.heard(DEVICE, 10.0 + GRACE / 2)
    assert stopwatch.latency(10.0) == 0.25
    assert stopwatch.latency(11.0) == pytest.approx(1.0 - GRACE / 2)


def test_a_notify_may_overtake_its_message(stopwatch):
    stopwatch.heard(PROVIDER, 10.0 + GRACE / 2)
    stopwatch.heard(DEVICE, 10.0 + GRACE)
    assert stopwatch.latency(10.0) == pytest.approx(-GRACE / 2)


def test_a_message_long_after_the_notify_is_about_something_else(stopwatch):
    stopwatch.heard(PROVIDER, 10.0 + 2 * GRACE)
    assert stopwatch.latency(10.0) is None
    assert stopwatch.latency(11.0) is not None


def test_nothing_is_known_after_a_gap(stopwatch):
    stopwatch.heard(PROVIDER, 9.75)
    stopwatch.forget()
    assert stopwatch.latency(10.0) is None


def test_the_first_notify_of_a_subscription_has_no_message_behind_it(stopwatch):
    stopwatch.heard(PROVIDER, 9.75)
    stopwatch.heard(PROVIDER, 10.0 + GRACE / 2)
    assert stopwatch.latency(10.0, first=True) is None
    assert stopwatch.latency(11.0) == pytest.approx(1.0 - GRACE / 2)
    assert stopwatch.latency(12.0) is None


def test_what_comes_after_the_end_of_a_subscription_is_the_first_of_another():
    active, ended = (Seen("2000", Picture(), word, "", 1.0) for word in ("active", "terminated"))
    assert [begins_anew(last) for last in (None, active, ended)] == [True, False, True]
