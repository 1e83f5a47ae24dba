"""What is valid, but probably not what was meant."""

from collections.abc import Iterator

from bridge.config.addresses import is_loopback
from bridge.config.settings import Settings, SipSettings, repeated


def advice(settings: Settings) -> tuple[str, ...]:
    """One sentence for each doubt, with what to do about it."""
    return (*_reach(settings.sip), *_hints(settings))


def _reach(sip: SipSettings) -> Iterator[str]:
    listens_beyond = not all(is_loopback(listener.host) for listener in sip.listeners)
    trusts_beyond = not all(network.is_loopback for network in sip.networks)
    if listens_beyond and not trusts_beyond:
        yield (
            "phones at other addresses will be refused (403): add their network to [sip] trusted_networks,"
            " which holds this machine only"
        )
    if trusts_beyond and not listens_beyond:
        yield (
            "phones at other addresses cannot reach [sip] listen, which is this machine only:"
            " add an address of your network, such as udp://0.0.0.0:5060"
        )
    for network in sip.networks:
        if network.prefixlen == 0:
            yield f"{network} in [sip] trusted_networks lets everybody in who can reach the port"


def _hints(settings: Settings) -> Iterator[str]:
    hints = settings.hints
    if not hints:
        yield "there are no [[hints]], so there is nothing that a phone could watch"
    named = [hint for hint in hints if hint.name]
    for again, first in repeated([hint.name for hint in named]):
        same, other = named[first].extension, named[again].extension
        yield f"extensions {same} and {other} have the same name, {named[again].name!r}"
