from bridge.composition.arbiter import RulesAsArbiter
from bridge.model.facts import presence_key
from bridge.rules.manual import Until as RulesUntil
from bridge.topics.decoders.until import Until

KEY = presence_key("2000")


class Rules:
    """Remembers what it is told."""

    def __init__(self):
        self.told = []

    def governs(self, key):
        return key == KEY

    def overridden(self, *told):
        self.told.append(told)

    def released(self, *told):
        self.told.append(told)


def test_everything_is_handed_on():
    rules = Rules()
    arbiter = RulesAsArbiter(rules)
    assert arbiter.governs(KEY)
    assert not arbiter.governs(presence_key("2001"))
    arbiter.overridden(KEY, None, 7.0, 1.0)
    arbiter.overridden(KEY, Until(5.0, on_change=True), 8.0, 2.0)
    arbiter.released(KEY, 3.0)
    until = RulesUntil(5.0, on_change=True)
    assert rules.told == [(KEY, None, 7.0, 1.0), (KEY, until, 8.0, 2.0), (KEY, 3.0)]
    assert isinstance(rules.told[1][1], RulesUntil)
