"""What goes into the next commit: of many commands about one row the last."""

from enum import Enum, auto

from bridge.effects import Remember, Rewrite

Command = Remember | Rewrite


class _Stage(Enum):
    """CHANGES as a rule; else AWAITED, until a rewrite begins; GATHERED, until it ends; WHOLE then."""

    CHANGES = auto()
    AWAITED = auto()
    GATHERED = auto()
    WHOLE = auto()


class Batch:
    """`number` is that of the last command, `changes` are the documents by table and key; None deletes."""

    def __init__(self) -> None:
        self.changes: dict[tuple[str, str], str | None] = {}
        self.number = 0
        self._stage = _Stage.CHANGES

    @property
    def is_ready(self) -> bool:
        """Whether there is something that can be committed."""
        if self._stage is _Stage.CHANGES:
            return bool(self.changes)
        return self._stage is _Stage.WHOLE

    @property
    def is_whole(self) -> bool:
        """Whether it is all that there is to be."""
        return self._stage is _Stage.WHOLE

    def add(self, command: Command) -> None:
        """Take one more."""
        if isinstance(command, Rewrite):
            self._stage = _Stage.GATHERED if command.begins else _Stage.WHOLE
            if command.begins:
                self.changes.clear()
        elif self._stage is not _Stage.AWAITED:
            self.changes[command.table, command.key] = command.document
        self.number = command.number

    def committed(self) -> None:
        """Begin the next one."""
        self.changes = {}
        self._stage = _Stage.CHANGES

    def spoilt(self) -> None:
        """It was not committed, and something was lost: only a rewrite counts from now on."""
        self.changes = {}
        self._stage = _Stage.AWAITED
