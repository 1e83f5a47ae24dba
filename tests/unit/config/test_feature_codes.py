import pytest
from pydantic import ValidationError

from bridge.config import ConfigError, FeatureCodeSettings, SipSettings, load
from bridge.features.feature_code import parse_feature_code


def code(**values: object) -> FeatureCodeSettings:
    return FeatureCodeSettings.model_validate({"dial": "*78"} | values)


def test_a_code_is_about_the_caller_and_is_declined_unless_told_otherwise():
    assert code(set="dnd").parsed == parse_feature_code("*78", "{user}", ["dnd"], 603)
    toggled = code(provider="Bob", toggle=["available", "unavailable"], status=486)
    assert toggled.parsed == parse_feature_code("*78", "Bob", ["available", "unavailable"], 486)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "needs set, or toggle, and not both"),
        ({"set": "dnd", "toggle": ["away", "dnd"]}, "needs set, or toggle, and not both"),
        ({"toggle": ["away"]}, "needs two states"),
        ({"toggle": ["away", "away,lunch"]}, "names a state twice"),
        ({"toggle": ["away", "bored"]}, "unknown presence state 'bored'"),
        ({"set": "awya"}, "did you mean away"),
        ({"set": ""}, "no presence state given"),
        ({"set": "away,{time}"}, "{time} is not known here"),
        ({"set": "dnd", "dial": "*{A}"}, "only at its end"),
        ({"set": "dnd", "provider": "CustomPresence:Bob"}, "without 'CustomPresence:'"),
        ({"set": "dnd", "status": 200}, "486 or 603"),
        ({"set": "dnd", "caller": "x"}, "not permitted"),
    ],
)
def test_refused(values, words):
    with pytest.raises(ValidationError, match=words) as caught:
        code(**values)
    assert caught.value.error_count() == 1


@pytest.mark.parametrize("other", ["*78", "*78{x}"])
def test_a_number_has_one_code(other):
    codes = [code(set="dnd"), code(set="away", dial="*78{y}"), code(set="chat", dial=other)]
    with pytest.raises(ValidationError, match=r"have the same dial in entries \d and 2"):
        SipSettings(feature_codes=codes)
    assert len(SipSettings(feature_codes=codes[:2]).parsed_feature_codes) == 2


def test_a_mistake_is_shown_where_it_stands(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text('[[sip.feature_codes]]\ndial = "*7{a}{b}"\nset = "dnd"\n')
    with pytest.raises(ConfigError) as caught:
        load(file, {})
    (problem,) = caught.value.problems
    assert problem.where == f"{file}:2:1"
    assert problem.key == "sip.feature_codes[0].dial"
