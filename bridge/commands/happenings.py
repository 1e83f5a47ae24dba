"""How `presence-bridge replay` writes down what would have happened."""

import json
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from bridge.effects import MessageRejected, Observation, PresenceChanged, RuleDecided, SensorChanged, Warned
from bridge.model.words import printable, quoted

_TOPIC_WIDTH = 40


class Happenings:
    """Observations as lines. Times are those of a clock in `zone`."""

    def __init__(self, zone: ZoneInfo, *, as_json: bool) -> None:
        self._zone = zone
        self._as_json = as_json
        self._moment: tuple[float, str] = (0.0, "")
        self._decided: set[str] = set()

    def lines(self, observation: Observation, unix: float, topic: str) -> Iterator[str]:
        """The line for an observation; none for what has nothing to do with rules.

        `topic` is that of the message that has led to it; empty where it was time alone.
        """
        if self._moment != (unix, topic):
            self._moment = (unix, topic)
            self._decided.clear()
        fields = self._fields(observation)
        if fields:
            yield self._json(fields, unix, topic) if self._as_json else self._text(fields, unix, topic)

    def _fields(self, observation: Observation) -> dict[str, str]:
        """What happens in words, and its parts."""
        match observation:
            case SensorChanged(sensor, instance, old, new):
                which = f"{sensor} ({instance})" if instance else sensor
                parts = {"sensor": sensor, "instance": instance, "old": old, "new": new}
                return {"event": "sensor", "text": f"{which}: {old} -> {new}", **parts}
            case RuleDecided(output, rule, value):
                self._decided.add(output.casefold())
                text = f"{output} = {value} by rule {quoted(rule)}"
                return {"event": "decision", "text": text, "output": output, "rule": rule, "value": value}
            case PresenceChanged(provider, old, new) if provider.casefold() not in self._decided:
                text = f"{provider}: {old} -> {new}"
                return {"event": "presence", "text": text, "output": provider, "old": old, "new": new}
            case MessageRejected(reason=reason):
                return {"event": "rejected", "text": f"not understood: {reason}", "reason": reason}
            case Warned(text):
                return {"event": "warning", "text": text}
        return {}

    def _text(self, fields: dict[str, str], unix: float, topic: str) -> str:
        moment = f"{datetime.fromtimestamp(unix, self._zone):%Y-%m-%d %H:%M:%S.%f}"[:-3]
        cause = printable(topic or "(time)", _TOPIC_WIDTH)
        return f"{moment}  {cause:{_TOPIC_WIDTH}}  {printable(fields['text'], 300)}"

    def _json(self, fields: dict[str, str], unix: float, topic: str) -> str:
        moment = datetime.fromtimestamp(unix, self._zone).isoformat(timespec="milliseconds")
        parts = {
            name: part for name, part in fields.items() if name != "text" or fields["event"] == "warning"
        }
        return json.dumps({"time": moment, "topic": topic or None, **parts}, ensure_ascii=False)
