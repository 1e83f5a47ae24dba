"""One device of a sensor."""

from bridge.rules.instance import Instance, Pending, shown
from bridge.timers import Timers


def test_what_does_not_count_any_more_takes_its_timer_with_it():
    timers = Timers()
    instance = Instance(("front",), {"name": "front"})
    instance.pending = Pending("closed", timers.call_at(5.0, lambda _now: None))
    instance.drop_pending()
    assert instance.pending is None
    assert timers.deadline() is None
    instance.drop_pending()


def test_what_is_not_known_is_called_so():
    assert shown(None) == "unknown"
    assert shown("closed") == "closed"
    assert repr(Instance(("home", "front"), {})) == "<Instance home/front: unknown>"
