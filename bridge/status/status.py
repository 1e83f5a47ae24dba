"""All that is shown: extensions, who watches them, phones, how the bridge is, and what can be set."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from bridge.model.device import DeviceState
from bridge.model.facts import FactKey, presence_key
from bridge.model.hint import Hint
from bridge.model.presence import Presence
from bridge.model.state import State
from bridge.notifier.notifier import Notifier
from bridge.rules.question import Explanations
from bridge.status.board import Board
from bridge.status.watchers import by_phone, is_behind, phone_document, watcher_document
from bridge.topics.decoders.presence import PresenceCommand
from bridge.topics.decoders.word import Origin

# Watchers and phones that one document lists.
MOST_LISTED: Final = 500

Document = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where the documents come from. `info` and `health` are those of `<base>/bridge/...`; `obey` is the truth's."""

    state: State
    notifier: Notifier
    board: Board
    wall: Callable[[float], float]
    origin: Callable[[FactKey], Origin]
    info: Callable[[], Mapping[str, object]]
    health: Callable[[float], Mapping[str, object]]
    explanations: Explanations
    obey: Callable[[str, PresenceCommand, float], None]
    is_synchronised: Callable[[], bool]


class Status:
    """What says *engine's thread* goes there; all else is for any thread. `now` is monotonic seconds."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self.board = sources.board

    # --- extensions ------------------------------------------------------------------------------

    def extensions(self, now: float) -> list[Document]:
        """A summary of each, in configured order."""
        behind = self.behind(now)
        found = (self._summary(hint, behind[hint.extension]) for hint in tuple(self._sources.state))
        return [document for document in found if document is not None]

    def extension(self, extension: str, now: float) -> Document | None:
        """The summary of one; None where there is none."""
        hint = self._sources.state.hint(extension)
        if hint is None:
            return None
        watching = self._sources.notifier.watching(extension)
        return self._summary(hint, sum(is_behind(one, now) for one in watching))

    def details(self, extension: str, now: float) -> Document | None:
        """The summary, and what it is made of: devices, providers, and who watches."""
        hint, summary = self._sources.state.hint(extension), self.extension(extension, now)
        if hint is None or summary is None:
            return None
        watching = self._sources.notifier.watching(extension)[:MOST_LISTED]
        facts = self._sources.state.facts
        return {
            **summary,
            "hint": hint.text,
            "devices": [{"device": name, "state": facts.device(name).value} for name in hint.devices],
            "presences": [self._presence(provider) for provider in hint.providers],
            "watching": [watcher_document(one, self._sources.wall, now) for one in watching],
        }

    def rules(self, extension: str, now: float) -> list[object]:
        """Why its providers and devices are what they are, where rules set them (*engine's thread*)."""
        found: list[object] = []

        def take(_error: str, data: Mapping[str, object]) -> None:
            outputs = data.get("outputs")
            found.extend(outputs if isinstance(outputs, list) else [])

        self._sources.explanations.requested({"name": extension}, take, now)
        return found

    def behind(self, now: float) -> Counter[str]:
        """How many watchers of each extension have not acknowledged what is true."""
        subscriptions = self._sources.notifier.subscriptions
        return Counter(one.subject.extension for one in subscriptions if is_behind(one, now))

    def watchers(self) -> Mapping[str, int]:
        """How many watch each extension."""
        notifier = self._sources.notifier
        return {hint.extension: notifier.watchers(hint.extension) for hint in tuple(self._sources.state)}

    # --- phones, and the bridge ------------------------------------------------------------------

    def phones(self, limit: int, offset: int, now: float) -> Document:
        """So many of the phones that watch, and how many there are."""
        phones = by_phone(self._sources.notifier.subscriptions)
        listed = list(phones.items())[offset : offset + limit]
        return {
            "total": len(phones),
            "phones": [phone_document(name, of, self._sources.wall, now) for name, of in listed],
        }

    def status(self, now: float) -> Document:
        """The documents of `<base>/bridge/info` and `<base>/bridge/health` (*engine's thread*)."""
        return {"info": dict(self._sources.info()), "health": dict(self._sources.health(now))}

    # --- what can be set -------------------------------------------------------------------------

    def is_known(self, provider: str) -> bool:
        """Whether any hint has this provider."""
        return bool(self._sources.state.hints_of(presence_key(provider)))

    def is_synchronised(self) -> bool:
        """Whether the broker can be told anything now."""
        return self._sources.is_synchronised()

    def set_presence(self, provider: str, command: PresenceCommand, now: float) -> None:
        """Do what a message to `<base>/presence/<provider>/set` does (*engine's thread*). Raises BadPayload."""
        self._sources.obey(provider, command, now)

    # --- documents -------------------------------------------------------------------------------

    def _summary(self, hint: Hint, behind: int) -> Document | None:
        sources = self._sources
        try:
            shown = sources.state.extension_state(hint.extension)
        except KeyError:
            # The configuration was read anew meanwhile.
            return None
        return {
            "extension": hint.extension,
            "name": hint.name,
            "presence": _presence_document(shown.presence),
            "device": shown.device.value,
            "state": shown.text,
            "since": sources.board.since(hint.extension) or self._said_since(hint, shown.presence),
            "providers": list(hint.providers),
            "watchers": sources.notifier.watchers(hint.extension),
            "behind": behind,
        }

    def _said_since(self, hint: Hint, shown: Presence) -> str | None:
        """When that was said which shows, if a device has no part in it and who has said it tells."""
        if any(self._sources.state.facts.device(name) is not DeviceState.UNKNOWN for name in hint.devices):
            return None
        for provider in hint.providers:
            if self._sources.state.facts.presence(provider) == shown:
                return self._sources.origin(presence_key(provider)).since or None
        return None

    def _presence(self, provider: str) -> Document:
        origin = self._sources.origin(presence_key(provider))
        until = origin.until
        return {
            "provider": provider,
            **_presence_document(self._sources.state.facts.presence(provider)),
            "by": origin.by,
            "rule": origin.rule,
            "since": origin.since or None,
            "until": until if isinstance(until, str) else None,
        }


def _presence_document(presence: Presence) -> Document:
    return {"state": presence.state.value, "subtype": presence.subtype, "message": presence.message}
