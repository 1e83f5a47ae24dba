import ssl

import pytest

from bridge.io.pem import TlsError, in_words, load_ca, read_certificate


def test_a_certificate_is_read(tmp_path):
    file = tmp_path / "c.pem"
    file.write_text("x\n-----BEGIN CERTIFICATE-----\n")
    assert read_certificate(file, "[a] b").startswith(b"x")


def test_what_is_wrong_names_the_setting_and_the_file(tmp_path):
    with pytest.raises(TlsError) as missing:
        read_certificate(tmp_path / "c.pem", "[a] b")
    assert str(missing.value) == f"[a] b {tmp_path}/c.pem cannot be read: No such file or directory"
    (tmp_path / "c.pem").write_text("nothing")
    with pytest.raises(TlsError) as empty:
        read_certificate(tmp_path / "c.pem", "[a] b")
    assert str(empty.value) == f"[a] b {tmp_path}/c.pem holds no certificate in PEM format"


def test_a_broken_ca_is_told(tmp_path):
    (tmp_path / "c.pem").write_text("-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n")
    with pytest.raises(TlsError, match=r"\[a\] ca .* cannot be used: "):
        load_ca(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), tmp_path / "c.pem", "[a] ca")


def test_words():
    error = ssl.SSLError(1, "x")
    error.reason = "KEY_TOO_SMALL"
    assert in_words(error) == "key too small"
