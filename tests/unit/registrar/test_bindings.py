import pytest

from bridge.events import Address, Flow
from bridge.registrar import bindings as module
from bridge.registrar.bindings import MAX_CONTACTS, Bindings, Offer
from bridge.sip.errors import Forbidden, ServerError, ServiceUnavailable
from bridge.sip.headers import parse_name_addr
from bridge.sip.uri import parse_uri
from bridge.timers import Timers

FLOW = Flow("udp", Address("192.0.2.10", 5060), Address("192.0.2.1", 5060))


class Desk:
    """Bindings, and the time."""

    def __init__(self):
        self.timers = Timers()
        self.bindings = Bindings(self.timers)
        self.now = 100.0

    def bind(self, *contacts, expires=300, user="2000", call_id="a", cseq=1):
        offers = []
        for contact in contacts:
            read = parse_name_addr(contact if "<" in contact else f"<{contact}>")
            offers.append(Offer(read, parse_uri(read.uri), expires, FLOW))
        self.bindings.update(user, offers, call_id, cseq, self.now)

    def bound(self, user="2000"):
        return [binding.contact.uri for binding in self.bindings.of(user)]

    def advance(self, seconds):
        self.now += seconds
        self.timers.run(self.now)


@pytest.fixture
def desk():
    return Desk()


def test_a_binding_lasts_until_it_expires(desk):
    desk.bind("sip:a@192.0.2.1", expires=60)
    desk.bind("sip:a@192.0.2.2", expires=90, call_id="b")
    desk.advance(60)
    assert desk.bound() == ["sip:a@192.0.2.2"]
    desk.advance(30)
    assert desk.bound() == []
    assert len(desk.bindings) == 0
    assert len(desk.timers) == 0


def test_a_renewed_one_lasts_longer(desk):
    desk.bind("sip:a@192.0.2.1", expires=60)
    desk.advance(30)
    desk.bind("sip:a@192.0.2.1", expires=60, cseq=2)
    desk.advance(59)
    assert desk.bound() == ["sip:a@192.0.2.1"]
    assert len(desk.timers) == 1


def test_contacts_are_compared_as_uris(desk):
    desk.bind("sip:a@EXAMPLE.com;transport=udp")
    desk.bind("sip:%61@example.com;Transport=UDP", cseq=2)
    assert desk.bound() == ["sip:%61@example.com;Transport=UDP"]


def test_users_are_apart(desk):
    desk.bind("sip:a@192.0.2.1")
    desk.bind("sip:a@192.0.2.1", user="2001")
    desk.bindings.clear("2000", "a", 2)
    assert (desk.bound(), desk.bound("2001")) == ([], ["sip:a@192.0.2.1"])


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("cseq", [0, 1])
def test_within_a_call_id_the_cseq_must_grow_or_nothing_changes(desk, cseq):
    desk.bind("sip:a@192.0.2.1")
    with pytest.raises(ServerError):
        desk.bind("sip:b@192.0.2.2", "sip:a@192.0.2.1", cseq=cseq)
    with pytest.raises(ServerError):
        desk.bind("sip:a@192.0.2.1", expires=0, cseq=cseq)
    with pytest.raises(ServerError):
        desk.bindings.clear("2000", "a", cseq)
    assert desk.bound() == ["sip:a@192.0.2.1"]


@pytest.mark.requirement("R1")
def test_another_call_id_counts_for_itself(desk):
    desk.bind("sip:a@192.0.2.1", cseq=9)
    desk.bind("sip:a@192.0.2.1", call_id="b", cseq=1)
    desk.bindings.clear("2000", "c", 1)
    assert desk.bound() == []


def test_one_contact_twice_in_a_request_is_one(desk):
    desk.bind("sip:a@192.0.2.1", "sip:a@192.0.2.1")
    assert desk.bound() == ["sip:a@192.0.2.1"]


@pytest.mark.requirement("R2")
def test_the_oldest_contact_makes_room(desk):
    for number in range(MAX_CONTACTS):
        desk.bind(f"sip:a@192.0.2.{number}", cseq=number)
    desk.bind("sip:a@192.0.2.0", cseq=50)
    desk.bind("sip:a@192.0.2.99", cseq=51)
    assert len(desk.bound()) == len(desk.bindings) == MAX_CONTACTS
    assert "sip:a@192.0.2.1" not in desk.bound()
    assert {"sip:a@192.0.2.0", "sip:a@192.0.2.99"} <= set(desk.bound())


@pytest.mark.requirement("R2")
def test_more_contacts_at_once_than_there_may_be_are_refused(desk):
    with pytest.raises(Forbidden):
        desk.bind(*(f"sip:a@192.0.2.{number}" for number in range(MAX_CONTACTS + 1)))
    assert desk.bound() == []


def test_when_all_is_full_only_new_ones_are_refused(desk, monkeypatch):
    monkeypatch.setattr(module, "MAX_BINDINGS", 3)
    for user in ("2000", "2001", "2002"):
        desk.bind("sip:a@192.0.2.1", user=user)
    with pytest.raises(ServiceUnavailable) as caught:
        desk.bind("sip:b@192.0.2.1", call_id="b")
    assert caught.value.headers == (("Retry-After", "60"),)
    desk.bind("sip:a@192.0.2.1", cseq=2)
    desk.bind("sip:a@192.0.2.1", expires=0, cseq=3)
    desk.bind("sip:b@192.0.2.1", call_id="b")
    assert len(desk.bindings) == 3


@pytest.mark.requirement("R4")
@pytest.mark.parametrize(
    ("contact", "header"),
    [
        ("<sip:a@192.0.2.1;ob>", "<sip:a@192.0.2.1;ob>;expires=300"),
        ('"Alice" <sip:a@192.0.2.1>;q=0.5;Expires=9', "<sip:a@192.0.2.1>;q=0.5;expires=300"),
        (
            '<sip:a@192.0.2.1>;+sip.instance="<urn:uuid:5a61e2f2>";reg-id=1',
            '<sip:a@192.0.2.1>;+sip.instance="<urn:uuid:5a61e2f2>";reg-id=1;expires=300',
        ),
        ('<sip:a@192.0.2.1>;x="a \\"b\\"";y', '<sip:a@192.0.2.1>;x="a \\"b\\"";y;expires=300'),
    ],
)
def test_a_contact_is_listed_with_all_that_was_sent_and_the_seconds_left(desk, contact, header):
    desk.bind(contact)
    (binding,) = desk.bindings.of("2000")
    assert binding.header(desk.now) == header
    assert parse_name_addr(header).params["expires"] == "300"
    assert binding.header(desk.now + 299.5).endswith(";expires=1")


@pytest.mark.requirement("R2")
def test_the_seconds_left_are_never_more_than_was_granted(desk):
    """The difference of two floats is not always the number that was added."""
    for step in range(1000):
        desk.now = 1000 + step * 0.000737
        desk.bind("sip:a@h", expires=3600, call_id=str(step))
        (binding,) = desk.bindings.of("2000")
        assert binding.header(desk.now).endswith(";expires=3600")
