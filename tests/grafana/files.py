"""What grafana/ holds, read; and the queries of it, as Prometheus is to be asked them."""

import json
import re
from typing import NamedTuple

import yaml

from support.bridge_process import ROOT

FOLDER = ROOT / "grafana"
DASHBOARD = json.loads((FOLDER / "presence-bridge.json").read_text())
VARIABLES = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
RULES_TEXT = (FOLDER / "prometheus" / "rules.yml").read_text()
RULES = [rule for group in yaml.safe_load(RULES_TEXT)["groups"] for rule in group["rules"]]
RECORDS = [rule for rule in RULES if "record" in rule]
ALERTS = [rule for rule in RULES if "alert" in rule]

# Times of the rules, and what they become for a test that scrapes twice a second.
_HURRIED = {"1m": "1s", "2m": "2s", "5m": "3s", "15m": "4s", "30m": "20s", "1h": "10s"}
_DURATION = re.compile(r"(?<=\[)\d+[mh](?=\])|(?<=offset )\d+[mh]|(?<=for: )\d+[mh]")


class Target(NamedTuple):
    """A query, and the panel that asks it."""

    panel: str
    expr: str


def panels() -> list[dict]:
    """Those that ask something."""
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def targets() -> list[Target]:
    """All queries of the dashboard, with its variables in them."""
    return [Target(panel["title"], target["expr"]) for panel in panels() for target in panel["targets"]]


def asked(expr: str, rate_interval: str = "2s") -> str:
    """A query with all variables replaced; Grafana's $__rate_interval is four scrapes or more."""
    replaced = expr.replace("$__rate_interval", rate_interval)
    return re.sub(r"\$(?:job|instance|extension)\b", ".+", replaced)


def hurried(rules: str = RULES_TEXT) -> str:
    """The rules with every time in them made short."""
    return _DURATION.sub(lambda found: _HURRIED[found[0]], rules)
