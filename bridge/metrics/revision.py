"""Which commit runs, as far as that can be found out: from the installation, or from the checkout around it."""

import json
from contextlib import suppress
from importlib.metadata import Distribution, PackageNotFoundError
from pathlib import Path
from typing import Final

_DISTRIBUTION: Final = "presence-bridge"
_CHECKOUT: Final = Path(__file__).parents[2]
_SHOWN: Final = 12


def revision(checkout: Path = _CHECKOUT) -> str:
    """The beginning of the commit's hash; empty when it was installed from something that has none."""
    return (_of_checkout(checkout / ".git") or _of_installation())[:_SHOWN]


def _of_installation() -> str:
    """What pip notes when it installs from a repository (PEP 610)."""
    try:
        text = Distribution.from_name(_DISTRIBUTION).read_text("direct_url.json")
    except PackageNotFoundError:
        return ""
    origin = json.loads(text) if text else {}
    return str(origin.get("vcs_info", {}).get("commit_id", ""))


def _of_checkout(folder: Path) -> str:
    """`HEAD` holds a hash, or the name of a reference that does (gitrepository-layout(5))."""
    with suppress(OSError, UnicodeDecodeError):
        head = (folder / "HEAD").read_text().strip()
        name = head.removeprefix("ref: ")
        if name == head:
            return head
        with suppress(FileNotFoundError):
            return (folder / name).read_text().strip()
        for line in (folder / "packed-refs").read_text().splitlines():
            commit, _, packed = line.partition(" ")
            if packed == name:
                return commit
    return ""
