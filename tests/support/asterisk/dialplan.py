"""The least of a dialplan: enough to run the two examples of Asterisk's page on presence state.

Expressions are `$[a=b]` and `$[a!=b]`; functions and variables in `${...}`; applications NoOp, Answer, Set, GotoIf,
Goto, Dial, VoiceMail, Playback and Hangup. Priorities are 1, n and n(label).
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from support.asterisk.pbx import Pbx

_STEP = re.compile(
    r"(?P<priority>[0-9n]+)(?:\((?P<label>\w+)\))?,?(?P<application>\w+)(?:\((?P<data>.*)\))?$"
)
_INNERMOST = re.compile(r"\$\{([^${}]+)\}")
_EXPRESSION = re.compile(r"\$\[([^\]]*?)(!=|=)([^\]]*?)\]")


class Step(NamedTuple):
    """One priority."""

    label: str
    application: str
    data: str


class Dialplan:
    """Extensions of one context, as extensions.conf writes them."""

    def __init__(self, text: str) -> None:
        self._extensions: dict[str, list[Step]] = {}
        exten = ""
        for line in filter(None, map(str.strip, text.splitlines())):
            word, _, rest = line.partition("=>")
            if word.strip() == "exten":
                exten, _, rest = rest.strip().partition(",")
            found = _STEP.match(rest.strip())
            assert found, f"what is {line}?"
            step = Step(found["label"] or "", found["application"], found["data"] or "")
            self._extensions.setdefault(exten, []).append(step)

    def call(self, exten: str, pbx: Pbx) -> Sequence[str]:
        """Somebody dials; which applications were run, with what they were given."""
        steps, done, variables, place = self._extensions[exten], [], {}, 0
        while place < len(steps):
            step = steps[place]
            data = self._evaluate(step.data, variables, pbx)
            done.append(f"{step.application}({data})")
            place += 1
            if step.application == "Set":
                name, _, value = data.partition("=")
                if "(" in name:
                    pbx.set_function(name, value)
                else:
                    variables[name] = value
            elif step.application == "Hangup":
                break
            elif step.application in ("Goto", "GotoIf"):
                label = self._target(step.application, data)
                place = next((n for n, one in enumerate(steps) if label and one.label == label), place)
        return done

    def _target(self, application: str, data: str) -> str:
        if application == "Goto":
            return data
        condition, _, labels = data.partition("?")
        then, _, otherwise = labels.partition(":")
        return then if condition not in ("", "0") else otherwise

    def _evaluate(self, text: str, variables: dict[str, str], pbx: Pbx) -> str:
        while found := _INNERMOST.search(text):
            name = found[1]
            value = pbx.get_function(name) if "(" in name else variables.get(name, "")
            text = text[: found.start()] + value + text[found.end() :]
        return _EXPRESSION.sub(
            lambda found: str(int((found[1].strip() == found[3].strip()) == (found[2] == "="))), text
        )
