"""Asking the running bridge, for the commands that do."""

from collections.abc import Mapping
from typing import Any

from bridge.commands.command import account_of
from bridge.config import Settings
from bridge.io.mqtt import Account
from bridge.io.oneshot import BrokerError, ask, read_retained


def require_bridge(account: Account, base_topic: str) -> None:
    """Raise BrokerError, in words, where no bridge is online."""
    if b"online" not in read_retained(account, base_topic, "bridge/state").values():
        raise BrokerError(f"no bridge is online at {account}")


def answer_of(
    settings: Settings, command: str, arguments: dict[str, object], patience: float = 5.0
) -> Mapping[str, Any]:
    """Return what the bridge answers (see `bridge.topics.requests`), within `patience` seconds.

    BrokerError, in words, where no bridge is online, or where it refuses.
    """
    account, base_topic = account_of(settings), settings.base_topic
    require_bridge(account, base_topic)
    answer = ask(account, base_topic, command, arguments, patience)
    if answer.get("status") != "ok":
        raise BrokerError(str(answer.get("error")))
    data: Mapping[str, Any] = answer["data"]
    return data
