"""pydantic's findings as problems: which line or variable is wrong, what it needs, and what was probably meant."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bridge.config.feature_codes import FEATURE_CODE
from bridge.config.findings import OWN_WORDS
from bridge.config.locate import KeyPath
from bridge.config.phones import NO_ACCOUNT
from bridge.config.problem import Problem
from bridge.config.profiles import CONTRADICTION
from bridge.config.schema import closest, known_beside, names_of
from bridge.config.secrecy import HIDDEN, holds_secret, without_userinfo
from bridge.config.settings import REPEATED
from bridge.config.sources import Sources
from bridge.config.tls import NO_CERTIFICATE
from bridge.config.users import NO_SECRET, TWO_SECRETS, UNSUITED

# pydantic's error types; the braces are filled from the context that it gives.
_WORDS: Final[Mapping[str, str]] = {
    "bool_parsing": "needs true or false",
    "bool_type": "needs true or false",
    "dict_type": "needs a section of its own",
    "extra_forbidden": "is not a setting",
    "finite_number": "needs a finite number",
    "float_parsing": "needs a number",
    "float_type": "needs a number",
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be at least {ge}",
    "int_from_float": "needs a whole number",
    "int_parsing": "needs a whole number",
    "int_parsing_size": "needs a whole number of a sensible size",
    "int_type": "needs a whole number",
    "less_than_equal": "must be at most {le}",
    "literal_error": "needs {expected}",
    "missing": "is required but absent",
    "model_type": "needs a section of its own",
    "string_type": "needs text in quotes",
    "tuple_type": "needs a list in brackets",
}

# What stands there is not repeated behind the words of these.
_COMPLETE: Final = frozenset(
    {
        "missing",
        CONTRADICTION,
        FEATURE_CODE,
        NO_ACCOUNT,
        NO_CERTIFICATE,
        NO_SECRET,
        OWN_WORDS,
        TWO_SECRETS,
        UNSUITED,
    }
)

# What pydantic puts behind the name of a key that is wrong itself, and not its value.
_ITSELF: Final = "[key]"

# A value longer than this is cut: the line of the file shows it whole.
_SHOWN_LENGTH = 60


def explained(error: ValidationError, sources: Sources) -> Iterator[Problem]:
    """One problem for each finding but the one that `load` words by itself."""
    for finding in error.errors(include_url=False):
        if finding["type"] != REPEATED:
            path = finding["loc"]
            yield sources.problem(path[:-1] if path[-1] == _ITSELF else path, _reason(finding))


def _reason(finding: ErrorDetails) -> str:
    kind, path, value = finding["type"], finding["loc"], finding["input"]
    context = finding.get("ctx", {})
    words = _WORDS[kind].format_map(context) if kind in _WORDS else finding["msg"]
    shown = HIDDEN if holds_secret(path) else _shown(value)
    if kind == "value_error":
        return f"cannot be {shown}: {context['error']}"
    if kind == "extra_forbidden":
        return words + _meant(path)
    if kind == "tuple_type" and isinstance(value, dict):
        table = ".".join(names_of(path))
        return f"is a list of sections: write [[{table}]], with two brackets, before each"
    if kind == "tuple_type" and isinstance(value, str) and shown != HIDDEN:
        return f"needs a list in brackets: write [{shown}]"
    return words if kind in _COMPLETE else f"{words}, got {shown}"


def _meant(path: KeyPath) -> str:
    names = names_of(path)
    meant = closest(names)
    if meant:
        return f" (did you mean {'.'.join(meant) if meant[:-1] != names[:-1] else meant[-1]!r}?)"
    return f" (known here: {', '.join(known_beside(names))})"


def _shown(value: Any) -> str:  # noqa: ANN401 (whatever stands in the file)
    """A value as the file would write it, shortened."""
    if isinstance(value, dict):
        return "a section"
    if isinstance(value, list | tuple):
        return "a list" if value else "an empty list"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(without_userinfo(value)) if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN_LENGTH else f"{text[: _SHOWN_LENGTH - 1]}…"
