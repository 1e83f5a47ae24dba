"""Traces, with pretended time and without sockets."""

import json

import pytest

from bridge.effects import Publish
from bridge.events import Address, Flow
from bridge.timers import Timers
from bridge.topics.traces import LONGEST, MOST_MESSAGES, MOST_TRACES, Traces

FLOW = Flow("udp", Address("10.0.0.1", 5060), Address("10.0.0.7", 5060))
OTHER = FLOW._replace(remote=Address("10.0.0.8", 5060))
DATA = b"OPTIONS sip:10.0.0.1 SIP/2.0\r\nCall-ID: c\r\nFrom: <sip:200@h>\r\n\r\nbody"


class Desk:
    """Somebody who asks, and reads what is published."""

    def __init__(self):
        self.now = 0.0
        self.published, self.answers, self.taps = [], [], []
        self.timers = Timers()
        self.traces = Traces(
            "base",
            self.timers,
            lambda now: 1_795_000_000 + now,
            lambda: "0123abcd",
            self.published.append,
            self.taps.append,
        )

    def ask(self, **arguments):
        self.traces.requested(arguments, lambda error, data: self.answers.append((error, data)), self.now)
        return self.answers[-1]

    def advance(self, seconds):
        self.now += seconds
        self.timers.run(self.now)

    def pass_by(self, flow=FLOW, data=DATA, direction="in"):
        """Only what is tapped is seen."""
        if self.taps and self.taps[-1] is not None:
            self.taps[-1](direction, flow, data, self.now)

    def read(self):
        documents = [(one.topic, json.loads(one.payload)) for one in self.published]
        assert all(type(one) is Publish and not one.retain and one.qos == 1 for one in self.published)
        self.published.clear()
        return documents


@pytest.fixture
def desk():
    return Desk()


def test_nobody_looks_until_somebody_asks(desk):
    desk.pass_by()
    assert desk.taps == []
    assert desk.read() == []


def test_what_passes_is_shown_in_both_directions(desk):
    assert desk.ask(phone="10.0.0.7", seconds=30) == (
        "",
        {"id": "0123abcd", "topic": "base/bridge/trace/0123abcd", "seconds": 30},
    )
    desk.advance(1)
    desk.pass_by()
    desk.pass_by(direction="out", data=b"SIP/2.0 200 OK\r\n\r\n")
    desk.pass_by(OTHER)
    (topic, first), (_, second) = desk.read()
    assert topic == "base/bridge/trace/0123abcd"
    assert first == {
        "at": "2026-11-18T11:06:41.000+00:00",
        "direction": "in",
        "transport": "udp",
        "local": "10.0.0.1:5060",
        "remote": "10.0.0.7:5060",
        "size": len(DATA),
        "message": DATA.decode(),
    }
    assert (second["direction"], second["message"]) == ("out", "SIP/2.0 200 OK\r\n\r\n")


def test_it_ends_by_itself_and_nobody_looks_any_more(desk):
    desk.ask(phone="10.0.0.7", seconds=30)
    desk.pass_by()
    desk.advance(29.9)
    desk.pass_by()
    desk.read()
    desk.advance(0.1)
    ((_, end),) = desk.read()
    assert (end["end"], end["messages"], end["left_out"]) == ("time is over", 2, 0)
    assert desk.taps[-1] is None
    desk.pass_by()
    assert desk.read() == []


def test_unless_it_is_told_it_lasts_a_minute(desk):
    assert desk.ask(phone="10.0.0.7")[1]["seconds"] == LONGEST
    desk.advance(LONGEST - 1)
    assert desk.read() == []
    desk.advance(1)
    assert len(desk.read()) == 1


def test_whoever_asks_again_goes_on_and_may_ask_for_something_else(desk):
    desk.ask(phone="10.0.0.7", seconds=30, id="mine")
    desk.advance(20)
    assert desk.ask(phone="10.0.0.8", seconds=30, id="mine")[0] == ""
    desk.advance(29)
    desk.pass_by()
    desk.pass_by(OTHER)
    ((topic, seen),) = desk.read()
    assert (topic, seen["remote"]) == ("base/bridge/trace/mine", "10.0.0.8:5060")
    desk.advance(1)
    assert [end["end"] for _, end in desk.read()] == ["time is over"]


