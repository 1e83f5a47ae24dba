import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.mqtt.payload import (
    MAX_PAYLOAD,
    BadPayload,
    PayloadTooLarge,
    optional_text,
    read_payload,
    type_name,
)


@pytest.mark.parametrize(
    ("payload", "document"),
    [
        (b"away", "away"),
        (b"away\n", "away"),
        (b"away\r\n", "away"),
        (b"away\n\n", "away\n"),
        (b" \taway ", "away "),
        (b"null", "null"),
        (b"22", "22"),
        ("Grüße".encode(), "Grüße"),
        (b'"away"', "away"),
        (b'{"a": null, "b": [1]} ', {"a": None, "b": [1]}),
        (b"{'state': 'dnd'}", {"state": "dnd"}),
        (
            b"{'a': True, 'b': None, 'c': 'it\\'s', 'd': \"\\u00e9\"}",
            {"a": True, "b": None, "c": "it's", "d": "é"},
        ),
        (b"['away', 'lunch']", ["away", "lunch"]),
        (b"'away'", "away"),
    ],
)
def test_a_payload_is_text_or_a_document(payload, document):
    assert read_payload(payload) == document


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"ab\xff", "not UTF-8: byte 0xff at position 2"),
        (b"\xed\xa0\x80", "not UTF-8"),
        (b"\xffa\x00w\x00", "not UTF-8"),
        (b"a\x00", "holds a NUL character"),
        (b"\n", "blank"),
        (b"  ", "blank"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b'{"a": -Infinity}', "-Infinity is not JSON"),
        (b'{"state": "away"', "not JSON: Expecting ',' delimiter at character 17"),
        (b"{'state': away}", "not JSON"),
        (b"{'state': open('x')}", "not JSON"),
        (b"{'a': '\\d'}", "not JSON"),
        (b"{'a': '" + b"x" * 8_192 + b"'}", "not JSON"),
        (b"[" * 60_000, "nested too deeply"),
        (b'{"a":' * 10_000, "nested too deeply"),
        (b"{'a':" * 1_500, "not JSON"),
        (b"{'a': " + b"-" * 8_000 + b"1}", "not JSON"),
        (b"{[]: 1}", "not JSON"),
        (b'{"a": ' + b"1" * 5_000 + b"}", "a number of too many digits"),
    ],
)
def test_a_broken_payload_is_refused_in_words(payload, reason):
    with pytest.raises(BadPayload, match=reason) as refusal:
        read_payload(payload)
    assert refusal.value.kind == "payload"


def test_the_largest_payload_is_read_and_a_larger_one_is_refused():
    assert read_payload(b"x" * MAX_PAYLOAD) == "x" * MAX_PAYLOAD
    with pytest.raises(PayloadTooLarge, match="65537 bytes are more than the 65536") as refusal:
        read_payload(b"x" * (MAX_PAYLOAD + 1))
    assert refusal.value.kind == "size"


@given(st.binary() | st.text().map(str.encode) | st.text("{}[]'\":, \\nua1-").map(str.encode))
def test_any_bytes_are_a_document_or_a_refusal_in_words(payload):
    try:
        read_payload(payload)
    except BadPayload as refusal:
        reason = str(refusal)
    else:
        reason = "read"
    assert reason
    assert reason.isprintable()


def test_an_optional_text_is_text_null_or_absent():
    assert optional_text({"a": "x"}, "a") == "x"
    assert optional_text({"a": None}, "a") is None
    assert optional_text({}, "a") is None


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (True, "true or false"),
        (1, "a number"),
        (1.5, "a number"),
        ([], "a list"),
        ({}, "an object"),
        ((), "something else"),
    ],
)
def test_another_type_is_refused_by_name(value, name):
    assert type_name(value) == name
    with pytest.raises(BadPayload, match=f"message must be text, not {name}"):
        optional_text({"message": value}, "message")
