import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridge.mqtt.filter import TopicFilter
from bridge.rules.index import TopicIndex


def index_of(*patterns):
    index = TopicIndex()
    for pattern in patterns:
        index.add(TopicFilter(pattern), pattern)
    return index


def test_all_that_match_come_in_the_order_of_insertion():
    index = index_of("{x+}", "a/{x}", "a/b", "{y}/b", "a/{x}", "c")
    assert index.find("a/b") == [
        ("{x+}", {"x": "a/b"}),
        ("a/{x}", {"x": "b"}),
        ("a/b", {}),
        ("{y}/b", {"y": "a"}),
        ("a/{x}", {"x": "b"}),
    ]
    assert len(index) == 6


@pytest.mark.parametrize(
    ("pattern", "topic", "captures"),
    [
        ("a/{x+}/b", "a/1/2/b", {"x": "1/2"}),
        ("a/{x+}/b", "a/b", None),
        ("a/{x+}/b/{y}", "a/b/b/b", {"x": "b", "y": "b"}),
        ("{x+}", "$SYS/uptime", None),
        ("{x}/uptime", "$SYS/uptime", None),
        ("$SYS/{x}", "$SYS/uptime", {"x": "uptime"}),
        ("a/{x}", "a/", {"x": ""}),
        ("a/{x}", "a", None),
        ("a", "a/b", None),
    ],
)
def test_it_finds_what_matches(pattern, topic, captures):
    assert index_of(pattern).find(topic) == ([] if captures is None else [(pattern, captures)])


def test_the_same_pattern_gives_each_its_own_captures():
    first, second = index_of("a/{x}", "a/{x}").find("a/b")
    assert first[1] == second[1]
    assert first[1] is not second[1]


LEVELS = st.sampled_from(["a", "b", "", "$SYS"])
TOPICS = st.lists(LEVELS, min_size=1, max_size=6).map("/".join)


def sound(pattern):
    names = re.findall(r"\{(.)", pattern)
    return pattern and len(names) == len(set(names)) and pattern.count("+}") <= 1


PATTERNS = (
    st.lists(LEVELS | st.sampled_from(["{x}", "{y}", "{m+}"]), min_size=1, max_size=5)
    .map("/".join)
    .filter(sound)
)


@given(st.lists(PATTERNS, max_size=12), TOPICS)
@example(["a/{m+}/a/{x}", "{m+}/a", "a/{x}/{m+}"], "a/a/a/b/a")
def test_it_finds_what_trying_every_pattern_finds(patterns, topic):
    matching = [(pattern, TopicFilter(pattern).match(topic)) for pattern in patterns]
    assert index_of(*patterns).find(topic) == [one for one in matching if one[1] is not None]


class CountingFilter(TopicFilter):
    """Counts how often it is tried."""

    __slots__ = ()
    tried = 0

    def match(self, topic):
        CountingFilter.tried += 1
        return super().match(topic)


@pytest.mark.parametrize(
    "pattern",
    [
        "zigbee2mqtt/{{name}}/part{}",
        "{{site}}/part{}/state",
        "home/{{name+}}/part{}",
        "home/{{name+}}/part{}/{{y}}",
    ],
)
def test_of_a_thousand_patterns_only_those_are_tried_that_can_match(pattern):
    index = TopicIndex()
    for number in range(1_000):
        index.add(CountingFilter(pattern.format(number)), number)
    topic = re.sub(r"\{.*?\}", "x", pattern.format(500).replace("{{", "{"))
    CountingFilter.tried = 0
    assert [item for item, _ in index.find(topic)] == [500]
    assert CountingFilter.tried == 1


def test_a_hostile_topic_of_the_greatest_size_is_answered():
    index = index_of("a/{x+}/b/{y}", "a/{x}/{y}", "{x+}/a/a", "{a}/{b}/{m+}/{c}")
    assert len(index.find("a/" * 32_000 + "a")) == 2
