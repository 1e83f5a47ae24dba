import pytest

from bridge.io.mqtt import Account


def test_the_password_does_not_show():
    account = Account("broker", username="bob", password="s3cret")
    assert account.password == "s3cret"
    assert "s3cret" not in repr(account)
    assert "bob" in repr(account)


@pytest.mark.parametrize(
    ("host", "words"), [("broker", "the broker at broker:1883"), ("::1", "the broker at [::1]:1883")]
)
def test_it_tells_where_the_broker_is(host, words):
    assert str(Account(host)) == words
