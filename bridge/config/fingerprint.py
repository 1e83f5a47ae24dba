"""A short name for a configuration, to see whether two bridges, or two days, have the same."""

import json
from hashlib import sha256

from bridge.config.secrecy import is_secret
from bridge.config.settings import Settings

# 48 bits: enough to tell one configuration from another, and short enough to compare by eye.
_DIGITS = 12


def fingerprint(settings: Settings) -> str:
    """Return 12 hexadecimal digits. Secrets have no part in them, so that nobody can guess one by trying."""
    document = _without_secrets(settings.model_dump(mode="json"))
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode(errors="surrogatepass")).hexdigest()[:_DIGITS]


def _without_secrets(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_secrets(below) for key, below in value.items() if not is_secret(key)}
    if isinstance(value, list):
        return [_without_secrets(entry) for entry in value]
    return value
