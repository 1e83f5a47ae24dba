"""Every query of the dashboard and of the rules, asked of a real Prometheus that watches a real bridge at work."""

import math
import re
import time

import pytest

from grafana.files import ALERTS, DASHBOARD, RECORDS, VARIABLES, Target, asked, targets
from grafana.house import EXTENSIONS, LOBBY, House
from grafana.prometheus_server import Prometheus
from grafana.promql import operands, selectors
from support.certificates import Authority

# Scrapes that have to be there: those that the longest of the hurried rules looks at.
SETTLED = 9

# Counters that only a fault moves, and the fault is made here.
FAULTS = {
    'presence_bridge_sip_retransmissions_total{method="NOTIFY"}': "a phone that does not answer",
    'presence_bridge_notifies_total{outcome="rejected"}': "a phone that refuses",
    'presence_bridge_mqtt_messages_rejected_total{reason="payload"}': "a state that is none",
    "presence_bridge_sip_parse_errors_total": "a datagram that is no SIP",
    "presence_bridge_unconverged_subscriptions": "a phone that does not answer",
}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """At work for some seconds, after a restart, with everything in it that can go wrong with phones."""
    folder = tmp_path_factory.mktemp("house")
    pair = Authority(folder).issue("bridge")
    tls = f'\n[sip.tls]\ncertificate = "{pair.certificate}"\nkey = "{pair.key}"\n'
    with House(folder, extra=tls, stream="tls") as house:
        wait_for_scrapes(house.prometheus, 2)
        house.bridge.stop()
        house.bridge.start()
        house.phones.refusing.add("cross")
        house.phones.silent.add("mute")
        house.phones.watch("cross", "2000")
        house.phones.watch("mute", "2001")
        house.phones.register("phone1")
        house.phones.say(b"NOTIFY\r\nnobody\r\n\r\n")
        house.mosquitto.publish("presence-bridge/presence/2002", "bored")
        wait_for_scrapes(house.prometheus, SETTLED)
        yield house


def wait_for_scrapes(prometheus: Prometheus, number: int) -> None:
    wanted = prometheus.scrapes() + number
    until = time.monotonic() + 30
    while prometheus.scrapes() < wanted:
        assert time.monotonic() < until
        time.sleep(0.2)


def trouble(prometheus: Prometheus, expr: str) -> str:
    """What is wrong with the values of the last seconds; empty if nothing is."""
    found = prometheus.lately(expr, 2)
    if not found:
        return "no data"
    wrong = [labels for labels, values in found if not values or any(map(math.isnan, values))]
    return f"not a number: {wrong}" if wrong else ""


@pytest.mark.parametrize(
    "target", [pytest.param(target, id=f"{target.panel}-{index}") for index, target in enumerate(targets())]
)
def test_each_query_of_the_dashboard_has_data(house: House, target: Target):
    assert trouble(house.prometheus, asked(target.expr)) == ""


@pytest.mark.parametrize("rule", RECORDS, ids=lambda rule: rule["record"])
def test_each_recording_rule_has_data(house: House, rule):
    assert trouble(house.prometheus, rule["record"]) == ""


@pytest.mark.parametrize(
    "expr",
    [pytest.param(expr, id=f"{rule['alert']}-{expr}") for rule in ALERTS for expr in operands(rule["expr"])],
)
def test_what_each_alert_compares_is_there(house: House, expr: str):
    """What was true 15 minutes ago is asked for what was true 3 seconds ago."""
    assert trouble(house.prometheus, expr.replace("offset 15m", "offset 3s")) == ""


@pytest.mark.parametrize("name", ["job", "instance", "extension"])
def test_each_variable_has_its_values(house: House, name: str):
    query = re.fullmatch(r"label_values\((.+), (\w+)\)", asked(VARIABLES[name]["query"]))
    assert query is not None
    values = house.prometheus.label_values(query[2], query[1])
    assert values
    if name == "extension":
        assert values == [*EXTENSIONS, LOBBY]


def test_each_start_is_marked_where_it_was(house: House):
    (annotation,) = DASHBOARD["annotations"]["list"]
    assert annotation["useValueForTime"]
    marks = house.prometheus.lately(asked(annotation["expr"]), 60)
    starts = {value / 1000 for _, values in marks for value in values}
    assert len(starts) == 2
    assert all(0 < time.time() - start < 120 for start in starts)


@pytest.mark.parametrize("expr", FAULTS)
def test_each_fault_shows(house: House, expr: str):
    assert sum(value for _, value in house.prometheus.at_present(expr)) > 0, FAULTS[expr]


def test_the_bridge_exposes_all_that_is_asked_for(house: House):
    exposed = set(re.findall(r"^# TYPE (presence_bridge_\w+) ", house.metrics(), re.MULTILINE))
    expressions = [target.expr for target in targets()] + [rule["expr"] for rule in (*RECORDS, *ALERTS)]
    wanted = {family(node.name) for expr in expressions for node, _ in selectors(expr)}
    assert {name for name in wanted if name.startswith("presence_bridge_")} - exposed == set()


def family(name: str) -> str:
    return re.sub(r"_(?:bucket|count|sum)$", "", name)


def test_an_expression_without_data_is_found(house: House):
    assert trouble(house.prometheus, "presence_bridge_nothing") == "no data"
    assert trouble(house.prometheus, "presence_bridge_ready * 0 / 0").startswith("not a number")
