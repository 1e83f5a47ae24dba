import pytest

from bridge.model.facts import presence_key
from bridge.topics.arbiter import NoRules

KEY = presence_key("2000")


def test_without_rules_nothing_is_governed_and_nothing_else_is_asked():
    nobody = NoRules()
    assert not nobody.governs(KEY)
    with pytest.raises(AssertionError, match="no rules for"):
        nobody.overridden(KEY, None, 1.0, 1.0)
    with pytest.raises(AssertionError, match="no rules for"):
        nobody.released(KEY, 1.0)
