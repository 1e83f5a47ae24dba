"""A word: a value, and who has said it."""

from typing import Final, NamedTuple

from bridge.model.facts import Fact


class Origin(NamedTuple):
    """Who has said something. All are empty where a message does not tell.

    `by`: RULE, COMMAND or PHONE. `rule`: the name of the rule; empty when the rules are in charge, but
    none has decided. `since`: when it was said, ISO 8601. `until`: when it ends, as it was written
    (see `until.parse_stored_until`), or None.
    """

    by: str = ""
    rule: str = ""
    since: str = ""
    until: object = None


RULE: Final = "rule"
COMMAND: Final = "command"
PHONE: Final = "phone"

NOBODY: Final = Origin()


class Word(NamedTuple):
    """What somebody says."""

    value: Fact
    origin: Origin = NOBODY
