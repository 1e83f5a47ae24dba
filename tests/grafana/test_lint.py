"""The rules of Grafana's dashboard-linter, by its names; written anew, since it is a program in Go."""

import re

import promql_parser
import pytest

from grafana.files import DASHBOARD, VARIABLES, Target, asked, panels, targets
from grafana.promql import RATE_INTERVAL, nodes, parsed, selectors

SELECTED = {'job=~"$job"', 'instance=~"$instance"'}


def each_panel():
    return pytest.mark.parametrize(
        "panel", [pytest.param(panel, id=f"{panel['id']} {panel['title']}") for panel in panels()]
    )


def each_target():
    return pytest.mark.parametrize(
        "target",
        [pytest.param(target, id=f"{target.panel}-{index}") for index, target in enumerate(targets())],
    )


def test_template_datasource_rule():
    source = VARIABLES["datasource"]
    assert (source["type"], source["query"], source["label"]) == ("datasource", "prometheus", "Data source")
    assert [each["name"] for each in VARIABLES.values() if each["type"] == "datasource"] == ["datasource"]


@pytest.mark.parametrize("name", ["job", "instance"])
def test_template_job_rule_and_template_instance_rule(name):
    variable = VARIABLES[name]
    assert variable["type"] == "query"
    assert variable["datasource"]["uid"] == "${datasource}"
    assert (variable["label"], variable["multi"], variable["allValue"]) == (name.title(), True, ".+")


@pytest.mark.parametrize("name", ["job", "instance", "extension"])
def test_template_label_promql_rule_and_template_on_time_change_reload_rule(name):
    query = re.fullmatch(r"label_values\((.+), (\w+)\)", VARIABLES[name]["query"])
    assert query is not None
    assert query[2] == name
    assert selectors(query[1])
    assert VARIABLES[name]["refresh"] == 2


def test_uneditable_dashboard_rule():
    assert DASHBOARD["editable"] is False


@each_panel()
def test_panel_rules(panel):
    assert panel["title"]  # panel-title-description-rule
    assert panel["description"].endswith(".")
    assert panel["datasource"]["uid"] == "${datasource}"  # panel-datasource-rule
    assert panel["targets"]  # panel-no-targets-rule
    assert panel["fieldConfig"]["defaults"]["unit"]  # panel-units-rule


@each_target()
def test_target_promql_rule(target: Target):
    assert selectors(target.expr)
    assert "$" not in asked(target.expr)


@each_target()
def test_target_job_rule_and_target_instance_rule(target: Target):
    assert unselected(target.expr) == []


def unselected(expr):
    return [node.name for node, _ in selectors(expr) if not set(map(str, node.matchers.matchers)) >= SELECTED]


@each_target()
def test_target_rate_interval_rule(target: Target):
    assert fixed_intervals(target.expr) == []


def fixed_intervals(expr):
    return [
        node.vector_selector.name
        for node, _ in nodes(parsed(expr))
        if isinstance(node, promql_parser.MatrixSelector) and node.range.total_seconds() != RATE_INTERVAL
    ]


@each_target()
def test_target_counter_agg_rule(target: Target):
    assert bare_counters(target.expr) == []


def bare_counters(expr):
    return [
        node.name
        for node, above in selectors(expr)
        if node.name.endswith(("_total", "_bucket", "_count", "_sum"))
        and not {each.func.name for each in above if isinstance(each, promql_parser.Call)}
        & {"rate", "irate", "increase"}
    ]


def test_the_linter_finds_what_is_wrong():
    wrong = 'sum(rate(a_total{job=~"$job"}[5m])) / sum(b_total) + c{job=~"$job", instance=~"$instance"}'
    assert unselected(wrong) == ["a_total", "b_total"]
    assert fixed_intervals(wrong) == ["a_total"]
    assert bare_counters(wrong) == ["b_total"]
