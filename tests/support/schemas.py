"""Our RELAX NG schemas for what we send."""

from functools import cache
from pathlib import Path

from lxml import etree

SCHEMAS = Path(__file__).parent.parent / "data" / "schemas"


@cache
def _schema(name: str) -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(SCHEMAS / f"{name}.rng"))


def faults(name: str, document: bytes | str) -> list[str]:
    """What the schema `name` finds wrong with a well-formed document; nothing if it is valid."""
    schema = _schema(name)
    tree = etree.fromstring(document.encode() if isinstance(document, str) else document)
    return [] if schema.validate(tree) else [str(error) for error in schema.error_log]
