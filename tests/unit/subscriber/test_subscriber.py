import itertools
from typing import NamedTuple

import pytest

from bridge.effects import Send
from bridge.events import Address, BytesReceived, Flow, Stopping, TransportFailed, Wake
from bridge.sip.digest import hash_of, is_right, read_credentials
from bridge.sip.message import Request, Response
from bridge.sip.parser import parse
from bridge.subscriber.pidf import Picture
from bridge.subscriber.reports import Refused, Seen, Unsubscribed
from bridge.subscriber.subscriber import Subscriber

PHONE, SERVER = Address("192.0.2.10", 40000), Address("192.0.2.1", 5060)
FLOW = Flow("udp", PHONE, SERVER)


class Sent(NamedTuple):
    at: float
    message: Request | Response
    data: bytes


class Server:
    """A notifier played by hand, and the pretended clock of both."""

    def __init__(self, password=None):
        self.now, self.tag, self.cseq = 1000.0, "srv1", 100
        self.sent: list[Sent] = []
        self.reports = []
        tokens = itertools.count(0xABCDEF)
        self.phone = Subscriber(
            "2000",
            "watch",
            FLOW,
            self.emit,
            lambda: f"{next(tokens):016x}",
            self.reports.append,
            password=password,
        )
        self.phone.handle(Wake(), self.now)

    def emit(self, effect):
        if isinstance(effect, Send):
            assert effect.flow == FLOW
            self.sent.append(Sent(self.now - 1000.0, parse(effect.data), effect.data))

    def advance(self, seconds):
        end = self.now + seconds
        while (deadline := self.phone.deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self.phone.handle(Wake(), self.now)
        self.now = end

    @property
    def request(self) -> Request:
        """The last SUBSCRIBE."""
        return [sent.message for sent in self.sent if isinstance(sent.message, Request)][-1]

    @property
    def requests(self) -> list[Request]:
        return [sent.message for sent in self.sent if isinstance(sent.message, Request)]

    @property
    def status(self) -> int:
        """The answer to the last NOTIFY."""
        return [sent.message for sent in self.sent if isinstance(sent.message, Response)][-1].status

    @property
    def pictures(self):
        return [report.picture for report in self.reports if isinstance(report, Seen)]

    def send(self, text: str):
        self.phone.handle(BytesReceived(FLOW, text.replace("\n", "\r\n").encode()), self.now)

    def answer(self, status=200, reason="OK", *headers):
        request = self.request
        to = request.get("to")
        tag = "" if request.to.tag else f";tag={self.tag}"
        lines = [
            f"SIP/2.0 {status} {reason}",
            f"Via: {request.get('via')}",
            f"Call-ID: {request.call_id}",
            f"From: {request.get('from')}",
            f"To: {to}{tag}",
            f"CSeq: {request.get('cseq')}",
            *headers,
            "Content-Length: 0\n\n",
        ]
        self.send("\n".join(lines))

    def accept(self, expires=600):
        self.answer(200, "OK", f"Expires: {expires}", "Contact: <sip:192.0.2.1:5060>")

    def notify(self, state="active;expires=600", body="", cseq=None, branch=None, **headers):
        request = self.request
        self.cseq = self.cseq + 1 if cseq is None else cseq
        lines = {
            "Via": f"SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK{branch or self.cseq}",
            "From": f"<sip:2000@192.0.2.1>;tag={self.tag}",
            "To": request.get("from"),
            "Call-ID": request.call_id,
            "CSeq": f"{self.cseq} NOTIFY",
            "Contact": "<sip:192.0.2.1:5060>",
            "Event": "presence",
            "Subscription-State": state,
        }
        if body:
            lines["Content-Type"] = "application/pidf+xml"
        lines |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\n" for name, value in lines.items() if value is not None)
        self.send(f"NOTIFY sip:watch@192.0.2.10:40000 SIP/2.0\n{head}Content-Length: {len(body)}\n\n{body}")

    def stop(self):
        self.phone.handle(Stopping(), self.now)


def document(note="Ready", presence="available", message=""):
    return (
        f'<presence xmlns="urn:ietf:params:xml:ns:pidf"><note>{note}</note>'
        f'<tuple id="digium-presence"><status><digium_presence type="{presence}">{message}</digium_presence>'
        "</status></tuple></presence>"
    )


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def subscribed(server):
    server.accept()
    server.notify(body=document())
    return server


def test_nothing_is_sent_before_the_first_event():
    sent = []
    phone = Subscriber("2000", "watch", FLOW, sent.append, lambda: "0" * 16, [].append)
    assert sent == []
    assert phone.deadline() == float("-inf")


def test_subscribes_to_the_extension_for_ten_minutes(server):
    assert server.request.uri == "sip:2000@192.0.2.1:5060"
    assert server.request.expires == 600
    assert server.request.to.tag is None
    assert len({server.request.from_.tag, server.request.call_id, server.request.top_via.branch}) == 3


def test_repeats_the_subscribe_by_timer_e_until_timer_f(server):
    server.advance(100)
    assert [sent.at for sent in server.sent] == [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert len({sent.data for sent in server.sent}) == 1
    assert server.reports == [Refused("2000", 0, "timeout")]


def test_a_network_that_gives_the_subscribe_back_is_told_at_once(server):
    server.phone.handle(TransportFailed(FLOW, "refused"), server.now)
    assert server.reports == [Refused("2000", 0, "transport_error")]


def test_tells_what_a_notify_shows(subscribed):
    subscribed.advance(3)
    subscribed.notify(body=document("On the phone", "away", "back at 13:00"))
    assert subscribed.status == 200
    assert subscribed.reports[0] == Seen(
        "2000", Picture("", "Ready", "available"), "active", "", subscribed.now - 3
    )
    assert subscribed.reports[1] == Seen(
        "2000", Picture("", "On the phone", "away", "", "back at 13:00"), "active", "", subscribed.now
    )


def test_the_first_notify_may_overtake_the_answer(server):
    server.notify(body=document())
    server.accept()
    server.notify(body=document("Ringing"))
    assert server.status == 200
    assert [picture.note for picture in server.pictures] == ["Ready", "Ringing"]


def test_a_notify_without_a_body_keeps_the_picture(subscribed):
    subscribed.notify()
    assert subscribed.status == 200
    assert subscribed.pictures[1] == subscribed.pictures[0]


@pytest.mark.parametrize("cseq", [100, 101])
def test_a_cseq_that_does_not_grow_is_refused_and_its_state_not_taken_in(subscribed, cseq):
    subscribed.notify(body=document("Ringing"), cseq=cseq, branch="other")
    assert subscribed.status == 500
    assert len(subscribed.pictures) == 1


def test_a_gap_in_the_cseq_is_nothing_special(subscribed):
    subscribed.notify(body=document("Ringing"), cseq=500)
    assert subscribed.status == 200


def test_the_same_notify_again_gets_the_same_answer_again(subscribed):
    subscribed.notify(body=document("Ringing"), cseq=200)
    subscribed.notify(body=document("Ringing"), cseq=200)
    assert subscribed.sent[-1].data == subscribed.sent[-2].data
    assert len(subscribed.pictures) == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"From": "<sip:2000@192.0.2.1>;tag=another"},
        {"From": "<sip:2000@192.0.2.1>"},
        {"To": "<sip:watch@192.0.2.1>;tag=another"},
        {"Call-ID": "another"},
    ],
)
def test_a_notify_of_another_dialog_is_refused(subscribed, headers):
    subscribed.notify(body=document("Ringing"), **headers)
    assert subscribed.status == 481
    assert len(subscribed.pictures) == 1


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (489, {"Event": "dialog"}),
        (489, {"Event": None}),
        (400, {"Subscription-State": None}),
        (488, {"Content-Type": "text/plain"}),
        (488, {"Content-Type": None}),
        (488, {"Content-Type": "application"}),
    ],
)
def test_a_notify_that_makes_no_sense_is_refused(subscribed, status, headers):
    subscribed.notify(body=document("Ringing"), **headers)
    assert subscribed.status == status
    assert len(subscribed.pictures) == 1


