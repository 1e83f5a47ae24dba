"""What must not be shown: recognised by its name, so that a misspelt `pasword` is hidden as well."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

HIDDEN: Final = "(hidden)"

# Behind the name of a secret: the key that names the file which holds it.
REFERENCE: Final = "_file"

_SECRET_NAME = re.compile(r"pass|pw|ha1|secret|token|credential|private", re.IGNORECASE)
_WITHOUT_SECRETS: Final = (("sensors",), ("rules",))
_USERINFO = re.compile(r"(?<=:)[^:@\s]+(?=@)")


@lru_cache(maxsize=1024)  # 5,000 hints have the same few keys, and to look for misspellings takes 0.1 ms
def is_secret(name: str | int) -> bool:
    """Whether a key of this name may hold a secret."""
    if isinstance(name, int) or name.endswith(REFERENCE):
        return False
    return bool(_SECRET_NAME.search(name)) or bool(get_close_matches(name.lower(), ["password"], cutoff=0.7))


def holds_secret(path: Sequence[str | int]) -> bool:
    """Whether the value at a key path may be a secret. In some sections names are people's: `passage_door`."""
    return path[:1] not in _WITHOUT_SECRETS and any(map(is_secret, path))


def without_userinfo(text: str) -> str:
    """The text with the password of every `user:password@host` hidden."""
    return _USERINFO.sub(HIDDEN, text)
