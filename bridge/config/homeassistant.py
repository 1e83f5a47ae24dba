"""What Home Assistant is shown: `[homeassistant]`."""

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

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

    discovery: Literal["single", "device", "off"] = Field(
        default="single",
        description="How entities are described: one message each, one for each device (2024.11 or newer), or not at all.",
    )
    prefix: TopicName = Field(
        default="homeassistant", description="The discovery prefix, as it is set in Home Assistant."
    )
    node_id: Annotated[str, AfterValidator(_is_node_id)] = Field(
        default="presence-bridge", description="Name of this bridge among others that use the same broker."
    )
