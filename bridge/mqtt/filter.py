"""Topic filters with captures: `zigbee2mqtt/{name+}/availability` (MQTT 5 section 4.7)."""

import re
from collections.abc import Iterator

# A whole level of a pattern: a capture of one level, or of one or more.
_CAPTURE = re.compile(r"\{([a-z][a-z0-9_]*)(\+?)\}")


class TopicFilter:
    """A pattern of levels: literal, `{x}` for one level, `{x+}` for one or more (at most once).

    `names` are those of its captures, in their order. `mqtt` is the wildcard filter to subscribe with. It ends at `{x+}`, since MQTT's `#` may only
    stand last; such a filter receives more than `match` accepts. ValueError when the pattern has
    an MQTT wildcard, a brace inside a level or a name twice.
    """

    __slots__ = ("_match", "mqtt", "names", "pattern")

    def __init__(self, pattern: str) -> None:
        levels = pattern.split("/")
        _require_sound(pattern, levels)
        self.pattern = pattern
        self.names = tuple(found[1] for found in _captures(levels))
        self.mqtt = "/".join(_wildcards(levels))
        # A wildcard in front does not match the broker's own topics (MQTT 5 section 4.7.2).
        guard = r"(?!\$)" if _CAPTURE.fullmatch(levels[0]) else ""
        # One `.*` and levels that cannot cross a slash: each character is looked at a bounded
        # number of times, whatever the topic.
        self._match = re.compile(guard + "/".join(map(_expression, levels)), re.DOTALL).fullmatch

    def match(self, topic: str) -> dict[str, str] | None:
        """Return what the captures stand for in `topic`, or None when it does not match."""
        found = self._match(topic)
        return None if found is None else found.groupdict()

    def __repr__(self) -> str:
        return f"<TopicFilter {self.pattern}>"


def _require_sound(pattern: str, levels: list[str]) -> None:
    captures = list(_captures(levels))
    names = [found[1] for found in captures]
    if not pattern or "\x00" in pattern:
        raise ValueError(f"topic filter {pattern!r} is empty or holds a NUL")
    if len(set(names)) < len(names):
        raise ValueError(f"topic filter {pattern!r} captures one name twice")
    if sum(1 for found in captures if found[2]) > 1:
        raise ValueError(f"topic filter {pattern!r} has more than one capture of several levels")
    for level in levels:
        if not _CAPTURE.fullmatch(level) and re.search("[+#{}]", level):
            raise ValueError(
                f"level {level!r} of topic filter {pattern!r} must be text, {{name}} or {{name+}}"
            )


def _captures(levels: list[str]) -> Iterator[re.Match[str]]:
    return filter(None, map(_CAPTURE.fullmatch, levels))


def _wildcards(levels: list[str]) -> Iterator[str]:
    for level in levels:
        capture = _CAPTURE.fullmatch(level)
        if capture and capture[2]:
            yield "#"
            return
        yield "+" if capture else level


def _expression(level: str) -> str:
    capture = _CAPTURE.fullmatch(level)
    if capture is None:
        return re.escape(level)
    return f"(?P<{capture[1]}>{'.*' if capture[2] else '[^/]*'})"
