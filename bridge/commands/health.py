"""`presence-bridge health`: how the running bridge is doing."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from bridge.commands.asking import answer_of
from bridge.config import Settings
from bridge.io.oneshot import BrokerError
from bridge.model.words import printable

NAME = "health"
HELP = "tell how the running bridge is doing; exit with 1 if it is not ready"
NEEDS_CONFIG = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Words for people, or the document."""
    parser.add_argument("--json", action="store_true", help="print the bridge's answer as JSON")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Ask, and print; 0 if the bridge is ready."""
    try:
        data = answer_of(settings, NAME, {})
    except BrokerError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(data, indent=2) if args.json else "\n".join(in_words(data)))
    return 0 if data["ready"] else 1


def in_words(data: Mapping[str, Any]) -> Iterator[str]:
    """The answer, line by line (see `bridge.topics.health`)."""
    yield f"{'ready' if data['ready'] else 'NOT READY'}, up for {timedelta(seconds=data['uptime_seconds'])}"
    words = {name: part["why"] for name, part in data["parts"].items()}
    yield _line("MQTT", f"{words['mqtt']}{_loss(data['last_broker_loss'])}")
    yield _line(
        "", f"{data['messages_received']} messages received, {data['messages_sent']} sent{_rejected(data)}"
    )
    yield _line("SIP", words["sip"])
    yield _line("store", words["store"])
    yield _line("phones", _phones(data))
    yield _line("last NOTIFY", _last_notify(data))
    for words in data.get("insecure", ()):  # a bridge of an earlier version does not say
        yield _line("INSECURE", words)


def _line(title: str, words: str) -> str:
    return f"  {title:<12} {printable(words, 300)}".rstrip()


def _loss(loss: Mapping[str, Any] | None) -> str:
    return "" if loss is None else f"; last lost at {_time(loss['at'])}: {loss['reason']}"


def _rejected(data: Mapping[str, Any]) -> str:
    count = sum(data["rejected"].values())
    return f", {count} not understood" if count else ""


def _phones(data: Mapping[str, Any]) -> str:
    words = f"{data['subscriptions']} subscriptions, {data['in_flight']} NOTIFYs under way"
    if not data["unconverged"]:
        return words
    return f"{words}, {data['unconverged']} behind for up to {data['unconverged_seconds']:g} s"


def _last_notify(data: Mapping[str, Any]) -> str:
    if data["last_notify"] is None:
        return "none yet"
    words = _time(data["last_notify"])
    if data["notify_latency_ms"] is not None:
        words += f"; {data['notify_latency_ms']:g} ms from the last MQTT message to a phone's answer"
    if data["notify_latency_p50_ms"] is not None:
        half, nearly_all = data["notify_latency_p50_ms"], data["notify_latency_p99_ms"]
        words += f" (in the last minute half within {half:g} ms, 99 % within {nearly_all:g} ms)"
    return words


def _time(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone():%Y-%m-%d %H:%M:%S}"
