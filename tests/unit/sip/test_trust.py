from ipaddress import ip_network

import pytest

from bridge.events import Address, Flow
from bridge.sip.endpoint import Incoming
from bridge.sip.errors import Forbidden
from bridge.sip.trust import Trust

LOCAL = Address("127.0.0.1", 5060)


def admit(trust, host):
    trust.admit(Incoming(None, None, Flow("udp", LOCAL, Address(host, 5060)), None), 0.0)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.255.0.9", "::1", "10.1.2.3", "fe80::1%eth0"])
def test_sources_in_the_networks_are_let_in(host):
    trust = Trust(map(ip_network, ["127.0.0.0/8", "::1/128", "10.0.0.0/8", "fe80::/10"]))
    admit(trust, host)
    admit(trust, host)


@pytest.mark.parametrize("host", ["192.0.2.1", "128.0.0.1", "::2", "2001:db8::1"])
def test_others_are_refused_each_time(host):
    trust = Trust(map(ip_network, ["127.0.0.0/8", "::1/128"]))
    for _ in range(2):
        with pytest.raises(Forbidden):
            admit(trust, host)


def test_a_scan_does_not_fill_the_memory():
    trust = Trust([ip_network("10.0.0.0/8")])
    for i in range(10_000):
        admit(trust, f"10.0.{i // 256}.{i % 256}")
    assert len(trust._known) <= 4096
