"""The dashboard is as its generator writes it, and Grafana can take it up."""

import subprocess
import sys
from collections import Counter
from itertools import combinations

import yaml

from grafana.files import DASHBOARD, FOLDER, VARIABLES


def test_it_is_what_the_generator_writes(tmp_path):
    fresh = tmp_path / "dashboard.json"
    subprocess.run([sys.executable, "-B", FOLDER / "dashboard.py", fresh], check=True, timeout=30)
    assert fresh.read_text() == (FOLDER / "presence-bridge.json").read_text(), "run: make dashboard"


def test_it_can_be_imported_and_provisioned():
    known = {key: DASHBOARD[key] for key in ("uid", "id", "version", "schemaVersion", "editable")}
    assert known == {
        "uid": "presence-bridge",
        "id": None,
        "version": 1,
        "schemaVersion": 41,
        "editable": False,
    }
    assert not {"__inputs", "__requires"} & set(DASHBOARD)
    assert set(VARIABLES) == {"datasource", "job", "instance", "extension"}


def test_panels_have_numbers_of_their_own_and_do_not_overlap():
    everything = DASHBOARD["panels"]
    assert [
        number for number, times in Counter(panel["id"] for panel in everything).items() if times > 1
    ] == []
    places = [(panel["title"], panel["gridPos"]) for panel in everything]
    assert all(place["x"] + place["w"] <= 24 for _, place in places)
    assert [(one, other) for (one, a), (other, b) in combinations(places, 2) if overlap(a, b)] == []


def overlap(a, b):
    return (
        a["x"] < b["x"] + b["w"]
        and b["x"] < a["x"] + a["w"]
        and a["y"] < b["y"] + b["h"]
        and b["y"] < a["y"] + a["h"]
    )


def test_the_rows_are_those_of_the_documentation():
    rows = [panel["title"] for panel in DASHBOARD["panels"] if panel["type"] == "row"]
    assert rows == ["Overview", "Presence", "NOTIFY latency", "SIP", "MQTT", "Process and store"]


def test_the_dashboard_is_provisioned_from_a_folder():
    document = yaml.safe_load((FOLDER / "provisioning/dashboards/presence-bridge.yaml").read_text())
    (provider,) = document["providers"]
    assert (document["apiVersion"], provider["type"], provider["allowUiUpdates"]) == (1, "file", False)
    assert provider["options"]["path"].startswith("/")


def test_the_data_source_is_provisioned_under_a_name_that_stays():
    document = yaml.safe_load((FOLDER / "provisioning/datasources/prometheus.yaml").read_text())
    (source,) = document["datasources"]
    assert (document["apiVersion"], source["type"], source["uid"]) == (
        1,
        "prometheus",
        "presence-bridge-prometheus",
    )
    scraped = yaml.safe_load((FOLDER / "prometheus/prometheus.yml").read_text())
    assert source["jsonData"]["timeInterval"] == scraped["global"]["scrape_interval"]
