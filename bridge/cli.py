"""The command line: `presence-bridge COMMAND`."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from bridge import __version__
from bridge.commands import COMMANDS
from bridge.config import ConfigError, Settings, load
from bridge.io.log.journal import is_journal, with_priority
from bridge.io.systemd.descriptors import pause_before_failure

_READ = "the configuration (default: ./config.toml, then /etc/presence-bridge/config.toml)"
_WRITTEN = "the file to write (default: ./config.toml)"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status: 78 for a wrong configuration (EX_CONFIG), 2 for a wrong command line."""
    args = _parser().parse_args(argv)
    try:
        settings = _settings(args)
    except ConfigError as error:
        print(_said(str(error)), file=sys.stderr)
        pause_before_failure(os.environ, os.getpid())
        return error.exit_code
    try:
        status: int = args.run(args, settings)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of a pipe has seen enough.
        sys.stderr.close()
        return 0
    return status


def _said(text: str) -> str:
    """As systemd's journal wants an error, if that is who reads it."""
    return with_priority(logging.ERROR, text) if is_journal(os.environ) else text


def _settings(args: argparse.Namespace) -> Settings:
    if not args.needs_config and (args.config is None or args.writes_config):
        return Settings()
    return load(args.config, os.environ)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="presence-bridge", description="MQTT presence for SIP desk phones.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"presence-bridge {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        one = commands.add_parser(
            command.NAME, help=command.HELP, description=command.HELP, allow_abbrev=False
        )
        writes = getattr(command, "WRITES_CONFIG", False)
        one.add_argument(
            "--config",
            type=Path,
            metavar="FILE",
            help=_WRITTEN if writes else _READ,
        )
        command.add_arguments(one)
        one.set_defaults(run=command.run, needs_config=command.NEEDS_CONFIG, writes_config=writes)
    return parser
