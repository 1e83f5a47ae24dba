"""What each part is told of the configuration."""

import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bridge import __version__
from bridge.config import MqttSettings, Settings
from bridge.config.fingerprint import fingerprint
from bridge.config.mqtt import MqttTlsSettings
from bridge.homeassistant.home import HomeOptions
from bridge.io.connection import StreamLimits
from bridge.io.listeners import ListenerOptions
from bridge.io.mqtt import Account, BrokerTls, MqttOptions
from bridge.io.tls import TlsFiles
from bridge.model.words import printable
from bridge.notifier.capacity import Limits
from bridge.notifier.notifier import NotifierOptions
from bridge.registrar.interval import Interval
from bridge.registrar.publisher import PublisherOptions
from bridge.sip.gate import GateOptions
from bridge.sip.transaction import TimerValues
from bridge.topics.info import Configured
from bridge.topics.session import state_topic

AGENT: Final = f"Presence Bridge/{__version__}"


def account(settings: Settings) -> str:
    """Who the bridge is to the broker."""
    username = settings.mqtt.username if settings.mqtt is not None else None
    return "a client without user name" if username is None else f"user {printable(username)}"


def broker_account(mqtt: MqttSettings) -> Account:
    """Where the broker is, and how it is reached."""
    return Account(
        mqtt.host,
        mqtt.port,
        mqtt.username,
        mqtt.password.get_secret_value() if mqtt.password is not None else None,
        _broker_tls(mqtt.tls) if mqtt.tls is not None else None,
        mqtt.websocket_path if mqtt.transport == "websockets" else None,
    )


def _broker_tls(tls: MqttTlsSettings) -> BrokerTls:
    ca, certificate, key = (Path(name) if name else None for name in (tls.ca, tls.certificate, tls.key))
    return BrokerTls(
        ca=ca,
        certificate=certificate,
        key=key,
        server_name=tls.server_name,
        minimum_version=tls.minimum_version,
        verify=tls.verify,
    )


def client_id(settings: Settings) -> str:
    """The name of this bridge at the broker."""
    configured = settings.mqtt.client_id if settings.mqtt is not None else None
    return configured or f"presence-bridge-{socket.gethostname()}"


def link_options(settings: Settings, *, mqtt5: bool) -> MqttOptions:
    """How the connection to the broker is kept."""
    mqtt = settings.mqtt or MqttSettings()
    return MqttOptions(
        account=broker_account(mqtt),
        client_id=client_id(settings),
        will_topic=state_topic(settings.base_topic),
        keepalive_seconds=mqtt.keepalive_seconds,
        mqtt5=mqtt5,
    )


def configured(settings: Settings, restart_needed: Sequence[str] = ()) -> Configured:
    """What the bridge says of its configuration."""
    hints = settings.parsed_hints
    providers = {provider.casefold() for hint in hints for provider in hint.providers}
    return Configured(
        fingerprint=fingerprint(settings),
        counts={
            "hints": len(hints),
            "providers": len(providers),
            "sensors": len(settings.parsed_sensors),
            "rules": len(settings.parsed_rules),
            "users": len(settings.sip.users),
        },
        restart_needed=restart_needed,
    )


def listening(settings: Settings) -> ListenerOptions:
    """How the listeners of SIP are opened."""
    sip = settings.sip
    tls = TlsFiles(*sip.tls.files) if sip.tls is not None else None
    return ListenerOptions(sip.max_connections, StreamLimits(idle=idle(settings)), tls)


def idle(settings: Settings) -> float:
    """The seconds for which a stream may be silent.

    A phone that watches says something when it refreshes; a transaction later it has failed to.
    """
    return settings.sip.max_expires_seconds + TimerValues().transaction


def notifying(settings: Settings) -> NotifierOptions:
    """How watchers are served."""
    sip = settings.sip
    return NotifierOptions(
        sip.min_expires_seconds,
        sip.max_expires_seconds,
        sip.notify_min_interval_seconds,
        AGENT,
        Limits(sip.max_subscriptions, sip.max_subscriptions_per_source, sip.max_subscriptions_per_watcher),
        sip.parsed_profiles,
    )


def admission(settings: Settings) -> GateOptions:
    """Who is let in."""
    sip = settings.sip
    return GateOptions(
        sip.networks, sip.realm, sip.offered_algorithms, sip.lowered_md5_only, sip.digest_without_qop
    )


def interval(settings: Settings) -> Interval:
    """For how long phones may register and publish."""
    return Interval(settings.sip.min_expires_seconds, settings.sip.max_expires_seconds)


def publishing(settings: Settings) -> PublisherOptions:
    """Whether softphones may say how their users are."""
    return PublisherOptions(interval(settings), settings.sip.accept_publish)


def home_options(settings: Settings) -> HomeOptions:
    """How Home Assistant is told."""
    home = settings.homeassistant
    return HomeOptions(settings.base_topic, __version__, home.discovery, home.prefix, home.node_id)


def governed_providers(settings: Settings) -> tuple[str, ...]:
    """The presence providers that rules decide on, each as often as there are rules for it."""
    outputs = (rule.output for rule in settings.parsed_rules)
    return tuple(output.name for output in outputs if output.key.kind == "presence")
