"""Requests that want memory or time: answered within bounds, and forgotten when their time is over."""

import gc
import itertools
import time

import pytest

from bridge.effects import ResponseSent, Retransmitted, Send, Warned
from bridge.notifier.capacity import Limits
from bridge.sip import grammar
from bridge.sip.credentials import User
from bridge.sip.parser import MAX_LINE, MAX_LINES
from support.playbook import Playbook

HINT = "2000 = SIP/2000,CustomPresence:2000"


@pytest.fixture
def play():
    return Playbook(HINT)


def last_status(phone):
    return phone.responses()[-1].status


def alive(phone):
    """An OPTIONS is answered."""
    phone.send(phone.request("OPTIONS"))
    return last_status(phone) == 200


def timed(phone, text):
    """The seconds of work that a request takes, its answer included; the collector's rounds left out."""
    gc.disable()
    try:
        started = time.thread_time()
        phone.send(text)
        return time.thread_time() - started
    finally:
        gc.enable()


# --- subscriptions, transactions -------------------------------------------------------------------


@pytest.mark.requirement("S31", "D17")
@pytest.mark.parametrize("limits", [Limits(subscriptions=50), Limits(per_source=50)])
def test_subscriptions_are_limited_and_those_that_exist_go_on(limits):
    play = Playbook(HINT, limits=limits)
    phones = [play.phone(port=20_000 + n) for n in range(60)]
    statuses = [phone.subscribe().status for phone in phones]
    assert statuses == [200] * 50 + [503] * 10
    assert phones[-1].responses()[-1].get("retry-after")
    assert len(play.notifier.subscriptions) == 50
    assert phones[0].subscribe().status == 200
    assert phones[1].subscribe(expires=0).status == 200
    assert phones[-1].subscribe().status == 200
    assert alive(phones[-1])


@pytest.mark.requirement("S31", "S9")
def test_fetches_leave_nothing(play):
    phone = play.phone()
    for number in range(500):
        phone.call_id, phone.to_tag = f"fetch-{number}", None
        phone.subscribe(expires=0)
    play.advance(100)
    assert play.notifier.subscriptions == ()
    assert play.endpoint.transactions == (0, 0)
    assert play.timers_left() == 0


@pytest.mark.requirement("X1")
def test_a_storm_of_repeats_is_one_request(play):
    phone = play.phone()
    text = phone.request("SUBSCRIBE", Event="presence", Expires="600")
    for _ in range(2000):
        phone.send(text)
    answers = [data for data in phone.received if data.startswith(b"SIP/2.0")]
    assert len(answers) == 2000
    assert len(set(answers)) == 1
    assert len(phone.notifies()) == 1
    assert len(play.notifier.subscriptions) == play.endpoint.transactions[1] == 1


@pytest.mark.requirement("X1", "X3")
def test_a_storm_of_answers_is_one_answer(play):
    phone = play.phone()
    phone.subscribe()
    notify = phone.notifies()[-1]
    for status in [200] * 500 + [481, 503, 180] * 100:
        phone.answer(notify, status)
    assert len(play.notifier.subscriptions) == 1
    assert play.endpoint.transactions[0] == 0
    assert len(phone.notifies()) == 1


@pytest.mark.requirement("X3", "X9")
def test_a_watcher_that_never_answers_has_one_notify_in_flight_however_much_changes(play):
    phone = play.phone()
    phone.subscribe(expires=3600)
    phone.notified()
    for number in range(500):
        play.mqtt("presence/2000", f"away,lunch,{number}")
    assert play.endpoint.transactions[0] == 1
    assert play.notifier.queued == 0
    sent = len(play.of(Send)) - len(play.of(Retransmitted))
    play.advance(31)
    assert len(play.of(Send)) - len(play.of(Retransmitted)) == sent


