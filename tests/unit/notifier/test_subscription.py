from support.playbook import Playbook


def test_what_a_subscription_says_of_itself():
    play = Playbook("2000 = SIP/2000,CustomPresence:2000")
    phone = play.phone()
    phone.subscribe(expires=600)
    (subscription,) = play.notifier.subscriptions
    assert subscription.watcher == "sip:200@127.0.0.1"
    assert subscription.behind
    phone.notified()
    assert not subscription.behind
    assert repr(subscription).startswith("<Subscription 2000 active <Dialog call-40000@127.0.0.1")
