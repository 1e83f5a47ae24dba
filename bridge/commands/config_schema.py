"""`presence-bridge config-schema`: what may be written into the configuration, for editors."""

import argparse
import json

from bridge.config import Settings
from bridge.config.json_schema import json_schema

NAME = "config-schema"
HELP = "print the JSON Schema of the configuration, by which editors complete and check it"
NEEDS_CONFIG = False


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Nothing."""


def run(_args: argparse.Namespace, _settings: Settings) -> int:
    """Print it."""
    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
    return 0
