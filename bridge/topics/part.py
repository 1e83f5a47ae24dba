"""What shares the life of the connection to the broker (see `BrokerSession`)."""

from typing import Protocol

from bridge.events import MessageReceived


class Speaker(Protocol):
    """Publishes what it knows, while the broker's state is known."""

    def synchronised(self, now: float) -> None:
        """All that is retained has been read: publish everything, whatever was published before."""
        ...

    def disconnected(self) -> None:
        """Stay silent until the next connection."""
        ...


class Reader(Protocol):
    """Reads messages of its own."""

    @property
    def filters(self) -> tuple[str, ...]:
        """The MQTT topic filters whose messages `received` wants."""
        ...

    def received(self, message: MessageReceived, now: float) -> bool:
        """Take one message; false if its topic is not one of this reader."""
        ...
