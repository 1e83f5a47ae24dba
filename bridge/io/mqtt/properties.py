"""Properties of MQTT 5 packets, as paho keeps them: the way back of a question (section 4.10), and our own."""

from typing import NamedTuple

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties


class WayBack(NamedTuple):
    """Where an answer is expected, and what shall stand in it (sections 3.3.2.3.5 and 3.3.2.3.6)."""

    response_topic: str = ""
    correlation: bytes = b""


_NONE = WayBack()


def way_back(properties: Properties | None) -> WayBack:
    """What a PUBLISH says of its answer; empty where it says nothing, as all of MQTT 3.1.1 does."""
    if properties is None:
        return _NONE
    named = vars(properties)
    return WayBack(named.get("ResponseTopic", ""), named.get("CorrelationData", b""))


def correlated(correlation: bytes) -> Properties | None:
    """The properties of a PUBLISH that answers; None where there is nothing to say."""
    return new_properties(PacketTypes.PUBLISH, CorrelationData=correlation) if correlation else None


def new_properties(packet: int, **named: object) -> Properties:
    """Properties for one type of packet, by the names that paho gives them."""
    properties = Properties(packet)  # type: ignore[no-untyped-call]  # paho left it untyped
    for name, value in named.items():
        setattr(properties, name, value)
    return properties
