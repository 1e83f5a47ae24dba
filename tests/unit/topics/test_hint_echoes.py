from bridge.effects import Publish, Unsubscribe, Warned
from bridge.events import MessageReceived
from bridge.model.hint import parse_hint
from bridge.model.state import State
from bridge.topics.access import Access
from bridge.topics.hint_echoes import HintEchoes
from support.context import pretended_context

HINTS = (parse_hint("2000", "SIP/2000"), parse_hint("2001", "SIP/2001"))


class House:
    def __init__(self, hints=HINTS, shared=()):
        self.effects = []
        self.context = pretended_context(State(hints), self.effects.append)
        access = Access("pb", "user bridge", self.effects.append)
        access.connected(tells_refusals=False)
        self.echoes = HintEchoes(self.context, "pb", access, lambda: shared)

    def receive(self, topic, *, retained=False):
        return self.echoes.received(MessageReceived(topic, b"{}", retained, 1.0), 1.0)

    def said(self):
        said, self.effects[:] = [*self.effects], []
        return said


def test_what_is_left_of_a_hint_that_is_gone_is_deleted_when_it_is_told_to():
    house = House()
    assert house.receive("pb/hint/2000", retained=True)
    assert house.receive("pb/hint/1999", retained=True)
    house.echoes.synchronised(1.0)
    assert house.said() == [Unsubscribe(("pb/hint/#",))]
    house.echoes.tidy(2.0)
    house.echoes.tidy(3.0)
    assert house.said() == [Publish("pb/hint/1999", b"", retain=True)]


def test_other_topics_are_for_others():
    assert not House().receive("pb/presence/2000", retained=True)


def test_all_are_looked_for_once_and_one_in_each_connection():
    house = House()
    assert house.echoes.filters == ("pb/hint/2000", "pb/hint/#")
    house.echoes.synchronised(1.0)
    house.echoes.disconnected()
    assert house.echoes.filters == ("pb/hint/2000",)


def test_when_it_has_come_back_nobody_is_told_and_no_more_is_wanted():
    house = House()
    house.echoes.synchronised(1.0)
    house.said()
    house.receive("pb/hint/2001")
    assert house.said() == []
    house.receive("pb/hint/2000")
    assert house.said() == [Unsubscribe(("pb/hint/2000",))]
    house.context.timers.run(100.0)
    assert house.said() == []


def test_one_that_does_not_come_back_is_told():
    house = House()
    house.echoes.synchronised(1.0)
    house.said()
    house.context.timers.run(10.9)
    assert house.said() == []
    house.context.timers.run(11.0)
    warning, end = house.said()
    assert isinstance(warning, Warned)
    assert "pb/hint/2000 did not come back within 10 s" in warning.text
    assert end == Unsubscribe(("pb/hint/2000",))


def test_a_replay_is_no_proof():
    house = House()
    house.echoes.synchronised(1.0)
    house.echoes.disconnected()
    house.said()
    house.receive("pb/hint/2000", retained=True)
    assert house.said() == []


def test_a_lost_connection_is_not_waited_for():
    house = House()
    house.echoes.synchronised(1.0)
    house.echoes.disconnected()
    house.said()
    house.context.timers.run(100.0)
    assert house.said() == []


def test_what_a_sensor_reads_stays_subscribed():
    house = House(shared=("pb/hint/#", "pb/hint/2000"))
    house.echoes.synchronised(1.0)
    house.receive("pb/hint/2000")
    assert house.said() == []


def test_without_hints_nothing_is_waited_for():
    house = House(hints=())
    assert house.echoes.filters == ("pb/hint/#",)
    house.echoes.synchronised(1.0)
    house.said()
    house.context.timers.run(100.0)
    assert house.said() == []


def test_a_hint_that_has_gone_is_not_waited_for_and_one_that_is_back_is_not_deleted():
    house = House()
    house.context.state.replace_hints(HINTS[1:])
    house.echoes.gone(["2000"])
    house.echoes.synchronised(1.0)
    house.context.timers.run(100.0)
    assert house.said() == [Unsubscribe(("pb/hint/#",))]
    house.echoes.disconnected()
    assert house.echoes.filters == ("pb/hint/2001",)
    house.context.state.replace_hints(HINTS)
    house.echoes.tidy(2.0)
    assert house.said() == []
