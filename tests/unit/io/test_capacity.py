import pytest

from bridge.io.capacity import Capacity


@pytest.mark.requirement("T14")
def test_no_more_than_fit_in_all():
    capacity = Capacity(8)
    assert [capacity.take(f"192.0.2.{i}") for i in range(8)] == [None] * 8
    assert capacity.is_full
    assert capacity.take("192.0.2.99") == "8 connections are open"
    capacity.release("192.0.2.3")
    assert (len(capacity), capacity.is_full) == (7, False)
    assert capacity.take("192.0.2.99") is None


@pytest.mark.requirement("T14")
@pytest.mark.parametrize(
    ("hosts", "other", "site"),
    [
        (("192.0.2.1", "192.0.2.1"), "192.0.2.2", "192.0.2.1"),
        (("2001:db8::1", "2001:db8::ffff:2"), "2001:db8:0:1::1", "2001:db8::/64"),
        (("fe80::1%eth0", "fe80::2%eth0"), "::1", "fe80::/64"),
    ],
)
def test_a_site_has_a_quarter(hosts, other, site):
    capacity = Capacity(8)
    assert [capacity.take(host) for host in hosts] == [None, None]
    assert capacity.take(hosts[0]) == f"2 connections with {site} are open"
    assert capacity.take(other) is None
    capacity.release(hosts[1])
    assert capacity.take(hosts[0]) is None


def test_there_is_room_for_one():
    capacity = Capacity(1)
    assert capacity.take("192.0.2.1") is None
    assert capacity.take("192.0.2.2") == "1 connections are open"


def test_nothing_is_kept_of_those_who_are_gone():
    capacity = Capacity(8)
    for i in range(1000):
        host = f"192.0.{i % 256}.{i // 256}"
        assert capacity.take(host) is None
        capacity.release(host)
    assert len(capacity._taken) == 0
