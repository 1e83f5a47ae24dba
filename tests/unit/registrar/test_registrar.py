from pathlib import Path

import pytest

from bridge.effects import RegisterAnswered
from bridge.registrar.bindings import MAX_CONTACTS
from bridge.sip.credentials import User
from bridge.sip.headers import parse_name_addr
from bridge.sip.parser import parse
from support.playbook import Playbook
from support.softphone import Softphone

WIRE = Path(__file__).parents[2] / "data" / "wire"
ALICE = User("alice", "secret")


@pytest.fixture
def play():
    return Playbook("2000 = SIP/2000,CustomPresence:2000")


@pytest.fixture
def softphone(play):
    return Softphone(play)


def bindings(response):
    """What a 200 lists: the seconds left, by URI."""
    values = [parse_name_addr(value) for value in response.values("contact")]
    return {value.uri: int(value.params["expires"]) for value in values}


def outcome(play):
    return play.of(RegisterAnswered)[-1].outcome


@pytest.mark.requirement("R1")
def test_a_phone_is_told_all_its_bindings_and_their_seconds(play, softphone):
    assert bindings(softphone.register("192.0.2.1", expires=300)) == {"sip:2000@192.0.2.1": 300}
    play.advance(100)
    response = softphone.register("192.0.2.2", expires=60)
    assert response.status == 200
    assert bindings(response) == {"sip:2000@192.0.2.1": 200, "sip:2000@192.0.2.2": 60}


def test_a_binding_ends_in_time(play, softphone):
    softphone.register("192.0.2.1", expires=60)
    play.advance(60)
    assert bindings(softphone.register()) == {}


def test_without_a_contact_it_is_a_query(play, softphone):
    softphone.register("192.0.2.1")
    assert bindings(softphone.register(expires=None)) == {"sip:2000@192.0.2.1": 300}
    assert outcome(play) == "fetched"


@pytest.mark.requirement("R2")
@pytest.mark.parametrize(
    ("contact", "expires", "granted"),
    [
        ("<sip:2000@192.0.2.1>;expires=120", 300, 120),
        ("<sip:2000@192.0.2.1>", 300, 300),
        ("<sip:2000@192.0.2.1>", None, 3600),
        ("<sip:2000@192.0.2.1>;expires=soon", 300, 3600),
        ("<sip:2000@192.0.2.1>;expires", 300, 3600),
        ("<sip:2000@192.0.2.1>", "soon", 3600),
        ("<sip:2000@192.0.2.1>;expires=99999999999999999999999", 300, 3600),
    ],
)
def test_a_contact_goes_before_the_request_and_both_before_the_default(softphone, contact, expires, granted):
    assert bindings(softphone.register(contact, expires=expires)) == {"sip:2000@192.0.2.1": granted}


@pytest.mark.requirement("R2")
def test_too_brief_is_refused_with_the_least_and_changes_nothing():
    play = Playbook(min_expires=60)
    softphone = Softphone(play)
    softphone.register("192.0.2.1")
    response = softphone.register("192.0.2.1", "<sip:2000@192.0.2.2>;expires=30", expires=0)
    assert (response.status, response.get("min-expires")) == (423, "60")
    assert bindings(softphone.register()) == {"sip:2000@192.0.2.1": 300}


def test_a_contact_is_removed_by_zero(play, softphone):
    softphone.register("192.0.2.1")
    softphone.register("192.0.2.2")
    assert bindings(softphone.register("192.0.2.1", expires=0)) == {"sip:2000@192.0.2.2": 300}
    assert outcome(play) == "removed"


@pytest.mark.requirement("R1")
def test_a_star_removes_all(play, softphone):
    softphone.register("192.0.2.1", "192.0.2.2")
    response = softphone.register("*", expires=0)
    assert (response.status, bindings(response), outcome(play)) == (200, {}, "removed")


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(
    ("contacts", "expires"),
    [
        (["*"], 300),
        (["*"], None),
        (["*"], "0x"),
        (["*", "192.0.2.1"], 0),
        (["192.0.2.1", "*"], 0),
        (["*", "*"], 0),
    ],
)
def test_a_star_stands_alone_and_with_expires_zero(softphone, contacts, expires):
    softphone.register("192.0.2.9")
    assert softphone.register(*contacts, expires=expires).status == 400
    assert bindings(softphone.register()) == {"sip:2000@192.0.2.9": 300}


@pytest.mark.requirement("R1")
def test_a_request_that_was_overtaken_changes_nothing(play, softphone):
    softphone.register("192.0.2.1", CSeq="5 REGISTER")
    assert softphone.register("192.0.2.2", "192.0.2.1", expires=0, CSeq="4 REGISTER").status == 500
    play.advance(40)  # what comes within 32 s is a copy that took another way (482)
    assert softphone.register("*", expires=0, CSeq="5 REGISTER").status == 500
    assert bindings(softphone.register(CSeq="6 REGISTER")) == {"sip:2000@192.0.2.1": 260}


