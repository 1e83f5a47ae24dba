"""Panels of one look, in Grafana's classic dashboard JSON (schemaVersion 41).

In a query, `{@}` is the selection of the variables job and instance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final, NamedTuple

Json = dict[str, Any]

SELECTION: Final = 'job=~"$job", instance=~"$instance"'
DATA_SOURCE: Final[Mapping[str, str]] = {"type": "prometheus", "uid": "${datasource}"}

_COLUMNS: Final = 24

_LINE: Final[Mapping[str, Any]] = {
    "axisPlacement": "auto",
    "drawStyle": "line",
    "fillOpacity": 10,
    "lineInterpolation": "linear",
    "lineWidth": 1,
    "scaleDistribution": {"type": "linear"},
    "showPoints": "never",
    "spanNulls": False,
    "stacking": {"group": "A", "mode": "none"},
}
LINES: Final = _LINE
STACKED: Final = {**_LINE, "fillOpacity": 40, "stacking": {"group": "A", "mode": "normal"}}
LOGARITHMIC: Final = {**_LINE, "scaleDistribution": {"log": 10, "type": "log"}}
BARS: Final = {**_LINE, "drawStyle": "bars", "fillOpacity": 60}


class Query(NamedTuple):
    """PromQL, and how its series are called; a `form` other than "time_series" is Grafana's name of it."""

    expr: str
    legend: str
    form: str = "time_series"


class Threshold(NamedTuple):
    """From `value` on it is shown in this colour; None is from the least on."""

    color: str
    value: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """`width` in 24ths of the page, `height` in rows of 30 pixels."""

    kind: str
    title: str
    description: str
    queries: Sequence[Query]
    width: int
    height: int
    unit: str
    options: Mapping[str, Any]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    overrides: Sequence[Json] = ()

    def json(self, number: int, x: int, y: int) -> Json:
        """The panel at its place."""
        defaults = {
            "color": {"mode": "palette-classic"},
            "mappings": [],
            "thresholds": thresholds(Threshold("green")),
            "unit": self.unit,
            **self.defaults,
        }
        return {
            "datasource": DATA_SOURCE,
            "description": self.description,
            "fieldConfig": {"defaults": defaults, "overrides": list(self.overrides)},
            "gridPos": {"h": self.height, "w": self.width, "x": x, "y": y},
            "id": number,
            "options": self.options,
            "targets": [_target(index, query) for index, query in enumerate(self.queries)],
            "title": self.title,
            "type": self.kind,
        }


class Row(NamedTuple):
    """Panels under a title; they fill lines from left to right."""

    title: str
    panels: Sequence[Panel]


def stat(
    title: str, description: str, expr: str, unit: str = "short", *steps: Threshold, **defaults: object
) -> Panel:
    """A number; with more than one threshold its background has their colour, else it has a curve behind it."""
    shaded = len(steps) > 1
    color = {"color": {"mode": "thresholds"}, "thresholds": thresholds(*(steps or (Threshold("text"),)))}
    options = {
        "colorMode": "background" if shaded else "value",
        "graphMode": "none" if shaded else "area",
        "justifyMode": "auto",
        "orientation": "auto",
        "percentChangeColorMode": "standard",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "showPercentChange": False,
        "textMode": "value",
        "wideLayout": True,
    }
    return Panel(
        kind="stat",
        title=title,
        description=description,
        queries=[Query(expr, title.lower())],
        width=3,
        height=4,
        unit=unit,
        options=options,
        defaults={**color, **defaults},
    )


