"""An MQTT broker inside this process, for the first evening: amqtt, MQTT 3.1.1, all of it in memory.

A link to it needs `mqtt5=False`: amqtt leaves a CONNECT of MQTT 5 that has properties unanswered.
What is retained is gone when the process ends. A broker of its own (mosquitto) is the way to run the
bridge for good.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any, Final, Protocol

from bridge.events import Address

DEFAULT_ADDRESS: Final = Address("127.0.0.1", 1883)

# Seconds that amqtt adds to the keepalive of every client. Without them it throws a client out that
# pings on time (MQTT 3.1.1 section 3.1.2.10 demands half as much again).
_GRACE = 60

# Seconds for its clients to be let go.
_STOP_WITHIN = 5.0


class EmbeddedBrokerError(Exception):
    """The broker cannot run; the text says why and what to do."""


class EmbeddedBroker:
    """Listens on `address` from `start()` to `stop()`. Anonymous clients are welcome: keep it on loopback."""

    def __init__(self, address: Address = DEFAULT_ADDRESS) -> None:
        self.address = address
        self._broker: _Broker | None = None
        self._clients: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Listen. Raises EmbeddedBrokerError when amqtt is not installed or the address is not free."""
        host, port = self.address
        if await is_listening(host, port):
            raise EmbeddedBrokerError(f"something listens on {host}:{port} already")
        broker = self._new_broker()
        try:
            await broker.start()
        except Exception as error:
            raise EmbeddedBrokerError(
                f"the embedded broker cannot listen on {host}:{port}: {error}"
            ) from error
        self._broker = broker

    async def stop(self) -> None:
        """Disconnect the clients and free the address; does nothing if it does not run."""
        broker, self._broker = self._broker, None
        if broker is not None:
            # amqtt lets go of those only that have sent CONNECT, and waits for the others.
            for client in self._clients:
                client.close()
            with suppress(TimeoutError):
                async with asyncio.timeout(_STOP_WITHIN):
                    await broker.shutdown()

    def _new_broker(self) -> "_Broker":
        try:
            amqtt: Any = import_module("amqtt.broker")
        except ImportError as error:
            raise EmbeddedBrokerError(
                "the embedded broker needs amqtt: pip install 'presence-bridge[embedded]', "
                "or name a broker under [mqtt] in the configuration"
            ) from error
        # It logs each packet, and as errors what strangers send. What we must know it raises.
        logging.getLogger("amqtt").setLevel(logging.CRITICAL)
        logging.getLogger("transitions").setLevel(logging.CRITICAL)
        host, port = self.address
        broker: _Broker = amqtt.Broker(
            {
                "listeners": {"default": {"type": "tcp", "bind": f"{host}:{port}"}},
                "timeout_disconnect_delay": _GRACE,
                # Named, or amqtt loads its defaults as well: they publish $SYS topics and warn.
                "plugins": {
                    "amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True},
                },
            }
        )
        broker.stream_connected = self._closing(broker.stream_connected)
        broker._publish_retained_messages_for_subscription = _only_to_subscribers(broker)  # noqa: SLF001 - no other way in
        return broker

    def _closing(self, serve: "_Serve") -> "_Serve":
        """`serve`, and then close: amqtt keeps the connection of a client that left before its CONNECT.

        One that still says nothing when the loop ends is cancelled with it, which is no fault.
        """

        async def serve_and_close(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener_name: str
        ) -> None:
            self._clients.add(writer)
            with suppress(asyncio.CancelledError, OSError):
                try:
                    await serve(reader, writer, listener_name=listener_name)
                finally:
                    self._clients.discard(writer)
                    writer.close()

        return serve_and_close


def _only_to_subscribers(broker: "_Broker") -> "_Replay":
    """The replay of retained messages, to those alone who subscribed.

    amqtt replays to each new client what anybody has subscribed to, before it reads what that client
    sent: most messages of a `mosquitto_pub` with QoS 0 would be lost with it.
    """
    replay = broker._publish_retained_messages_for_subscription  # noqa: SLF001 - as above

    async def replay_to_subscriber(subscription: tuple[str, int], session: object) -> None:
        subscribers = broker.subscriptions.get(subscription[0], ())
        if any(subscriber is session for subscriber, _ in subscribers):
            await replay(subscription, session)

    return replay_to_subscriber


class _Replay(Protocol):
    """Sends a client what is retained under one of its subscriptions (filter, QoS)."""

    async def __call__(self, subscription: tuple[str, int], session: object) -> None: ...


class _Serve(Protocol):
    """Serves one connection, to its end."""

    async def __call__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener_name: str
    ) -> None: ...


class _Broker(Protocol):
    """What we use of amqtt's Broker, which has no type annotations to offer."""

    stream_connected: _Serve
    subscriptions: Mapping[str, Sequence[tuple[object, int]]]
    _publish_retained_messages_for_subscription: _Replay

    async def start(self) -> None: ...

    async def shutdown(self) -> None: ...


async def is_listening(host: str, port: int) -> bool:
    """Whether something accepts TCP connections there: a broker that runs already is the better one."""
    try:
        async with asyncio.timeout(1.0):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True
