"""Templates that Home Assistant runs: from our messages to states, and from inputs to our commands.

Texts go through them as values, never as a part of the template, so that quotes, braces and all else
that people write comes out as it went in; `tojson` is Jinja's own filter.
"""

from typing import Final

from bridge.homeassistant.entity import OFFLINE

# The state of a presence, with the word that Home Assistant can show.
PRESENCE: Final = f"{{{{ '{OFFLINE}' if value_json.presence == 'unavailable' else value_json.presence }}}}"

# The truth is JSON when we have written it, but others may write it as a line.
TRUTH_ATTRIBUTES: Final = "{{ value_json | tojson if value_json is mapping else '{}' }}"


def field(name: str) -> str:
    """A field that is always there."""
    return f"{{{{ value_json.{name} }}}}"


def known(name: str) -> str:
    """A field that is null while there is nothing to tell: the state stays what it was, `unknown` at first.

    2024.3.3 cannot be told that a time is not known, and complains of each message. But an error of Jinja's own
    filters it takes for no news, as newer ones do.
    """
    return f"{{{{ value_json.{name} or {{}} | dictsort(by='neither') }}}}"


def text(name: str, longest: int) -> str:
    """A text, cut: Home Assistant refuses states of more than 255 characters, and texts above their `max`."""
    return f"{{{{ (value_json.{name} or '')[:{longest}] }}}}"


def flag(name: str) -> str:
    """A field that is true or false, as a binary sensor has it."""
    return f"{{{{ 'ON' if value_json.{name} else 'OFF' }}}}"


def command(name: str) -> str:
    """A JSON object that sets one field to what the user has chosen or typed."""
    return f'{{"{name}": {{{{ value | tojson }}}}}}'
