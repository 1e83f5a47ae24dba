import pytest

from bridge.features import providers
from bridge.features.providers import Providers
from bridge.model.hint import parse_hint
from bridge.model.state import State
from bridge.sip.errors import Forbidden


@pytest.fixture
def names():
    return Providers(State([parse_hint("2000", ",CustomPresence:Bob&CustomPresence:desk/1")]))


def test_a_provider_of_a_hint_is_spelled_as_there(names):
    assert names.named("BOB") == "Bob"
    assert names.named("Desk/1") == "desk/1"


def test_one_that_no_hint_has_keeps_its_first_spelling(names):
    assert names.named("Carol") == "Carol"
    assert names.named("carol") == "Carol"


@pytest.mark.parametrize("name", ["", "#", "a/+", "a\x00", "a\ud800", "a/set", "a/event"])
def test_what_cannot_be_a_topic_is_refused(names, name):
    with pytest.raises(Forbidden):
        names.named(name)


def test_there_is_no_end_of_names_without_a_hint(names, monkeypatch):
    monkeypatch.setattr(providers, "MOST_OTHERS", 2)
    assert [names.named(name) for name in ("1", "2", "1")] == ["1", "2", "1"]
    with pytest.raises(Forbidden, match="2 providers without a hint"):
        names.named("3")
    assert [names.named(name) for name in ("2", "bob")] == ["2", "Bob"]