def series(
    title: str,
    description: str,
    *queries: Query,
    unit: str = "short",
    look: Mapping[str, Any] = LINES,
    width: int = 8,
    height: int = 7,
    colors: Mapping[str, str] | None = None,
    overrides: Sequence[Json] = (),
) -> Panel:
    """Curves over time. `colors` are those of series with a meaning, by name."""
    linear = look["scaleDistribution"]["type"] == "linear"
    painted = [
        _override(name, color={"fixedColor": color, "mode": "fixed"})
        for name, color in (colors or {}).items()
    ]
    options = {
        "legend": {
            "calcs": ["lastNotNull", "max"],
            "displayMode": "table",
            "placement": "bottom",
            "showLegend": True,
            "sortBy": "Max",
            "sortDesc": True,
        },
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    return Panel(
        kind="timeseries",
        title=title,
        description=description,
        queries=queries,
        width=width,
        height=height,
        unit=unit,
        options=options,
        defaults={"custom": look, **({"min": 0} if linear else {})},
        overrides=[*painted, *overrides],
    )


def state_timeline(title: str, description: str, query: Query, mappings: list[Json]) -> Panel:
    """A bar for each series, in the colours and words of its values."""
    options = {
        "alignValue": "left",
        "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": False},
        "mergeValues": True,
        "rowHeight": 0.9,
        "showValue": "auto",
        "tooltip": {"mode": "single", "sort": "none"},
    }
    return Panel(
        kind="state-timeline",
        title=title,
        description=description,
        queries=[query],
        width=16,
        height=10,
        unit="none",
        options=options,
        defaults={
            "color": {"mode": "thresholds"},
            "custom": {"fillOpacity": 80, "lineWidth": 0},
            "mappings": mappings,
        },
    )


def heatmap(title: str, description: str, query: Query, unit: str) -> Panel:
    """The buckets of a histogram over time: the darker, the more."""
    options = {
        "calculate": False,
        "cellGap": 1,
        "cellValues": {"unit": "short"},
        "color": {
            "exponent": 0.5,
            "fill": "dark-orange",
            "mode": "scheme",
            "reverse": False,
            "scheme": "Oranges",
            "steps": 64,
        },
        "exemplars": {"color": "rgba(255,0,255,0.7)"},
        "filterValues": {"le": 1e-9},
        "legend": {"show": True},
        "rowsFrame": {"layout": "auto"},
        "showValue": "never",
        "tooltip": {"mode": "single", "showColorScale": False, "yHistogram": True},
        "yAxis": {"axisPlacement": "left", "reverse": False, "unit": unit},
    }
    return Panel(
        kind="heatmap",
        title=title,
        description=description,
        queries=[query],
        width=8,
        height=9,
        unit=unit,
        options=options,
        defaults={"custom": {"hideFrom": {"legend": False, "tooltip": False, "viz": False}}},
    )


def on_the_right(name: str, unit: str) -> Json:
    """A series with a unit and an axis of its own."""
    return _override(name, **{"unit": unit, "custom.axisPlacement": "right"})


def words(meanings: Mapping[float, tuple[str, str]]) -> list[Json]:
    """Values with a meaning: its word and its colour."""
    options = {
        f"{value:g}": {"color": color, "index": index, "text": word}
        for index, (value, (word, color)) in enumerate(meanings.items())
    }
    return [{"options": options, "type": "value"}]


def idle(word: str) -> list[Json]:
    """What stands there while nothing happens: a ratio of nothing to nothing is not a number."""
    result = {"color": "text", "index": 0, "text": word}
    return [{"options": {"match": "null+nan", "result": result}, "type": "special"}]


def thresholds(*steps: Threshold) -> Json:
    """In Grafana's form."""
    return {"mode": "absolute", "steps": [{"color": step.color, "value": step.value} for step in steps]}


def laid_out(rows: Sequence[Row]) -> list[Json]:
    """All panels at their places, numbered from 1."""
    panels: list[Json] = []
    numbers = count(1)
    top = 0
    for row in rows:
        place = {"h": 1, "w": _COLUMNS, "x": 0, "y": top}
        panels.append(
            {
                "collapsed": False,
                "gridPos": place,
                "id": next(numbers),
                "panels": [],
                "title": row.title,
                "type": "row",
            }
        )
        top += 1
        left = lowest = 0
        for panel in row.panels:
            if left + panel.width > _COLUMNS:
                top, left, lowest = top + lowest, 0, 0
            panels.append(panel.json(next(numbers), left, top))
            left, lowest = left + panel.width, max(lowest, panel.height)
        top += lowest
    return panels


def _target(index: int, query: Query) -> Json:
    target = {
        "datasource": DATA_SOURCE,
        "editorMode": "code",
        "expr": query.expr.replace("@", SELECTION),
        "instant": False,
        "legendFormat": query.legend,
        "range": True,
        "refId": chr(ord("A") + index),
    }
    return target if query.form == "time_series" else {**target, "format": query.form}


def _override(name: str, **properties: object) -> Json:
    return {
        "matcher": {"id": "byName", "options": name},
        "properties": [{"id": key, "value": value} for key, value in properties.items()],
    }
