"""One errand at the broker for the command line: publish a message, read what is retained, ask the bridge."""

import json
import uuid
from collections.abc import Callable
from threading import Event
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, topic_matches_sub
from paho.mqtt.enums import MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from bridge.io.mqtt import Account, reasons
from bridge.io.mqtt.client import BrokerClient
from bridge.io.pem import TlsError

# Seconds for the whole errand: a person is waiting.
_PATIENCE = 5.0


class BrokerError(Exception):
    """The errand failed; the text says how, and at which broker."""


def publish(account: Account, topic: str, payload: bytes) -> None:
    """Publish one retained message and wait until the broker has it. Raise BrokerError."""

    def errand(client: Client) -> None:
        receipt = client.publish(topic, payload, qos=1, retain=True)
        receipt.wait_for_publish(_PATIENCE)
        if not receipt.is_published():
            raise BrokerError(f"{account} did not confirm the message on {topic}")

    with_client(account, errand)


def read_retained(account: Account, base_topic: str, wanted: str) -> dict[str, bytes]:
    """Everything retained under `<base_topic>/<wanted>`, a filter. Raise BrokerError.

    It has all been read when a message comes back that was published behind the subscription. That goes
    where the bridge publishes its own such messages: access rules may allow no other topics.
    """
    found: dict[str, bytes] = {}
    topic_filter = f"{base_topic}/{wanted}"
    sentinel = f"{base_topic}/bridge/sync/{uuid.uuid4().hex}"
    done = Event()

    def received(_client: Client, _userdata: object, message: MQTTMessage) -> None:
        if message.topic == sentinel:
            done.set()
        elif message.retain and topic_matches_sub(topic_filter, message.topic):
            # amqtt replays everything that it retains.
            found[message.topic] = bytes(message.payload)

    def errand(client: Client) -> None:
        client.on_message = received
        client.subscribe([(topic_filter, 1), (sentinel, 1)])
        client.publish(sentinel, b"", qos=1)
        if not done.wait(_PATIENCE):
            raise BrokerError(
                f"{account} did not answer within {_PATIENCE:g} s, "
                f"or does not let us read and write {base_topic}/bridge/sync/#"
            )

    with_client(account, errand)
    return found


def ask(
    account: Account, base_topic: str, command: str, arguments: dict[str, object], patience: float
) -> dict[str, Any]:
    """Ask the running bridge, and return its answer (see `bridge.topics.requests`). Raise BrokerError.

    `patience`: seconds after which nobody will answer any more.
    """
    transaction = uuid.uuid4().hex
    answers: list[dict[str, Any]] = []
    done = Event()

    def received(_client: Client, _userdata: object, message: MQTTMessage) -> None:
        try:
            document = json.loads(message.payload)
        except ValueError:
            return
        if isinstance(document, dict) and document.get("transaction") == transaction:
            answers.append(document)
            done.set()

    def errand(client: Client) -> None:
        client.on_message = received
        client.subscribe(f"{base_topic}/bridge/response/{command}", qos=1)
        payload = json.dumps({**arguments, "transaction": transaction})
        client.publish(f"{base_topic}/bridge/request/{command}", payload, qos=1)
        if not done.wait(patience):
            raise BrokerError(f"no bridge answered at {account} within {patience:g} s")

    with_client(account, errand)
    return answers[0]


def with_client(account: Account, errand: Callable[[Client], None]) -> None:
    """Connect, let `errand` use the connection from this thread, and disconnect. Raise BrokerError."""
    answered = Event()
    refusals: list[str] = []

    def connected(
        _client: Client,
        _userdata: object,
        _flags: ConnectFlags,
        code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if code.is_failure:
            refusals.append(reasons.of_refusal(code, account).words)
        answered.set()

    def disconnected(
        _client: Client,
        _userdata: object,
        _flags: DisconnectFlags,
        code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if not answered.is_set():
            refusals.append(reasons.of_silence(code, account, client.alert).words)
            answered.set()

    # Protocol 3.1.1, which every broker speaks, the embedded one included.
    client = BrokerClient(account, MQTTProtocolVersion.MQTTv311, "")
    client.on_connect, client.on_disconnect = connected, disconnected
    try:
        client.reach()
    except (OSError, TlsError, ValueError) as error:
        raise BrokerError(reasons.of_error(error, account).words) from error
    client.loop_start()
    try:
        if not answered.wait(_PATIENCE):
            raise BrokerError(f"{account} did not answer within {_PATIENCE:g} s")
        if refusals:
            raise BrokerError(refusals[0])
        errand(client)
    finally:
        if client.disconnect() is MQTTErrorCode.MQTT_ERR_SUCCESS:
            client.loop_stop()
