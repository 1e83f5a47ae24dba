"""What Home Assistant is shown: `[homeassistant]`."""

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator

from bridge.config.section import Section
from bridge.config.topic import TopicName

# What may stand in a discovery topic.
_NODE_ID: Final = re.compile("[A-Za-z0-9_-]+")


def _is_node_id(text: str) -> str:
    if not _NODE_ID.fullmatch(text):
        raise ValueError("needs letters of ASCII, digits, - and _, such as presence-bridge")
    return text


class HomeAssistantSettings(Section):
    """How the bridge is discovered, and by which name."""

    discovery: Literal["single", "device", "off"] = "single"
    prefix: TopicName = "homeassistant"
    node_id: Annotated[str, AfterValidator(_is_node_id)] = "presence-bridge"