def via(number):
    return f"SIP/2.0/UDP 127.0.0.1:40000;rport;branch=z9hG4bKother{number}"


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(
    "broken", ["<sip:a@192.0.2.1", "<mailto>", "<sip:@192.0.2.1>", "<sip:a@192.0.2.1:99999>"]
)
def test_one_bad_contact_and_none_is_bound(softphone, broken):
    assert softphone.register("192.0.2.1", Contact=f"<sip:2000@192.0.2.1>, {broken}").status == 400
    assert bindings(softphone.register()) == {}


def test_contacts_of_other_schemes_are_kept(softphone):
    assert bindings(softphone.register("<tel:+49891234>")) == {"tel:+49891234": 300}


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("address", ["<sip:127.0.0.1>", f"<sip:{'a' * 257}@127.0.0.1>"])
def test_an_address_without_a_user_of_ours_is_not_found(softphone, address):
    assert softphone.register("192.0.2.1", To=address).status == 404


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("address", ["<tel:+49891234>", "isbn:2983792873"])
def test_an_address_that_is_no_sip_uri_is_400(softphone, address):
    assert softphone.register("192.0.2.1", To=address).status == 400


def test_every_domain_is_ours(play, softphone):
    softphone.register("192.0.2.1", To="<sip:2000@elsewhere.example;x=y>")
    request = softphone.phone.request("REGISTER", "2000", Contact=None)
    softphone.phone.send(
        request.replace("REGISTER sip:2000@127.0.0.1:5060", "REGISTER sip:elsewhere.example")
    )
    assert bindings(softphone.phone.responses()[-1]) == {"sip:2000@192.0.2.1": 300}


def test_a_user_is_named_with_or_without_escapes(softphone):
    softphone.register("192.0.2.1", name="m%C3%BCller")
    assert bindings(softphone.register(name="müller")) == {"sip:2000@192.0.2.1": 300}


def test_from_a_trusted_network_anybody_may_register_anybody(play):
    assert Softphone(play, "nobody-that-we-know").register("192.0.2.1").status == 200


@pytest.mark.requirement("A11", "R1")
def test_who_authenticates_registers_himself_alone():
    play = Playbook(trusted=("192.0.2.0/24",), users=(ALICE, User("bob", "other")))
    alice = Softphone(play, "alice", password="secret")
    assert alice.register("192.0.2.1").status == 200
    assert alice.register("192.0.2.1", name="bob").status == 403
    assert alice.register("*", expires=0, name="bob").status == 403
    assert Softphone(play, "alice", password="wrong").register("192.0.2.1").status == 401


@pytest.mark.requirement("R1")
def test_what_must_be_understood_is_refused(softphone):
    response = softphone.register("192.0.2.1", Require="outbound, gruu")
    assert (response.status, response.get("unsupported")) == (420, "outbound, gruu")


@pytest.mark.requirement("R4")
def test_instance_and_flow_are_kept_and_outbound_is_not_offered(softphone):
    contact = '<sip:2000@192.0.2.1>;+sip.instance="<urn:uuid:1>";reg-id=1'
    response = softphone.register(contact, Supported="outbound, path, gruu", Path="<sip:proxy;lr>")
    assert response.get("contact") == f"{contact};expires=300"
    assert not response.names & {"require", "supported", "path", "service-route"}


@pytest.mark.requirement("R2")
def test_what_is_kept_is_bounded(softphone):
    long = "x" * 1020
    assert softphone.register(f"<sip:{long}@192.0.2.1>").status == 400
    assert softphone.register("192.0.2.1", Call_ID=long).status == 400
    assert softphone.register(*(f"192.0.2.{number}" for number in range(MAX_CONTACTS + 1))).status == 403
    assert bindings(softphone.register()) == {}


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("name", sorted(path.name for path in WIRE.glob("*REGISTER*")))
def test_what_phones_send_makes_their_account_good(play, name):
    data = (WIRE / name).read_bytes()
    softphone = Softphone(play)
    softphone.phone.send(data.replace(parse(data).top_via.raw.encode(), via(name).encode()))
    (response,) = softphone.phone.responses()
    (wanted,) = parse(data).contacts
    assert response.status == 200
    assert bindings(response) == {wanted.uri: 300}
    (bound,) = response.contacts
    assert bound.params == wanted.params | {"expires": "300"}


@pytest.mark.requirement("R6")
def test_where_a_pbx_is_the_registrar_it_is_not_served():
    play = Playbook("2000 = SIP/2000", accept_register=False)
    response = Softphone(play).register("192.0.2.1")
    assert response.status == 405
    assert "REGISTER" not in response.get("allow")
    assert "REGISTER" in Playbook("2000 = SIP/2000").endpoint.allow


def test_answers_are_observed_with_what_can_be_printed(play, softphone):
    softphone.register("192.0.2.1")
    softphone.register("192.0.2.1")
    softphone.register("*", expires=1)
    softphone.register("192.0.2.1", name="a%1Bb")
    first, second, third, fourth = play.of(RegisterAnswered)
    assert first == RegisterAnswered("registered", 200, "sip:2000@127.0.0.1", "127.0.0.1")
    assert (second.outcome, third.outcome, third.status) == ("refreshed", "rejected", 400)
    assert fourth.aor == "sip:a%1Bb@127.0.0.1"