def test_a_document_that_cannot_be_read_is_refused_with_what_can(subscribed):
    subscribed.notify(body="<presence>")
    assert subscribed.status == 488
    assert subscribed.sent[-1].message.get("accept") == "application/pidf+xml"


def test_a_parameter_of_the_content_type_is_no_obstacle(subscribed):
    subscribed.notify(body=document("Ringing"), **{"Content-Type": "application/pidf+xml;charset=UTF-8"})
    assert subscribed.status == 200


def test_other_requests_are_refused_and_keepalives_ignored(subscribed):
    before = len(subscribed.sent)
    subscribed.send("\n\n")
    assert len(subscribed.sent) == before
    subscribed.notify()
    invite = subscribed.sent[0].data.decode().replace("\r\n", "\n").replace("SUBSCRIBE", "INVITE")
    subscribed.send(invite)
    assert subscribed.status == 405


def test_refreshes_in_the_dialog_a_little_before_the_end(subscribed):
    first = subscribed.request
    subscribed.advance(600)
    second = subscribed.request
    assert len(subscribed.requests) > 1
    at = next(sent.at for sent in subscribed.sent if sent.message is subscribed.requests[1])
    assert 585 <= at <= 594
    assert second.uri == "sip:192.0.2.1:5060"
    assert second.get("to") == "<sip:2000@192.0.2.1>;tag=srv1"
    assert second.call_id == first.call_id
    assert second.from_.tag == first.from_.tag
    assert second.cseq.number == first.cseq.number + 1
    assert second.top_via.branch != first.top_via.branch


