"""Names in ids: never the same for two names, and nothing in them that Home Assistant would refuse."""

import re
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.homeassistant.names import identifier, words

ANY_NAMES = st.lists(st.text(st.characters(exclude_categories=["Cs"])), unique=True)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("2000", "2000"),
        ("alice", "alice"),
        ("Müller", "_4d_c3_bcller"),
        ("*78", "_2a78"),
        ("20.00", "20_2e00"),
        ("front_desk", "front_5fdesk"),
        ("", ""),
    ],
)
def test_an_identifier_is_the_name_with_what_is_foreign_in_octets(name, expected):
    assert identifier(name) == expected


@given(ANY_NAMES)
def test_two_names_never_have_one_identifier(names):
    assert len({identifier(name) for name in names}) == len(names)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_an_identifier_can_stand_in_a_discovery_topic_and_tells_its_name(name):
    found = identifier(name)
    assert re.fullmatch("[a-z0-9_]*", found)
    octets = re.sub(b"_(..)", lambda escape: bytes.fromhex(escape[1].decode()), found.encode())
    assert octets.decode() == name


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Müller"], {"Müller": "muller"}),
        (["*78", "2000", "20.00"], {"*78": "78", "2000": "2000", "20.00": "20_00"}),
        (["Straße 1"], {"Straße 1": "strasse_1"}),
        ([], {}),
    ],
)
def test_a_word_is_what_people_would_write(names, expected):
    assert words(names) == expected


def test_of_names_with_one_word_the_one_that_is_spelled_so_keeps_it():
    digest = sha256(b"*78").hexdigest()
    assert words(["*78", "78"]) == {"78": "78", "*78": f"78_{digest[:6]}"}


def test_names_without_any_letter_of_ascii_have_a_digest():
    assert words(["Кухня"]) == {"Кухня": sha256("Кухня".encode()).hexdigest()[:6]}


def test_a_word_that_looks_like_a_digest_is_nobody_elses():
    digest = sha256(b"*78").hexdigest()
    pretender = f"78_{digest[:6]}"
    assert words(["*78", "78", pretender])["*78"] == f"78_{digest[:7]}"


@given(ANY_NAMES)
def test_words_are_different_and_fit_for_entity_ids_in_whatever_order_names_come(names):
    found = words(names)
    assert found == words(reversed(names))
    assert set(found) == set(names)
    assert len(set(found.values())) == len(names)
    assert all(re.fullmatch("[a-z0-9]+(_[a-z0-9]+)*", word) for word in found.values())
