"""What every command module offers, and what several of them need."""

import argparse
from typing import Protocol

from bridge.composition.options import broker_account
from bridge.config import MqttSettings, Settings
from bridge.io.mqtt import Account


class Command(Protocol):
    """One word of the command line. `run` returns the exit status of the process."""

    NAME: str
    HELP: str
    NEEDS_CONFIG: bool

    def add_arguments(self, parser: argparse.ArgumentParser, /) -> None:
        """Declare the options."""
        ...

    def run(self, args: argparse.Namespace, settings: Settings, /) -> int:
        """Carry it out."""
        ...


def account_of(settings: Settings) -> Account:
    """The broker that the bridge uses; the embedded one listens where the defaults say."""
    return broker_account(settings.mqtt or MqttSettings())


def provider_of(name: str, settings: Settings) -> str | None:
    """The presence provider that a person means by a name: a provider, or an extension of one.

    Spelled as in the configuration. None if no hint has it.
    """
    provider = spelling_of_provider(name, settings)
    if provider is not None:
        return provider
    for hint in settings.parsed_hints:
        if hint.extension == name and hint.providers:
            return hint.providers[0]
    return None


def spelling_of_provider(name: str, settings: Settings) -> str | None:
    """A presence provider as the configuration spells it, since topics tell upper from lower case.

    None if no hint has it.
    """
    providers = (provider for hint in settings.parsed_hints for provider in hint.providers)
    return next((provider for provider in providers if provider.casefold() == name.casefold()), None)
