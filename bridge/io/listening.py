"""Following a trace of the running bridge: asked for again and again while somebody looks (see `bridge.topics.traces`)."""

import json
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from queue import Empty, Queue
from typing import Any, Final

from paho.mqtt.client import Client, MQTTMessage

from bridge.io.mqtt import Account
from bridge.io.oneshot import BrokerError, with_client

# Seconds for which the bridge is asked to go on: whoever is gone is forgotten so soon.
_LEASE: Final = 30.0
_RENEWAL: Final = 10.0

_PATIENCE: Final = 5.0

# Between two looks at the clock.
_GLANCE: Final = 0.2

Document = Mapping[str, Any]


def follow_trace(
    account: Account,
    base_topic: str,
    arguments: Mapping[str, object],
    seconds: float,
    show: Callable[[Document], None],
) -> None:
    """Call `show` with each document of a trace, for so many seconds; then, or when interrupted, end it.

    Raise BrokerError where nobody answers, or where the bridge refuses.
    """
    with_client(account, lambda client: _Follower(client, account, base_topic, arguments).run(seconds, show))


class _Follower:
    def __init__(
        self, client: Client, account: Account, base_topic: str, arguments: Mapping[str, object]
    ) -> None:
        self._client = client
        self._account = account
        self._identity = uuid.uuid4().hex
        self._arguments = arguments
        self._request = f"{base_topic}/bridge/request/trace"
        self._response = f"{base_topic}/bridge/response/trace"
        self._topic = f"{base_topic}/bridge/trace/{self._identity}"
        self._heard: Queue[tuple[str, Document]] = Queue()

    def run(self, seconds: float, show: Callable[[Document], None]) -> None:
        self._client.on_message = self._received
        self._client.subscribe([(self._response, 1), (self._topic, 1)])
        now = time.monotonic()
        until, renewal, silence = now + seconds, now, now + _PATIENCE
        answered = False
        try:
            while (now := time.monotonic()) < until:
                if not self._client.is_connected():
                    raise BrokerError(f"{self._account} is gone")
                if now >= renewal:
                    renewal = now + _RENEWAL
                    self._ask(min(_LEASE, until - now))
                if not answered and now >= silence:
                    raise BrokerError(f"no bridge answered at {self._account} within {_PATIENCE:g} s")
                with suppress(Empty):
                    answered = (
                        self._take(*self._heard.get(timeout=min(_GLANCE, until - now)), show) or answered
                    )
        finally:
            self._ask(0)
            self._last_words(show)

    def _take(self, topic: str, document: Document, show: Callable[[Document], None]) -> bool:
        """Whether the bridge has answered; BrokerError if it has refused."""
        if topic == self._topic:
            show(document)
            return True
        if document.get("transaction") != self._identity:
            return False
        if document.get("status") != "ok":
            raise BrokerError(str(document.get("error")))
        return True

    def _last_words(self, show: Callable[[Document], None]) -> None:
        """What is still under way, the end included; nobody waits for long."""
        with suppress(Empty):
            while True:
                topic, document = self._heard.get(timeout=1.0)
                if topic == self._topic:
                    show(document)
                if topic == self._topic and "end" in document:
                    return
                if topic == self._response and document.get("status") == "error":
                    return

    def _ask(self, seconds: float) -> None:
        question = {
            **self._arguments,
            "id": self._identity,
            "seconds": seconds,
            "transaction": self._identity,
        }
        self._client.publish(self._request, json.dumps(question), qos=1)

    def _received(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        with suppress(ValueError):
            document = json.loads(message.payload)
            if isinstance(document, dict):
                self._heard.put((message.topic, document))
