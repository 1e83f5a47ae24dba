"""Draws a state machine as SVG: states in a row, steps as arrows. Nothing is fetched, no program is needed."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT = 130, 44
_GAP = 210
_LINE = 15
_MARGIN = 20
# Letters are taken to be as wide as this, which is more than they are.
_LETTER = 6.4

_STYLE = """\
text { font: 12px sans-serif; fill: #444; }
.state { font-weight: bold; font-size: 13px; text-anchor: middle; }
.step { text-anchor: middle; }
rect { fill: #eef3f8; stroke: #56789a; stroke-width: 1.5; }
path { fill: none; stroke: #888; stroke-width: 1.5; }
.head { fill: #888; stroke: none; }
@media (prefers-color-scheme: dark) {
  svg { background: #1c1e21; }
  text { fill: #ddd; }
  rect { fill: #26323d; stroke: #8ab; }
}"""


class Step(NamedTuple):
    """One line of a table: in `state`, `cause` leads to `to`, and `done` is done."""

    state: str
    cause: str
    to: str
    done: str = ""

    @property
    def words(self) -> str:
        """What stands at its arrow."""
        return f"{self.cause}: {self.done}" if self.done else self.cause


def draw(title: str, steps: Sequence[Step]) -> str:
    """The machine as SVG; states stand in the order in which the steps name them."""
    states = list(dict.fromkeys(name for step in steps for name in (step.state, step.to)))
    arrows: dict[tuple[int, int], list[str]] = {}
    for step in steps:
        arrows.setdefault((states.index(step.state), states.index(step.to)), []).append(step.words)
    forward = {ends: words for ends, words in arrows.items() if ends[1] == ends[0] + 1}
    loops = {ends: words for ends, words in arrows.items() if ends[1] == ends[0]}
    bows = {ends: words for ends, words in arrows.items() if ends not in forward and ends not in loops}

    gap = max([_GAP, *(_wide(words) + 30 for words in forward.values())])
    top = _MARGIN + max([0, *(len(words) * _LINE + 34 for words in loops.values())])
    top = max(top, _MARGIN + max([0, *((len(words) - 1) * _LINE for words in forward.values())]))
    at = [_MARGIN + max(0, _overhang(loops, 0)) + i * (_WIDTH + gap) for i in range(len(states))]
    parts: list[str] = []
    for (i, _), words in loops.items():
        parts += _loop(at[i] + _WIDTH / 2, top, words)
    for (i, j), words in forward.items():
        parts += _straight(at[i] + _WIDTH, at[j], top + _HEIGHT / 2, words)
    depth = top + _HEIGHT
    for (i, j), words in sorted(bows.items(), key=lambda bow: abs(bow[0][0] - bow[0][1])):
        depth += 26
        shift = 0 if i > j else 12
        parts += _bow(at[i] + _WIDTH / 2 + shift, at[j] + _WIDTH / 2 - 8 + shift, top + _HEIGHT, depth, words)
        depth += len(words) * _LINE
    for x, state in zip(at, states, strict=True):
        parts.append(f'<rect x="{x:g}" y="{top:g}" width="{_WIDTH}" height="{_HEIGHT}" rx="8"/>')
        parts.append(_text(x + _WIDTH / 2, top + _HEIGHT / 2 + 5, state, "state"))
    width = at[-1] + _WIDTH + _MARGIN + max(0, _overhang(loops, len(states) - 1))
    return _sheet(title, width, depth + _MARGIN, parts)


def _overhang(loops: dict[tuple[int, int], list[str]], state: int) -> float:
    """By how much the words of a loop are wider than their state, on each side."""
    return (_wide(loops.get((state, state), [])) - _WIDTH) / 2


def _wide(words: Iterable[str]) -> float:
    return max((len(one) * _LETTER for one in words), default=0.0)


def _loop(x: float, y: float, words: list[str]) -> list[str]:
    path = f'<path d="M{x - 22:g} {y:g} C{x - 40:g} {y - 34:g} {x + 40:g} {y - 34:g} {x + 22:g} {y - 4:g}"/>'
    texts = [_text(x, y - 32 - (len(words) - 1 - n) * _LINE, one, "step") for n, one in enumerate(words)]
    return [path, _head(x + 22, y, "down"), *texts]


def _straight(left: float, right: float, y: float, words: list[str]) -> list[str]:
    middle = (left + right) / 2
    texts = [_text(middle, y - 7 - (len(words) - 1 - n) * _LINE, one, "step") for n, one in enumerate(words)]
    return [f'<path d="M{left:g} {y:g} H{right - 8:g}"/>', _head(right, y, "right"), *texts]


def _bow(begin: float, end: float, y: float, depth: float, words: list[str]) -> list[str]:
    path = f'<path d="M{begin:g} {y:g} V{depth:g} H{end:g} V{y + 8:g}"/>'
    texts = [_text((begin + end) / 2, depth + 14 + n * _LINE, one, "step") for n, one in enumerate(words)]
    return [path, _head(end, y, "up"), *texts]


def _head(x: float, y: float, direction: str) -> str:
    corners = {
        "right": f"{x:g},{y:g} {x - 9:g},{y - 4.5:g} {x - 9:g},{y + 4.5:g}",
        "down": f"{x:g},{y:g} {x - 4.5:g},{y - 9:g} {x + 4.5:g},{y - 9:g}",
        "up": f"{x:g},{y:g} {x - 4.5:g},{y + 9:g} {x + 4.5:g},{y + 9:g}",
    }[direction]
    return f'<polygon class="head" points="{corners}"/>'


def _text(x: float, y: float, words: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:g}" y="{y:g}">{escape(words)}</text>'


def _sheet(title: str, width: float, height: float, parts: list[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" role="img">\n<title>{escape(title)}</title>\n'
        f"<style>\n{_STYLE}\n</style>\n" + "\n".join(parts) + "\n</svg>\n"
    )
