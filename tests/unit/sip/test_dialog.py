import pytest

from bridge.events import Address, Flow
from bridge.sip.dialog import Dialog, DialogId
from bridge.sip.errors import BadRequest, ServerError
from bridge.sip.parser import parse

SOURCE = Flow("udp", Address("127.0.0.1", 5060), Address("127.0.0.1", 40000))


def subscribe(*, cseq=1, contact="<sip:a@127.0.0.1:40000;ob>", to="<sip:2000@h>", routes=()):
    lines = [
        "SUBSCRIBE sip:2000@h SIP/2.0",
        "Via: SIP/2.0/UDP 127.0.0.1:40000;branch=z9hG4bK1",
        'From: "A" <sip:a@h>;tag=remote',
        f"To: {to}",
        "Call-ID: c1",
        f"CSeq: {cseq} SUBSCRIBE",
        *(f"Record-Route: {route}" for route in routes),
        *([f"Contact: {contact}"] if contact else []),
        "Content-Length: 0",
        "",
        "",
    ]
    return parse("\r\n".join(lines).encode())


@pytest.mark.requirement("D11")
def test_identity_and_addresses():
    dialog = Dialog(subscribe(), "local")
    assert dialog.id == DialogId("c1", "local", "remote")
    assert dialog.local == "<sip:2000@h>;tag=local"
    assert dialog.remote == '"A" <sip:a@h>;tag=remote'
    assert dialog.target == "sip:a@127.0.0.1:40000;ob"


def test_a_to_header_without_brackets_keeps_its_form():
    assert Dialog(subscribe(to="sip:2000@h"), "x").local == "sip:2000@h;tag=x"


@pytest.mark.requirement("D13")
@pytest.mark.parametrize("cseq", [5, 4, 0])
def test_a_cseq_that_does_not_grow_is_refused(cseq):
    dialog = Dialog(subscribe(cseq=5), "local")
    with pytest.raises(ServerError):
        dialog.accept(subscribe(cseq=cseq))
    assert dialog.remote_cseq == 5


@pytest.mark.requirement("D10")
def test_target_refresh_but_not_of_the_routes():
    dialog = Dialog(subscribe(routes=["<sip:p;lr>"]), "local")
    dialog.accept(subscribe(cseq=9, contact="<sip:b@127.0.0.1>", routes=["<sip:q;lr>"]))
    assert (dialog.target, dialog.route_set, dialog.remote_cseq) == ("sip:b@127.0.0.1", ("<sip:p;lr>",), 9)
    dialog.accept(subscribe(cseq=10, contact=None))
    assert dialog.target == "sip:b@127.0.0.1"


def test_a_refused_contact_leaves_the_dialog_as_it_was():
    dialog = Dialog(subscribe(), "local")
    with pytest.raises(BadRequest):
        dialog.accept(subscribe(cseq=2, contact="<mailto:a@b>"))
    assert (dialog.target, dialog.remote_cseq) == ("sip:a@127.0.0.1:40000;ob", 1)


@pytest.mark.requirement("D8")
def test_the_first_usable_contact_counts():
    assert Dialog(subscribe(contact="<tel:1>, <SIP:b@h>"), "x").target == "SIP:b@h"


@pytest.mark.requirement("D14")
def test_our_cseq_is_our_own():
    dialog = Dialog(subscribe(cseq=77), "local")
    assert [dialog.next_cseq(), dialog.next_cseq()] == [1, 2]


@pytest.mark.parametrize(
    ("contact", "routes", "expected"),
    [
        ("<sip:a@127.0.0.1:5062>", (), Address("127.0.0.1", 5062)),
        ("<sip:a@127.0.0.1>", (), Address("127.0.0.1", 5060)),
        ("<sip:a@10.0.0.9:5062>", (), SOURCE.remote),
        ("<sip:a@localhost:5062>", (), SOURCE.remote),
        ("<sip:a@10.0.0.9>", ("<sip:127.0.0.1:5080;lr>",), Address("127.0.0.1", 5080)),
        ("<sip:a@127.0.0.1:5062>", ("<sip:proxy.example;lr>",), SOURCE.remote),
    ],
)
def test_next_hop(contact, routes, expected):
    dialog = Dialog(subscribe(contact=contact, routes=routes), "local")
    assert dialog.next_hop(SOURCE) == SOURCE._replace(remote=expected)


def test_a_stream_is_its_own_next_hop():
    flow = SOURCE._replace(transport="tcp")
    assert Dialog(subscribe(contact="<sip:a@127.0.0.1:5062>"), "local").next_hop(flow) == flow


@pytest.mark.requirement("D9")
def test_request_line_and_routes():
    target = "sip:a@127.0.0.1:40000;ob"
    assert Dialog(subscribe(), "x").request_line_and_routes() == (target, ())
    loose = ["<sip:p;lr>", "<sip:q;lr>"]
    assert Dialog(subscribe(routes=loose), "x").request_line_and_routes() == (target, tuple(loose))
    strict = ["<sip:p>", "<sip:q;lr>"]
    assert Dialog(subscribe(routes=strict), "x").request_line_and_routes() == (
        "sip:p",
        ("<sip:q;lr>", f"<{target}>"),
    )


# --- after a restart ---

SAVED = {
    "identity": DialogId("c", "local", "phone"),
    "local": "<sip:2000@h>;tag=local",
    "remote": '"A" <sip:a@h>;tag=phone',
    "local_cseq": 1000,
    "remote_cseq": 7,
    "route_set": ("<sip:127.0.0.1:5080;lr>",),
    "target": "sip:a@127.0.0.1:5062",
}


def test_a_dialog_of_an_earlier_run_goes_on():
    dialog = Dialog.resume(**SAVED)
    assert (dialog.next_cseq(), dialog.remote_uri) == (1001, "sip:a@h")
    assert dialog.request_line_and_routes() == ("sip:a@127.0.0.1:5062", SAVED["route_set"])
    assert dialog.next_hop(SOURCE).remote == Address("127.0.0.1", 5080)


@pytest.mark.parametrize(
    "spoilt",
    [{"target": "nonsense"}, {"remote": "nonsense"}, {"route_set": ("nonsense",)}, {"target": "sip:"}],
)
def test_what_cannot_be_read_is_no_dialog(spoilt):
    with pytest.raises(BadRequest):
        Dialog.resume(**{**SAVED, **spoilt})


@pytest.mark.requirement("S13")
def test_once_after_a_restart_a_cseq_may_be_the_same():
    dialog = Dialog.resume(**SAVED)
    with pytest.raises(ServerError):
        dialog.accept(subscribe(cseq=6))
    dialog.accept(subscribe(cseq=7))
    with pytest.raises(ServerError):
        dialog.accept(subscribe(cseq=7))
    dialog.accept(subscribe(cseq=8))


def test_the_request_that_formed_it_may_come_again():
    dialog, same, later = (
        Dialog.resume(**SAVED),
        Dialog(subscribe(cseq=7), "x"),
        Dialog(subscribe(cseq=8), "x"),
    )
    assert dialog.is_repeated_by(same)
    assert not dialog.is_repeated_by(later)
    assert not same.is_repeated_by(same)
    dialog.accept(subscribe(cseq=9))
    assert not dialog.is_repeated_by(Dialog(subscribe(cseq=9), "x"))
