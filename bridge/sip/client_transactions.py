"""The client transactions that are alive, by what names them and by the way that they take (RFC 3261 section 17.1.3)."""

from typing import TYPE_CHECKING

from bridge.events import Flow

if TYPE_CHECKING:
    from bridge.sip.transaction import ClientTransaction


class ClientTransactions:
    """Each stands in it from its start to its end."""

    __slots__ = ("_by_branch", "_by_flow")

    def __init__(self) -> None:
        self._by_branch: dict[str, ClientTransaction] = {}
        self._by_flow: dict[Flow, dict[str, ClientTransaction]] = {}

    def __len__(self) -> int:
        return len(self._by_branch)

    def find(self, branch: str) -> "ClientTransaction | None":
        """The one whose requests carry this branch."""
        return self._by_branch.get(branch)

    def over(self, flow: Flow) -> "tuple[ClientTransaction, ...]":
        """Those that go over a flow. When many phones are gone the network says so for each of them."""
        return tuple(self._by_flow.get(flow, {}).values())

    def add(self, transaction: "ClientTransaction") -> None:
        """One begins."""
        branch, flow = transaction.branch, transaction.flow
        self._by_branch[branch] = transaction
        others = self._by_flow.get(flow)
        if others is None:
            self._by_flow[flow] = {branch: transaction}
        else:
            others[branch] = transaction

    def drop(self, transaction: "ClientTransaction") -> None:
        """One has ended."""
        if self._by_branch.pop(transaction.branch, None) is None:
            return
        others = self._by_flow[transaction.flow]
        del others[transaction.branch]
        if not others:
            del self._by_flow[transaction.flow]
