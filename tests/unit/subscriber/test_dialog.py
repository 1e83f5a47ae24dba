import pytest

from bridge.sip.errors import NoSuchSubscription, ServerError
from bridge.sip.message import Request, Response
from bridge.subscriber.dialog import Dialog


@pytest.fixture
def dialog():
    return Dialog("call", "phone", 100, "sip:2000@192.0.2.1")


def notify(cseq=1, *, tag="srv", to="phone", call_id="call", contact="<sip:192.0.2.9:5070>"):
    headers = [
        ("from", f"<sip:2000@192.0.2.1>;tag={tag}" if tag else "<sip:2000@192.0.2.1>"),
        ("to", f"<sip:200@192.0.2.1>;tag={to}"),
        ("call-id", call_id),
        ("cseq", f"{cseq} NOTIFY"),
    ]
    return Request("NOTIFY", "sip:200@192.0.2.10", headers + ([("contact", contact)] if contact else []))


def test_the_answer_brings_tag_and_target(dialog):
    dialog.answered("srv", Response(200, "OK", [("contact", "<sip:192.0.2.9:5070>")]))
    assert (dialog.remote_tag, dialog.target) == ("srv", "sip:192.0.2.9:5070")


def test_the_first_notify_can_bring_them_too(dialog):
    dialog.accept(notify())
    assert (dialog.remote_tag, dialog.target) == ("srv", "sip:192.0.2.9:5070")
    dialog.answered("another", Response(200, "OK", []))
    assert dialog.remote_tag == "srv"


@pytest.mark.parametrize("contact", [None, "<nonsense", "<tel:2000>"])
def test_without_a_usable_contact_the_target_stays(dialog, contact):
    dialog.accept(notify(contact=contact))
    assert dialog.target == "sip:2000@192.0.2.1"


@pytest.mark.parametrize("foreign", [{"tag": ""}, {"tag": "x"}, {"to": "x"}, {"call_id": "x"}])
def test_a_notify_of_another_dialog_is_refused(dialog, foreign):
    dialog.accept(notify(1))
    with pytest.raises(NoSuchSubscription):
        dialog.accept(notify(2, **foreign))
    dialog.accept(notify(2))


@pytest.mark.parametrize("cseq", [4, 5])
def test_a_cseq_that_does_not_grow_is_refused(dialog, cseq):
    dialog.accept(notify(5))
    with pytest.raises(ServerError):
        dialog.accept(notify(cseq, contact="<sip:elsewhere>"))
    assert dialog.target == "sip:192.0.2.9:5070"


def test_a_cseq_may_begin_at_zero_and_leave_gaps(dialog):
    dialog.accept(notify(0))
    dialog.accept(notify(500))
    assert dialog.remote_tag == "srv"
