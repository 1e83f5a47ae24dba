from ipaddress import ip_address, ip_network

import pytest

from bridge.model.watchers import EVERYBODY, Watchers

LAN = ip_address("192.168.1.7")
FAR = ip_address("2001:db8::7")
SOME = Watchers(frozenset({"alice"}), (ip_network("192.168.1.0/24"), ip_network("2001:db8:1::/48")))


@pytest.mark.requirement("S24")
@pytest.mark.parametrize(
    ("watchers", "user", "address", "admitted"),
    [
        (EVERYBODY, None, FAR, True),
        (EVERYBODY, "bob", LAN, True),
        (SOME, "alice", FAR, True),
        (SOME, "Alice", FAR, False),
        (SOME, "bob", FAR, False),
        (SOME, None, FAR, False),
        (SOME, None, LAN, True),
        (SOME, "bob", LAN, True),
        (SOME, None, ip_address("2001:db8:1::9"), True),
        (Watchers(frozenset({"alice"})), None, LAN, False),
        (Watchers(networks=SOME.networks), "alice", FAR, False),
    ],
)
def test_whom_they_admit(watchers, user, address, admitted):
    assert watchers.admit(user, address) is admitted


def test_none_named_are_all():
    assert EVERYBODY.are_all
    assert not SOME.are_all
