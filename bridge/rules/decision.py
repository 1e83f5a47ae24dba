"""A decision: what an output shall be."""

from typing import NamedTuple

from bridge.model.facts import Fact, FactKey


class Decision(NamedTuple):
    """`name` is spelled as in the configuration; `rule` is the name of the rule that decided.

    It is empty when none does, and the rules keep what somebody has said whose word has ended.
    """

    key: FactKey
    name: str
    value: Fact
    rule: str
