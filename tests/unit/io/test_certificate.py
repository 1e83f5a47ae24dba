import ssl
import subprocess
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.io.certificate import ExpiryNotice, first_expiry
from support.certificates import Authority

DAY = 86_400
NOW = 1_795_000_000.0


def made(path, not_after: str, days_from: str = "20200101000000Z") -> bytes:
    """A certificate with these dates, made by openssl."""
    config = path / "ca.cnf"
    (path / "index.txt").write_text("")
    (path / "serial").write_text("01\n")
    config.write_text(
        f"[ca]\ndefault_ca=it\n[it]\ndatabase={path}/index.txt\nserial={path}/serial\nnew_certs_dir={path}\n"
        "default_md=sha256\npolicy=any\nunique_subject=no\n[any]\ncommonName=supplied\n"
    )
    key, request, out = path / "k.pem", path / "r.pem", path / "c.pem"
    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key]
    subprocess.run(
        ["openssl", "req", "-new", *new, "-subj", "/CN=a", "-out", request], check=True, capture_output=True
    )
    dates = ["-startdate", days_from, "-enddate", not_after]
    signed = ["openssl", "ca", "-batch", "-config", config, "-selfsign", "-keyfile", key, "-in", request]
    subprocess.run([*signed, "-out", out, "-notext", *dates], check=True, capture_output=True)
    return out.read_bytes()


# RFC 5280 section 4.1.2.5: two digits for the year until 2049, four from then on, and a date for "never".
@pytest.mark.parametrize(
    "not_after", ["20270304050607Z", "20491231235959Z", "20500101000000Z", "99991231235959Z"]
)
def test_the_moment_is_read_in_both_ways_of_writing_it(tmp_path, not_after):
    expected = datetime.strptime(not_after, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()
    assert first_expiry(made(tmp_path, not_after)) == expected


def test_it_is_what_the_ssl_module_says_of_it(tmp_path):
    pem = Authority(tmp_path).pair.certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(pem)
    (decoded,) = context.get_ca_certs()
    assert first_expiry(pem.read_bytes()) == ssl.cert_time_to_seconds(decoded["notAfter"])


def test_of_a_chain_it_is_the_first_to_expire(tmp_path):
    authority = Authority(tmp_path)
    short, long = authority.issue("short", days=3), authority.issue("long", days=300)
    chain = [pair.certificate.read_bytes() for pair in (long, short, authority.pair)]
    assert first_expiry(b"text before\n" + b"\n".join(chain)) == first_expiry(chain[1])
    assert first_expiry(chain[0]) - first_expiry(chain[1]) == pytest.approx(297 * DAY, abs=60)


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"no PEM at all",
        b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----",
        b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    ],
)
def test_what_cannot_be_read_has_no_end(pem):
    assert first_expiry(pem) is None


@given(st.binary(max_size=200))
def test_nothing_that_is_in_it_raises(der):
    pem = ssl.DER_cert_to_PEM_cert(der)
    assert first_expiry(pem.encode()) is None


def test_it_is_said_once_a_day_from_two_weeks_before_the_end():
    notice = ExpiryNotice()
    said = []
    for hour in range(24 * 30):
        seconds = hour * 3600.0
        words = notice.due(NOW + 20 * DAY, NOW + seconds, 1000 + seconds)
        if words is not None:
            said.append((hour // 24, words))
    assert said[0] == (6, "expires in 14 days")
    assert [day for day, _ in said] == list(range(6, 30))
    words_by_day = dict(said)
    assert words_by_day[19] == "expires in a day"
    assert words_by_day[20] == "expired less than a day ago"
    assert words_by_day[21] == "expired a day ago"
    assert words_by_day[29] == "expired 9 days ago"


def test_one_that_ends_today():
    assert ExpiryNotice().due(NOW + 60, NOW, 1000.0) == "expires in less than a day"


def test_a_clock_that_is_set_makes_it_no_more_often():
    notice = ExpiryNotice()
    assert notice.due(NOW, NOW - DAY, 1000.0) == "expires in a day"
    assert notice.due(NOW, NOW - 5 * DAY, 1060.0) is None
    assert notice.due(NOW, NOW + DAY, 1120.0) is None


def test_a_renewed_certificate_that_expires_soon_as_well_is_said_at_once():
    notice = ExpiryNotice()
    assert notice.due(NOW + DAY, NOW, 1000.0) is not None
    assert notice.due(NOW + 2 * DAY, NOW, 1001.0) == "expires in 2 days"


@pytest.mark.parametrize("expires_at", [None, NOW + 15 * DAY])
def test_of_one_that_lasts_or_is_not_known_nothing_is_said(expires_at):
    assert ExpiryNotice().due(expires_at, NOW, 1000.0) is None
