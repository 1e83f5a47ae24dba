"""The arithmetic against published values, the two headers, and what clients make of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.sip.digest import (
    Challenge,
    Credentials,
    answer,
    hash_of,
    is_right,
    read_challenge,
    read_credentials,
    response_of,
    write_challenge,
    write_credentials,
)
from bridge.sip.errors import BadRequest
from bridge.sip.grammar import decode

RFC_7616 = (
    'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm={algorithm},'
    ' nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001,'
    ' cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, response="{response}",'
    ' opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
RFC_2617 = (
    'Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",'
    ' uri="/dir/index.html", qop=auth, nc=00000001, cnonce="0a4f113b",'
    ' response="6629fae49393a05397450978507c4ef1", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
)
# With the response of erratum 749.
RFC_2069 = (
    'Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",'
    ' uri="/dir/index.html", response="1949323746fe6a43ef61f9606e7febea",'
    ' opaque="5ccc069c403ebaf9f0171e9517f40e41"'
)
# Recorded: Asterisk 20 accepted the first; aiosip, baresip and the phone made the others.
PJSIP = (
    'Digest username="authed", realm="asterisk",'
    ' nonce="1795400329/df09d58adca7a6d9d439681324471bad", uri="sip:2000@127.0.0.20:5060",'
    ' response="2d45c3bea469e7cb398cbdcc14f1d0b7", algorithm=MD5, qop=auth, nc=00000001,'
    ' cnonce="vxtgkiiy", opaque="7bb4d0ec69941e54"'
)
BARESIP = (
    'Digest username="alice", realm="bridge", nonce="chc4jllfpqj81pds",'
    ' uri="sip:2000@127.0.0.1:5070;transport=tcp", response="49ca7965d121c98262e5e0db59395928",'
    ' cnonce="0b7a478b7994ee47", qop=auth, nc=00000001'
)
D40 = (
    'Digest username="200", realm="asterisk", nonce="1413305427/8dd1b7f56aba97da45754f7052d8a688",'
    ' uri="sip:201@10.24.20.249", response="2da759314909af8507a59cd1b6bc0baa", algorithm=md5,'
    ' cnonce="-me-qsYc.rGU-I5A6n-Dy8IhCBg9wKe8", opaque="3b9c806b61adf911", qop=auth, nc=00000001'
)
MINIMAL = 'username="a", realm="r", nonce="n", uri="sip:h", response="00"'

# Text as it comes from the parser: any bytes, and nothing but bytes.
TEXTS = st.binary(max_size=200).map(decode)
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)


def ha1(credentials, password):
    return hash_of(credentials.algorithm, credentials.username, credentials.realm, password)


# --- published and recorded values ---------------------------------------------------------------


@pytest.mark.requirement("A1", "A2")
@pytest.mark.parametrize(
    ("text", "realm", "method", "password"),
    [
        (
            RFC_7616.format(algorithm="MD5", response="8ca523f5e9506fed4657c9700eebdbec"),
            "http-auth@example.org",
            "GET",
            "Circle of Life",
        ),
        (
            RFC_7616.format(
                algorithm="SHA-256",
                response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
            ),
            "http-auth@example.org",
            "GET",
            "Circle of Life",
        ),
        (RFC_2617, "testrealm@host.com", "GET", "Circle Of Life"),
        (RFC_2069, "testrealm@host.com", "GET", "CircleOfLife"),
        (PJSIP, "asterisk", "SUBSCRIBE", "secret"),
        (BARESIP, "bridge", "SUBSCRIBE", "secret"),
    ],
)
def test_known_responses(text, realm, method, password):
    credentials = read_credentials(text, realm)
    assert is_right(credentials, ha1(credentials, password), method)
    assert not is_right(credentials, ha1(credentials, password + "x"), method)


def test_a_phone_answers_with_the_value_of_the_rfc():
    challenge = Challenge(
        "http-auth@example.org", "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "SHA-256", opaque="o"
    )
    text = answer(
        challenge,
        "Mufasa",
        "Circle of Life",
        "GET",
        "/dir/index.html",
        "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )
    assert "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1" in text
    assert text.endswith(', opaque="o"')


# --- Authorization -------------------------------------------------------------------------------


@pytest.mark.requirement("A8")
def test_the_fields_of_a_phone():
    credentials = read_credentials(D40, "asterisk")
    assert credentials == Credentials(
        "200",
        "asterisk",
        "1413305427/8dd1b7f56aba97da45754f7052d8a688",
        "sip:201@10.24.20.249",
        "2da759314909af8507a59cd1b6bc0baa",
        "MD5",
        "auth",
        "00000001",
        "-me-qsYc.rGU-I5A6n-Dy8IhCBg9wKe8",
    )
    assert credentials.uses == 1


@pytest.mark.requirement("A8")
@pytest.mark.parametrize(
    "text",
    [
        'Digest username="a",realm="r",nonce="n",uri="u",response="0f",algorithm=MD5,qop=auth,nc=0000000a,cnonce="c"',
        'digest username="a", realm="r", nonce="n", uri="u", response="0f", qop="auth", nc="0000000a", cnonce=c',
        "DIGEST \t username = a , realm=r,, nonce=n , uri=u, response=0f, qop=auth, nc=0000000a, cnonce=c ,",
        'Digest ,USERNAME="\\a", Realm="r", Nonce="n", Uri="u", Response="0f", QOP=auth, NC=0000000a, CNonce="c"',
        'Digest username*=z, x="x, y", username="a", realm=r, nonce=n, uri=u, response=0f, qop=auth, nc=a, cnonce=c',
    ],
)
def test_the_same_credentials_written_in_other_ways(text):
    credentials = read_credentials(text, "r")
    assert credentials.uses == 10
    assert credentials._replace(nc="") == Credentials("a", "r", "n", "u", "0f", "MD5", "auth", "", "c")


@pytest.mark.requirement("A8")
def test_commas_quotes_and_backslashes_in_values():
    text = r'Digest username="a \"b\", c\\", realm="r", nonce="n", uri="sip:a,b;c=d@h", response="0"'
    credentials = read_credentials(text, "r")
    assert (credentials.username, credentials.uri) == (r'a "b", c' + "\\", "sip:a,b;c=d@h")


@pytest.mark.requirement("A9")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
        'NoOneKnowsThisScheme opaque-data="here"',
        "Digestive " + MINIMAL,
        "Digest",
        "Digest ",
        "Digest username=a",
        "Digest " + MINIMAL.replace('"r"', '"R"'),
        "Digest " + MINIMAL.replace('"r"', '""'),
    ],
)
def test_another_scheme_or_realm_is_no_credentials(text):
    assert read_credentials(text, "r") is None


@pytest.mark.parametrize("name", ["username", "nonce", "uri", "response"])
def test_a_field_that_is_needed(name):
    text = "Digest " + MINIMAL.replace(name, "x" + name)
    with pytest.raises(BadRequest, match=f"no {name}"):
        read_credentials(text, "r")


@pytest.mark.parametrize(
    "text",
    [
        "Digest " + MINIMAL + ', username="b"',
        "Digest " + MINIMAL + ', USERNAME="a"',
        "Digest " + MINIMAL + ', realm="r"',
        "Digest " + MINIMAL + ' x="y"',
        "Digest " + MINIMAL + ", x",
        "Digest " + MINIMAL + ', x="y',
        "Digest " + MINIMAL + ", =y",
        "Digest " + MINIMAL + ", qop=auth, nc=00000001",
        "Digest " + MINIMAL + ", qop=auth, cnonce=c",
        "Digest " + MINIMAL + ", nc=00000001, cnonce=c",
        "Digest " + MINIMAL + ", qop=auth, cnonce=c, nc=",
        "Digest " + MINIMAL + ", qop=auth, cnonce=c, nc=000000001",
        "Digest " + MINIMAL + ", qop=auth, cnonce=c, nc=-1",
        "Digest " + MINIMAL + ", qop=auth, cnonce=c, nc=0x1",
        "Digest " + MINIMAL + ", qop=auth, cnonce=c, nc=1_0",
        "Digest " + MINIMAL + ", qop=auth, cnonce=c, nc=\u0661",
    ],
)
def test_what_is_refused(text):
    with pytest.raises(BadRequest):
        read_credentials(text, "r")


def test_a_qop_without_counts_is_as_if_there_were_none():
    assert read_credentials("Digest " + MINIMAL + ", qop=auth", "r").qop == ""


@pytest.mark.parametrize("name", ["username", "nonce", "uri", "response", "cnonce"])
@pytest.mark.parametrize("piece", ["a", '\\"', ",", "="])
def test_long_fields_are_read(name, piece):
    fields = MINIMAL.replace(f"{name}=", "old=") + ", qop=auth, nc=00000001"
    others = "" if name == "cnonce" else ", cnonce=c"
    text = f'Digest {fields}{others}, {name}="{piece * 65_536}"'
    credentials = read_credentials(text, "r")
    assert getattr(credentials, name) == piece[-1] * 65_536
    assert not is_right(credentials, "x", "SUBSCRIBE")


@given(TEXTS)
def test_reading_gives_credentials_or_its_one_error(text):
    for prefix in ("", "Digest ", f"Digest {MINIMAL}, "):
        try:
            credentials = read_credentials(prefix + text, "r")
            read_challenge(prefix + text)
        except BadRequest:
            continue
        assert credentials is None or not is_right(credentials, "x", "SUBSCRIBE")


# --- WWW-Authenticate ----------------------------------------------------------------------------


@pytest.mark.requirement("A1", "A2")
def test_a_challenge():
    assert write_challenge("presence-bridge", "n0nce", "SHA-256") == (
        'Digest realm="presence-bridge", nonce="n0nce", algorithm=SHA-256, qop="auth"'
    )
    assert write_challenge('a "b"', "n", "MD5", stale=True) == (
        r'Digest realm="a \"b\"", nonce="n", algorithm=MD5, qop="auth", stale=true'
    )


@pytest.mark.parametrize("stale", [False, True])
def test_our_challenge_is_read_again(stale):
    text = write_challenge('a "b"', "n", "SHA-256", stale=stale)
    assert read_challenge(text) == Challenge('a "b"', "n", "SHA-256", stale=stale)


@pytest.mark.parametrize(
    ("text", "challenge"),
    [
        ('Digest algorithm=MD5, realm="asterisk", nonce="n"', Challenge("asterisk", "n", has_qop=False)),
        (
            'Digest realm="r",nonce="n",opaque="o",algorithm=md5,qop="auth-int, auth",stale=TRUE',
            Challenge("r", "n", "MD5", opaque="o", stale=True),
        ),
        ("Basic realm=x", None),
        ('Digest realm="r", nonce="n", algorithm=SHA-512-256, qop="auth"', None),
        ('Digest realm="r", nonce="n", qop="auth-int"', None),
    ],
)
def test_challenges_of_others(text, challenge):
    assert read_challenge(text) == challenge


def test_a_challenge_without_nonce_is_refused():
    with pytest.raises(BadRequest, match="no nonce"):
        read_challenge('Digest realm="r"')


# --- both sides ----------------------------------------------------------------------------------


@given(
    st.builds(
        Challenge,
        realm=NAMES,
        nonce=NAMES,
        algorithm=st.sampled_from(["MD5", "SHA-256"]),
        has_qop=st.booleans(),
        opaque=st.none() | NAMES,
    ),
    NAMES,
    st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from(["SUBSCRIBE", "REGISTER", "PUBLISH"]),
    NAMES,
    st.integers(1, 2**32 - 1),
)
def test_what_a_phone_answers_is_right_and_whatever_is_changed_makes_it_wrong(
    challenge, username, password, method, uri, count
):
    text = answer(challenge, username, password, method, uri, "c1", count)
    credentials = read_credentials(text, challenge.realm)
    secret = ha1(credentials, password)
    assert is_right(credentials, secret, method)
    assert is_right(credentials._replace(response=credentials.response.upper()), secret, method)
    assert credentials.uses == (count if challenge.has_qop else 0)
    assert read_credentials(write_credentials(credentials), challenge.realm) == credentials

    assert not is_right(credentials, secret, method + "X")
    assert not is_right(credentials, ha1(credentials, password + "X"), method)
    changed = ["nonce", "uri", "response"] + (["nc", "cnonce", "qop"] if challenge.has_qop else [])
    for name in changed:
        other = credentials._replace(**{name: getattr(credentials, name) + "0"})
        assert not is_right(other, secret, method), name
    for name in ("username", "realm"):
        other = credentials._replace(**{name: getattr(credentials, name) + "0"})
        assert not is_right(other, ha1(other, password), method), name


def test_a_response_is_made_of_the_bytes_that_were_sent():
    name = decode(b"J\xe4s\xf8n")
    credentials = Credentials(name, "r", "n", "u", "", "MD5")
    expected = hash_of("MD5", hash_of("MD5", name, "r", "p"), "n", hash_of("MD5", "REGISTER", "u"))
    assert response_of(credentials, ha1(credentials, "p"), "REGISTER") == expected
