"""Streams in any segments: messages, keep-alives, and what has no end."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.sip.framer import PING, Awaited, StreamFramer
from bridge.sip.parser import MAX_BODY, MAX_HEAD, frame, parse
from support.sip_messages import refused, request

EMPTY = request("Content-Length: 0")
LONG = request("l: 10", body=b"0123456789")


def cut(*segments):
    framer = StreamFramer()
    return [piece for segment in segments for piece in framer.feed(segment)]


def bytewise(data):
    return [data[i : i + 1] for i in range(len(data))]


@pytest.mark.requirement("T9")
@pytest.mark.parametrize(
    "segments",
    [[EMPTY + LONG], [EMPTY, LONG], [EMPTY + LONG[:50], LONG[50:]], bytewise(EMPTY + LONG)],
    ids=["one segment", "two", "split in the head", "byte by byte"],
)
def test_messages_across_segments_and_several_in_one(segments):
    assert cut(*segments) == [EMPTY, LONG]


@pytest.mark.requirement("T9")
@pytest.mark.parametrize("blank", [b"\r\n", b"\n", b"\r", b"\n\n\n", b"\r\r\n"])
def test_line_ends_before_a_message_are_skipped(blank):
    assert cut(blank + EMPTY + blank + LONG) == [EMPTY, LONG]
    assert cut(*bytewise(blank + EMPTY + blank + LONG)) == [EMPTY, LONG]


@pytest.mark.requirement("T9")
def test_a_body_may_look_like_messages():
    data = request(f"Content-Length: {len(EMPTY) * 2 + 4}", body=EMPTY + b"\r\n\r\n" + EMPTY)
    assert cut(data + EMPTY) == [data, EMPTY]


@pytest.mark.requirement("T10")
@pytest.mark.parametrize(
    ("data", "pieces"),
    [
        (b"\r\n", []),
        (b"\r\n\r\n", [PING]),
        (b"\r\n" * 3, [PING]),
        (b"\r\n" * 4, [PING, PING]),
        (EMPTY + b"\r\n\r\n" + EMPTY, [EMPTY, PING, EMPTY]),
        (b"\r\n" + EMPTY + b"\r\n", [EMPTY]),
        (b"\r\n" + EMPTY + b"\r\n\r\n", [EMPTY, PING]),
        (b"\r\r\r\r", []),
        (b"\n\n\n\n", []),
    ],
)
def test_two_crlf_are_a_ping_and_one_is_nothing(data, pieces):
    assert cut(data) == cut(*bytewise(data)) == pieces


def test_what_is_awaited():
    framer = StreamFramer()
    seen = []
    for segment in (b"\r", b"\n", b"S", EMPTY[1:], LONG[:-10], b"01234", b"56789" + b"\r"):
        framer.feed(segment)
        seen.append(framer.awaited)
    nothing, head, body = Awaited.NOTHING, Awaited.HEAD, Awaited.BODY
    assert seen == [nothing, nothing, head, nothing, body, body, nothing]


# --- faults --------------------------------------------------------------------------------------


@pytest.mark.requirement("M7")
@pytest.mark.parametrize(
    ("lengths", "status"),
    [
        ([], 400),
        (["Content-Length: -1"], 400),
        (["Content-Length: +5"], 400),
        (["Content-Length: 5 5"], 400),
        (["Content-Length: 0x10"], 400),
        (["Content-Length: 3", "l: 3"], 400),
        ([f"Content-Length: {MAX_BODY + 1}"], 413),
        (["Content-Length: 4294967328"], 413),
        (["Content-Length: 9223372036854775808"], 413),
        (["Content-Length: 10737418240"], 413),
    ],
)
def test_a_length_that_cannot_be_trusted_is_handed_out_once_and_ends_the_stream(lengths, status):
    data = request(*lengths)
    framer = StreamFramer()
    assert framer.feed(EMPTY + data + b"body" + EMPTY) == [EMPTY, data]
    assert framer.ended
    assert framer.feed(EMPTY) == []
    error = refused(data, stream=True)
    assert error.status == status
    assert error.request is not None


@pytest.mark.requirement("M7", "T9")
@pytest.mark.parametrize("data", [b"x" * (MAX_HEAD + 9), request("l: 0", "X-A: " + "x" * MAX_HEAD)])
def test_a_head_without_end_ends_the_stream_as_soon_as_it_is_too_long(data):
    for segments in ([data], bytewise(data)):
        framer = StreamFramer()
        pieces = [piece for segment in segments for piece in framer.feed(segment)]
        assert pieces == [data[: MAX_HEAD + 1]]
        assert framer.ended


def test_the_longest_head_is_a_message():
    fill = MAX_HEAD - len(request("l: 0", "X-A: "))
    data = request("l: 0", "X-A: " + "x" * fill)
    assert len(data) == MAX_HEAD
    assert cut(data + EMPTY) == [data, EMPTY]


@pytest.mark.requirement("T9")
def test_time_grows_with_the_bytes_and_not_with_their_square():
    def seconds(size):
        segments = bytewise(request("Content-Length: 0", *["X-A: " + "x" * 100] * (size // 107)))
        best = []
        for _ in range(3):
            start = time.perf_counter()
            assert len(cut(*segments)) == 1
            best.append(time.perf_counter() - start)
        return min(best)

    small, large = seconds(8_000), seconds(64_000)
    assert large < 4 * 8 * small


@pytest.mark.requirement("T9")
def test_a_thousand_messages_in_one_segment_take_no_longer_than_one_by_one():
    start = time.perf_counter()
    assert len(cut(EMPTY * 1000)) == 1000
    together = time.perf_counter() - start
    start = time.perf_counter()
    assert len(cut(*[EMPTY] * 1000)) == 1000
    assert together < 3 * (time.perf_counter() - start) + 0.01


# --- what it makes of a head is what the parser makes of it --------------------------------------

NASTY = (
    *(
        b"Content-Length: 3\r\n",
        b"l:3\n",
        b"L : 12 \r\n",
        b"content-length:\r\n 3\r\n",
        b"l: 3\r\r\n",
        b"l:\r3\r\n",
    ),
    *(
        b"l: +3\r\n",
        b"l: 65536\r\n",
        b"l: 0003\r\n",
        b"l: 99999\r\n",
        b"X-l: 3\r\n",
        b"l\r\n",
        b"a: b\r\n",
        b"a: b\n",
    ),
    *(
        b" l: 3\r\n",
        b"\tl: 3\n",
        b"\rl: 3\r\n",
        b"l: 3\rl: 4\r\n",
        b"a:" + b"x" * 9000 + b"\r\n",
        b"a:\n" * 300,
    ),
)


@pytest.mark.requirement("M7")
@given(st.lists(st.sampled_from(NASTY), min_size=1, max_size=6), st.sampled_from((b"\r\n", b"\n")))
def test_a_head_means_the_same_as_to_the_parser(lines, end):
    head = b"OPTIONS sip:h SIP/2.0\r\n" + b"".join(lines) + end
    found = frame(head)
    framer = StreamFramer()
    pieces = framer.feed(head + b"x" * MAX_BODY)
    assert (pieces[0], framer.ended) == ((head + b"x" * MAX_BODY)[: found.length], found.last)


# --- any split gives the same --------------------------------------------------------------------

BODIES = st.binary(max_size=60)
NAMES = st.sampled_from(("Content-Length", "l", "CONTENT-LENGTH"))
BLANKS = st.sampled_from((b"", b"\r\n", b"\r\n\r\n", b"\r\n\r\n\r\n", b"\n", b"\r"))


@st.composite
def messages(draw):
    body = draw(BODIES)
    data = request(f"{draw(NAMES)}: {len(body)}", body=body)
    if draw(st.booleans()):
        head, _, body = data.partition(b"\r\n\r\n")
        data = head.replace(b"\r\n", b"\n") + b"\n\n" + body
    return data


def splits(data):
    """Any way to cut the bytes into segments, empty ones included."""
    return st.lists(st.integers(0, len(data)), max_size=12).map(
        lambda cuts: [data[a:b] for a, b in pairwise([0, *sorted(cuts), len(data)])]
    )


@pytest.mark.requirement("T9")
@given(st.data())
def test_any_split_of_any_messages_gives_the_same_messages(data):
    sequence = data.draw(st.lists(st.tuples(BLANKS, messages()), max_size=5))
    stream = b"".join(blank + message for blank, message in sequence)
    wanted = [message for _, message in sequence]
    pieces = cut(*data.draw(splits(stream)))
    assert [piece for piece in pieces if piece is not PING] == wanted
    assert pieces == cut(*bytewise(stream))
    for piece in wanted:
        assert parse(piece, stream=True).method == "SUBSCRIBE"


@pytest.mark.requirement("T9")
@given(
    st.lists(
        st.sampled_from((EMPTY, LONG[:70], b"l: 5\r\n", b"\r\n", b"\r", b"\n", b"A b c", b"\n\n")),
        max_size=12,
    ),
    st.data(),
)
def test_any_split_of_anything_ends_the_same_way(parts, data):
    stream = b"".join(parts)
    one, other = StreamFramer(), StreamFramer()
    pieces = [piece for segment in data.draw(splits(stream)) for piece in one.feed(segment)]
    assert pieces == other.feed(stream)
    assert (one.ended, one.awaited) == (other.ended, other.awaited)