def test_with_no_seconds_it_ends_at_once(desk):
    desk.ask(phone="10.0.0.7", id="mine")
    assert desk.ask(id="mine", seconds=0) == (
        "",
        {"id": "mine", "topic": "base/bridge/trace/mine", "seconds": 0},
    )
    assert [end["end"] for _, end in desk.read()] == ["stopped"]
    assert desk.taps[-1] is None
    desk.advance(100)
    assert desk.read() == []
    assert desk.ask(id="mine", seconds=0)[0] == "there is no trace mine"


def test_two_traces_show_what_each_wants(desk):
    desk.ask(phone="10.0.0.7", id="a")
    desk.ask(call_id="c", id="b")
    desk.pass_by()
    desk.pass_by(OTHER)
    assert [topic[-1] for topic, _ in desk.read()] == ["a", "b", "b"]
    desk.ask(id="a", seconds=0)
    assert desk.taps[-1] is not None


def test_there_are_few_at_a_time(desk):
    for number in range(MOST_TRACES):
        assert desk.ask(phone="10.0.0.7", id=str(number))[0] == ""
    assert desk.ask(phone="10.0.0.7", id="more")[0] == "4 traces are running, as many as there may be"
    assert desk.ask(phone="10.0.0.7", id="0")[0] == ""


def test_without_bodies_what_people_write_is_not_shown(desk):
    desk.ask(phone="10.0.0.7", bodies=False)
    desk.pass_by()
    ((_, seen),) = desk.read()
    assert seen["message"].endswith("\r\n\r\n")


def test_too_many_in_a_second_are_counted(desk):
    desk.ask(phone="10.0.0.7", seconds=30)
    for _ in range(1000):
        desk.pass_by()
    assert len(desk.read()) == MOST_MESSAGES
    desk.advance(1)
    ((_, left),) = desk.read()
    assert left["left_out"] == 1000 - MOST_MESSAGES
    desk.pass_by()
    assert len(desk.read()) == 1
    desk.advance(30)
    ((_, end),) = desk.read()
    assert (end["messages"], end["left_out"]) == (MOST_MESSAGES + 1, 1000 - MOST_MESSAGES)


def test_what_is_counted_at_the_end_stands_in_the_end(desk):
    desk.ask(phone="10.0.0.7", id="a")
    for _ in range(MOST_MESSAGES + 7):
        desk.pass_by()
    desk.read()
    desk.ask(id="a", seconds=0)
    ((_, end),) = desk.read()
    assert end["left_out"] == 7
    desk.advance(2)
    assert desk.read() == []


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({}, 'name whose messages to show: {"phone": "10.0.0.7"}, or extension, or call_id'),
        ({"seconds": 30}, 'name whose messages to show: {"phone": "10.0.0.7"}, or extension, or call_id'),
        ({"phone": "anna"}, "'anna' is no address of a phone: write it as 10.0.0.7 or 10.0.0.7:5060"),
        ({"phone": ["10.0.0.7"]}, "phone needs a text"),
        ({"phnoe": "10.0.0.7"}, "unknown argument 'phnoe' (did you mean phone?)"),
        ({"phone": "10.0.0.7", "bodies": "no"}, "bodies needs true or false"),
        ({"phone": "10.0.0.7", "id": "a/b"}, "id needs 1 to 64 letters and digits"),
        ({"phone": "10.0.0.7", "id": 7}, "id needs 1 to 64 letters and digits"),
        ({"phone": "10.0.0.7", "id": "a" * 65}, "id needs 1 to 64 letters and digits"),
    ],
)
def test_what_cannot_be_traced_is_said_in_words(desk, arguments, error):
    assert desk.ask(**arguments) == (error, {})
    assert desk.taps == []


@pytest.mark.parametrize("seconds", [-1, 61, 1e9, float("nan"), float("inf"), "30", True, None])
def test_a_time_is_bounded(desk, seconds):
    error, _ = desk.ask(phone="10.0.0.7", seconds=seconds)
    assert error.startswith("seconds needs a number from 0 (which ends it) to 60; ask again with the same id")
    assert desk.taps == []


def test_an_extension_may_be_a_number_and_a_transaction_is_no_argument(desk):
    assert desk.ask(extension=200, transaction="x")[0] == ""
    desk.pass_by(OTHER)
    assert len(desk.read()) == 1