@pytest.mark.requirement("D17")
def test_what_is_remembered_of_values_is_bounded():
    """Distinct values by the thousand fill no table without end."""
    play = Playbook(HINT)
    phone = play.phone()
    gc.unfreeze()  # a bridge that was started in this process has hidden what was there by then
    caches = [
        found
        for found in gc.get_objects()
        if type(found).__name__ == "_lru_cache_wrapper" and str(found.__module__).startswith("bridge.")
    ]
    assert len(caches) >= 6
    for number in range(grammar.REMEMBERED_VALUES + 500):
        phone.call_id = f"{number}"
        phone.send(
            phone.request(
                "SUBSCRIBE",
                Event=f"presence;id={number}",
                Accept=f"application/pidf+xml;x={number}",
                Contact=f"<sip:{number}@127.0.0.1>",
                Expires="0",
                Authorization=f'Digest username="{number}", realm="{number}"',
            )
        )
        play.effects.clear()
        phone.received.clear()
    for cache in caches:
        info = cache.cache_info()
        assert info.maxsize is not None, cache
        assert info.currsize <= info.maxsize <= 4096, cache


# --- header bombs ----------------------------------------------------------------------------------

BOMBS = {
    "3,000 headers": {f"X-{n}": "x" for n in range(3000)},
    "3,000 unknown options": {"Supported": ", ".join(f"o{n}" for n in range(3000))},
    "a line of 60 kB": {"X-Long": "x" * 60_000},
    "folded to 10 kB": {"X-Fold": "x\n " * 3400},
    "a tag of 60 kB": {"From": "<sip:200@127.0.0.1>;tag=" + "t" * 60_000},
    "a Call-ID of 60 kB": {"Call-ID": "c" * 60_000},
    "a user agent of 60 kB": {"User-Agent": "Digium" * 10_000},
    "1,000 Accept values": {"Accept": ", ".join(f"application/x{n}" for n in range(1000))},
    "200 Via values": {"Via": ", ".join(f"SIP/2.0/UDP h{n};rport;branch=z9hG4bK{n}" for n in range(200))},
    "1,000 Record-Routes": {"Record-Route": ", ".join(f"<sip:h{n};lr>" for n in range(1000))},
    "1,000 Contacts": {"Contact": ", ".join(f"<sip:h{n}>" for n in range(1000))},
    "1,000 parameters": {"Event": "presence" + "".join(f";p{n}" for n in range(1000))},
    "commas": {"Accept": "," * 8000},
    "quotes": {"Contact": '"' * 8001},
    "backslashes": {"From": '"' + "\\" * 8001 + "<sip:a@h>;tag=1"},
    "angle brackets": {"Contact": "<" * 8000},
}


@pytest.mark.requirement("T8", "M8")
@pytest.mark.parametrize("headers", BOMBS.values(), ids=BOMBS)
def test_a_header_bomb_gets_a_final_answer_in_little_time(play, headers):
    phone = play.phone()
    text = phone.request("SUBSCRIBE", **{"Event": "presence", "Expires": "600", **headers})
    assert timed(phone, text) < 0.05
    assert phone.received, "no answer"
    assert phone.received[0].startswith((b"SIP/2.0 4", b"SIP/2.0 5", b"SIP/2.0 2"))
    assert len(phone.received[0]) < len(text)
    assert not play.of(Warned)
    assert alive(play.phone())
    play.advance(1000)
    assert play.timers_left() == 0


@pytest.mark.requirement("T8")
@pytest.mark.parametrize(
    "via", ["SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK" + "b" * 60_000, ", ".join(["SIP/2.0/UDP h"] * 1000)]
)
def test_a_bomb_in_the_place_of_the_way_back_is_dropped(play, via):
    phone = play.phone()
    assert timed(phone, phone.request("SUBSCRIBE", Event="presence", Via=via)) < 0.05
    assert phone.received == []
    assert play.endpoint.transactions == (0, 0)


@pytest.mark.requirement("S22")
@pytest.mark.parametrize("count", [33, 100, 1000, 3000])
@pytest.mark.parametrize("where", ["one line", "many lines", "many headers"])
def test_many_accept_values_are_read_or_refused(play, count, where):
    """AST-2018-004: more than 32 of them overran a buffer."""
    values = [f"application/x{n}+xml" for n in range(count - 1)] + ["application/pidf+xml"]
    joint = {"one line": ", ", "many lines": ",\n ", "many headers": "\nAccept: "}[where]
    phone = play.phone()
    assert phone.subscribe(Accept=joint.join(values)).status in ((200,) if count <= 100 else (400, 513))
    assert alive(phone)


