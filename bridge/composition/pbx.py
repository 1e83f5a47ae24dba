"""The PBX that the bridge stands beside, put together from the configuration."""

from bridge.asterisk.link import AsteriskOptions
from bridge.asterisk.session import Account
from bridge.config.asterisk import AsteriskSettings
from bridge.io.ami import AmiLink, AmiOptions
from bridge.io.runner import Runner
from bridge.io.tasks import Tasks


def beside(asterisk: AsteriskSettings) -> AsteriskOptions:
    """What goes between MQTT and an Asterisk."""
    return AsteriskOptions(
        account=Account(asterisk.username, asterisk.secret.get_secret_value()),
        devices=asterisk.devices,
        custom_prefixes=asterisk.custom_prefixes,
        presence=asterisk.presence,
        import_hints=asterisk.import_hints,
        import_contexts=asterisk.import_contexts,
    )


def reached(asterisk: AsteriskSettings) -> AmiOptions:
    """How an Asterisk is reached."""
    return AmiOptions(
        host=asterisk.host,
        port=asterisk.port,
        tls=asterisk.tls,
        ca=asterisk.ca,
        tls_name=asterisk.tls_name,
        verify=asterisk.tls_verify,
    )


def stand_beside(asterisk: AsteriskSettings | None, runner: Runner, tasks: Tasks) -> None:
    """Keep connected with it, if there is one."""
    if asterisk is not None:
        link = AmiLink(reached(asterisk), runner.feed)
        runner.stand_beside(link)
        tasks.start("asterisk", link.run())
