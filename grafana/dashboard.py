"""Writes presence-bridge.json, the dashboard.

python grafana/dashboard.py [FILE]
"""

import json
import sys
from pathlib import Path
from typing import Final

from panels import DATA_SOURCE, SELECTION, Json, laid_out
from rows import rows

FILE: Final = Path(__file__).with_name("presence-bridge.json")

_EXTENSION_STATE: Final = f"presence_bridge_extension_presence_state{{{SELECTION}}}"


def dashboard() -> Json:
    """All of it."""
    return {
        "annotations": {"list": [_starts()]},
        "description": "Presence Bridge: who is what, how fast the phones are told, and whether all is well.",
        "editable": False,
        "fiscalYearStartMonth": 0,
        "graphTooltip": 1,
        "id": None,
        "links": [],
        "panels": laid_out(rows()),
        "refresh": "10s",
        "schemaVersion": 41,
        "tags": ["mqtt", "sip", "presence"],
        "templating": {
            "list": [
                _data_source(),
                _variable("job", "Job", "label_values(presence_bridge_build_info, job)"),
                _variable(
                    "instance", "Instance", 'label_values(presence_bridge_build_info{job=~"$job"}, instance)'
                ),
                _variable(
                    "extension",
                    "Extension",
                    f"label_values({_EXTENSION_STATE}, extension)",
                ),
            ]
        },
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "browser",
        "title": "Presence Bridge",
        "uid": "presence-bridge",
        "version": 1,
    }


def text() -> str:
    """The file's content."""
    return json.dumps(dashboard(), indent=2, sort_keys=True) + "\n"


def _starts() -> Json:
    """Marks, each at the millisecond that is the value of the series."""
    return {
        "datasource": DATA_SOURCE,
        "enable": True,
        "expr": f"process_start_time_seconds{{{SELECTION}}} * 1000",
        "hide": False,
        "iconColor": "orange",
        "name": "Starts",
        "step": "30s",
        "textFormat": "{{instance}}",
        "titleFormat": "start",
        "useValueForTime": True,
    }


def _data_source() -> Json:
    return {
        "current": {"text": "", "value": ""},
        "hide": 0,
        "includeAll": False,
        "label": "Data source",
        "multi": False,
        "name": "datasource",
        "options": [],
        "query": "prometheus",
        "refresh": 1,
        "regex": "",
        "skipUrlSync": False,
        "type": "datasource",
    }


def _variable(name: str, label: str, query: str) -> Json:
    """Several may be chosen; what is there is asked anew whenever the time range changes (refresh 2)."""
    return {
        "allValue": ".+",
        "current": {"text": ["All"], "value": ["$__all"]},
        "datasource": DATA_SOURCE,
        "definition": query,
        "hide": 0,
        "includeAll": True,
        "label": label,
        "multi": True,
        "name": name,
        "options": [],
        "query": query,
        "refresh": 2,
        "regex": "",
        "skipUrlSync": False,
        "sort": 3,
        "type": "query",
    }


if __name__ == "__main__":
    (Path(sys.argv[1]) if len(sys.argv) > 1 else FILE).write_text(text())
