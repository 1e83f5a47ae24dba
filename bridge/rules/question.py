"""`<base>/bridge/request/explain`: why somebody, or something, is what it is.

The request is {"name": "2000"} or the name alone: an extension, a presence provider, a device
(`Custom:lamp`) or a sensor. The data of the answer:

    {"name": "2000",
     "extension": null | {"extension": "2000", "hint": "SIP/2000,CustomPresence:2000",
                          "state": "InUse", "presence": "dnd,,Door closed"},
     "sensor": null | {...},      an entry of "sensors" in the documents of bridge.rules.explanation
     "outputs": [{...}],          such a document for each of them that rules set
     "unruled": [{"name": "SIP/2000", "value": "INUSE"}]}      what nothing but messages sets
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from bridge.model.facts import FactKey, device_key, presence_key
from bridge.model.hint import Hint
from bridge.model.state import State
from bridge.model.words import unknown_name
from bridge.rules.output_state import in_words
from bridge.rules.rules import Rules

Answer = Callable[[str, Mapping[str, object]], None]
"""The error, empty where there is none, and the data that goes with it."""

_PROVIDER: Final = "CustomPresence:"


class Explanations:
    """Answers such requests."""

    def __init__(self, state: State, rules: Rules) -> None:
        self._state = state
        self._rules = rules

    def requested(self, arguments: Mapping[str, object], answer: Answer, now: float) -> None:
        """Answer one request at once."""
        name = arguments.get("name")
        if isinstance(name, int) and not isinstance(name, bool):
            name = str(name)  # who writes JSON by hand leaves the quotes of an extension out
        if not isinstance(name, str) or not name:
            answer("needs the name of an extension, a presence provider, a device or a sensor", {})
            return
        hint = self._state.hint(name)
        sensor = self._rules.explain_sensor(name, now)
        facts = dict(self._facts(name, hint))
        if hint is None and sensor is None and not facts:
            answer(unknown_name("name", name, dict.fromkeys(self._known())), {})
            return
        outputs = dict.fromkeys(key for key in facts if self._rules.governs(key))
        if sensor is not None:
            outputs |= dict.fromkeys(self._rules.fed_by(name))
        answer(
            "",
            {
                "name": name,
                "extension": None if hint is None else self._shown(hint),
                "sensor": sensor,
                "outputs": [self._rules.explain(key, now) for key in outputs],
                "unruled": [self._fact(key, facts[key]) for key in facts if key not in outputs],
            },
        )

    def _facts(self, name: str, hint: Hint | None) -> Iterator[tuple[FactKey, str]]:
        """What the name stands for, spelled as in hints: all of an extension, or what is known by that name."""
        if hint is not None:
            yield from ((device_key(device), device) for device in hint.devices)
            yield from ((presence_key(provider), f"{_PROVIDER}{provider}") for provider in hint.providers)
        provider = name[len(_PROVIDER) :] if name.casefold().startswith(_PROVIDER.casefold()) else name
        for key, spelled in ((presence_key(provider), f"{_PROVIDER}{provider}"), (device_key(name), name)):
            if self._rules.governs(key) or self._state.hints_of(key):
                yield key, spelled

    def _shown(self, hint: Hint) -> Mapping[str, object]:
        shown = self._state.extension_state(hint.extension)
        return {
            "extension": hint.extension,
            "hint": hint.text,
            "state": shown.text,
            "presence": in_words(shown.presence),
        }

    def _fact(self, key: FactKey, spelled: str) -> Mapping[str, object]:
        return {"name": spelled, "value": in_words(self._state.facts.value(key))}

    def _known(self) -> Iterator[str]:
        """What can be asked about."""
        yield from (hint.extension for hint in self._state)
        yield from self._rules.governed
        yield from self._rules.sensors
