"""A house at work: a broker, a bridge, phones, sensors, people who come and go, and a Prometheus that watches."""

import json
import os
import signal
import threading
import urllib.request
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Self

from paho.mqtt.client import CallbackAPIVersion, Client

from grafana.files import hurried
from grafana.phones import Phones
from grafana.prometheus_server import Prometheus
from integration.programs import Mosquitto, free_port
from support.bridge_process import BridgeProcess

EXTENSIONS = ("2000", "2001", "2002")

# What a rule decides of.
LOBBY = "2100"

BASE = "presence-bridge"

# Seconds between two changes.
_PACE = 0.05

_STATES = ("away,lunch", "available", "dnd,,In a meeting", "chat", "xa", "unavailable")

_HTTP = '[http]\nlisten = "127.0.0.1:'

_RULES = """
[sensors.office_door]
topic = "sensors/door"

[[rules]]
presence = "lobby"
when = { office_door = "closed" }
set = "dnd"

[[rules]]
presence = "lobby"
set = "available"
"""


class House:
    """Everything runs while the block does. `extra` is further configuration of the bridge."""

    extensions = EXTENSIONS

    def __init__(self, folder: Path, *, extra: str = "", stream: str = "") -> None:
        self.mosquitto = Mosquitto(folder)
        hints = [f"{name} = SIP/{name},CustomPresence:{name}" for name in self.extensions]
        hints.append(f"{LOBBY} = ,CustomPresence:lobby")
        self.bridge = BridgeProcess(folder, self.mosquitto.port, hints, extra=_RULES + extra, stream=stream)
        self.phones = Phones(self.bridge.port)
        # It is the same after a restart.
        self._http_port = free_port()
        text = self.bridge.config.read_text()
        self.bridge.config.write_text(text.replace(f"{_HTTP}0", f"{_HTTP}{self._http_port}"))
        self.prometheus = Prometheus(folder, self._http_port, hurried())
        self._publisher = Client(CallbackAPIVersion.VERSION2)
        self._publisher.reconnect_delay_set(1, 1)
        self._life = threading.Thread(target=self._live, name="life")
        self._over = threading.Event()
        self._programs = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as programs:
            # It looks for its target five seconds after its start: time for all the others.
            programs.callback(self.prometheus.close)
            self.prometheus.start()
            programs.callback(self.mosquitto.close)
            self.mosquitto.start()
            programs.callback(self.bridge.stop)
            self.bridge.start()
            programs.enter_context(self.phones)
            self._publisher.connect("127.0.0.1", self.mosquitto.port)
            programs.callback(self._publisher.loop_stop)
            programs.callback(self._publisher.disconnect)
            self._publisher.loop_start()
            programs.callback(self._life.join, 5)
            programs.callback(self._over.set)
            self._life.start()
            self._programs = programs.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        self._programs.close()

    def metrics(self) -> str:
        """What the bridge exposes."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._http_port}/metrics", timeout=10) as answer:
            return answer.read().decode()

    def say(self, topic: str, payload: str, *, retain: bool = False) -> None:
        """Publish."""
        self._publisher.publish(topic, payload, qos=1, retain=retain)

    def kill_bridge(self) -> None:
        """SIGKILL: it says nothing any more, to anybody."""
        process = self.bridge._process
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)

    def _live(self) -> None:
        for number in count():
            if self._over.wait(_PACE):
                return
            self._change(number)
            if number % 20 == 0:
                self._watch(number // 20)

    def _change(self, number: int) -> None:
        extension = EXTENSIONS[number % len(EXTENSIONS)]
        state, subtype, message = f"{_STATES[number % len(_STATES)]},,".split(",")[:3]
        word = {"state": state, "subtype": subtype, "message": f"{message} {number}"}
        self.say(f"{BASE}/presence/{extension}", json.dumps(word), retain=True)
        if number % 30 == 0:
            self.say("sensors/door", "closed" if number % 60 else "open")

    def _watch(self, second: int) -> None:
        """Each second the phones refresh one after the other; the guest comes and goes."""
        for index, extension in enumerate(EXTENSIONS):
            self.phones.watch(f"phone{index}", extension)
        self.phones.watch("guest", EXTENSIONS[0], expires=0 if second % 2 else 600)
