"""`presence-bridge run`: the service."""

import argparse
import asyncio
import os

from bridge.composition import Bridge
from bridge.config import Settings, find
from bridge.io.log import LEVELS, configure

NAME = "run"
HELP = "serve: follow MQTT and notify the phones, until stopped by a signal"
NEEDS_CONFIG = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing beyond the configuration, but how much is said."""
    parser.add_argument("--log-level", default="info", choices=LEVELS)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Run until SIGTERM or SIGINT."""
    configure(args.log_level)
    store = settings.store.file(find(args.config), os.environ)
    return asyncio.run(Bridge(settings, store=store).serve())
