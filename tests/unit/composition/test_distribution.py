from bridge.composition.distribution import Distribution
from bridge.effects import NotifySent, Warned


class Choosy:
    def __init__(self, kind):
        self.kind, self.seen, self.asked = kind, [], 0

    def handler(self, kind):
        self.asked += 1
        return self.seen.append if kind is self.kind else None


def test_each_is_handed_what_it_wants_and_asked_once():
    words, sent, everything = Choosy(Warned), Choosy(NotifySent), []
    distribution = Distribution(words, sent)
    distribution.add(everything.append)
    seen = [Warned("a"), NotifySent("state", None), Warned("b")]
    for one in seen:
        distribution.observe(one)
    assert (words.seen, sent.seen, everything) == ([seen[0], seen[2]], [seen[1]], seen)
    assert words.asked == 2


def test_one_that_is_added_later_sees_what_comes_then():
    late, distribution = [], Distribution()
    distribution.observe(Warned("a"))
    distribution.add(late.append)
    distribution.observe(Warned("b"))
    assert late == [Warned("b")]
