import asyncio

import pytest

from bridge.commands.phone import Phone
from bridge.config import Listener
from bridge.subscriber.reports import Refused, Seen, Unsubscribed
from support.notifier import Notifier, document


async def watch(server, reports, until):
    """Run a phone until `until` reports have come, then stop it."""
    enough = asyncio.Event()

    def tell(report):
        reports.append(report)
        if len(reports) == until:
            enough.set()

    phone = Phone("2000", "watch", Listener("udp", *server), tell)
    phone.start()
    if until:
        await asyncio.wait_for(enough.wait(), 10)
    await phone.stop()


def test_watches_over_the_network_and_says_goodbye():
    reports = []
    with Notifier(bodies=(document("Ready"), document("Ringing"))) as notifier:
        asyncio.run(watch(notifier.address, reports, until=2))
        assert [request.expires for request in notifier.requests] == [600, 0]
    assert [report.picture.note for report in reports if isinstance(report, Seen)] == [
        "Ready",
        "Ringing",
        "Ringing",
    ]
    assert reports[-1] == Unsubscribed("2000")
    assert notifier.answers == [200, 200, 200]


def test_a_refusal_is_told():
    reports = []
    with Notifier(404, "Not Found") as notifier:
        asyncio.run(watch(notifier.address, reports, until=1))
    assert reports == [Refused("2000", 404, "Not Found"), Unsubscribed("2000")]


def test_stops_at_once_where_nobody_answered():
    reports = []
    with Notifier(status=0) as notifier:
        asyncio.run(watch(notifier.address, reports, until=0))
    assert reports == [Unsubscribed("2000")]


def test_an_address_that_cannot_be_reached_is_an_error():
    async def scenario():
        with pytest.raises(OSError, match=r".+"):
            Phone("2000", "watch", Listener("udp", "255.255.255.255", 5060), print)

    asyncio.run(scenario())
