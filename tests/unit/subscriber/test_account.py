import itertools

import pytest

from bridge.sip.digest import hash_of, is_right, read_credentials
from bridge.sip.message import Response
from bridge.subscriber.account import Account

URI = "sip:2000@192.0.2.1:5060"
MD5 = 'Digest realm="r", nonce="{}", algorithm=MD5, qop="auth"'
SHA = 'Digest realm="r", nonce="{}", algorithm=SHA-256, qop="auth"'


def refusal(*challenges):
    return Response(401, "Unauthorized", [("www-authenticate", challenge) for challenge in challenges])


@pytest.fixture
def account():
    tokens = itertools.count(1)
    return Account("200", "secret", lambda: f"{next(tokens):016x}")


def authorized(account, *challenges):
    text = account.authorize(refusal(*challenges), "SUBSCRIBE", URI)
    return None if text is None else read_credentials(text, "r")


@pytest.mark.parametrize(
    ("challenges", "algorithm"),
    [
        ([SHA.format(1), MD5.format(2)], "SHA-256"),
        ([MD5.format(1), SHA.format(2)], "MD5"),
        (["Basic realm=r", 'Digest realm="r"', SHA.format(1).replace("SHA", "X"), MD5.format(1)], "MD5"),
    ],
)
def test_the_first_known_challenge_is_answered(account, challenges, algorithm):
    credentials = authorized(account, *challenges)
    assert (credentials.algorithm, credentials.nonce, credentials.uses) == (algorithm, "1", 1)
    assert is_right(credentials, hash_of(algorithm, "200", "r", "secret"), "SUBSCRIBE")


def test_without_a_challenge_or_a_password_there_is_no_answer(account):
    assert authorized(account) is None
    assert authorized(account, "Basic realm=r") is None
    assert authorized(Account("200", None, lambda: "0" * 16), MD5.format(1)) is None


def test_a_refused_password_is_not_sent_again_until_something_else_was_answered(account):
    assert authorized(account, MD5.format(1))
    assert authorized(account, MD5.format(2)) is None
    account.settle()
    assert authorized(account, MD5.format(3))


def test_stale_nonces_are_replaced_but_not_for_ever(account):
    stale = MD5.format(1) + ", stale=true"
    assert [authorized(account, stale) is not None for _ in range(6)] == [True] * 4 + [False] * 2
