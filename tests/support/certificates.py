"""Certificates made by the openssl command."""

import subprocess
from pathlib import Path
from typing import NamedTuple

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")

# Long enough for the bridge to say nothing about it.
_DAYS = 90


class Pair(NamedTuple):
    """PEM files."""

    certificate: Path
    key: Path

    def replace(self, other: "Pair") -> None:
        """Put the content of another pair in place of this one's."""
        for mine, new in zip(self, other, strict=True):
            fresh = mine.with_suffix(".new")
            fresh.write_bytes(new.read_bytes())
            fresh.replace(mine)


class Authority:
    """A CA. Its certificate and key are `pair`."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self._folder = folder
        self.pair = self._files(name)
        # Python 3.13 asks for what RFC 5280 section 4.2.1.3 does.
        usage = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")
        days = ("-days", str(_DAYS))
        _openssl("req", "-x509", *_KEY, *days, "-subj", f"/CN={name}", *usage, *self._output(self.pair))

    def issue(self, name: str, subject_alt_name: str = "IP:127.0.0.1", days: int = _DAYS) -> Pair:
        """A certificate of this CA."""
        pair = self._files(name)
        ca = ("-CA", str(self.pair.certificate), "-CAkey", str(self.pair.key))
        extensions = (f"subjectAltName={subject_alt_name}", "basicConstraints=critical,CA:FALSE")
        options = [option for text in extensions for option in ("-addext", text)]
        options += ["-days", str(days)]
        _openssl("req", "-x509", *_KEY, *ca, "-subj", f"/CN={name}", *options, *self._output(pair))
        return pair

    def issue_expired(self, name: str) -> Pair:
        """A certificate that ended yesterday, for 127.0.0.1."""
        pair, request = self._files(name), self._folder / f"{name}.csr"
        _openssl("req", "-new", *_KEY, "-subj", f"/CN={name}", "-out", str(request), "-keyout", str(pair.key))
        extensions = self._folder / f"{name}.ext"
        extensions.write_text("subjectAltName=IP:127.0.0.1\n")
        ca = ("-CA", str(self.pair.certificate), "-CAkey", str(self.pair.key), "-CAcreateserial")
        # `openssl req` takes no days before today.
        options = (*ca, "-days", "-1", "-extfile", str(extensions), "-out", str(pair.certificate))
        _openssl("x509", "-req", "-in", str(request), *options)
        return pair

    def _files(self, name: str) -> Pair:
        return Pair(self._folder / f"{name}.pem", self._folder / f"{name}.key")

    @staticmethod
    def _output(pair: Pair) -> tuple[str, ...]:
        return ("-out", str(pair.certificate), "-keyout", str(pair.key))


def encrypted(pair: Pair) -> Path:
    """The key of a pair, protected by a passphrase."""
    path = pair.key.with_suffix(".encrypted")
    _openssl("pkey", "-in", str(pair.key), "-aes256", "-passout", "pass:secret", "-out", str(path))
    return path


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=30)
