import asyncio
import json
from contextlib import suppress
from types import SimpleNamespace

import pytest

from bridge.io.tasks import Tasks
from bridge.io.web import hub as module
from bridge.io.web.hub import MOST_PAGES, Hub
from bridge.io.web.problem import Problem


class House:
    """A desk whose extensions can be changed, and a hub that looks all the time."""

    def __init__(self):
        self.changed = set()
        self.configurations = 3
        self.failures = []
        status = SimpleNamespace(
            extension=lambda extension, _now: {"extension": extension},
            extensions=lambda _now: [{"extension": "all"}],
            watchers=dict,
            behind=lambda _now: {},
        )
        self.hub = Hub(
            SimpleNamespace(status=status, board=self, bridge=self.bridge),
            Tasks(lambda *failure: self.failures.append(failure)),
        )

    async def bridge(self):
        return {"info": {"config": "1"}, "health": {"uptime_seconds": id(object())}}

    def take_changes(self):
        taken, self.changed = self.changed, set()
        return frozenset(taken)

    def events(self, _after=0):
        return []


@pytest.fixture
def run(monkeypatch):
    """Run a scenario with a house."""
    monkeypatch.setattr(module, "_LOOK", 0.0)
    monkeypatch.setattr(module, "_REST", 0)

    def go(scenario):
        async def scene():
            house = House()
            async with asyncio.timeout(10):
                await scenario(house)
            house.hub.close()
            assert house.failures == []

        asyncio.run(scene())

    return go


async def heard(page, name):
    """The next message of that name: its number, and its document."""
    async for text in page:
        for message in text.decode().split("\n\n"):
            lines = dict(line.split(": ", 1) for line in message.splitlines())
            if lines.get("event") == name:
                return lines.get("id", ""), json.loads(lines["data"])
    raise AssertionError("the page has ended")


def test_every_page_is_told_of_a_change(run):
    async def scenario(house):
        pages = [house.hub.open("") for _ in range(3)]
        for page in pages:
            assert await heard(page, "hello") == (number_of(house), {"resumed": False})
        house.changed.add("2000")
        for page in pages:
            assert (await heard(page, "extensions"))[1] == [{"extension": "2000"}]

    run(scenario)


def number_of(house):
    return f"{house.hub._run_id}-{house.hub._number}"


def test_a_page_that_does_not_keep_up_is_cut_off_and_costs_nothing_more(run):
    async def scenario(house):
        page, slow = house.hub.open(""), house.hub.open("")
        await heard(slow, "hello")
        for number in range(100):
            house.changed.add(str(number))
            await heard(page, "extensions")
        assert house.hub.pages == 1
        assert [text async for text in slow] == []

    run(scenario)


def test_what_was_missed_is_told_again(run):
    async def scenario(house):
        page = house.hub.open("")
        house.changed.add("2000")
        number, _ = await heard(page, "extensions")
        house.changed.add("2001")
        last, _ = await heard(page, "extensions")
        again = house.hub.open(number)
        assert (await heard(again, "hello"))[1] == {"resumed": True}
        assert await heard(again, "extensions") == (last, [{"extension": "2001"}])

    run(scenario)


@pytest.mark.parametrize("number", ["other-1", "nonsense", "-", "{run}-999999", "{run}--1"])
def test_who_has_seen_what_is_not_known_asks_for_everything(run, number):
    async def scenario(house):
        house.hub.open("")
        page = house.hub.open(number.format(run=house.hub._run_id))
        assert (await heard(page, "hello"))[1] == {"resumed": False}

    run(scenario)


def test_pages_are_bounded_and_forgotten_when_they_are_closed(run):
    async def scenario(house):
        pages = [house.hub.open("") for _ in range(MOST_PAGES)]
        with pytest.raises(Problem):
            house.hub.open("")
        await heard(pages[0], "hello")
        await pages[0].aclose()
        assert house.hub.pages == MOST_PAGES - 1
        house.hub.open("")

    run(scenario)


def test_all_pages_end_with_the_bridge(run):
    async def scenario(house):
        page = house.hub.open("")
        await heard(page, "hello")
        house.hub.close()
        with suppress(AssertionError):
            await heard(page, "nothing")
        assert house.hub.pages == 0
        with pytest.raises(Problem):
            house.hub.open("")

    run(scenario)


def test_another_configuration_is_told_at_once(run):
    async def scenario(house):
        page = house.hub.open("")
        await heard(page, "hello")
        house.configurations += 1
        assert (await heard(page, "hello"))[1] == {"resumed": False}

    run(scenario)
