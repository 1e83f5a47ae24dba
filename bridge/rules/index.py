"""Which patterns a topic matches, without trying each: a thousand sensors cost as little as ten.

A pattern without captures is looked up as it is. The others stand in a tree, a level of the pattern a
step; what may follow a capture of several levels (`{x+}`) stands in a tree of its own, from its end.
"""

from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import Generic, TypeVar

from bridge.mqtt.filter import TopicFilter

T = TypeVar("T")


class TopicIndex(Generic[T]):
    """Things by the patterns of their topics; a pattern may stand for several."""

    __slots__ = ("_literal", "_size", "_tree")

    def __init__(self) -> None:
        self._literal: dict[str, list[tuple[int, T]]] = {}
        self._tree: _Node[T] = _Node()
        self._size = 0

    def add(self, topic_filter: TopicFilter, item: T) -> None:
        """Enter `item` under a pattern."""
        levels = topic_filter.pattern.split("/")
        if any(map(_is_capture, levels)):
            self._tree.grow(levels).entries.append((self._size, topic_filter, item))
        else:
            self._literal.setdefault(topic_filter.pattern, []).append((self._size, item))
        self._size += 1

    def find(self, topic: str) -> list[tuple[T, dict[str, str]]]:
        """Return what matches, in the order it was added, each with what the captures stand for."""
        found: list[tuple[int, T, dict[str, str]]] = [
            (order, item, {}) for order, item in self._literal.get(topic, ())
        ]
        for node in self._tree.walk(topic.split("/")):
            for order, topic_filter, item in node.entries:
                captures = topic_filter.match(topic)
                if captures is not None:
                    found.append((order, item, captures))
        if len(found) > 1:
            found.sort(key=itemgetter(0))
        return [(item, captures) for _, item, captures in found]

    def __len__(self) -> int:
        return self._size


class _Node(Generic[T]):
    """Where a pattern has come to after some of its levels; `entries` are those that end here."""

    __slots__ = ("any_level", "any_levels", "entries", "literal")

    def __init__(self) -> None:
        self.entries: list[tuple[int, TopicFilter, T]] = []
        self.literal: dict[str, _Node[T]] = {}
        self.any_level: _Node[T] | None = None
        self.any_levels: _Node[T] | None = None

    def grow(self, levels: list[str]) -> "_Node[T]":
        """Return where the pattern ends, made as needed."""
        node = self
        for position, level in enumerate(levels):
            if level.endswith("+}"):
                node.any_levels = node.any_levels or _Node()
                return node.any_levels.grow(levels[:position:-1])
            if _is_capture(level):
                node.any_level = node.any_level or _Node()
                node = node.any_level
            else:
                node = node.literal.setdefault(level, _Node())
        return node

    def walk(self, levels: list[str]) -> Iterator["_Node[T]"]:
        """Yield the nodes whose patterns may match; what is before and after `{x+}` may still overlap."""
        nodes = [self]
        for position, level in enumerate(levels):
            for node in nodes:
                if node.any_levels is not None:
                    yield from node.any_levels.walk_back(levels[:position:-1])
            nodes = list(_next(nodes, level))
            if not nodes:
                return
        yield from nodes

    def walk_back(self, levels: Iterable[str]) -> Iterator["_Node[T]"]:
        """Yield the nodes of all that the levels begin with, no levels included."""
        nodes = [self]
        yield self
        for level in levels:
            nodes = list(_next(nodes, level))
            if not nodes:
                return
            yield from nodes


def _next(nodes: list[_Node[T]], level: str) -> Iterator[_Node[T]]:
    for node in nodes:
        literal = node.literal.get(level)
        if literal is not None:
            yield literal
        if node.any_level is not None:
            yield node.any_level


def _is_capture(level: str) -> bool:
    return level.startswith("{")
