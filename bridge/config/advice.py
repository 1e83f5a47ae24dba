"""What is valid, but probably not what was meant."""

from collections.abc import Iterator

from bridge.config.addresses import is_loopback
from bridge.config.mqtt import TLS_PORT, MqttSettings
from bridge.config.provisioning import doubts
from bridge.config.settings import Settings, SipSettings, repeated


def advice(settings: Settings) -> tuple[str, ...]:
    """One sentence for each doubt, with what to do about it."""
    return (
        *_broker(settings.mqtt),
        *_reach(settings.sip),
        *_users(settings),
        *_hints(settings),
        *doubts(settings),
    )


def _broker(mqtt: MqttSettings | None) -> Iterator[str]:
    if mqtt is None:
        return
    if mqtt.password is not None and mqtt.username is None:
        yield "[mqtt] password is of no use without username"
    if mqtt.tls is None and mqtt.port == TLS_PORT:
        yield f"port {TLS_PORT} of [mqtt] is that of brokers with TLS: write [mqtt.tls], which may be empty"
    if mqtt.transport == "websockets" and "port" not in mqtt.model_fields_set:
        yield f"[mqtt] transport is websockets on port {mqtt.port}, where brokers rarely speak them: write port"


def _reach(sip: SipSettings) -> Iterator[str]:
    listens_beyond = not all(is_loopback(listener.host) for listener in sip.listeners)
    trusts_beyond = not all(network.is_loopback for network in sip.networks)
    if listens_beyond and not trusts_beyond and not sip.users:
        yield (
            "phones at other addresses will be refused (403): add their network to [sip] trusted_networks,"
            " which holds this machine only, or [[sip.users]]"
        )
    if trusts_beyond and not listens_beyond:
        yield (
            "phones at other addresses cannot reach [sip] listen, which is this machine only:"
            " add an address of your network, such as udp://0.0.0.0:5060"
        )
    if sip.tls is not None and not any(listener.transport == "tls" for listener in sip.listeners):
        yield "[sip.tls] is of no use without a tls:// address in [sip] listen, such as tls://0.0.0.0:5061"


def _users(settings: Settings) -> Iterator[str]:
    sip = settings.sip
    extensions = {hint.extension for hint in settings.hints}
    for user in sip.users:
        for unknown in sorted(set(user.extensions or ()) - extensions):
            yield f"user {user.name!r} may watch extension {unknown!r}, for which there is no hint"
    for algorithm in sip.digest_algorithms:
        if algorithm not in sip.offered_algorithms:
            names = [user.name for user in sip.parsed_users if user.ha1(algorithm, sip.realm) is None]
            yield (
                f"{algorithm} is offered to nobody, as there is no ha1 of it for {names[0]!r}:"
                " give a password, or ha1 of both algorithms as a list"
            )


def _hints(settings: Settings) -> Iterator[str]:
    hints = settings.hints
    if not hints and settings.asterisk is None:
        yield "there are no [[hints]], so there is nothing that a phone could watch"
    named = [hint for hint in hints if hint.name]
    for again, first in repeated([hint.name for hint in named]):
        same, other = named[first].extension, named[again].extension
        yield f"extensions {same} and {other} have the same name, {named[again].name!r}"
