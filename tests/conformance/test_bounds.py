"""What one request can leave in memory or cause to be sent, and that a repeat is answered where it comes from."""

import gc
import tracemalloc

import pytest

from support.playbook import Playbook

PHONE = "192.0.2.10"


@pytest.fixture
def play():
    return Playbook("2000 = SIP/2000,CustomPresence:2000", trusted=("192.0.2.0/24",))


@pytest.mark.requirement("X1")
def test_two_requests_with_one_branch_and_two_call_ids_are_two(play):
    phones = [play.phone(f"192.0.2.{n}", 5060) for n in (1, 2)]
    for number, phone in enumerate(phones):
        phone.call_id = f"call-{number}"
        phone.send(phone.request("OPTIONS", Via="SIP/2.0/UDP 10.0.0.5:5060;rport;branch=z9hG4bK1"))
    assert [len(phone.received) for phone in phones] == [1, 1]
    assert [phone.responses()[0].call_id for phone in phones] == ["call-0", "call-1"]


@pytest.mark.requirement("X1", "T3")
def test_a_repeat_is_answered_where_it_came_from(play):
    first, moved = play.phone("192.0.2.1", 5060), play.phone("192.0.2.1", 6070)
    text = first.request("OPTIONS", Via="SIP/2.0/UDP 10.0.0.5:5060;rport;branch=z9hG4bK1")
    first.send(text)
    moved.send(text)
    assert (len(first.received), len(moved.received)) == (1, 1)


@pytest.mark.requirement("M21", "X1", "T4")
@pytest.mark.parametrize("method", ["OPTIONS", "INVITE"])
def test_the_same_request_by_udp_and_by_two_connections_is_answered_each_time(play, method):
    phones = [
        play.phone("192.0.2.1", 5060),
        play.phone("192.0.2.1", 40001, transport="tcp", connection=1),
        play.phone("192.0.2.1", 40002, transport="tcp", connection=2),
    ]
    text = phones[0].request(method, Via="SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKkdjuw")
    for phone in phones:
        phone.send(text)
    assert [len(phone.received) for phone in phones] == [1, 1, 1]
    assert len({phone.responses()[0].status for phone in phones}) == 1


def kept(play, phone, count, **headers):
    """Octets that so many SUBSCRIBEs with these headers leave in memory, for each of them.

    `{}` in a Via is the SUBSCRIBE's number.
    """
    tracemalloc.start()
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(count):
        phone.call_id, phone.to_tag = f"{number}", None
        own = {name: text.format(number) if name == "Via" else text for name, text in headers.items()}
        phone.send(phone.request("SUBSCRIBE", **own))
        play.effects.clear()
        phone.received.clear()
        phone._parsed.clear()
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return (after - before) / count


@pytest.mark.requirement("D17")
def test_what_a_refused_request_leaves_is_small(play):
    phone = play.phone(PHONE, 5060)
    via = "SIP/2.0/UDP h;rport;branch=z9hG4bK{};x=" + "x" * 8000
    rest = "\n".join(f"Via: SIP/2.0/UDP h{n};x={'x' * 8000}" for n in range(6))
    octets = kept(play, phone, 200, Event="nothing", Via=f"{via}\n{rest}")
    assert octets < 8_000, octets


@pytest.mark.requirement("D17", "S31")
@pytest.mark.parametrize(
    "headers",
    [
        {"Record-Route": "\nRecord-Route: ".join([f"<sip:{'r' * 8000};lr>"] * 6)},
        {
            "Contact": f"<sip:{'c' * 8000}@192.0.2.10>",
            "Event": f"presence;id={'i' * 8000}",
            "User-Agent": "Digium" * 1300,
        },
    ],
    ids=["routes", "others"],
)
def test_what_a_subscription_keeps_is_small(play, headers):
    phone = play.phone(PHONE, 5060)
    octets = kept(play, phone, 200, **{"Event": "presence", "Expires": "600", **headers})
    assert octets < 12_000, octets
