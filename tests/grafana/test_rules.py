"""promtool checks the rules, and each alert is tried while it must speak up and while it must not."""

import shutil
import subprocess
from collections import defaultdict

import pytest
import yaml

from grafana.files import ALERTS, FOLDER, RECORDS

PROMETHEUS = FOLDER / "prometheus"
NAMES = {rule["alert"] for rule in ALERTS}


def promtool(*arguments):
    return subprocess.run(["promtool", *arguments], capture_output=True, text=True, timeout=60, check=False)


def test_the_configuration_and_the_rules_are_right():
    result = promtool("check", "config", "--lint=all", "--lint-fatal", PROMETHEUS / "prometheus.yml")
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{len(ALERTS) + len(RECORDS)} rules found" in result.stdout


def test_the_rules_do_as_their_tests_say():
    result = promtool("test", "rules", PROMETHEUS / "rules_test.yml")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("severity: critical", "severity: warning"),
        ("value: 0.25", "value: 0.2"),
    ],
)
def test_a_wrong_expectation_is_found(tmp_path, right, wrong):
    shutil.copy(PROMETHEUS / "rules.yml", tmp_path)
    text = (PROMETHEUS / "rules_test.yml").read_text()
    assert right in text
    (tmp_path / "rules_test.yml").write_text(text.replace(right, wrong, 1))
    assert promtool("test", "rules", tmp_path / "rules_test.yml").returncode == 1


def test_each_alert_is_tried_firing_and_quiet():
    tried = defaultdict(set)
    for story in yaml.safe_load((PROMETHEUS / "rules_test.yml").read_text())["tests"]:
        for case in story["alert_rule_test"]:
            tried[case["alertname"]].add(bool(case["exp_alerts"]))
    assert {name: kinds for name, kinds in tried.items() if kinds != {True, False}} == {}
    assert set(tried) == NAMES


def test_each_alert_says_how_bad_it_is_and_what_it_means():
    for rule in ALERTS:
        assert rule["labels"]["severity"] in {"critical", "warning"}, rule["alert"]
        assert set(rule["annotations"]) == {"summary", "description"}, rule["alert"]


def test_each_alert_is_explained():
    text = (FOLDER.parent / "docs" / "monitoring.md").read_text()
    assert {name for name in NAMES if f"`{name}`" not in text} == set()
