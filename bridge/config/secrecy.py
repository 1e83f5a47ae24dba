"""What must not be shown: recognised by its name, so that a misspelt `pasword` is hidden as well."""

import re
from difflib import get_close_matches
from typing import Final

HIDDEN: Final = "(hidden)"

_SECRET_NAME = re.compile(r"pass|pw|ha1|secret|token|credential|private", re.IGNORECASE)
_USERINFO = re.compile(r"(?<=:)[^:@\s]+(?=@)")


def is_secret(name: str | int) -> bool:
    """Whether a key of this name may hold a secret."""
    if isinstance(name, int):
        return False
    return bool(_SECRET_NAME.search(name)) or bool(get_close_matches(name.lower(), ["password"], cutoff=0.7))


def without_userinfo(text: str) -> str:
    """The text with the password of every `user:password@host` hidden."""
    return _USERINFO.sub(HIDDEN, text)
