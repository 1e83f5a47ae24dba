import re

import pytest

from bridge.sip import errors
from bridge.sip.errors import (
    BadEvent,
    BadExtension,
    BadRequest,
    IntervalTooBrief,
    MalformedMessage,
    MethodNotAllowed,
    MethodNotImplemented,
    NotAcceptable,
    ServerError,
    ServiceUnavailable,
    SipError,
    UnsupportedMediaType,
    VersionNotSupported,
)
from bridge.sip.message import Request


def subclasses(error):
    return {error} | {found for child in error.__subclasses__() for found in subclasses(child)}


def test_the_tree_in_the_docstring_is_the_tree():
    drawn = {}
    for line in errors.__doc__.splitlines()[1:]:
        if match := re.match(r"[\s│├└─]*(\w+)\s+(\d{3})?", line):
            drawn[match[1]] = int(match[2]) if match[2] else None
    classes = {error.__name__: error for error in subclasses(SipError) if error.__module__ == errors.__name__}
    assert drawn.keys() == classes.keys()
    assert {name: status for name, status in drawn.items() if status} == {
        name: classes[name].status for name, status in drawn.items() if status
    }


@pytest.mark.parametrize(
    ("error", "status", "headers"),
    [
        (MethodNotAllowed(["OPTIONS", "SUBSCRIBE"]), 405, (("Allow", "OPTIONS, SUBSCRIBE"),)),
        (MethodNotAllowed("OPTIONS, SUBSCRIBE"), 405, (("Allow", "OPTIONS, SUBSCRIBE"),)),
        (NotAcceptable(["application/pidf+xml"]), 406, (("Accept", "application/pidf+xml"),)),
        (UnsupportedMediaType(["application/pidf+xml"]), 415, (("Accept", "application/pidf+xml"),)),
        (BadExtension(["foo", "bar"]), 420, (("Unsupported", "foo, bar"),)),
        (IntervalTooBrief(60), 423, (("Min-Expires", "60"),)),
        (BadEvent(["presence", "dialog"]), 489, (("Allow-Events", "presence, dialog"),)),
        (MethodNotImplemented(["OPTIONS"]), 501, (("Allow", "OPTIONS"),)),
        (ServiceUnavailable(30), 503, (("Retry-After", "30"),)),
        (ServiceUnavailable(), 503, ()),
    ],
)
def test_an_error_brings_the_headers_of_its_answer(error, status, headers):
    assert (error.status, error.headers) == (status, headers)


def test_detail_is_the_reason_unless_more_is_said():
    assert BadRequest().detail == "Bad Request"
    assert str(BadRequest("no CSeq")) == "no CSeq"
    assert ServerError("CSeq 3 does not follow 5").reason == "Server Internal Error"


def test_a_malformed_message_answers_as_its_cause():
    request = Request("OPTIONS", "sip:a", [])
    error = MalformedMessage(VersionNotSupported("SIP/7.0"), request)
    assert (error.status, error.reason, error.detail) == (505, "Version Not Supported", "SIP/7.0")
    assert error.request is request
    assert MalformedMessage(BadRequest()).request is None
