import pytest
from pydantic import TypeAdapter, ValidationError

from bridge.config.topic import TopicName

TOPIC = TypeAdapter(TopicName)


@pytest.mark.parametrize("text", ["presence-bridge", "house/pb", "Büro 2"])
def test_a_topic_may_have_levels_and_any_letters(text):
    assert TOPIC.validate_python(text) == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a/+", "wildcards"),
        ("a#", "wildcards"),
        ("a\n", "control characters"),
        ("", "slash"),
        ("/a", "slash"),
        ("a//b", "two in a row"),
        ("$SYS", "broker"),
    ],
)
def test_what_cannot_begin_our_topics_is_refused(text, reason):
    with pytest.raises(ValidationError, match=reason):
        TOPIC.validate_python(text)
