import contextlib
import encodings
import socket
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.pidf import MAX_BYTES, PIDF, DocumentError, read_document

NAMESPACE = "urn:ietf:params:xml:ns:pidf"
BOUND = 0.05


def document(content: str = "", *, before: str = "") -> str:
    return f'{before}<presence xmlns="{NAMESPACE}">{content}</presence>'


def refusal(body: bytes) -> str:
    """The text with which a body is refused, within the time that one may cost."""
    began = time.process_time()
    with pytest.raises(DocumentError) as caught:
        read_document(body)
    assert time.process_time() - began < BOUND
    return str(caught.value)


def test_gives_the_root():
    root = read_document(document('<tuple id="a"><status><basic>open</basic></status></tuple>').encode())
    assert root.tag == f"{PIDF}presence"
    assert root.findtext(f"./{PIDF}tuple/{PIDF}status/{PIDF}basic") == "open"


def test_a_prefix_for_the_namespace_changes_nothing():
    root = read_document(f'<p:presence xmlns:p="{NAMESPACE}"><p:note>Ready</p:note></p:presence>'.encode())
    assert root.findtext(f"{PIDF}note") == "Ready"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("named", ["", "UTF-8", "UTF-16", "no-such"])
def test_the_bytes_tell_the_encoding_whatever_the_document_says(encoding, named):
    declaration = f'<?xml version="1.0" encoding="{named}"?>' if named else ""
    text = document("<note>zurück ☕</note>", before=declaration)
    assert read_document(text.encode(encoding)).findtext(f"{PIDF}note") == "zurück ☕"


def test_no_name_of_an_encoding_is_looked_up():
    # Python's registry remembers what it did not find, without a bound.
    known = set(encodings._cache)
    for number in range(20):
        read_document(document(before=f'<?xml version="1.0" encoding="stranger-{number}"?>').encode())
    assert set(encodings._cache) == known


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nothing",
        b"<presence>",
        b"<presence/>",
        b'<presence xmlns="jabber:client"/>',
        f'<list xmlns="{NAMESPACE}"/>'.encode(),
        f'<presence xmlns="{NAMESPACE}">\xff</presence>'.encode("latin-1"),
        f'<presence xmlns="{NAMESPACE}">\0</presence>'.encode(),
        f'<presence xmlns="{NAMESPACE}">&nothing;</presence>'.encode(),
        f'<presence xmlns="{NAMESPACE}"><a></presence>'.encode(),
        f'<presence xmlns="{NAMESPACE}"/>two'.encode(),
        b"\xff\xfe\x00",
    ],
)
def test_refuses_what_is_no_presence_document(body):
    assert refusal(body).startswith("not a presence document: ")


@pytest.mark.requirement("P4")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_billion_laughs_are_refused_before_the_first(encoding):
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 40))
    dtd = f'<!DOCTYPE presence [<!ENTITY e0 "ha">{entities}]>'
    assert "document type" in refusal(document("&e39;", before=dtd).encode(encoding))


@pytest.mark.requirement("P4")
@pytest.mark.parametrize(
    "dtd",
    [
        '<!DOCTYPE presence [<!ENTITY x SYSTEM "{target}">]>',
        '<!DOCTYPE presence [<!ENTITY % x SYSTEM "{target}">%x;]>',
        '<!DOCTYPE presence SYSTEM "{target}">',
        '<!DOCTYPE presence PUBLIC "-//X//Y" "{target}">',
    ],
)
def test_an_external_entity_opens_neither_files_nor_connections(dtd, monkeypatch, tmp_path):
    opened = []
    monkeypatch.setattr("builtins.open", lambda *args, **_: opened.append(args))
    monkeypatch.setattr(socket.socket, "connect", lambda *args: opened.append(args))
    for target in (tmp_path.as_uri(), "http://127.0.0.1:9/x.dtd"):
        assert "document type" in refusal(document("&x;", before=dtd.format(target=target)).encode())
    assert not opened


@pytest.mark.requirement("P4")
@pytest.mark.parametrize(
    "content",
    [
        "<a>" * 5000,
        "<a>" * 2000 + "</a>" * 2000,
        "<a/>" * 4000,
        "".join(f"<e{number}/>" for number in range(1500)),
    ],
    ids=["never-closed", "deep", "flat", "names"],
)
def test_too_many_elements_and_levels_are_refused_quickly(content):
    assert "too many elements" in refusal(document(content).encode())


@pytest.mark.requirement("P4")
@pytest.mark.parametrize(
    "filling",
    [
        "&#65;" * 3200,
        "<![CDATA[x]]>" * 1250,
        "<!-- -->" * 2000,
        "<?p ?>" * 2700,
        "x" * 16_300,
        "".join(f'<e xmlns:p{number}="u{number}"/>' for number in range(620)),
    ],
    ids=["references", "sections", "comments", "instructions", "text", "namespaces"],
)
def test_what_is_within_the_bounds_is_read_quickly(filling):
    began = time.process_time()
    read_document(document(filling).encode())
    assert time.process_time() - began < BOUND


def test_the_deepest_document_that_is_read():
    assert read_document(document("<a>" * 31 + "</a>" * 31).encode()).tag == f"{PIDF}presence"
    refusal(document("<a>" * 32 + "</a>" * 32).encode())


def test_a_document_above_the_bound_is_not_looked_at():
    body = document(" " * MAX_BYTES).encode()
    assert refusal(body) == f"not a presence document: {len(body)} bytes"


@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: document(text).encode()))
def test_any_bytes_give_a_document_or_the_one_error(body):
    with contextlib.suppress(DocumentError):
        assert read_document(body).tag == f"{PIDF}presence"
