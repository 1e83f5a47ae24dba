"""Each recipe of docs/cookbook.md does what its table says."""

import re
import tomllib
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bridge.cli import main
from pages.recipes import Recipe, recipes
from support.context import wall
from support.whole import Whole

RECIPES = list(recipes())
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
UNITS = {"seconds": 1, "minutes": 60, "hours": 3600}


class Kitchen:
    """A recipe at work, with a Digium phone that watches its extension."""

    def __init__(self, recipe: Recipe, monkeypatch) -> None:
        self.ahead = 0.0
        monkeypatch.setattr("support.whole.wall", lambda now: wall(now) + self.ahead)
        config = tomllib.loads(recipe.toml)
        options = config.setdefault("rule_options", {})
        self.zone = ZoneInfo(options.setdefault("time_zone", "UTC"))
        self.whole = Whole(config)
        self.phone = self.whole.phone()
        (hint,) = config["hints"]
        self.extension = hint["extension"]
        self.answered = self.seen = 0
        self.subscribe()
        self.pass_by(3)

    def happens(self, words: str) -> None:
        """A row that is not typed: time passes."""
        if later := re.fullmatch(r"(\d+) (\w+) later", words):
            self.pass_by(int(later[1]) * UNITS[later[2]])
        elif moment := re.fullmatch(r"it is (\w+), (\d+):(\d\d)", words):
            seconds = self.until(DAYS.index(moment[1]), int(moment[2]), int(moment[3]))
            # Days take long, also in pretended time: the clock is set to an hour before, which is lived through.
            self.ahead += max(seconds - 3600, 0)
            self.pass_by(min(seconds, 3600))
        else:
            assert words == "nothing yet"

    def until(self, weekday: int, hour: int, minute: int) -> int:
        """The seconds until a clock in the zone shows this next."""
        now = datetime.fromtimestamp(wall(self.whole.now) + self.ahead, self.zone)
        hours = (weekday - now.weekday()) * 24 + hour - now.hour
        return (hours * 3600 + (minute - now.minute) * 60 - now.second) % (7 * 86_400)

    def pass_by(self, seconds: int) -> None:
        """The phone answers whenever something has happened, and renews its subscription in time."""
        end = self.whole.now + seconds
        while self.whole.now < end:
            due = self.whole.core.engine.deadline() or end
            self.whole.advance(max(min(due, end) - self.whole.now, 0.001))
            if self.whole.now > self.subscribed + 500:
                self.subscribe()
            if len(self.phone.received) > self.seen:
                self.answer()

    def answer(self) -> None:
        """The phone acknowledges what it has not yet."""
        notifies = self.phone.notifies()
        for notify in notifies[self.answered :]:
            self.phone.answer(notify)
        self.answered, self.seen = len(notifies), len(self.phone.received)

    def subscribe(self) -> None:
        """For ten minutes more."""
        self.phone.subscribe(self.extension)
        self.subscribed = self.whole.now

    @property
    def shown(self) -> tuple[str, str]:
        """What the phone was told last: the presence, and the lamp."""
        last = self.phone.notifies()[-1]
        state, subtype, message = last.presence or ("not_set", "", "")
        return f"{state},{subtype},{message}".rstrip(","), last.lamp[1].lower()


@pytest.fixture(params=RECIPES, ids=[recipe.heading for recipe in RECIPES])
def recipe(request) -> Recipe:
    return request.param


def test_a_recipe_does_what_its_table_says(recipe, monkeypatch):
    kitchen = Kitchen(recipe, monkeypatch)
    for step in recipe.steps:
        if step.published is not None:
            topic, payload, retained = step.published
            kitchen.whole.say(topic, payload, retain=retained)
            kitchen.pass_by(3)
        else:
            kitchen.happens(step.happens)
        presence, lamp = kitchen.shown
        assert presence == step.presence, step
        assert step.lamp in (None, lamp), step


def test_a_recipe_checks_without_a_doubt(recipe, tmp_path, capsys):
    config = tmp_path / "config.toml"
    config.write_text(recipe.toml)
    assert main(["check", "--config", str(config)]) == 0
    assert "warning" not in capsys.readouterr().err.lower()


def test_there_are_ten_and_each_shows_something_happen():
    assert len(RECIPES) >= 10
    for recipe in RECIPES:
        assert len({step.presence for step in recipe.steps} | {step.lamp for step in recipe.steps}) > 2, (
            recipe
        )
