import pytest

from bridge.phones.contacts import GROUP, contacts, subscription_uri
from bridge.phones.phone import Server
from bridge.phones.xml import encode
from bridge.sip.uri import parse_uri
from support.phone_files import BRIDGE, make_phone, read


def book(**changes):
    return read(encode(contacts(make_phone(**changes)))).find("contacts")


def test_each_contact_subscribes_to_the_bridge():
    found = [(one.get("first_name"), one.get("subscribe_to")) for one in book().findall("contact")]
    assert found == [
        ("Front desk", "sip:2000@192.168.1.20:5060"),
        ("2001", "sip:2001@192.168.1.20:5060"),
    ]


def test_contacts_are_in_the_one_group_that_is_subscribed_to():
    assert book().get("group_name") == GROUP


def test_a_press_calls_the_extension():
    action = book().find("contact/actions/action")
    assert (action.get("id"), action.get("dial")) == ("primary", "2000")


def test_no_contacts_are_an_empty_book():
    assert len(book(contacts=())) == 0


@pytest.mark.parametrize("extension", ["2000", "*78", "front door", "büro", "a@b", "a;b?c", 'q"<>&', "50%"])
def test_the_bridge_reads_every_extension_back(extension):
    uri = parse_uri(subscription_uri(extension, BRIDGE))
    assert (uri.user, uri.host, uri.port, uri.params) == (extension, "192.168.1.20", 5060, {})


def test_tcp_and_ipv6():
    server = Server("2001:db8::1", 5070, "tcp")
    assert subscription_uri("2000", server) == "sip:2000@[2001:db8::1]:5070;transport=tcp"
