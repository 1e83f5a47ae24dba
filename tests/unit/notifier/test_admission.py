import pytest

from bridge.model.hint import parse_hint
from bridge.model.state import State
from bridge.model.watchers import Watchers
from bridge.notifier.admission import Admission, event_of, require_size
from bridge.notifier.packages import PACKAGES
from bridge.sip.errors import BadEvent, Forbidden, IntervalTooBrief, MessageTooLarge, NotFound
from bridge.sip.parser import parse
from support.sip_messages import request

HINTS = (
    parse_hint("2000", ",CustomPresence:2000"),
    parse_hint("2001", ",CustomPresence:2001", watchers=Watchers(users=frozenset({"200"}))),
)


@pytest.fixture
def admission():
    return Admission(State(HINTS), 10, 3600)


@pytest.mark.parametrize(("asked", "granted"), [("600", 600), ("9999999", 3600), ("0", 0), ("10", 10)])
def test_what_is_asked_for_is_granted_up_to_the_most(admission, asked, granted):
    assert admission.expires(parse(request(Expires=asked)), PACKAGES["presence"]) == granted


def test_without_a_wish_it_is_what_the_package_says(admission):
    assert admission.expires(parse(request(without=("Expires",))), PACKAGES["dialog"]) == 3600


def test_too_brief(admission):
    with pytest.raises(IntervalTooBrief) as refused:
        admission.expires(parse(request(Expires="9")), PACKAGES["presence"])
    assert ("Min-Expires", "10") in refused.value.headers


def test_who_may_watch(admission):
    admission.require_watcher(None, "192.0.2.7", "2000")
    admission.require_watcher("200", "192.0.2.7", "2001")
    with pytest.raises(Forbidden):
        admission.require_watcher("201", "192.0.2.7", "2001")
    with pytest.raises(NotFound):
        admission.require_watcher("200", "192.0.2.7", "2002")


def test_the_event():
    event, package = event_of(parse(request(Event="dialog;id=3")))
    assert (event.id, package) == ("3", PACKAGES["dialog"])
    for data in (request(Event="Presence"), request(without=("Event",))):
        with pytest.raises(BadEvent):
            event_of(parse(data))


def test_what_would_be_kept_is_bounded():
    require_size(parse(request()))
    with pytest.raises(MessageTooLarge):
        require_size(parse(request(User_Agent="x" * 4096)))
