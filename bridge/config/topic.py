"""Names of MQTT topics."""

from typing import Annotated

from pydantic import AfterValidator


def _is_topic(text: str) -> str:
    """MQTT 5 section 4.7: a topic name without wildcards; section 4.7.2: $ is the broker's own."""
    if any(character in "+#" or not character.isprintable() for character in text):
        raise ValueError("must not contain the wildcards + and #, nor control characters")
    if not all(text.split("/")):
        raise ValueError("must not begin or end with a slash, nor contain two in a row")
    if text.startswith("$"):
        raise ValueError("must not begin with $: such topics belong to the broker")
    return text


# The beginning of the bridge's own topics: any number of levels.
TopicName = Annotated[str, AfterValidator(_is_topic)]
