"""Keeping subscriptions: a row for each in the store, and CSeqs that grow whenever the process is killed.

A row tells a CSeq that no NOTIFY has passed. They are reserved in blocks, half a block ahead, so that
one NOTIFY in a thousand makes the disk work, and none waits for it.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from bridge.memory.memory import Memory, Then
from bridge.notifier.rows import TABLE, encode_row, row_key
from bridge.notifier.subscription import Phase, Subscription
from bridge.service import Context

# CSeqs are of 31 bits, so that a dialog can be resumed two million times. The smaller the block, the
# more often a row is written; what is left of it is skipped by a restart, which no phone minds.
_BLOCK: Final = 1000
_AHEAD: Final = 500


class Keeper:
    """`go_on` is called for a subscription whose NOTIFY was held back, and may leave now."""

    def __init__(
        self, context: Context, memory: Memory, go_on: Callable[[Subscription, float], None]
    ) -> None:
        self._wall = context.wall
        self._memory = memory
        self._go_on = go_on
        self._kept: dict[str, Subscription] = {}
        memory.serve(TABLE, self)

    def accept(self, subscription: Subscription, then: Then, now: float) -> bool:
        """Keep a new subscription. True if it is safe at once; else `then(now)` is called when it is."""
        if not self._memory.is_on:
            return True
        self._kept[row_key(subscription)] = subscription
        subscription.cseq_reserved = _BLOCK
        self._raise_limit(subscription)
        return self._write(subscription, then, now)

    def unsubscribe(self, subscription: Subscription, then: Then, now: float) -> bool:
        """Forget it because its watcher has said so. True and `then` are as in `accept`."""
        key = row_key(subscription)
        return self._kept.pop(key, None) is None or self._memory.keep(TABLE, key, None, then, now)

    def refresh(self, subscription: Subscription, then: Then, now: float) -> bool:
        """Keep what a refresh has changed. True and `then` are as in `accept`."""
        return not self._memory.is_on or self._write(subscription, then, now)

    def resume(self, subscription: Subscription) -> None:
        """Go on with a subscription of an earlier run, whose row is there. Its first NOTIFY reserves anew."""
        self._kept[row_key(subscription)] = subscription
        subscription.cseq_limit = subscription.cseq_reserved

    def verify(self, subscription: Subscription, now: float) -> None:
        """The watcher has answered for the first time; nobody waits for that to be written."""
        self._memory.note(TABLE, row_key(subscription), now)

    def forget(self, key: str) -> None:
        """Delete the row of a subscription of an earlier run that does not go on."""
        self._memory.drop(TABLE, key)

    def end(self, subscription: Subscription) -> None:
        """Forget it. Requests in its dialog get 481, now and after a restart."""
        if self._kept.pop(row_key(subscription), None) is not None:
            self._memory.drop(TABLE, row_key(subscription))

    def reserve(self, subscription: Subscription, now: float) -> bool:
        """To be asked when the CSeq has reached `cseq_limit`: whether a NOTIFY may take the next one.

        If not, it is held back until the reservation is on disk.
        """
        if subscription.phase is not Phase.ACTIVE:
            # Its row is gone, or will have expired: no later run uses its CSeqs.
            return True
        if not subscription.reserving:
            subscription.reserving = True
            subscription.cseq_limit = subscription.cseq_reserved
            subscription.cseq_reserved += _BLOCK
            if self._write(subscription, partial(self._reserved, subscription), now):
                self._raise_limit(subscription)
        return subscription.dialog.local_cseq < subscription.cseq_limit

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """All that are kept, those included whose rows are not safe yet."""
        return tuple(self._kept.values())

    # --- what the memory asks --------------------------------------------------------------------

    def all(self) -> Iterable[str]:
        """The rows of all subscriptions that are alive."""
        return tuple(self._kept)

    def document(self, key: str, now: float) -> str | None:
        """One row, as it is now."""
        subscription = self._kept.get(key)
        return None if subscription is None else encode_row(subscription, self._wall(now) - now)

    # --- within ----------------------------------------------------------------------------------

    def _write(self, subscription: Subscription, then: Then, now: float) -> bool:
        document = encode_row(subscription, self._wall(now) - now)
        return self._memory.keep(TABLE, row_key(subscription), document, then, now)

    def _reserved(self, subscription: Subscription, now: float) -> None:
        self._raise_limit(subscription)
        self._go_on(subscription, now)

    def _raise_limit(self, subscription: Subscription) -> None:
        subscription.reserving = False
        # Those who watch the same are not to come to their limits with the same change.
        early = hash(row_key(subscription)) % (_AHEAD // 2 + 1)
        subscription.cseq_limit = subscription.cseq_reserved - _AHEAD - early
