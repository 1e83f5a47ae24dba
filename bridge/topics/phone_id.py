"""The name of a phone in `<base>/phone/<id>`: who its user is, and from where."""

from typing import Final
from urllib.parse import quote

from bridge.sip.errors import BadRequest
from bridge.sip.uri import parse_uri

# A topic may have 65,535 bytes; nobody wants to read that.
_LONGEST: Final = 128

# What cannot stand in one level of a topic (MQTT 5 section 4.7.1), and what makes the escapes.
_UNSAFE: Final = frozenset("/+#%")


def phone_id(user: str | None, watcher: str, host: str) -> str:
    """Return `<user>@<host>`, or the host alone.

    `user` is whom the gate let in, None where nobody was asked for a name; then the user of `watcher`
    counts, the URI of From. That is the phone's account, and stays when its port or its Contact
    changes; so two phones of one user behind one address share a name. What a topic cannot hold is
    escaped as in a URL.
    """
    name = _user_of(watcher) if user is None else user
    return _escaped(f"{name}@{host}" if name else host)


def _user_of(uri: str) -> str | None:
    try:
        return parse_uri(uri).user
    except BadRequest:
        return None


def _escaped(text: str) -> str:
    return "".join(map(_character, text[:_LONGEST]))


def _character(character: str) -> str:
    if character.isprintable() and character not in _UNSAFE:
        return character
    return quote(character, safe="", errors="replace")
