"""Debian's Prometheus, as a process of its own on a free port of the loopback, in a hurry."""

import contextlib
import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import yaml

from integration.programs import free_port, wait_for_port

# Seconds between two scrapes, and between two evaluations of the rules.
PACE = 0.5

JOB = "presence-bridge"

Labels = Mapping[str, str]


class Prometheus:
    """Scrapes one target twice a second, and evaluates `rules` as often."""

    def __init__(self, folder: Path, target: int, rules: str) -> None:
        self._port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "rules.yml").write_text(rules)
        configuration = {
            "global": {"scrape_interval": "500ms", "evaluation_interval": "500ms"},
            "rule_files": ["rules.yml"],
            "scrape_configs": [{"job_name": JOB, "static_configs": [{"targets": [f"127.0.0.1:{target}"]}]}],
        }
        (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration))

    def start(self) -> None:
        """Return when it answers."""
        command = [
            "prometheus",
            f"--config.file={self._folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self._folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self._port}",
            "--log.level=warn",
        ]
        with (self._folder / "prometheus.log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        wait_for_port(self._port)
        until = time.monotonic() + 20
        while not self._is_ready():
            assert time.monotonic() < until
            time.sleep(0.05)

    def close(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)

    def at_present(self, expr: str) -> list[tuple[Labels, float]]:
        """The series of a query, with their values."""
        found = self._ask("query", query=expr)["result"]
        return [(each["metric"], float(each["value"][1])) for each in found]

    def lately(self, expr: str, seconds: float) -> list[tuple[Labels, list[float]]]:
        """The series of a query, with their values of the last seconds, one for each scrape."""
        now = time.time()
        found = self.between(expr, now - seconds, now, PACE)
        return [(labels, [float(value) for _, value in points]) for labels, points in found]

    def between(self, expr: str, start: float, end: float, step: float) -> list[tuple[Labels, list]]:
        """The series of a query, with pairs of a time and a value in digits."""
        found = self._ask("query_range", query=expr, start=start, end=end, step=step)["result"]
        return [(each["metric"], each["values"]) for each in found]

    def label_values(self, label: str, selector: str) -> list[str]:
        """The values that a label has in the series of a selector."""
        return self._ask(f"label/{label}/values", **{"match[]": selector})

    def firing(self) -> set[str]:
        """The names of the alerts that somebody would be told of now."""
        return {
            alert["labels"]["alertname"]
            for alert in self._ask("alerts")["alerts"]
            if alert["state"] == "firing"
        }

    def scrapes(self) -> int:
        """How many went well so far."""
        return int(sum(value for _, value in self.at_present("sum_over_time(up[1h])")))

    def _is_ready(self) -> bool:
        url = f"http://127.0.0.1:{self._port}/-/ready"
        with contextlib.suppress(urllib.error.HTTPError), urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status == 200
        return False

    def _ask(self, what: str, **parameters: object):
        url = f"http://127.0.0.1:{self._port}/api/v1/{what}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            document = json.load(answer)
        assert document["status"] == "success", document
        return document["data"]