@pytest.mark.parametrize("length", [300, 513, 5_000, 9_000, 60_000])
@pytest.mark.requirement("B5", "B7")
def test_a_long_request_uri_ends_in_a_bounded_document_or_a_refusal(play, length):
    phone = play.phone()
    for filler in ("&", "x", "%3C", "'"):
        phone.to_tag, phone.call_id = None, filler
        text = phone.request("SUBSCRIBE", Event="presence", Expires="600")
        long = f"sip:2000@127.0.0.1;x={filler * (length // len(filler))}"
        phone.received.clear()
        phone._parsed.clear()
        phone.send(text.replace("sip:2000@127.0.0.1:5060", long, 1))
        assert last_status(phone) in ((200, 414) if length < 513 else (414, 513))
        assert all(len(notify.request.body) < 8_000 for notify in phone.notifies())


@pytest.mark.parametrize("part", ["user", "host", "password", "To user", "From", "Contact", "id"])
@pytest.mark.requirement("B5")
def test_long_pieces_elsewhere_do_not_enter_the_document(play, part):
    phone = play.phone()
    long = "x" * 5_000
    headers, uri = {"Event": "presence"}, "sip:2000@127.0.0.1:5060"
    match part:
        case "user":
            uri = f"sip:{long}@127.0.0.1"
        case "host":
            uri = f"sip:2000@{long}"
        case "password":
            uri = f"sip:2000:{long}@127.0.0.1"
        case "To user":
            uri, headers["To"] = "sip:127.0.0.1", f"<sip:{long}@127.0.0.1>"
        case "id":
            headers["Event"] = f"presence;id={long}"
        case _:
            headers[part] = f"<sip:{long}@127.0.0.1>;tag=1"
    phone.send(phone.request("SUBSCRIBE", **headers).replace("sip:2000@127.0.0.1:5060", uri, 1))
    assert last_status(phone) in (200, 404, 414, 513)
    assert all(len(notify.request.body) < 2_000 for notify in phone.notifies())


# --- time ------------------------------------------------------------------------------------------

REPEATED = (
    "a",
    "%",
    "%41",
    '"',
    "\\",
    "<",
    "<sip:",
    ";",
    ";a=",
    ",",
    " ",
    "\n ",
    "@",
    ":",
    "[",
    "=",
    "a@",
    "a.",
    '"\\"',
    "é",
)


@pytest.mark.requirement("T8")
@pytest.mark.parametrize(
    "header", ["Via", "From", "To", "Contact", "CSeq", "Event", "Accept", "Record-Route", "Authorization"]
)
def test_no_pattern_takes_more_than_linear_time(header):
    """8 kB, the longest line, of each thing that makes careless expressions try again and again."""
    play = Playbook(HINT)
    if header == "Authorization":
        play = Playbook(HINT, trusted=(), users=(User("200", "secret"),))
    phone = play.phone()
    for piece, lead in itertools.product(
        REPEATED, ("", '"', "<sip:a", "SIP/2.0/UDP a", "1 ", "Digest a=", "presence;a=")
    ):
        value = (lead + piece * (MAX_LINE // len(piece)))[: MAX_LINE - 20 - len(header)]
        text = phone.request("SUBSCRIBE", **{"Event": "presence", header: value})
        assert timed(phone, text) < 0.02, (lead, piece)
        play.effects.clear()


@pytest.mark.requirement("D17")
def test_10_000_requests_of_strangers_are_refused_in_little_time_and_less_memory():
    play = Playbook(HINT, trusted=("192.0.2.0/24",))
    phone = play.phone("203.0.113.7")
    started = time.process_time()
    for number in range(10_000):
        phone.call_id = f"{number}"
        phone.send(phone.request("SUBSCRIBE", Event="presence"))
        play.effects[:] = play.of(ResponseSent)[:1]
        phone.received.clear()
    assert time.process_time() - started < 10
    assert play.notifier.subscriptions == ()
    # Each is answered again if it is repeated, for 32 seconds.
    assert play.endpoint.transactions == (0, 10_000)
    play.advance(33)
    assert play.endpoint.transactions == (0, 0)


def test_the_limits_are_what_these_tests_stand_on():
    assert (MAX_LINES, MAX_LINE) == (256, 8192)
