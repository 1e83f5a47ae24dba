"""The dialog of a subscriber (RFC 6665 section 4.4.1): made by the answer to SUBSCRIBE or by the first NOTIFY."""

from bridge.sip.errors import BadRequest, NoSuchSubscription, ServerError
from bridge.sip.message import Message, Request


class Dialog:
    """`target` is where the next SUBSCRIBE goes; `remote_tag` is empty until the notifier has spoken.

    Routes are not kept: a watching phone speaks to its server without proxies between.
    """

    __slots__ = ("_remote_cseq", "call_id", "local_cseq", "local_tag", "remote_tag", "target")

    def __init__(self, call_id: str, local_tag: str, first_cseq: int, target: str) -> None:
        self.call_id = call_id
        self.local_tag = local_tag
        self.local_cseq = first_cseq
        self.remote_tag = ""
        self.target = target
        self._remote_cseq = -1

    def answered(self, tag: str | None, response: Message) -> None:
        """Take a 2xx to SUBSCRIBE: the notifier's tag, unless a NOTIFY brought one before, and its Contact."""
        self.remote_tag = self.remote_tag or tag or ""
        self._aim(response)

    def accept(self, notify: Request) -> None:
        """Take a NOTIFY. Raise NoSuchSubscription if it is of another dialog, ServerError for an old CSeq."""
        tag = notify.from_.tag or ""
        if (notify.call_id, notify.to.tag) != (self.call_id, self.local_tag) or not tag:
            raise NoSuchSubscription("of a dialog that is not ours")
        if self.remote_tag not in ("", tag):
            raise NoSuchSubscription("of another notifier")
        if notify.cseq.number <= self._remote_cseq:
            raise ServerError(f"CSeq {notify.cseq.number} does not follow {self._remote_cseq}")
        self.remote_tag = tag
        self._remote_cseq = notify.cseq.number
        self._aim(notify)

    def _aim(self, message: Message) -> None:
        try:
            contacts = message.contacts
        except BadRequest:
            # The old target is still the best guess.
            return
        if contacts and contacts[0].uri.lower().startswith(("sip:", "sips:")):
            self.target = contacts[0].uri
