"""Where a message ends: Content-Length in datagrams and in streams."""

import pytest

from bridge.sip.parser import MAX_BODY, MAX_HEAD, Frame, frame, parse
from support.sip_messages import answer, refused, request

# --- bodies --------------------------------------------------------------------------------------


@pytest.mark.requirement("M5", "M6")
def test_content_length_counts_bytes_and_cuts():
    body = "J\u00fcrgen \u5927".encode() + b"\xff\x00"
    assert parse(request(f"Content-Length: {len(body)}", body=body + b"more")).body == body
    assert parse(request("l: 0", body=b"more")).body == b""


@pytest.mark.requirement("M6")
def test_without_content_length_a_datagram_is_body_to_its_end():
    assert parse(request(body=b"a\r\n\r\nb")).body == b"a\r\n\r\nb"


@pytest.mark.requirement("M6")
def test_a_body_that_is_too_short():
    error = refused(request("Content-Length: 5", body=b"1234"))
    assert (error.status, error.detail) == (400, "4 of 5 bytes of body")
    assert error.request is not None
    assert refused(request("l: 5", start="SIP/2.0 200 OK", body=b"1234")).request is None


@pytest.mark.requirement("M6", "M7")
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "length", ["-999", "+5", "5 5", "0x10", "", "five", "1e3", "\u0665", "5,5", "5;x", "1.0"]
)
def test_a_length_that_is_no_number(length, stream):
    error = refused(request(f"Content-Length: {length}", body=b"12345"), stream=stream)
    assert error.status == 400
    assert error.request is not None


@pytest.mark.requirement("M6", "M7")
@pytest.mark.parametrize("length", [2**31, 2**32, 2**32 + 5, 2**63, 2**64 + 5, 10**100])
def test_a_length_beyond_all_bounds(length):
    data = request(f"Content-Length: {length}", body=b"12345")
    assert refused(data).status == 400
    assert refused(data, stream=True).status == 413


@pytest.mark.requirement("M7")
def test_a_stream_needs_content_length():
    error = refused(request(), stream=True)
    assert error.status == 400
    assert error.request is not None
    assert parse(request("l: 2", body=b"ab"), stream=True).body == b"ab"


# --- streams -------------------------------------------------------------------------------------


@pytest.mark.requirement("M7")
def test_frames_of_a_stream():
    first = request("Content-Length: 10", body=b"0123456789")
    second = request("l: 0")
    for buffer in (first + second, bytearray(first + second)):
        assert frame(buffer) == Frame(len(first), last=False)
    assert frame(b"\r\n\r\n" + second) == Frame(len(second) + 4, last=False)
    assert frame(second.replace(b"\r", b"")) == Frame(len(second.replace(b"\r", b"")), last=False)


@pytest.mark.requirement("M7")
def test_a_frame_is_known_as_soon_as_its_head_is_there():
    data = request("Content-Length: 10", body=b"0123456789")
    head = len(data) - 10
    assert [frame(data[:n]) for n in range(head)] == [None] * head
    assert {frame(data[:n]) for n in range(head, len(data) + 1)} == {Frame(len(data), last=False)}


@pytest.mark.requirement("M7")
@pytest.mark.parametrize(
    "lengths",
    [
        [],
        ["Content-Length: -1"],
        ["Content-Length: x"],
        ["Content-Length: 3", "l: 3"],
        ["Content-Length: 4294967299"],
        [f"Content-Length: {MAX_BODY + 1}"],
    ],
)
def test_a_length_that_cannot_be_trusted_ends_the_stream(lengths):
    data = request(*lengths)
    found = frame(data + b"abcdef")
    assert found == Frame(len(data), last=True)
    error = refused(data[: found.length], stream=True)
    assert error.status in (400, 413)
    assert answer(error).startswith(b"SIP/2.0 4")


@pytest.mark.requirement("M7")
def test_a_head_without_end_ends_the_stream():
    assert frame(b"x" * MAX_HEAD) is None
    assert frame(b"x" * (MAX_HEAD + 1)) == Frame(MAX_HEAD + 1, last=True)
    long = request("l: 0", "X-A: " + "x" * MAX_HEAD)
    assert frame(long) == Frame(len(long), last=True)
