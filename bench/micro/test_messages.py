"""Reading and writing single messages."""

from collections.abc import Callable
from typing import Any

from house import House

from bridge.sip.message import Request, encode_response
from bridge.sip.parser import parse

Bench = Callable[..., Any]

MESSAGES = 500


def test_parse_subscribe(benchmark: Bench) -> None:
    """A phone's SUBSCRIBE, to what names it."""
    messages = [event.data for event in House().subscribes(MESSAGES)]

    def read() -> None:
        for data in messages:
            request = parse(data)
            _ = request.top_via, request.cseq, request.event, request.contacts

    benchmark(read)


def test_build_answer(benchmark: Bench) -> None:
    """A 200 to a SUBSCRIBE."""
    read = (parse(event.data) for event in House().subscribes(MESSAGES))
    requests = [one for one in read if isinstance(one, Request)]
    headers = (("Contact", "<sip:192.0.2.10:5060>"), ("Expires", "3600"), ("Server", "Presence Bridge"))

    def write() -> None:
        for request in requests:
            encode_response(request, 200, "OK", to_tag="0123456789abcdef", headers=headers)

    benchmark(write)


def test_build_notify(benchmark: Bench) -> None:
    """A NOTIFY from what is kept of its subscription."""
    house = House()
    house.take(house.subscribes(MESSAGES))
    house.advance(40)
    renderer = house.core.notifier._renderer  # noqa: SLF001 - a bench of one part
    watchers = house.core.notifier.subscriptions

    def write() -> None:
        for one in watchers:
            renderer.notify(one, one.flow, "z9hG4bK0123456789abcdef", renderer.body(one), house.now)

    benchmark(write)


def test_match_answer(benchmark: Bench) -> None:
    """A NOTIFY that leaves, and its 200, to the end of the transaction."""
    house = House()
    house.take(house.subscribes(MESSAGES))
    house.advance(40)
    number = 0

    def tell() -> None:
        nonlocal number
        number += 1
        house.change(f"change {number}")
        house.answer()
        house.work()

    benchmark(tell)
