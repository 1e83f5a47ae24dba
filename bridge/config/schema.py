"""The names of all settings, for telling a misspelt key from a known one."""

from collections.abc import Iterator
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Final, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from bridge.config.locate import KeyPath
from bridge.config.secrecy import REFERENCE
from bridge.config.settings import Settings
from bridge.config.tls import CREDENTIAL_FILE

Names = tuple[str, ...]

# How much alike two names are of which one is probably the other, misspelt (difflib's ratio).
_ALIKE: Final = 0.75


class Key(NamedTuple):
    """One key that may be written, or one section. `listed`: it stands in a list or a table of sections.

    `refers`: it is no key of the model, but names the file that holds the secret beside it.
    """

    names: Names
    annotation: Any
    listed: bool
    refers: bool = False

    @property
    def is_section(self) -> bool:
        """Whether it is a section, and not several of them."""
        return not _holds_several(self.annotation) and _section(self.annotation) is not None

    @property
    def is_text_list(self) -> bool:
        """Whether its value is a list of plain texts."""
        return get_origin(self.annotation) is tuple and _section(self.annotation) is None

    @property
    def is_secret(self) -> bool:
        """Whether its value is a secret, or a list of them."""
        return _mentions(self.annotation, SecretStr)

    @property
    def is_file(self) -> bool:
        """Whether its value is the name of a file that can be handed over as a credential."""
        return _mentions(self.annotation, CREDENTIAL_FILE)


def keys(model: type[BaseModel], above: Names = (), listed: bool = False) -> Iterator[Key]:
    """Every key of a section and of those below it, a section before its keys, a secret before its file."""
    for name, field in model.model_fields.items():
        names = (*above, field.alias or name)
        key = Key(names, _annotation(field), listed)
        yield key
        if key.is_secret:
            yield Key((*above, f"{names[-1]}{REFERENCE}"), str, listed, refers=True)
        if section := _section(field.annotation):
            yield from keys(section, names, listed or _holds_several(field.annotation))


def sections(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Every kind of section below one, some several times."""
    for field in model.model_fields.values():
        if section := _section(field.annotation):
            yield section
            yield from sections(section)


def names_of(path: KeyPath) -> Names:
    """The names of a key as `KEYS` has them: without places in lists, and without the names that people give."""
    names: Names = ()
    named_next = False
    for part in path:
        if isinstance(part, str) and not named_next:
            names = (*names, part)
            named_next = names in _NAMED
        else:
            named_next = False
    return names


def known_beside(names: Names) -> Names:
    """What may stand where `names` stands."""
    return tuple(key.names[-1] for key in KEYS if key.names[:-1] == names[:-1])


def closest(names: Names) -> Names | None:
    """The key that was probably meant by an unknown one."""
    joined = "_".join(names)
    for key in KEYS:
        if "_".join(key.names) == joined:  # mqtt_host, or MQTT_HOST with one underscore
            return key.names
    near = get_close_matches(names[-1], known_beside(names), n=1)
    alike = bool(near) and bool(get_close_matches(names[-1], near, cutoff=_ALIKE))
    same = [key.names for key in KEYS if key.names[-1] == names[-1]]  # in the wrong section
    if near and (alike or not same):
        return (*names[:-1], near[0])
    return next((key for key in same if key[0] == names[0]), same[0] if same else None)


def _annotation(field: FieldInfo) -> Any:  # noqa: ANN401 (an annotation can be anything)
    """With the mark that pydantic has taken from it."""
    if CREDENTIAL_FILE in field.metadata:
        return Annotated[field.annotation, CREDENTIAL_FILE]
    return field.annotation


def _mentions(annotation: Any, wanted: object) -> bool:  # noqa: ANN401 (an annotation can be anything)
    return annotation is wanted or any(_mentions(part, wanted) for part in get_args(annotation))


def _holds_several(annotation: Any) -> bool:  # noqa: ANN401 (an annotation can be anything)
    return get_origin(annotation) in (tuple, dict)


def _section(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 (an annotation can be anything)
    """The section that an annotation holds: itself, or in a union, a list or a table."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (tuple, dict, Union, UnionType):
        return next(filter(None, map(_section, get_args(annotation))), None)
    return None


KEYS: Final = tuple(keys(Settings))
BY_NAMES: Final = {key.names: key for key in KEYS}

# Sections whose names are not ours: [sensors.office_door].
_NAMED: Final = frozenset(
    key.names for key in KEYS if get_origin(key.annotation) is dict and _section(key.annotation)
)
