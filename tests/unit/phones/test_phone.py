import pytest

from bridge.phones.phone import Contact, Server
from support.phone_files import AT_BRIDGE, AT_PBX, CONTACTS, make_phone


@pytest.mark.parametrize(
    ("host", "text"),
    [
        ("192.0.2.1", "192.0.2.1:5060"),
        ("pbx.example", "pbx.example:5060"),
        ("2001:db8::1", "[2001:db8::1]:5060"),
    ],
)
def test_a_server_as_it_stands_in_a_uri(host, text):
    assert Server(host, 5060).host_port == text


def test_a_contact_without_a_name_is_shown_by_its_extension():
    assert [contact.shown_name for contact in CONTACTS] == ["Front desk", "2001"]


def test_contacts_take_the_keys_in_their_order():
    keys = make_phone("D50").keys
    assert [(place.location, place.number, contact.extension) for place, contact in keys] == [
        ("main", 2, "2000"),
        ("main", 3, "2001"),
    ]


def test_contacts_beyond_the_last_key_have_none():
    many = tuple(Contact(str(2000 + i)) for i in range(100))
    assert len(make_phone("D50", contacts=many).keys) == 12
    assert len(make_phone("D40", contacts=many).keys) == 0
    assert len(make_phone("D40", contacts=many, accounts=(AT_BRIDGE,)).keys) == 1
    assert len(make_phone("P325", contacts=many).keys) == 100


def test_no_password_is_printed():
    shown = repr(make_phone())
    assert AT_PBX.password not in shown
    assert AT_BRIDGE.password not in shown
