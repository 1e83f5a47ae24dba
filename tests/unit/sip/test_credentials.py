import pytest

from bridge.sip.credentials import HASH_LENGTHS, NOBODY, TRUSTED, Identity, User, known_by_all

BY_MD5 = User("b", hashes={"MD5": "0" * 32})
BY_SHA = User("c", hashes={"SHA-256": "0" * 64})
BY_PASSWORD = User("a", "secret", extensions=frozenset({"2000"}))


@pytest.mark.requirement("A11", "S24")
def test_what_an_identity_may_do():
    user = BY_PASSWORD.identity
    assert user == Identity("a", frozenset({"2000"}))
    assert user.may_watch("2000")
    assert not user.may_watch("2001")
    assert user.is_user("a")
    assert not user.is_user("A")
    assert Identity("a").may_watch("2001")
    assert not Identity("a", frozenset()).may_watch("2000")


def test_a_trusted_network_may_do_everything_and_a_stranger_nothing():
    assert TRUSTED.may_watch("2000")
    assert TRUSTED.is_user("a")
    assert not NOBODY.may_watch("2000")
    assert not NOBODY.is_user("a")


@pytest.mark.requirement("A7")
def test_no_secret_is_shown():
    assert "secret" not in repr(BY_PASSWORD)
    assert "000" not in repr(BY_MD5)


@pytest.mark.requirement("A7")
def test_the_hash_of_a_password_and_of_a_hash():
    assert User("Mufasa", "Circle Of Life").ha1("MD5", "testrealm@host.com") == (
        "939e7578ed9e3c518a452acee763bce9"
    )
    assert BY_MD5.ha1("MD5", "any") == "0" * 32
    assert BY_MD5.ha1("SHA-256", "any") is None


def test_a_hash_tells_its_algorithm_by_its_length():
    assert dict(HASH_LENGTHS) == {32: "MD5", 64: "SHA-256"}


@pytest.mark.parametrize(
    ("users", "known"),
    [
        ([], ("SHA-256", "MD5")),
        ([BY_PASSWORD], ("SHA-256", "MD5")),
        ([BY_PASSWORD, BY_MD5], ("MD5",)),
        ([BY_PASSWORD, BY_SHA], ("SHA-256",)),
        ([BY_MD5, BY_SHA], ()),
        ([User("d", hashes={"MD5": "0" * 32, "SHA-256": "0" * 64})], ("SHA-256", "MD5")),
    ],
)
def test_only_what_serves_everybody_can_be_offered(users, known):
    assert known_by_all(("SHA-256", "MD5"), users) == known