def test_a_notify_sets_the_time_of_the_refresh(subscribed):
    subscribed.notify("active;expires=100")
    subscribed.advance(84)
    assert len(subscribed.requests) == 1
    subscribed.advance(11)
    assert len(subscribed.requests) > 1


def test_a_notify_without_a_time_changes_nothing(subscribed):
    deadline = subscribed.phone.deadline()
    subscribed.notify("active")
    assert subscribed.phone.deadline() == deadline


@pytest.mark.parametrize(("granted", "after"), [(30, 15), (2, 1), (0, 0.5)])
def test_short_subscriptions_are_refreshed_at_half_time(server, granted, after):
    server.accept(granted)
    server.advance(after - 0.1)
    assert len(server.requests) == 1
    server.advance(0.2)
    assert len(server.requests) == 2


def test_one_refresh_at_a_time(subscribed):
    subscribed.notify("active;expires=10")
    subscribed.advance(5)
    subscribed.notify("active;expires=10")
    subscribed.advance(5)
    assert len({request.cseq.number for request in subscribed.requests}) == 2


def test_a_dialog_that_the_server_does_not_know_is_made_anew(subscribed):
    subscribed.advance(600)
    old = subscribed.request
    subscribed.answer(481, "Subscription Does Not Exist")
    subscribed.advance(0.4)
    assert subscribed.request is old
    subscribed.advance(0.2)
    assert subscribed.request.call_id != old.call_id
    assert subscribed.request.to.tag is None
    assert not [report for report in subscribed.reports if isinstance(report, Refused)]
    subscribed.tag, subscribed.cseq = "srv2", 0
    subscribed.accept()
    subscribed.notify(body=document("Ringing"))
    assert subscribed.pictures[-1].note == "Ringing"


@pytest.mark.parametrize(
    ("state", "pause"),
    [("terminated;reason=deactivated", 0.5), ("terminated", 0.5), ("terminated;reason=noresource", 300)],
)
def test_an_ended_subscription_is_made_anew(subscribed, state, pause):
    subscribed.notify(state, document("Unavailable"))
    assert subscribed.reports[-1].subscription == "terminated"
    old = subscribed.request
    subscribed.advance(pause - 0.1)
    assert subscribed.request is old
    subscribed.advance(0.2)
    assert subscribed.request.call_id != old.call_id


def test_a_notify_after_the_end_is_of_no_dialog(subscribed):
    subscribed.notify("terminated;reason=deactivated")
    subscribed.notify()
    assert subscribed.status == 481


@pytest.mark.parametrize(
    ("status", "reason"), [(404, "Not Found"), (403, "Forbidden"), (481, "No"), (423, "Short")]
)
def test_a_refusal_is_told_and_tried_again_in_five_minutes(server, status, reason):
    server.answer(status, reason)
    assert server.reports == [Refused("2000", status, reason)]
    old = server.request
    server.advance(299)
    assert server.request is old
    server.advance(2)
    assert server.request.call_id != old.call_id


def test_a_provisional_answer_slows_the_repeats_down(server):
    server.answer(100, "Trying")
    server.advance(3)
    assert len(server.sent) == 2
    assert server.reports == []


def test_an_unreadable_contact_keeps_the_target(server):
    server.answer(200, "OK", "Expires: 20", "Contact: <nonsense")
    server.advance(10)
    assert server.request.uri == "sip:2000@192.0.2.1:5060"


def test_a_notify_without_contact_keeps_the_target(subscribed):
    subscribed.notify("active;expires=20", Contact=None)
    assert subscribed.status == 200
    subscribed.advance(10)
    assert subscribed.request.uri == "sip:192.0.2.1:5060"


