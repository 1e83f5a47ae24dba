"""Grafana's own model of a dashboard knows every key of ours."""

import json
import warnings
from copy import deepcopy

import pytest

from grafana.files import DASHBOARD


@pytest.fixture(scope="module")
def written():
    """A function: what the model makes of a dashboard."""
    with warnings.catch_warnings():
        # It would rather have the new schema, which Grafana 10 and 11 do not read.
        warnings.filterwarnings("ignore", "Prefer using dashboardv2", DeprecationWarning)
        from grafana_foundation_sdk.models.dashboard import Dashboard
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.cog.plugins import register_default_plugins

    register_default_plugins()
    return lambda source: json.loads(JSONEncoder().encode(Dashboard.from_json(deepcopy(source))))


def test_the_model_has_a_place_for_everything(written):
    assert lost(DASHBOARD, written(DASHBOARD)) == []


def test_what_the_model_does_not_know_is_found(written):
    planted = deepcopy(DASHBOARD)
    planted["panels"][1]["fieldConfig"]["defaults"]["unti"] = "s"
    assert lost(planted, written(planted)) == ["/panels/1/fieldConfig/defaults/unti"]


def lost(before, after, path=""):
    """The places whose value is another, or none; what is empty need not be written."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [
            each for key, value in before.items() for each in lost(value, after.get(key), f"{path}/{key}")
        ]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = zip(before, after, strict=True)
        return [each for index, pair in enumerate(pairs) for each in lost(*pair, f"{path}/{index}")]
    return [] if before == after or (after is None and before in (None, [], {}, "")) else [path]
