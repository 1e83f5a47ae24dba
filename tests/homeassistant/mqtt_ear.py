"""A client of the broker that remembers what was said, to compare with what Home Assistant shows.

ear.latest["presence-bridge/presence/alice"]
ear.document("presence-bridge/presence/alice")["message"]
"""

import json
from contextlib import suppress
from typing import NamedTuple

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from support.waiting import eventually


class Heard(NamedTuple):
    """One message, live or as the broker had retained it."""

    topic: str
    payload: str
    retained: bool


class Ear:
    """Hears everything, from the moment that it is made until it is closed."""

    def __init__(self, port: int) -> None:
        self.messages: list[Heard] = []
        self.latest: dict[str, str] = {}
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = self._heard
        subscribed: list[object] = []
        self._client.on_subscribe = lambda *_arguments: subscribed.append(True)
        self._client.connect("127.0.0.1", port)
        self._client.subscribe("#", qos=1)
        self._client.loop_start()
        eventually(lambda: subscribed, lambda: "no subscription")

    def close(self) -> None:
        """Leave the broker."""
        self._client.disconnect()
        self._client.loop_stop()

    def document(self, topic: str):
        """The latest JSON of a topic; an empty object if that was something else, or nothing."""
        with suppress(ValueError):
            return json.loads(self.latest.get(topic, ""))
        return {}

    def topics(self, beginning: str, since: int = 0) -> list[str]:
        """On which topics there was something live, after so many messages."""
        heard = self.messages[since:]
        return [one.topic for one in heard if one.topic.startswith(beginning) and not one.retained]

    def _heard(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        heard = Heard(message.topic, message.payload.decode(errors="replace"), message.retain)
        self.messages.append(heard)
        self.latest[heard.topic] = heard.payload
