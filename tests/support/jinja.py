"""Templates as Home Assistant renders them: sandboxed Jinja, JSON where there is some, blanks cut off.

Undefined names are errors here; Home Assistant would log them. Other errors it takes for no news.
"""

import json
from contextlib import suppress

from jinja2 import StrictUndefined
from jinja2.exceptions import FilterArgumentError
from jinja2.sandbox import ImmutableSandboxedEnvironment

_ENVIRONMENT = ImmutableSandboxedEnvironment(undefined=StrictUndefined)


def render_value(template: str, payload: str) -> str | None:
    """What a `value_template` makes of a payload; None if it is no news."""
    variables: dict[str, object] = {"value": payload}
    with suppress(ValueError):
        variables["value_json"] = json.loads(payload)
    try:
        return _ENVIRONMENT.from_string(template.strip()).render(variables).strip()
    except FilterArgumentError:
        return None


def render_command(template: str, value: str) -> str:
    """What a `command_template` makes of what the user has chosen or typed."""
    return _ENVIRONMENT.from_string(template.strip()).render({"value": value}).strip()
