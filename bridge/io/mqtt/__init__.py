"""The MQTT shell: keep connected, subscribe, publish (paho-mqtt, MQTT 5 with 3.1.1 as the second choice)."""

from bridge.io.mqtt.account import Account, BrokerTls
from bridge.io.mqtt.link import MqttLink
from bridge.io.mqtt.options import MqttOptions

__all__ = ["Account", "BrokerTls", "MqttLink", "MqttOptions"]
