"""Secrets do not survive, however they are written; everything else does."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.sip.masking import HIDDEN, masked

MESSAGE = (
    "SUBSCRIBE sip:2000@10.0.0.1:5060 SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 10.0.0.7:5060;branch=z9hG4bK1\r\n"
    "{header}\r\n"
    "Call-ID: 1\r\n\r\n"
)


@pytest.mark.requirement("A7")
@pytest.mark.parametrize(
    "header",
    [
        'Authorization: Digest username="a", realm="r", nonce="n", uri="sip:x", response="SeCrEt"',
        'authorization:Digest response="SeCrEt"',
        'AUTHORIZATION : Digest\r\n username="a",\r\n\tresponse="SeCrEt"',
        "Proxy-Authorization: Basic SeCrEt==",
        "Proxy-Authorization: Bearer SeCrEt",
        "Authorization: SeCrEt",
        "Authorization: =SeCrEt",
        "Authorization:\r\n Basic SeCrEt",
        "Authorization:\r\n\tSeCrEt",
        "Authorization Digest SeCrEt",
        'Authorisation: Digest response="SeCrEt"',
        'X-Odd: response = "SeCrEt',
        "X-Odd: cnonce=SeCrEt",
        'WWW-Authenticate: Digest realm="r", nonce="SeCrEt", qop="auth"',
        'Authentication-Info: nextnonce="SeCrEt"',
        'Authentication-Info: rspauth="SeCrEt"',
        "From: <sip:alice:SeCrEt@10.0.0.1>;tag=1",
        "From: <sips:alice:Se:CrEt@SeCrEt@10.0.0.1>;tag=1",
        "To: <sip:x@10.0.0.1?Authorization=Digest%20SeCrEt>",
        "Contact: <sip:a@10.0.0.7;pn-prid=SeCrEt>",
        "Refer-To: <https://alice:SeCrEt@10.0.0.1/>",
    ],
)
def test_a_secret_in_a_message_is_hidden_and_the_rest_stands(header):
    shown = masked(MESSAGE.format(header=header))
    assert "SeCrEt" not in shown
    assert "CrEt" not in shown
    assert HIDDEN in shown
    before, after = MESSAGE.split("{header}")
    assert shown.startswith(before)
    assert shown.endswith(after)


@pytest.mark.parametrize(
    "text",
    [
        '{"password": "SeCrEt SeCrEt", "state": "dnd"}',
        "{'mqtt_password': 'SeCrEt SeCrEt'}",
        "secret=SeCrEt",
        "access_token = SeCrEt",
        'ha1="SeCrEt"',
        "mqtt://bridge:SeCrEt@10.0.0.1:1883",
        r'password="Se\"SeCrEt"',
    ],
)
def test_so_is_one_in_any_other_text(text):
    shown = masked(text)
    assert "SeCrEt" not in shown
    assert HIDDEN in shown


@pytest.mark.parametrize(
    "text",
    [
        MESSAGE.format(header='From: "Alice" <sip:alice@10.0.0.1:5060;transport=tcp>;tag=1'),
        "the authorization of 10.0.0.7 failed",
        "no password is asked of them",
        "presence-bridge/bridge/response/log_level",
    ],
)
def test_what_holds_none_is_not_touched(text):
    assert masked(text) == text


def test_of_the_scheme_it_is_told():
    assert masked("Authorization: Digest x=y") == f"Authorization: Digest {HIDDEN}"


@given(st.text())
def test_any_text_is_taken_and_masking_twice_changes_nothing_more(text):
    assert masked(masked(text)) == masked(text)


@pytest.mark.parametrize(
    "text",
    [
        "sip:" * 16_000,
        "sip:a:" * 10_000,
        "://" * 20_000,
        "authorization " * 5_000,
        "authorization:" + "\n a" * 20_000,
        "passwd" * 10_000,
        'password="' + "\\" * 60_000,
        "password" + " " * 60_000,
        "\r\n " * 20_000,
        "a." * 30_000,
    ],
    ids=lambda text: repr(text[:14]),
)
def test_nothing_hostile_takes_long(text):
    began = time.perf_counter()
    masked(text)
    assert time.perf_counter() - began < 0.5
