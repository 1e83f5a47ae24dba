import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.mqtt.filter import TopicFilter


@pytest.mark.parametrize(
    ("pattern", "mqtt"),
    [
        ("bridge/presence/{name+}", "bridge/presence/#"),
        ("bridge/presence/{name+}/set", "bridge/presence/#"),
        ("bridge/device/{technology}/{name+}", "bridge/device/+/#"),
        ("zigbee2mqtt/{name}", "zigbee2mqtt/+"),
        ("{site}/{room}/door", "+/+/door"),
        ("home/status", "home/status"),
        ("{all+}", "#"),
    ],
)
def test_the_subscription_is_plain_mqtt(pattern, mqtt):
    assert TopicFilter(pattern).mqtt == mqtt


@pytest.mark.parametrize(
    ("pattern", "topic", "captures"),
    [
        ("b/presence/{name+}", "b/presence/alice", {"name": "alice"}),
        ("b/presence/{name+}", "b/presence/house/Alice Müller", {"name": "house/Alice Müller"}),
        ("b/presence/{name+}", "b/presence/", {"name": ""}),
        ("b/presence/{name+}", "b/presence", None),
        ("b/presence/{name+}/set", "b/presence/a/b/set", {"name": "a/b"}),
        ("b/presence/{name+}/set", "b/presence/set", None),
        ("b/presence/{name+}/set", "b/presence/set/set", {"name": "set"}),
        ("b/{x}/door", "b/hall/door", {"x": "hall"}),
        ("b/{x}/door", "b/hall/east/door", None),
        ("b/{x}/door", "b/hall/door\n", None),
        ("b/{x}.(y", "b/x", ValueError),
        ("a.c/{x}", "abc/1", None),
        ("home/status", "home/status", {}),
        ("{x}/y", "$SYS/y", None),
        ("{x+}", "$SYS/broker/uptime", None),
        ("$SYS/{x+}", "$SYS/broker/uptime", {"x": "broker/uptime"}),
        ("{x}/{y+}/{z}", "a/b\n/c/d", {"x": "a", "y": "b\n/c", "z": "d"}),
    ],
)
def test_a_topic_matches_level_by_level(pattern, topic, captures):
    if captures is ValueError:
        with pytest.raises(ValueError, match="must be text"):
            TopicFilter(pattern)
    else:
        assert TopicFilter(pattern).match(topic) == captures


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("", "is empty"),
        ("a\x00", "holds a NUL"),
        ("a/+", "must be text"),
        ("a/#", "must be text"),
        ("a/{x}-{y}", "must be text"),
        ("a/{X}", "must be text"),
        ("a/{}", "must be text"),
        ("{x}/{x}", "captures one name twice"),
        ("{x+}/{y+}", "more than one capture of several levels"),
    ],
)
def test_an_unsound_pattern_is_refused_in_words(pattern, reason):
    with pytest.raises(ValueError, match=reason):
        TopicFilter(pattern)


def matches(pattern, topic):
    """The slow reference: try every length of a capture, one level after the other."""
    if not pattern or not topic:
        return {} if pattern == topic else None
    level, rest = pattern[0], pattern[1:]
    if level == "{m+}":
        for length in range(1, len(topic) + 1):
            found = matches(rest, topic[length:])
            if found is not None:
                return {"m": "/".join(topic[:length]), **found}
        return None
    found = matches(rest, topic[1:])
    if found is None or (not level.startswith("{") and level != topic[0]):
        return None
    return {level[1:-1]: topic[0], **found} if level.startswith("{") else found


def unique(levels):
    captures = [level for level in levels if level.startswith("{")]
    return len(set(captures)) == len(captures)


LEVELS = st.sampled_from(["a", "b", "", "set", ".*", "é"])
PATTERNS = st.lists(LEVELS | st.sampled_from(["{x}", "{y}", "{m+}"]), min_size=1, max_size=6).filter(
    lambda levels: unique(levels) and any(levels)
)


@given(PATTERNS, st.lists(LEVELS, min_size=1, max_size=8))
def test_it_matches_what_the_slow_reference_matches(pattern, topic):
    assert TopicFilter("/".join(pattern)).match("/".join(topic)) == matches(pattern, topic)


def mqtt_matches(mqtt, topic):
    """MQTT 5 section 4.7.1."""
    for position, level in enumerate(mqtt):
        if level == "#":
            return True
        if position >= len(topic) or level not in ("+", topic[position]):
            return False
    return len(mqtt) == len(topic)


@given(PATTERNS, st.lists(LEVELS, min_size=1, max_size=8))
def test_whatever_it_matches_is_subscribed_to(pattern, topic):
    topic_filter = TopicFilter("/".join(pattern))
    if topic_filter.match("/".join(topic)) is not None:
        assert mqtt_matches(topic_filter.mqtt.split("/"), topic)


def test_a_hostile_topic_of_the_greatest_size_is_answered():
    topic_filter = TopicFilter("a/{x}/{m+}/{y}/{z}/set")
    assert topic_filter.match("a/" + "b/" * 32_000 + "se") is None
    assert topic_filter.match("a" * 65_000) is None


def test_its_repr_shows_the_pattern():
    assert repr(TopicFilter("a/{x}")) == "<TopicFilter a/{x}>"


def test_the_names_are_those_of_the_captures_in_their_order():
    assert TopicFilter("a/{x}/b/{rest+}/{y_2}").names == ("x", "rest", "y_2")
    assert TopicFilter("home/status").names == ()
