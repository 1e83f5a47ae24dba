from hypothesis import given
from hypothesis import strategies as st

from bridge.effects import Publish
from bridge.io.mqtt.outbox import Outbox

messages = st.builds(
    Publish,
    topic=st.sampled_from("abc"),
    payload=st.binary(max_size=3),
    retain=st.booleans(),
    qos=st.just(1),
    every=st.just(False),
)


def emptied(outbox: Outbox) -> list[Publish]:
    taken = []
    while (message := outbox.take()) is not None:
        taken.append(message)
    return taken


def test_first_in_first_out():
    outbox = Outbox()
    given_in = [
        Publish("a", b"1", retain=False),
        Publish("b", b"2", retain=True),
        Publish("a", b"3", retain=False),
    ]
    assert all(outbox.put(message) for message in given_in)
    assert len(outbox) == 3
    assert emptied(outbox) == given_in
    assert len(outbox) == 0


def test_a_newer_retained_message_takes_the_place_of_the_older():
    outbox = Outbox()
    for payload in (b"away", b"dnd"):
        outbox.put(Publish("presence/1", payload, retain=True))
        outbox.put(Publish("presence/2", payload, retain=True))
    assert emptied(outbox) == [
        Publish("presence/1", b"dnd", retain=True),
        Publish("presence/2", b"dnd", retain=True),
    ]


def test_messages_that_are_not_retained_are_bounded_in_number():
    outbox = Outbox()
    assert all(outbox.put(Publish("event", b"", retain=False)) for _ in range(10_000))
    assert not outbox.put(Publish("event", b"", retain=False))
    assert outbox.put(Publish("state", b"", retain=True))
    outbox.take()
    assert outbox.put(Publish("event", b"", retain=False))


@given(st.lists(messages))
def test_nothing_but_overtaken_values_is_lost(given_in: list[Publish]):
    outbox = Outbox()
    for message in given_in:
        outbox.put(message)
    taken = emptied(outbox)
    assert [message for message in taken if not message.retain] == [
        message for message in given_in if not message.retain
    ]
    newest = {message.topic: message for message in given_in if message.retain}
    assert {message.topic: message for message in taken if message.retain} == newest


def test_what_is_to_be_told_whatever_follows_keeps_its_place():
    outbox = Outbox()
    states = [Publish("device/1", state, retain=True, every=True) for state in (b"RINGING", b"INUSE")]
    for message in states:
        assert outbox.put(message)
    assert emptied(outbox) == states
    assert len(outbox) == 0


def test_of_too_many_the_newest_of_each_topic_is_kept_behind_the_others():
    outbox = Outbox()
    for number in range(10_000):
        outbox.put(Publish("device/1", str(number).encode(), retain=True, every=True))
    for state in (b"RINGING", b"INUSE"):
        assert outbox.put(Publish("device/1", state, retain=True, every=True))
    assert len(outbox) == 10_001
    assert emptied(outbox)[-1].payload == b"INUSE"
