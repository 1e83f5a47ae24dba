import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.rules.payload import Payload
from bridge.rules.reader import AVAILABLE, UNAVAILABLE, Reader
from support.sensors import entries, read, reader_of

ENTRIES = entries()


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry["source"] for entry in ENTRIES])
def test_what_devices_send_means_what_it_shall(entry):
    reader = reader_of(entry["rule"])
    for case in entry["cases"]:
        assert read(reader, case["topic"], case["payload"]) == case["value"], case


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry["source"] for entry in ENTRIES])
def test_what_is_read_is_possible(entry):
    possible = reader_of(entry["rule"]).possible
    values = {case["value"] for case in entry["cases"]} - {None}
    assert possible is None or values <= possible


def test_the_files_hold_enough():
    assert len(ENTRIES) > 100
    assert sum(len(entry["cases"]) for entry in ENTRIES) > 300


@pytest.mark.parametrize(
    ("options", "possible"),
    [
        ({}, None),
        ({"values": {"1": "on", "0": "off"}}, {"on", "off"}),
        ({"values": {"1": "on", "*": None}}, {"on"}),
        ({"values": {"1": "ignore", "*": "IGNORE"}}, set()),
        ({"values": {"1": "on", "*": "*"}}, None),
        ({"values": {"1": AVAILABLE, "*": UNAVAILABLE}}, {AVAILABLE, UNAVAILABLE}),
        ({"below": 1.0}, {"true", "false"}),
        ({"matches": "x", "values": {"true": "yes"}}, {"yes"}),
        ({"contains": "x", "values": {"true": "yes", "*": "*"}}, {"yes", "false"}),
    ],
)
def test_what_is_possible_is_known(options, possible):
    assert Reader("x", **options).possible == possible


@pytest.mark.parametrize(
    ("topic", "options", "reason"),
    [
        ("a/#", {}, "must be text"),
        ("a", {"path": "a..b"}, "breaks at character 3"),
        ("a", {"guards": {"a.": ["x"]}}, "breaks at character 3"),
        ("a", {"guards": {"a": []}}, "no value is wanted at 'a'"),
        ("a", {"matches": "("}, "is no regular expression"),
        ("a", {"matches": "x", "contains": "y"}, "only one can be asked"),
        ("a", {"below": 1.0, "contains": "y"}, "only one can be asked"),
        ("a", {"below": 1.0, "above": 2.0}, "no number is above 2 and below 1"),
        ("a", {"values": {"ON": "1", "on": "2"}}, "'ON' and 'on' are the same"),
        ("a", {"values": {"1": "1", "1.0": "2"}}, "'1' and '1.0' are the same"),
        ("a", {"values": {"1": "@availble"}}, "did you mean @available"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(topic, options, reason):
    with pytest.raises(ValueError, match=reason):
        Reader(topic, **options)


def test_a_guard_of_no_path_looks_at_the_text():
    assert Reader("x", guards={"": ["a", "b"]}).read(Payload(b"B")) == "B"
    assert Reader("x", guards={"": ["a", "b"]}).read(Payload(b"c")) is None


def test_several_readers_share_one_parsing():
    payload = Payload(b'{"contact": true, "battery": 97}')
    assert Reader("x", path="contact").read(payload) == "true"
    assert Reader("y", path="battery", below=98).read(payload) == "true"


def test_a_large_document_is_no_information():
    large = json.dumps({"contact": True, "more": "x" * 1_000_000})
    assert Reader("x", path="contact").read(Payload(large.encode())) is None


def test_its_repr_shows_topic_and_path():
    assert repr(Reader("a/{x}", path="b.c")) == "<Reader of a/{x} at b.c>"
    assert repr(Reader("a/{x}")) == "<Reader of a/{x}>"


READERS = [
    Reader("x"),
    Reader("x", path="a"),
    Reader("x", path="[0].a | a[-1]", values={"true": "on", "*": "*"}),
    Reader("x", guards={"a": ["1"]}, path="b", contains="x"),
    Reader("x", below=3.0, values={"true": "in", "false": None}),
    Reader("x", matches="^a+$"),
]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda some: st.lists(some) | st.dictionaries(st.sampled_from(["a", "b", "x"]), some),
    max_leaves=10,
)


@given(
    st.binary()
    | st.text("{}[]'\":,ab.\\ntrue01-").map(str.encode)
    | DOCUMENTS.map(json.dumps).map(str.encode)
)
def test_no_payload_makes_a_reader_fail(raw):
    for reader in READERS:
        value = reader.read(Payload(raw))
        assert value is None or reader.possible is None or value in reader.possible


def test_readers_of_the_same_are_equal():
    def made(**options):
        return Reader(
            "a/{x}", **{"path": "p", "guards": {"g": ["1", "2"]}, "values": {"on": "open"}, **options}
        )

    assert made() == made()
    assert hash(made()) == hash(made())
    others = [
        {"path": "q"},
        {"guards": {"g": ["1"]}},
        {"values": {"on": "shut"}},
        {"below": 3.0},
        {"matches": "x"},
    ]
    assert all(made(**other) != made() for other in others)
    assert Reader("a/{y}") != Reader("a/{x}")
    assert Reader("a") != "a"
