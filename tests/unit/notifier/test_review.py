from bridge.model.hint import parse_hint
from bridge.model.state import State
from bridge.model.watchers import Watchers
from bridge.notifier.admission import Admission
from bridge.notifier.profiles import Profiles, Rule
from bridge.notifier.review import dress, reason_to_end
from bridge.sip.credentials import TRUSTED, Identity
from support.playbook import Playbook

HINT = "2000 = SIP/2000,CustomPresence:2000"


def subscription(agent="Digium D40"):
    play = Playbook(HINT)
    play.phone(agent=agent).subscribe()
    return play.notifier.subscriptions[0]


def reason(*hints, identity=TRUSTED):
    admission = Admission(State(hints), 10, 3600)
    return reason_to_end(subscription(), admission, lambda _user, _host: identity)


def test_who_may_watch_goes_on():
    assert reason(parse_hint("2000", "SIP/1")) == ""


def test_without_its_hint_it_ends():
    assert reason(parse_hint("2001", "SIP/1")) == "noresource"


def test_whoever_is_let_in_no_more_is_rejected_whether_the_hint_is_there_or_not():
    assert reason(parse_hint("2000", "SIP/1"), identity=None) == "rejected"
    assert reason(identity=None) == "rejected"
    assert reason(parse_hint("2000", "SIP/1"), identity=Identity("200", frozenset({"2001"}))) == "rejected"


def test_whom_the_hint_does_not_name_any_more_is_rejected():
    assert reason(parse_hint("2000", "SIP/1", watchers=Watchers(frozenset({"boss"}), ()))) == "rejected"


def test_another_profile_is_another_document():
    one = subscription()
    assert not dress(one, Profiles())
    assert dress(one, Profiles([Rule("digium", None, {"presence": "none"})]))
    assert (one.profile.presence, one.subject.supplements, one.subject.extension) == ("none", (), "2000")
    assert dress(one, Profiles([Rule("digium", "polycom")]))
    assert one.profile.name == "polycom"
    # It would be xpidf for a phone that subscribes now.
    assert one.body.content_type == "application/pidf+xml"
    assert dress(one, Profiles())
    assert (one.profile.name, len(one.subject.supplements)) == ("digium", 1)
