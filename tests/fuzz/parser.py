"""What must hold for any octets that arrive as a datagram.

* `parse` gives a message or raises MalformedMessage, and nothing else.
* Every field of what it gives is a value or a SipError.
* What is answered adds nothing to what came but our own lines, and the long name of what came by a short one: it
  holds no NUL in its head, and only headers that we know.
* An answer to a well-formed request is a well-formed response of the same transaction.
* What was read and is written again is read as the same.
"""

from collections.abc import Iterable

from bridge.sip.errors import MalformedMessage, SipError, UnsupportedUriScheme
from bridge.sip.grammar import title
from bridge.sip.headers import stamp
from bridge.sip.message import MAX_VALUES, Request, Response, encode_request, encode_response
from bridge.sip.parser import parse
from fuzz.seeds import messages

FIELDS = (
    *(
        "top_via",
        "via_values",
        "from_",
        "to",
        "to_uri",
        "call_id",
        "cseq",
        "contacts",
        "record_routes",
    ),
    *("expires", "event", "accept", "require", "user_agent", "content_type"),
)

# What an answer can be longer than its request: status line, tag, received and rport, Content-Length; a line of its
# own for each value of the first Via line; and in each line a long name for a short one, a blank behind its colon, CR.
_OUR_LINES = 200 + MAX_VALUES * len("Via: \r\n")
_LONGER_LINE = 10

_COPIED = {b"Via", b"From", b"To", b"Call-ID", b"CSeq", b"Content-Length", b"Unsupported", b"Allow"}


def seeds() -> Iterable[bytes]:
    """Torture messages, recorded phones, and SUBSCRIBEs that were spoiled."""
    return messages()


def check(data: bytes) -> None:
    """Raise AssertionError, or anything else, if what is said above does not hold."""
    for stream in (False, True):
        try:
            message = parse(data, stream=stream)
        except MalformedMessage as error:
            if error.request is not None:
                _check_refusal(error, error.request, data)
            continue
        _read_fields(message)
        if isinstance(message, Request):
            _check_answer(message)
            _check_round_trip(message)


def _read_fields(message: Request | Response) -> None:
    for field in FIELDS:
        try:
            getattr(message, field)
        except SipError:
            assert field not in ("top_via", "from_", "to", "call_id", "cseq")
    if isinstance(message, Request):
        try:
            assert message.request_uri.is_sip
        except UnsupportedUriScheme:
            assert not message.uri.lower().startswith(("sip:", "sips:"))


def _check_refusal(error: MalformedMessage, request: Request, data: bytes) -> None:
    _read_fields_of_refused(request)
    assert 400 <= error.status <= 599
    via = stamp(request.top_via, "192.0.2.1", 5060)
    answer = encode_response(request, error.status, error.reason, to_tag="t", headers=error.headers, via=via)
    _check_lines(answer)
    assert len(answer) <= len(data) + _OUR_LINES + data.count(b"\n") * _LONGER_LINE


def _read_fields_of_refused(request: Request) -> None:
    assert request.top_via.raw
    for field in FIELDS:
        try:
            getattr(request, field)
        except SipError:
            continue


def _check_answer(request: Request) -> None:
    via = stamp(request.top_via, "2001:db8::1", 65_535)
    answer = encode_response(request, 200, "OK", to_tag="t", via=via)
    _check_lines(answer)
    response = parse(answer, stream=True)
    assert isinstance(response, Response)
    assert response.status == 200
    assert response.call_id == request.call_id
    assert response.cseq == request.cseq
    assert response.from_.tag == request.from_.tag
    assert response.to.tag == (request.to.tag or "t")
    assert response.top_via.branch == request.top_via.branch
    assert response.top_via.params.get("received") in (None, "2001:db8::1")
    assert len(response.via_values) == len(request.via_values)


def _check_lines(answer: bytes) -> None:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert body == b""
    assert b"\0" not in head
    _, *lines = head.split(b"\r\n")
    assert {line.partition(b":")[0] for line in lines} <= _COPIED
    assert not any(b"\r" in line or b"\n" in line for line in lines)


def _check_round_trip(request: Request) -> None:
    headers = [(title(name), value) for name, value in request.headers if name != "content-length"]
    if any(set(value) & {"\r", "\n", "\0"} for _, value in headers):
        return
    again = parse(encode_request(request.method, request.uri, headers, request.body))
    assert isinstance(again, Request)
    assert (again.method, again.uri, again.body) == (request.method, request.uri, request.body)
    assert again.headers[:-1] == [one for one in request.headers if one[0] != "content-length"]
