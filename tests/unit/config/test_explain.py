from pathlib import Path

import pytest
from pydantic import ValidationError

from bridge.config import Settings
from bridge.config.explain import explained
from bridge.config.sources import Sources


@pytest.fixture
def explain(tmp_path: Path):
    """The problems that the settings have with a file: key and reason."""

    def explain(text: str) -> list[tuple[str, str]]:
        path = tmp_path / "c.toml"
        path.write_text(text, encoding="utf-8")
        sources = Sources.read(path, {})
        with pytest.raises(ValidationError) as caught:
            Settings(**sources.values)
        return [(problem.key, problem.reason) for problem in explained(caught.value, sources)]

    return explain


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("mqtt.port = 'x'", "mqtt.port", "needs a whole number, got 'x'"),
        ("mqtt.port = 1.5", "mqtt.port", "needs a whole number, got 1.5"),
        ("mqtt.port = []", "mqtt.port", "needs a whole number, got an empty list"),
        ("mqtt.port = true", "mqtt.port", "needs a number, got true"),
        ("mqtt.port = 0", "mqtt.port", "must be at least 1, got 0"),
        ("mqtt.host = 5", "mqtt.host", "needs text in quotes, got 5"),
        ("mqtt.password = 5", "mqtt.password", "needs text in quotes, got (hidden)"),
        ("mqtt = 5", "mqtt", "needs a section of its own, got 5"),
        ("mqtt.username = {}", "mqtt.username", "needs text in quotes, got a section"),
        (
            "sip.notify_min_interval_seconds = 'x'",
            "sip.notify_min_interval_seconds",
            "needs a number, got 'x'",
        ),
        (
            "sip.notify_min_interval_seconds = inf",
            "sip.notify_min_interval_seconds",
            "needs a finite number, got inf",
        ),
        (
            "sip.notify_min_interval_seconds = [1]",
            "sip.notify_min_interval_seconds",
            "needs a number, got a list",
        ),
        ("sip.listen = []", "sip.listen", "needs at least one entry, got an empty list"),
        ("sip.listen = 'x'", "sip.listen", "needs a list in brackets: write ['x']"),
        ("sip.listen = [5]", "sip.listen[0]", "needs text in quotes, got 5"),
        ("hints = [5]", "hints[0]", "needs a section of its own, got 5"),
        (
            "[hints]\nextension = '1'",
            "hints",
            "is a list of sections: write [[hints]], with two brackets, before each",
        ),
        (
            "[mqtt]\nmin_expires_seconds = 1",
            "mqtt.min_expires_seconds",
            "is not a setting (did you mean 'sip.min_expires_seconds'?)",
        ),
        ("[metrics]\ncolour = 1", "metrics.colour", "is not a setting (known here: per_extension_limit)"),
        (
            "[sensors.a]\ntopic = 't'\nexpire_seconds = 0",
            "sensors.a.expire_seconds",
            "must be above 0, got 0",
        ),
        (
            "[sensors.a]\ntopic = 't'\nrequest = { topic = 'r', paylod = 'p' }",
            "sensors.a.request[0].paylod",
            "is not a setting (did you mean 'payload'?)",
        ),
        ("[sensors.'a b']\ntopic = 't'", "sensors.a b", "is no name: it may have letters, digits, - and _"),
    ],
)
def test_words(explain, text, key, reason):
    assert explain(text) == [(key, reason)]


def test_a_long_value_is_cut(explain):
    ((_, reason),) = explain(f"mqtt.port = '{'9' * 100}x'")
    assert reason == f"needs a whole number, got '{'9' * 58}…"


def test_braces_in_a_reason_are_text(explain):
    text = "[[sip.feature_codes]]\ndial = '*7'\nset = 'away,{tim}'"
    assert explain(text) == [("sip.feature_codes[0]", "{tim} is not known here: known are {user}")]
