"""What a bridge of this configuration has itself written, in a recording of all messages."""

from bridge.config import Settings
from bridge.model.facts import device_key
from bridge.mqtt.filter import TopicFilter
from bridge.mqtt.payload import BadPayload
from bridge.topics.decoders.presence import decode_word
from bridge.topics.decoders.word import COMMAND, RULE


class OwnWords:
    """Tells them from what others have written.

    What is retained is taken as it stands. Of a truth about presence it is told who has said it; of one
    about a device that rules set it is not, so all of these count as ours. Commands (`/set`) are others'.
    """

    def __init__(self, settings: Settings) -> None:
        base = settings.base_topic
        self._base = f"{base}/"
        self._command = (
            TopicFilter(f"{base}/presence/{{name+}}/set"),
            TopicFilter(f"{base}/device/{{name+}}/set"),
        )
        self._presence = TopicFilter(f"{base}/presence/{{name+}}")
        self._device = TopicFilter(f"{base}/device/{{name+}}")
        outputs = (rule.output.key for rule in settings.parsed_rules)
        self._devices = frozenset(key for key in outputs if key.kind == "device")

    def hold(self, topic: str, payload: bytes, *, retained: bool) -> bool:
        """Whether this message is one of them."""
        if not topic.startswith(self._base):
            return False
        if any(one.match(topic) for one in self._command):
            return False
        if self._presence.match(topic):
            return not retained and _is_signed(payload)
        if device := self._device.match(topic):
            return not retained and device_key(device["name"]) in self._devices
        return True


def _is_signed(payload: bytes) -> bool:
    try:
        return decode_word(payload).origin.by in (RULE, COMMAND)
    except BadPayload:
        return False
