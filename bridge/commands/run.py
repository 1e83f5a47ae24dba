"""`presence-bridge run`: the service."""

import argparse
import asyncio
import faulthandler
import os

from bridge.composition import Bridge, Supervision
from bridge.config import Settings, find, load
from bridge.config.insecurity import exposed
from bridge.io import log
from bridge.io.log import LEVELS, configure
from bridge.io.systemd.descriptors import pause_before_failure

NAME = "run"
HELP = "serve: follow MQTT and notify the phones, until stopped by a signal"
NEEDS_CONFIG = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing beyond the configuration, but how much is said."""
    parser.add_argument("--log-level", choices=LEVELS, help="what to log (default: level of [log])")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Run until SIGTERM or SIGINT."""
    # The watchdog of systemd kills by SIGABRT: what every thread did then is in the log.
    faulthandler.enable()
    configure(args.log_level or settings.log.level, settings.log.format)
    file = find(args.config)
    if words := exposed(file):
        log.warn(f"insecure: {words}")
    store = settings.store.file(file, os.environ)
    supervision = Supervision(os.environ, os.getpid())
    bridge = Bridge(settings, store=store, read=lambda: load(file, os.environ), supervision=supervision)
    status = asyncio.run(bridge.serve())
    if status:
        pause_before_failure(os.environ, os.getpid())
    return status
