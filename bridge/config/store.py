"""Where what must outlive the process is kept: `[store]`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import Field

from bridge.config.section import Section

_AUTO: Final = "auto"
_NAME: Final = "presence-bridge.db"


class StoreSettings(Section):
    """`path` is a file, "auto", or empty where nothing is to be kept."""

    path: str = Field(
        default=_AUTO,
        description="File of what outlives a restart. `auto`: in the state directory of the service, else beside the configuration. Empty: nothing is kept.",
    )

    def file(self, configuration: Path, environ: Mapping[str, str]) -> Path | None:
        """The file to use with this configuration; None for none.

        "auto" is the state directory that systemd has made for the service (systemd.exec(5)), else
        the folder of the configuration: each has its own store.
        """
        if not self.path:
            return None
        if self.path != _AUTO:
            return Path(self.path)
        folders = environ.get("STATE_DIRECTORY", "")
        if folders:
            return Path(folders.partition(":")[0]) / _NAME
        return configuration.absolute().with_suffix(".db")
