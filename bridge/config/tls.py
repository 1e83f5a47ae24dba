"""The certificate for tls:// listeners: `[sip.tls]`."""

from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from bridge.config.section import Section
from bridge.config.values import EMPTY_IS_NONE

# Type of a finding whose words say everything.
NO_CERTIFICATE: Final = "no_certificate"


def _is_file_name(text: str) -> str:
    if not text:
        raise ValueError("needs the name of a file")
    return text


# Of a file that a service manager may hand over: a credential of the key's name is this file.
CREDENTIAL_FILE: Final = object()

PemFile = Annotated[str, AfterValidator(_is_file_name), CREDENTIAL_FILE]


class TlsSettings(Section):
    """PEM files. With `client_ca`, phones need certificates of that CA."""

    certificate: PemFile = Field(
        description="Certificate of the bridge (PEM), followed by those that it is signed with."
    )
    key: PemFile = Field(description="Key of the certificate, without passphrase.")
    client_ca: Annotated[PemFile | None, EMPTY_IS_NONE] = Field(
        default=None,
        description="CA of the phones: they then need certificates of it, and can be called by TLS.",
    )

    @property
    def files(self) -> tuple[Path, Path, Path | None]:
        """Certificate, key and CA."""
        return Path(self.certificate), Path(self.key), Path(self.client_ca) if self.client_ca else None
