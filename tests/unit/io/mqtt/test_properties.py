"""What paho gives and takes as properties of MQTT 5."""

import pytest
from paho.mqtt.packettypes import PacketTypes

from bridge.io.mqtt.properties import WayBack, correlated, new_properties, way_back


def test_mqtt_3_1_1_says_nothing_of_an_answer():
    assert way_back(None) == WayBack("", b"")


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({}, ("", b"")),
        ({"ResponseTopic": "me/answers"}, ("me/answers", b"")),
        ({"CorrelationData": b"\x00\xff"}, ("", b"\x00\xff")),
        ({"ResponseTopic": "a", "CorrelationData": b"1", "MessageExpiryInterval": 3}, ("a", b"1")),
    ],
)
def test_what_a_question_says_of_its_answer(named, expected):
    sent = new_properties(PacketTypes.PUBLISH, **named)
    assert way_back(sent) == expected
    # As paho makes it of a packet.
    received = new_properties(PacketTypes.PUBLISH)
    received.unpack(sent.pack())
    assert way_back(received) == expected


def test_an_answer_carries_its_correlation():
    properties = correlated(b"\x00\xff")
    assert properties is not None
    assert properties.CorrelationData == b"\x00\xff"


def test_what_answers_nothing_has_no_properties():
    assert correlated(b"") is None