def test_unsubscribes_when_it_stops(subscribed):
    subscribed.stop()
    assert subscribed.request.expires == 0
    assert subscribed.request.to.tag == "srv1"
    subscribed.accept(0)
    assert Unsubscribed("2000") not in subscribed.reports
    subscribed.notify("terminated;reason=timeout", document())
    assert subscribed.status == 200
    assert subscribed.reports[-1] == Unsubscribed("2000")
    sent = len(subscribed.sent)
    subscribed.stop()
    subscribed.advance(1000)
    assert len(subscribed.sent) == sent


@pytest.mark.parametrize("refused", [True, False])
def test_stops_also_when_the_unsubscription_fails(subscribed, refused):
    subscribed.stop()
    if refused:
        subscribed.answer(481, "Gone")
    else:
        subscribed.advance(33)
    assert subscribed.reports[-1] == Unsubscribed("2000")


def test_without_a_dialog_there_is_nothing_to_unsubscribe(server):
    server.stop()
    assert server.reports == [Unsubscribed("2000")]
    server.advance(0.1)
    server.accept()
    server.notify()
    assert server.status == 481


def test_an_answer_to_an_overtaken_refresh_changes_nothing(subscribed):
    subscribed.advance(595)
    refresh = subscribed.request
    subscribed.stop()
    unsubscribe = subscribed.request
    assert (refresh.expires, unsubscribe.expires) == (600, 0)
    via = refresh.get("via")
    subscribed.send(
        f"SIP/2.0 500 No\nVia: {via}\nCall-ID: {refresh.call_id}\nFrom: {refresh.get('from')}\n"
        f"To: {refresh.get('to')}\nCSeq: {refresh.get('cseq')}\nContent-Length: 0\n\n"
    )
    assert Unsubscribed("2000") not in subscribed.reports


# --- passwords -----------------------------------------------------------------------------------

CHALLENGE = 'WWW-Authenticate: Digest realm="r", nonce="{}", algorithm=MD5, qop="auth"'


@pytest.fixture
def asked():
    """A server that asks for a password, and the phone that has it."""
    server = Server(password="secret")
    server.answer(401, "Unauthorized", CHALLENGE.format(1))
    return server


def authorization(server):
    text = server.request.get("authorization")
    return None if text is None else read_credentials(text, "r")


def test_a_challenge_is_answered_in_the_same_dialog(asked):
    first, second = asked.requests
    assert (second.call_id, second.from_.tag, second.expires) == (first.call_id, first.from_.tag, 600)
    assert second.cseq.number == first.cseq.number + 1
    assert second.top_via.branch != first.top_via.branch
    credentials = authorization(asked)
    assert (credentials.username, credentials.nonce, credentials.uri) == ("watch", "1", second.uri)
    assert is_right(credentials, hash_of("MD5", "watch", "r", "secret"), "SUBSCRIBE")
    asked.accept()
    assert asked.reports == []


def test_a_refused_password_is_a_refusal(asked):
    asked.answer(401, "Unauthorized", CHALLENGE.format(2))
    assert asked.reports == [Refused("2000", 401, "Unauthorized")]
    assert len(asked.requests) == 2


def test_a_stale_nonce_is_not(asked):
    asked.answer(401, "Unauthorized", CHALLENGE.format(2) + ", stale=true")
    assert authorization(asked).nonce == "2"
    asked.accept()
    assert asked.reports == []


def test_without_a_password_a_challenge_is_a_refusal(server):
    server.answer(401, "Unauthorized", CHALLENGE.format(1))
    assert server.reports == [Refused("2000", 401, "Unauthorized")]


def test_the_goodbye_is_challenged_too(asked):
    asked.accept()
    asked.stop()
    assert (asked.request.expires, asked.request.get("authorization")) == (0, None)
    asked.answer(401, "Unauthorized", CHALLENGE.format(2))
    assert (asked.request.expires, authorization(asked).nonce) == (0, "2")
    asked.accept(0)
    asked.notify("terminated;reason=timeout")
    assert asked.reports[-1] == Unsubscribed("2000")


def test_the_goodbye_ends_where_the_password_is_refused(asked):
    asked.accept()
    asked.stop()
    for nonce in (2, 3):
        asked.answer(401, "Unauthorized", CHALLENGE.format(nonce))
    assert asked.reports == [Unsubscribed("2000")]
