"""The broker where none is configured: one that listens on this machine, or one inside the bridge."""

from bridge.config import Settings
from bridge.io import log
from bridge.io.embedded import DEFAULT_ADDRESS, EmbeddedBroker, is_listening
from bridge.sip.addressing import host_port


async def broker_inside(settings: Settings) -> EmbeddedBroker | None:
    """One that has been started, or None where there is another to be used. Raise EmbeddedBrokerError."""
    if settings.mqtt is not None:
        return None
    if await is_listening(*DEFAULT_ADDRESS):
        log.warn(
            f"no [mqtt] is configured; the broker that listens on {host_port(DEFAULT_ADDRESS)} is used. "
            "Write [mqtt] into the configuration to choose it for good"
        )
        return None
    broker = EmbeddedBroker(DEFAULT_ADDRESS)
    await broker.start()
    log.warn(
        f"no [mqtt] is configured: a broker runs inside the bridge, on {host_port(DEFAULT_ADDRESS)}. "
        "What it retains is lost when the bridge stops; name a broker of your own for good use"
    )
    return broker
