"""Claims: what a person says about himself by another way than MQTT, and what others had said before.

A softphone's presence (RFC 3903) is written to the truth topic like anybody's word, with one
difference: when the person has nothing to say any more, the last word of the others stands again, or
the rules decide where there are rules.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.model.facts import FactKey, presence_key
from bridge.model.presence import Presence

Stands = Callable[[str, Presence, float], bool]
Read = Callable[[str, float], Presence]
Write = Callable[[str, Presence, float], None]
Yield = Callable[[str, float], bool]


@dataclass(slots=True)
class _Claim:
    """What one person says.

    `wanted` is None when nothing is said any more. `others` is the last word of anybody else.
    `ours`: no word of others has come since ours. `fresh`: the broker has not given back yet what
    the person said last, which is why no older word of others may win. `written` is all that it
    has not given back, `said` the last of it ever.
    """

    provider: str
    wanted: Presence | None
    others: Presence
    ours: bool = True
    fresh: bool = True
    written: set[Presence] = field(default_factory=set)
    said: Presence | None = None


class Claims:
    """One claim a provider. Nothing is written before the broker's state is known, see `synchronised`.

    `read` tells what a provider says, our writes that are under way included; `stands` whether it says
    something already, so that a person need not; `write` writes it. `give_way_to_rules` lets rules
    decide what follows a person's word; false where there are none.
    """

    __slots__ = ("_claims", "_give_way_to_rules", "_read", "_stands", "_synchronised", "_write")

    def __init__(self, read: Read, stands: Stands, write: Write, give_way_to_rules: Yield) -> None:
        self._read = read
        self._stands = stands
        self._write = write
        self._give_way_to_rules = give_way_to_rules
        self._claims: dict[FactKey, _Claim] = {}
        self._synchronised = False

    def claim(self, provider: str, presence: Presence, now: float) -> None:
        """Write what a person says now, over what anybody else has said; without a broker, when it is back."""
        key = presence_key(provider)
        claim = self._claims.get(key)
        if claim is None:
            claim = self._claims[key] = _Claim(provider, presence, self._read(provider, now))
        claim.wanted = presence
        claim.ours = claim.fresh = True
        self._honour(key, claim, now)

    def give_way(self, provider: str, presence: Presence | None, now: float) -> None:
        """The person says less than before: only `presence`, which is older, or nothing.

        A word of others that came after the claim stays. Without one, what is left is written: with
        nothing, the last word of others before the claim, unless rules decide.
        """
        key = presence_key(provider)
        claim = self._claims.get(key)
        if claim is not None:
            claim.wanted = presence
            self._honour(key, claim, now)

    # --- what the truth tells ---------------------------------------------------------------------

    def synchronised(self, now: float) -> None:
        """All that the broker holds has been read: write what has waited for it, or got lost on the way."""
        self._synchronised = True
        for key, claim in [*self._claims.items()]:
            # A lost write must be replaced, even by what the broker holds: the truth would repeat it.
            lost = bool(claim.written)
            claim.written.clear()
            self._honour(key, claim, now, again=lost)

    def disconnected(self) -> None:
        """Nothing can be written."""
        self._synchronised = False

    def confirmed(self, key: FactKey, now: float) -> None:
        """The broker has given back all that was written to this provider."""
        claim = self._claims.get(key)
        if claim is None:
            return
        claim.written.clear()
        # Before that, there may be more to write.
        if self._synchronised:
            claim.fresh = False
            self._honour(key, claim, now)

    def overheard(self, key: FactKey, presence: Presence, *, overtaken: bool) -> None:
        """Others have spoken on the truth topic; `overtaken` if a write of ours is on its way behind it."""
        claim = self._claims.get(key)
        if claim is not None and presence not in claim.written:
            claim.others = presence
            claim.ours = claim.fresh or overtaken

    def overruled(self, key: FactKey, presence: Presence) -> None:
        """Others have given a command, and it is on its way behind all that was written before."""
        claim = self._claims.get(key)
        if claim is not None:
            claim.others = presence
            claim.ours = claim.fresh = False

    def _honour(self, key: FactKey, claim: _Claim, now: float, *, again: bool = False) -> None:
        if not self._synchronised:
            return
        # A word of others that never reached the broker has changed nothing.
        said = claim.said
        claim.ours = claim.ours or (said is not None and self._stands(claim.provider, said, now))
        if claim.ours and claim.wanted is None and self._give_way_to_rules(claim.provider, now):
            del self._claims[key]
            return
        if claim.ours:
            target = claim.others if claim.wanted is None else claim.wanted
            if again or not self._stands(claim.provider, target, now):
                claim.said = target
                claim.written.add(target)
                self._write(claim.provider, target, now)
            elif not claim.written:
                claim.fresh = False
        self._forget_if_done(key, claim)

    def _forget_if_done(self, key: FactKey, claim: _Claim) -> None:
        if claim.wanted is None and not (claim.ours and claim.written):
            del self._claims[key]
