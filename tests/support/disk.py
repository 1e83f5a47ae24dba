"""A pretended store: what was committed survives a pretended kill -9, what waits does not."""

from bridge.effects import Remember, Rewrite
from bridge.events import Remembered
from bridge.io.store.batch import Batch
from bridge.io.store.schema import TABLES


class Disk:
    """Commits at once, unless it is `slow`: then when told to. `commits` counts."""

    def __init__(self, slow: bool = False) -> None:
        self.slow = slow
        self.commits = 0
        self.content: dict[str, dict[str, str]] = {table: {} for table in TABLES}
        self.commands: list[Remember | Rewrite] = []
        self._batch = Batch()

    @property
    def subscriptions(self) -> dict[str, str]:
        """The rows of one table."""
        return self.content["subscriptions"]

    @property
    def facts(self) -> dict[str, str]:
        """The rows of the other."""
        return self.content["facts"]

    @property
    def has_work(self) -> bool:
        """Whether something waits."""
        return self._batch.is_ready

    def put(self, command: Remember | Rewrite) -> None:
        """What the engine emits."""
        self.commands.append(command)
        self._batch.add(command)

    def commit(self) -> Remembered:
        """Write all that waits; what the engine is to be told."""
        if self._batch.is_whole:
            for rows in self.content.values():
                rows.clear()
        for (table, key), document in self._batch.changes.items():
            if document is None:
                self.content[table].pop(key, None)
            else:
                self.content[table][key] = document
        self._batch.committed()
        self.commits += 1
        return Remembered(self._batch.number, 0.001)

    def lose(self) -> None:
        """Forget what waits, as a process that is killed does, or a disk that fails."""
        self._batch.spoilt()

    def replaced(self) -> "Disk":
        """The same rows under the next run."""
        disk = Disk(self.slow)
        disk.content = self.content
        return disk
