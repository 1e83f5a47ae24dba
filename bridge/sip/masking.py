"""Secrets out of a text that people are shown: SIP messages in a trace, lines of the log (RFC 7616 section 5).

Rather too much is hidden than too little: what a stranger has misspelt is a secret all the same.
"""

import re
from typing import Final

HIDDEN: Final = "(hidden)"

# The value of the header (RFC 3261 section 22), folded lines included; in a URI the rest of the line (19.1.1).
_CREDENTIALS = re.compile(
    r"""(authorization["']?[ \t]*(?:[:=]|(?=[ \t](?:basic|digest|bearer)\b))[ \t]*["']?)
        ((?:basic\b|digest\b|bearer\b)?)
        [^\r\n]*(?:(?:\r\n|\r|\n)[ \t]+[^\r\n]*)*""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)

# What a digest is made of wherever it stands, and names that people give to secrets.
_PARAMETER = re.compile(
    r"""((?:\b(?:response|rspauth|[cs]?nonce|nextnonce|pn-prid)|passw(?:or)?d|passphrase|secret|token|ha1)
        (?:["']\s*:|["']?\s*=)\s*)
        (?:"(?:[^"\\\r\n]|\\.)*"?|'[^'\r\n]*'?|[^\s,;&<>}\]]+)""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)

# Looked for before that: most messages have none of them, and this costs a hundredth.
_HINTS: Final = ("response", "rspauth", "nonce", "pn-prid", "passw", "passphrase", "secret", "token", "ha1")

# A whole URI: in linear time, whatever it holds.
_URI = re.compile(r"""([Ss][Ii][Pp][Ss]?:|://)([^\s<>"]+)""")


def masked(text: str) -> str:
    """Return `text` with `(hidden)` in place of credentials, parts of digests, and passwords in URIs."""
    lowered = text.lower()
    if "authorization" in lowered:
        text = _CREDENTIALS.sub(_without_credentials, text)
    if any(hint in lowered for hint in _HINTS):
        text = _PARAMETER.sub(rf"\1{HIDDEN}", text)
    return _URI.sub(_without_password, text) if "@" in text else text


def _without_credentials(found: re.Match[str]) -> str:
    scheme = f"{found[2]} " if found[2] else ""
    return f"{found[1]}{scheme}{HIDDEN}"


def _without_password(found: re.Match[str]) -> str:
    """`user:password@host` is allowed, and advised against (RFC 3261 section 19.1.1)."""
    userinfo, at, host = found[2].rpartition("@")
    user, colon, _ = userinfo.partition(":")
    return f"{found[1]}{user}:{HIDDEN}{at}{host}" if colon else found[0]
