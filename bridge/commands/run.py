"""`presence-bridge run`: the service."""

import argparse
import asyncio
import os

from bridge.composition import Bridge
from bridge.config import Settings, find, load
from bridge.io.log import LEVELS, configure

NAME = "run"
HELP = "serve: follow MQTT and notify the phones, until stopped by a signal"
NEEDS_CONFIG = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing beyond the configuration, but how much is said."""
    parser.add_argument("--log-level", choices=LEVELS, help="what to log (default: level of [log])")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Run until SIGTERM or SIGINT."""
    configure(args.log_level or settings.log.level, settings.log.format)
    file = find(args.config)
    store = settings.store.file(file, os.environ)
    bridge = Bridge(settings, store=store, read=lambda: load(file, os.environ))
    return asyncio.run(bridge.serve())
