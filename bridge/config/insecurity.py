"""What the configuration leaves open to others on the network: said at the start, by `check` and in health."""

import stat
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

from bridge.config.addresses import is_loopback
from bridge.config.asterisk import AsteriskSettings
from bridge.config.document import Document
from bridge.config.locate import dotted
from bridge.config.mqtt import MqttSettings
from bridge.config.secrecy import holds_secret
from bridge.config.settings import Settings


def insecure(settings: Settings) -> tuple[str, ...]:
    """One sentence for each option, with what to do about it."""
    return (*_mqtt(settings.mqtt), *_sip(settings), *_http(settings), *_asterisk(settings.asterisk))


def exposed(path: Path) -> str:
    """What there is to say of a file with secrets in it that every account of this machine can read; else empty.

    The file is one that `load` has read.
    """
    document = Document.read(path)
    secrets = [
        key for key, place in document.places.items() if holds_secret(key) and place.end > place.start + 2
    ]
    if not secrets or not path.stat().st_mode & stat.S_IROTH:
        return ""
    return (
        f"{path} holds a secret ({dotted(secrets[0])}), and every account of this machine can read it: chmod 640 it,"
        " or let the secret stand in a file of its own"
    )


def _mqtt(mqtt: MqttSettings | None) -> Iterator[str]:
    if mqtt is None:
        return
    if mqtt.tls is not None and not mqtt.tls.verify:
        yield (
            f"[mqtt.tls] verify is off: whoever stands between the bridge and {mqtt.host} can pretend to be the"
            " broker, read everything and change it. Name the broker's CA as ca, and take verify away"
        )
    elif mqtt.tls is None and mqtt.password is not None and not _is_this_machine(mqtt.host):
        yield (
            f"[mqtt] password goes to {mqtt.host} without encryption, and so do all messages: whoever can listen"
            " on the network can use it. Write [mqtt.tls], if the broker speaks TLS"
        )


def _asterisk(asterisk: AsteriskSettings | None) -> Iterator[str]:
    if asterisk is None:
        return
    if not asterisk.tls and not _is_this_machine(asterisk.host):
        yield (
            f"[asterisk] without tls, whoever stands between the bridge and {asterisk.host} can read and change what"
            " they say to each other. Switch tlsenable on in its manager.conf, and write tls = true"
        )
    elif asterisk.tls and not asterisk.tls_verify:
        yield (
            f"[asterisk] tls_verify is off: whoever stands between the bridge and {asterisk.host} can pretend to be"
            " the Asterisk. Name its CA as tls_ca, and take tls_verify away"
        )


def _sip(settings: Settings) -> Iterator[str]:
    for network in settings.sip.networks:
        if network.prefixlen == 0:
            yield f"{network} in [sip] trusted_networks lets everybody in who can reach the port"
    if settings.sip.digest_without_qop:
        yield (
            "[sip] digest_without_qop lets phones answer in a way in which what they said can be said again by"
            " others. Take it away if all phones get in without"
        )


def _http(settings: Settings) -> Iterator[str]:
    http = settings.http
    beyond = not is_loopback(http.address.host)
    if http.write and beyond and http.token.get_secret_value():
        yield (
            "[http] token goes over the network without encryption: let a proxy with TLS stand before the page,"
            " and listen on 127.0.0.1"
        )
    for network in http.networks if http.write and beyond else ():
        if network.prefixlen == 0:
            yield f"{network} in [http] trusted_networks lets everybody set presences who can reach the page"
    if settings.provisioning.http and settings.phones:
        yield (
            "[provisioning] http: the files of phones are served without encryption: the passwords in them can be"
            " read by whoever can listen on the network between phone and bridge"
        )


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.casefold() == "localhost"
