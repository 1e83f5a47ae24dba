"""`presence-bridge run`: the service."""

import argparse
import asyncio

from bridge.composition import Bridge
from bridge.config import Settings
from bridge.io.log import configure

NAME = "run"
HELP = "serve: follow MQTT and notify the phones, until stopped by a signal"
NEEDS_CONFIG = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing beyond the configuration, but how much is said."""
    parser.add_argument("--log-level", default="info", choices=("debug", "info", "warning", "error"))


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Run until SIGTERM or SIGINT."""
    configure(args.log_level)
    return asyncio.run(Bridge(settings).serve())
