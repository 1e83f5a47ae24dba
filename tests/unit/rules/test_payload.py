import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.mqtt.payload import MAX_PAYLOAD
from bridge.rules import payload as payload_module
from bridge.rules.payload import MAX_TEXT, Payload, folded, value_text


@pytest.mark.parametrize(
    ("raw", "document"),
    [
        (b"on", "on"),
        (b" on \r\n", "on"),
        (b"", None),
        (b" \n", None),
        (b"null", None),
        (b"None", "None"),
        (b"\x00", ""),
        (b"\x00\x00", None),
        (b"on\x00", None),
        (b"\xff", None),
        (b"\xef\xbb\xbfon", "on"),
        (b'\xef\xbb\xbf {"a": 1}', {"a": 1}),
        (b"22.0", "22"),
        (b"true", "true"),
        (b'"open"', "open"),
        (b'""', ""),
        (b'"open', None),
        (b"[1, null]", [1, None]),
        (b"[1, ", None),
        (b'{"a": NaN, "b": 1}', {"a": None, "b": 1}),
        (b"{'a': True}", {"a": True}),
        (b"{'a': nan}", None),
        (b'{"a": ' + b"1" * 5_000 + b"}", None),
        (b'{"a":' * 10_000, None),
        (b"{'a':" * 1_500, None),
        (b"[" * MAX_PAYLOAD, None),
    ],
)
def test_a_payload_is_a_document_text_or_nothing(raw, document):
    assert Payload(raw).document == document


def test_a_large_payload_says_nothing_and_costs_nothing(monkeypatch):
    assert Payload(b"x" * MAX_PAYLOAD).document == "x" * MAX_PAYLOAD
    monkeypatch.setattr(payload_module, "_JSON", None)
    assert Payload(b"{" + b" " * MAX_PAYLOAD + b"}").document is None


def test_a_payload_is_parsed_once_and_only_when_asked(monkeypatch):
    parsed = []

    class Decoder:
        def decode(self, text):
            parsed.append(text)
            return json.loads(text)

    monkeypatch.setattr(payload_module, "_JSON", Decoder())
    payload = Payload(b'{"a": 1}')
    assert parsed == []
    assert payload.document is payload.document
    assert parsed == ['{"a": 1}']


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        (True, "true"),
        (False, "false"),
        (22, "22"),
        (22.0, "22"),
        (-0.0, "0"),
        (22.5, "22.5"),
        (1e16, "1e+16"),
        (2**53, "9007199254740992"),
        (float("inf"), None),
        (float("nan"), None),
        (" Office ", "Office"),
        ("22.0", "22.0"),
        ("", ""),
        ("x" * MAX_TEXT, "x" * MAX_TEXT),
        ("x" * (MAX_TEXT + 1), None),
        ("a\x00", None),
        ("\ud800", None),
        ([], None),
        ({}, None),
        ((), None),
    ],
)
def test_a_scalar_is_text(value, text):
    assert value_text(value) == text


def test_a_number_too_long_to_write_is_none():
    assert value_text(10**900) == "1" + "0" * 900
    assert value_text(1 << 30_000) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ON", "on"),
        (" on", "on"),
        ("22.0", "22"),
        ("22.50", "22.5"),
        ("-0", "0"),
        ("0.0", "0"),
        ("Straße", "STRASSE"),
    ],
)
def test_texts_that_are_the_same(one, other):
    assert folded(one) == folded(other)


@pytest.mark.parametrize(("one", "other"), [("007", "7"), ("1e5", "100000"), ("1.5.0", "1.5"), ("+1", "1")])
def test_texts_that_are_not_the_same(one, other):
    assert folded(one) != folded(other)


def test_a_long_hostile_number_is_read_in_no_time():
    begin = time.perf_counter()
    assert Payload(b"0." + b"0" * 60_000 + b"x").document == "0." + "0" * 60_000 + "x"
    assert time.perf_counter() - begin < 1


@given(st.binary() | st.text().map(str.encode) | st.text("{}[]'\":,.\\nulNa1e-\x00").map(str.encode))
def test_no_bytes_make_it_fail(raw):
    document = Payload(raw).document
    text = value_text(document)
    assert text is None or (folded(folded(text)) == folded(text) and len(text) <= MAX_TEXT)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda some: st.lists(some) | st.dictionaries(st.text(), some),
    )
)
def test_json_is_read_as_json(document):
    payload = Payload(json.dumps({"a": document}).encode())
    assert payload.document == {"a": document}
