"""What a connection to an MQTT broker needs to know."""

from dataclasses import dataclass

from bridge.io.mqtt.account import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttOptions:
    """`mqtt5` is false for a broker that is known to speak MQTT 3.1.1 only, such as the embedded one.

    The last will, retained and with QoS 1, is what others read when the process is gone.
    """

    account: Account
    client_id: str
    will_topic: str
    will_payload: bytes = b"offline"
    keepalive_seconds: int = 30
    mqtt5: bool = True
