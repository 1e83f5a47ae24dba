"""`docs/topics.md` against a bridge that does everything: each topic stands there, and what stands there is so."""

import itertools
import json
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from bridge.composition.core import Core, Outside
from bridge.config import Settings
from bridge.effects import Publish, Send, Subscribe
from bridge.events import Address, BrokerConnected, MessageReceived, Stopping, Wake
from support.phone import Phone

PAGE = Path(__file__).parents[2] / "docs" / "topics.md"
SETTINGS = Settings.model_validate(
    {
        "mqtt": {"base_topic": "base/one"},
        "homeassistant": {"prefix": "prefix", "node_id": "node"},
        "hints": [{"extension": "2000", "hint": "SIP/2000&Custom:lamp,CustomPresence:2000"}],
    }
)
# Names that people give may hold slashes; `<token>`, `<command>` and the like are ours.
LEVELS = ("provider", "resource", "extension", "name")
EXAMPLES = {"base": "base/one", "prefix": "prefix", "node": "node"}


class Row(NamedTuple):
    """One line of the table of all topics."""

    pattern: str
    ways: str
    retained: str

    @property
    def example(self) -> str:
        return re.sub("<([a-z]+)>", lambda found: EXAMPLES.get(found[1], found[1]), self.pattern)

    def fits(self, topic: str) -> bool:
        expression = re.sub("<([a-z]+)>", lambda found: _level(found[1]), re.escape(self.pattern))
        return re.fullmatch(expression, topic) is not None


def _level(name: str) -> str:
    return EXAMPLES.get(name, ".+" if name in LEVELS else "[^/]+")


def rows():
    table = PAGE.read_text(encoding="utf-8").partition("## All of them")[2].partition("\nBeside")[0]
    cells = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("| `")]
    return [Row(topic.strip(" `"), ways.strip(), retained.strip()) for topic, ways, retained, _ in cells]


class Busy:
    """A bridge in a conversation that leaves nothing out."""

    def __init__(self):
        self.now = 1000.0
        self.effects, self.phones = [], {}
        tokens = itertools.count()
        outside = Outside(
            self._emit, lambda: f"{next(tokens):016x}", lambda now: 1_795_000_000 + now, lambda _flow: None
        )
        self.engine = Core(SETTINGS, outside).engine
        self.feed(BrokerConnected())
        (sentinel,) = [one for one in self.of(Publish) if "sync" in one.topic]
        self.mqtt(sentinel.topic, sentinel.payload)
        address = Address("127.0.0.1", 40_000)
        self.phones[address] = phone = Phone(self, address)
        phone.subscribe("2000")
        phone.notified()
        self.mqtt("base/one/presence/2000", b"away")
        self.mqtt("base/one/presence/2000/set", b"dnd")
        self.mqtt("base/one/device/Custom/lamp/set", b"INUSE")
        self.mqtt("base/one/bridge/request/health", b"")
        self.mqtt("base/one/bridge/request/trace", b"127.0.0.1")
        self.advance(100)
        self.feed(Stopping())

    def of(self, kind):
        return [effect for effect in self.effects if type(effect) is kind]

    def feed(self, event):
        self.engine.handle(event, self.now)
        self.advance(0)

    def mqtt(self, topic, payload):
        self.feed(MessageReceived(topic, payload, False, self.now))

    def advance(self, seconds):
        end = self.now + seconds
        while (deadline := self.engine.deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self.engine.handle(Wake(), self.now)
        self.now = end

    def _emit(self, effect):
        self.effects.append(effect)
        if isinstance(effect, Send) and (phone := self.phones.get(effect.flow.remote)):
            phone.received.append(effect.data)


@pytest.fixture(scope="module")
def busy():
    return Busy()


def covers(topic_filter, topic):
    wanted, levels = topic_filter.split("/"), topic.split("/")
    if wanted[-1] == "#":
        wanted, levels = wanted[:-1], levels[: len(wanted) - 1]
    return len(wanted) == len(levels) and all(
        one in ("+", level) for one, level in zip(wanted, levels, strict=True)
    )


def test_the_page_has_a_table():
    assert len(rows()) > 10
    assert all(row.ways in ("reads", "writes", "reads, writes") for row in rows())


def test_every_topic_that_is_written_stands_there(busy):
    topics = {effect.topic for effect in busy.of(Publish)}
    written = [row for row in rows() if "writes" in row.ways]
    assert not {topic for topic in topics if not any(row.fits(topic) for row in written)}


@pytest.mark.parametrize("row", [row for row in rows() if "writes" in row.ways], ids=lambda row: row.pattern)
def test_what_is_said_to_be_written_is_and_retained_or_not_as_it_says(busy, row):
    # Names that may hold slashes fit more than is meant: `…/set` is no provider.
    others = [other for other in rows() if other.pattern.startswith(row.pattern) and other != row]
    published = [
        effect
        for effect in busy.of(Publish)
        if row.fits(effect.topic) and not any(other.fits(effect.topic) for other in others)
    ]
    assert published
    assert {effect.retain for effect in published} == {row.retained == "yes"}
    assert {effect.qos for effect in published} == {1}


def test_everything_that_is_subscribed_to_stands_there(busy):
    (subscribe,) = busy.of(Subscribe)
    examples = [row.example for row in rows()]
    assert not [
        wanted
        for wanted in subscribe.filters
        if not any(covers(wanted, example) or example == wanted for example in examples)
        and not any(row.fits(wanted) for row in rows())
    ]


@pytest.mark.parametrize("row", [row for row in rows() if "reads" in row.ways], ids=lambda row: row.pattern)
def test_what_is_said_to_be_read_is_subscribed_to(busy, row):
    (subscribe,) = busy.of(Subscribe)
    # The last level of the sentinel's topic is by chance.
    assert any(covers(wanted, row.example) or row.fits(wanted) for wanted in subscribe.filters)


@pytest.mark.parametrize(
    ("topic", "heading"),
    [("bridge/info", "### bridge/info"), ("bridge/health", "### bridge/health"), ("phone/", "## Phones")],
)
def test_every_key_of_a_document_stands_in_its_section(busy, topic, heading):
    section = re.split("\n##+ ", PAGE.read_text(encoding="utf-8").partition(f"\n{heading}\n")[2])[0]
    published = [one for one in busy.of(Publish) if one.topic.startswith(f"base/one/{topic}") and one.payload]
    keys = {key for effect in published for key in json.loads(effect.payload)}
    assert keys
    assert not {key for key in keys if f"`{key}`" not in section and f'"{key}"' not in section}
