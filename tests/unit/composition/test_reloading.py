"""Reading anew, on a loop, with a pretended file and a pretended engine."""

import asyncio
import logging
import threading

from bridge.composition.reloading import Reloading, served_files
from bridge.config import ConfigError, Problem, Settings
from bridge.io.tasks import Tasks

HINT = {"extension": "2000", "hint": "SIP/2000"}
PHONE = {"mac": "000fd3aabbcc", "model": "D40", "user": "200"}
SERVED = {
    "provisioning": {"bridge_address": "192.0.2.1:5060", "http": True},
    "phones": [PHONE],
    "sip": {"users": [{"name": "200", "password": "p"}]},
}


class Desk:
    """What `read` gives is taken from `files`, first to last; what it raises too."""

    def __init__(self, *files, running=None):
        self.files = [*files]
        self.applied = []
        self.failures = []
        self.answers = []
        self.threads = set()
        self.tasks = Tasks(lambda name, error: self.failures.append((name, error)))
        self.reloading = Reloading(
            running or Settings(),
            self._read,
            lambda prepared, now: self.applied.append((prepared, now)),
            lambda event: event.question(7.0),
            self.tasks,
        )

    def _read(self):
        self.threads.add(threading.current_thread())
        file = self.files.pop(0)
        if isinstance(file, Exception):
            raise file
        return Settings.model_validate(file)

    def ask(self):
        self.reloading.ask(lambda error, data: self.answers.append((error, data)))

    async def finished(self):
        async with asyncio.timeout(5):
            while len(self.tasks):
                await asyncio.sleep(0)


async def reload(*files, asked=1, running=None):
    desk = Desk(*files, running=running)
    for _ in range(asked):
        desk.ask()
    await desk.finished()
    return desk


def wrong(*reasons):
    return ConfigError(tuple(Problem(f"f:{n}:1", "key", reason) for n, reason in enumerate(reasons, 1)))


def test_what_is_right_is_applied_and_answered():
    desk = asyncio.run(reload({"hints": [HINT], "http": {"listen": "127.0.0.1:1"}}))
    ((prepared, now),) = desk.applied
    assert (len(prepared.settings.hints), prepared.said.restart_needed, now) == (1, ("http.listen",), 7.0)
    assert desk.answers == [("", {"applied": ["hints: 2000 added"], "restart_needed": ["http.listen"]})]
    assert threading.main_thread() not in desk.threads
    assert desk.reloading.last.successful


def test_it_is_compared_with_what_was_applied_last():
    async def twice():
        desk = await reload({"hints": [HINT]}, {"hints": [HINT]})
        desk.ask()
        await desk.finished()
        return desk

    assert [data["applied"] for _, data in asyncio.run(twice()).answers] == [["hints: 2000 added"], []]


def test_of_what_is_wrong_nothing_is_applied_and_everything_is_said(caplog):
    error = wrong("is bad", "is worse")
    with caplog.at_level(logging.WARNING, "bridge"):
        desk = asyncio.run(reload(error))
    assert desk.applied == []
    assert desk.answers == [(str(error), {})]
    assert not desk.reloading.last.successful
    assert [line for line in caplog.messages if "f:1:1: key is bad" in line]
    assert len(caplog.messages) == 3


def test_after_what_was_wrong_comes_what_is_right():
    async def twice():
        desk = await reload(wrong("is bad"), {})
        since = desk.reloading.last.succeeded_at
        desk.ask()
        await desk.finished()
        assert desk.reloading.last.succeeded_at > since
        return desk

    assert asyncio.run(twice()).reloading.last.successful


def test_all_who_ask_before_it_is_read_are_answered_by_one_reading():
    desk = asyncio.run(reload({}, asked=3))
    assert (len(desk.answers), len(desk.applied), desk.files) == (3, 1, [])


def test_who_asks_while_it_is_read_is_answered_by_the_next():
    async def one_after_the_other():
        desk = Desk({"hints": [HINT]}, {})
        desk.ask()
        await asyncio.sleep(0)
        desk.ask()
        await desk.finished()
        return desk

    desk = asyncio.run(one_after_the_other())
    assert [data["applied"] for _, data in desk.answers] == [["hints: 2000 added"], ["hints: 2000 removed"]]


def test_a_fault_of_ours_does_not_end_it_for_good():
    async def twice():
        desk = await reload(RuntimeError("a bug"), {})
        desk.ask()
        await desk.finished()
        return desk

    desk = asyncio.run(twice())
    assert [str(error) for _, error in desk.failures] == ["a bug"]
    assert len(desk.applied) == 1


def test_the_files_of_phones_are_made_before_anything_is_applied():
    desk = asyncio.run(reload(SERVED, running=Settings.model_validate({"provisioning": {"http": True}})))
    ((prepared, _),) = desk.applied
    assert "000fd3aabbcc.cfg" in prepared.served.files


def test_where_no_files_are_served_none_are_made():
    quiet = {**SERVED, "provisioning": {"bridge_address": "192.0.2.1:5060"}}
    assert served_files(Settings.model_validate(quiet)).files == {}


def test_without_a_file_there_is_nothing_to_read():
    async def scenario():
        tasks = Tasks(lambda _name, _error: None)
        reloading = Reloading(Settings(), None, lambda *_: None, lambda _event: None, tasks)
        answers = []
        reloading.ask(lambda error, data: answers.append((error, data)))
        assert (answers, len(tasks)) == ([("this bridge was not started from a file", {})], 0)
        assert reloading.last.successful

    asyncio.run(scenario())


def test_what_becomes_insecure_is_said_once(caplog):
    everybody = {"sip": {"trusted_networks": ["0.0.0.0/0"]}}

    async def thrice():
        desk = await reload({}, everybody, everybody)
        for _ in "ab":
            desk.ask()
            await desk.finished()

    with caplog.at_level(logging.WARNING, "bridge"):
        asyncio.run(thrice())
    assert [line.partition(" in ")[0] for line in caplog.messages] == ["insecure: 0.0.0.0/0"]
