"""Names of phones, as levels of topics."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.mqtt.filter import TopicFilter
from bridge.topics.phone_id import phone_id

FILTER = TopicFilter("b/phone/{id}")


@pytest.mark.parametrize(
    ("user", "watcher", "expected"),
    [
        (None, "sip:200@192.0.2.9:5062;transport=tcp", "200@192.0.2.1"),
        ("alice", "sip:200@192.0.2.9", "alice@192.0.2.1"),
        (None, "sip:192.0.2.9", "192.0.2.1"),
        (None, "sip:J%C3%BCrgen@h", "Jürgen@192.0.2.1"),
        (None, "sip:a%2Fb%23%2B@h", "a%2Fb%23%2B@192.0.2.1"),
        (None, "tel:+49123", "192.0.2.1"),
        (None, "not a URI", "192.0.2.1"),
        ("100%", "sip:h", "100%25@192.0.2.1"),
    ],
)
def test_names(user, watcher, expected):
    assert phone_id(user, watcher, "192.0.2.1") == expected


def test_an_ipv6_address_is_a_name_too():
    assert phone_id("200", "sip:h", "2001:db8::1") == "200@2001:db8::1"


def test_another_port_or_contact_is_the_same_phone():
    assert phone_id(None, "sip:200@h:5060", "192.0.2.1") == phone_id(None, "sip:200@h:40000", "192.0.2.1")


@given(st.text(st.characters(exclude_categories=[]), min_size=1, max_size=300))
def test_any_user_gives_one_level_of_a_topic(user):
    name = phone_id(user, "sip:h", "192.0.2.1")
    assert FILTER.match(f"b/phone/{name}") == {"id": name}
    assert name.isprintable()
    assert not set(name) & set("/+#")
    name.encode()
    assert len(name) <= 128 * 12
