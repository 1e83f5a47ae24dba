from pathlib import Path

import pytest
from pydantic import ValidationError

from bridge.config import ConfigError, TlsSettings, load


def test_files():
    assert TlsSettings(certificate="c.pem", key="k.pem").files == (Path("c.pem"), Path("k.pem"), None)
    assert TlsSettings(certificate="c.pem", key="k.pem", client_ca="").files[2] is None
    assert TlsSettings(certificate="c.pem", key="k.pem", client_ca="ca.pem").files[2] == Path("ca.pem")


@pytest.mark.parametrize("values", [{}, {"certificate": "c.pem"}, {"certificate": "", "key": "k.pem"}])
def test_certificate_and_key_are_needed(values):
    with pytest.raises(ValidationError):
        TlsSettings.model_validate(values)


def test_a_tls_address_needs_the_section(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text("[sip]\nlisten = ['tls://127.0.0.1:5061']\n")
    with pytest.raises(ConfigError) as caught:
        load(file, {})
    words = "sip.tls is required for tls:// in listen: write [sip.tls] with certificate and key"
    assert words in str(caught.value)
    file.write_text("[sip]\nlisten = ['tls://127.0.0.1:5061']\n[sip.tls]\ncertificate = 'c'\nkey = 'k'\n")
    assert load(file, {}).sip.tls == TlsSettings(certificate="c", key="k")
