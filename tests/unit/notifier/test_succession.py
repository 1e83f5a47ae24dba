import pytest

from bridge.effects import SubscriptionEnded
from support.playbook import Playbook


@pytest.fixture
def play():
    return Playbook("2000 = ,CustomPresence:2000")


def anew(phone):
    """The phone forgets its dialog and subscribes again."""
    phone.call_id, phone.to_tag = f"{phone.call_id}-again", None
    assert phone.subscribe("2000").status == 200


@pytest.mark.requirement("S18")
def test_an_earlier_dialog_is_asked_and_its_481_ends_it(play):
    phone = play.phone()
    phone.subscribe("2000")
    phone.notified()
    play.advance(1)
    anew(phone)
    phone.notified()
    told = len(phone.notifies())
    play.advance(10.1)
    asked = phone.notifies()[told:]
    assert len(asked) == 1
    phone.answer(asked[0], 481)
    assert len(play.notifier.subscriptions) == 1
    assert [one.reason for one in play.of(SubscriptionEnded)] == ["notify_rejected"]


def test_one_that_answers_lives_beside_the_new_one(play):
    phone = play.phone()
    phone.subscribe("2000")
    phone.notified()
    play.advance(1)
    anew(phone)
    phone.notified()
    play.advance(10.1)
    phone.answer(phone.notifies()[-1], 200)
    play.advance(60)
    assert len(play.notifier.subscriptions) == 2
