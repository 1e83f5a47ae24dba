from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from bridge.config.rule_options import RuleOptionsSettings
from bridge.rules.options import RuleOptions


def test_defaults_are_those_of_the_rules():
    assert RuleOptionsSettings().parsed == RuleOptions()


@pytest.mark.parametrize(
    ("written", "until"), [("cleared", "cleared"), ("change", "change"), (600, 600.0), (0.5, 0.5)]
)
def test_when_a_manual_word_ends(written, until):
    assert RuleOptionsSettings.model_validate({"manual_until": written}).parsed.manual_until == until


@pytest.mark.parametrize("written", ["never", "600", 0, -1, True, float("inf"), float("nan"), None, []])
def test_what_is_no_end(written):
    with pytest.raises(ValidationError, match="needs 'cleared', 'change', or a number of seconds"):
        RuleOptionsSettings.model_validate({"manual_until": written})


def test_the_zone_is_named_or_that_of_the_machine(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert RuleOptionsSettings().zone == ZoneInfo("Asia/Tokyo")
    assert RuleOptionsSettings(time_zone="Europe/Berlin").zone == ZoneInfo("Europe/Berlin")
