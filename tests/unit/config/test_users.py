import pytest
from pydantic import SecretStr, ValidationError

from bridge.config import SipSettings, UserSettings
from bridge.sip.credentials import User

MD5, SHA = "0123456789abcdef" * 2, "0123456789abcdef" * 4


def user(**values: object) -> User:
    return UserSettings.model_validate({"name": "a"} | values).parsed


def test_a_user_with_a_password_may_watch_everything():
    assert user(password="secret") == User("a", "secret")


def test_a_user_with_extensions():
    assert user(password="secret", extensions=["2000"]).extensions == frozenset({"2000"})
    assert user(password="secret", extensions=[]).extensions == frozenset()


@pytest.mark.parametrize(
    ("ha1", "hashes"),
    [
        (MD5, {"MD5": MD5}),
        (SHA.upper(), {"SHA-256": SHA}),
        ([MD5, SHA], {"MD5": MD5, "SHA-256": SHA}),
    ],
)
def test_the_length_of_a_hash_tells_its_algorithm(ha1, hashes):
    assert user(ha1=ha1) == User("a", None, hashes)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "needs a password, or ha1"),
        ({"ha1": []}, "needs a password, or ha1"),
        ({"password": "x", "ha1": MD5}, "one of them is enough"),
        ({"ha1": [MD5, MD5]}, "two ha1 of the same algorithm"),
        ({"password": ""}, "must not be empty"),
        ({"ha1": MD5[1:]}, r"needs hexadecimal digits, 64 \(SHA-256\) or 32 \(MD5\)"),
        ({"ha1": "g" * 32}, "needs hexadecimal digits"),
        ({"password": "x", "name": ""}, "must not be empty"),
        ({"password": "x", "name": "a\n"}, "control characters"),
        ({"password": "x", "name": "a" * 65}, "at most 64"),
    ],
)
def test_refused(values, words):
    with pytest.raises(ValidationError, match=words) as caught:
        UserSettings.model_validate({"name": "a"} | values)
    assert caught.value.error_count() == 1


@pytest.mark.requirement("A7")
def test_no_secret_is_printed():
    one = UserSettings(name="a", password=SecretStr("hunter2"))
    other = UserSettings.model_validate({"name": "b", "ha1": MD5})
    settings = SipSettings(users=(one, other))
    for shown in (repr(settings), str(settings), repr(settings.parsed_users), settings.model_dump_json()):
        assert "hunter2" not in shown
        assert MD5 not in shown


def test_a_name_stands_once():
    same = UserSettings(name="a", password=SecretStr("x"))
    with pytest.raises(ValidationError, match="have the same name in entries 0 and 1"):
        SipSettings(users=(same, same))


def test_only_what_every_user_can_answer_is_offered():
    by_md5 = UserSettings.model_validate({"name": "a", "ha1": MD5})
    by_sha = UserSettings.model_validate({"name": "b", "ha1": SHA})
    assert SipSettings(users=(by_md5,)).offered_algorithms == ("MD5",)
    assert SipSettings().offered_algorithms == ("SHA-256", "MD5")
    for users, algorithms in (((by_md5, by_sha), ["SHA-256", "MD5"]), ((by_md5,), ["SHA-256"])):
        with pytest.raises(ValidationError, match="none of which every user has an ha1"):
            SipSettings.model_validate({"users": users, "digest_algorithms": algorithms})


@pytest.mark.parametrize("algorithms", [[], ["MD5", "MD5"], ["SHA-1"], ["md5"]])
def test_algorithms_are_refused(algorithms):
    with pytest.raises(ValidationError):
        SipSettings.model_validate({"digest_algorithms": algorithms})


def test_phones_are_looked_for_in_lower_case():
    assert SipSettings(digest_md5_only=("Digium", "OldPhone")).lowered_md5_only == ("digium", "oldphone")
