"""The way from what the broker retains to what is wanted."""

import json

import pytest

from bridge.homeassistant.plan import RELEASE, Plan, plan, retired

SINGLE = {"h/select/n/a/config": b'{"unique_id":"a"}', "h/text/n/b/config": b'{"unique_id":"b"}'}
DEVICE = {"h/device/n/d/config": b'{"components":{"a":{"platform":"select","unique_id":"a"}}}'}


def test_a_new_broker_is_told_everything():
    assert plan(SINGLE, DEVICE, {}) == Plan(announce=tuple(SINGLE.items()))


def test_nothing_is_said_twice():
    assert plan(SINGLE, DEVICE, SINGLE) == Plan()
    assert plan(DEVICE, SINGLE, DEVICE) == Plan()


def test_only_what_differs_is_announced():
    held = {**SINGLE, "h/text/n/b/config": b"{}"}
    assert plan(SINGLE, DEVICE, held) == Plan(announce=(("h/text/n/b/config", b'{"unique_id":"b"}'),))


def test_what_is_left_over_is_removed():
    assert plan(SINGLE, DEVICE, {**SINGLE, "h/button/n/gone/config": b"{}"}) == Plan(
        remove=(("h/button/n/gone/config", b""),)
    )


def test_when_nothing_is_wanted_everything_is_removed():
    assert plan({}, {}, SINGLE) == Plan(remove=tuple((topic, b"") for topic in SINGLE))


def test_the_other_shape_is_released_before_the_new_one_is_announced():
    assert plan(DEVICE, SINGLE, SINGLE) == Plan(
        release=tuple((topic, RELEASE) for topic in SINGLE),
        announce=tuple(DEVICE.items()),
        remove=tuple((topic, b"") for topic in SINGLE),
    )


def test_what_the_other_shape_had_and_nobody_wants_any_more_is_not_released():
    held = {**SINGLE, "h/button/n/gone/config": b"{}"}
    found = plan(DEVICE, SINGLE, held)
    assert [topic for topic, _ in found.release] == list(SINGLE)
    assert [topic for topic, _ in found.remove] == list(held)


def test_a_migration_that_was_interrupted_behind_its_release_goes_on():
    released = dict.fromkeys(SINGLE, RELEASE)
    found = plan(DEVICE, SINGLE, released)
    assert found.release == ()
    assert found.announce == tuple(DEVICE.items())


def test_what_was_released_waits_for_its_document_even_if_that_is_retained():
    held = {**DEVICE, "h/text/n/b/config": RELEASE}
    assert plan(DEVICE, SINGLE, held) == Plan(
        announce=tuple(DEVICE.items()), remove=(("h/text/n/b/config", b""),)
    )


@pytest.mark.parametrize(("wanted", "other"), [(DEVICE, SINGLE), (SINGLE, DEVICE)])
def test_a_device_that_changes_may_have_something_to_retire(wanted, other):
    held = {"h/device/n/d/config": b'{"components":{"x":{"platform":"event","unique_id":"x"}}}'}
    assert plan(wanted, other, held).retire == (("h/device/n/d/config", next(iter(DEVICE.values()))),)


def test_an_entity_that_a_device_loses_is_reduced_to_its_platform():
    held = b'{"device":{},"components":{"a":{"platform":"select","unique_id":"a"},"x":{"platform":"event","unique_id":"x"}}}'
    document = json.loads(retired(held, DEVICE["h/device/n/d/config"]))
    assert document["components"] == {
        "a": {"platform": "select", "unique_id": "a"},
        "x": {"platform": "event"},
    }
    assert retired(json.dumps(document).encode(), DEVICE["h/device/n/d/config"]) is None


@pytest.mark.parametrize(
    "held",
    [
        b"",
        b"not JSON",
        b"[]",
        b"{}",
        b'{"components":[]}',
        b'{"components":{"x":1}}',
        b"[" * 100_000,
        RELEASE,
    ],
)
def test_what_is_no_document_of_ours_loses_nothing(held):
    assert retired(held, next(iter(DEVICE.values()))) is None
