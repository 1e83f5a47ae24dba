import ssl
from pathlib import Path

import pytest

from bridge.io.mqtt import BrokerTls
from bridge.io.mqtt.tls import context_of
from bridge.io.pem import TlsError
from support.certificates import Authority


def test_by_default_the_broker_is_verified():
    context = context_of(BrokerTls())
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_what_is_asked_for():
    context = context_of(BrokerTls(minimum_version="1.3", verify=False))
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_NONE, False)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_3


def test_a_ca_of_our_own_is_the_only_one(tmp_path):
    context = context_of(BrokerTls(ca=Authority(tmp_path).pair.certificate))
    assert context.cert_store_stats()["x509_ca"] == 1


@pytest.mark.parametrize("name", ["ca", "certificate"])
def test_a_file_that_is_not_there_is_named(name):
    missing = Path("/nothing")
    tls = BrokerTls(ca=missing) if name == "ca" else BrokerTls(certificate=missing, key=missing)
    with pytest.raises(TlsError) as caught:
        context_of(tls)
    assert str(caught.value) == f"[mqtt.tls] {name} /nothing cannot be read: No such file or directory"
