"""A house with a bridge, phones and a browser that looks at the page."""

import http.client
import json
import re
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from integration.programs import Mosquitto
from support.bridge_process import BridgeProcess
from support.chromium import Chromium, Tab

THREE = ["2000 = SIP/2000,CustomPresence:2000", "2001 = SIP/2001,CustomPresence:Bob", "2002 = Custom:lamp"]
LIVE = "document.getElementById('live').dataset.live == 'true'"


class House:
    """One at a time: `move_in` starts the bridge, `close` ends everything but the broker."""

    def __init__(self, folder: Path, broker: Mosquitto, browser: Chromium) -> None:
        self.broker = broker
        self._folder = folder
        self._browser = browser
        self._bridge: BridgeProcess | None = None
        self._tabs: list[Tab] = []
        self._phones: list[socket.socket] = []
        self.url = ""

    @property
    def bridge(self) -> BridgeProcess:
        """The one that runs."""
        assert self._bridge is not None
        return self._bridge

    def move_in(self, hints: list[str] | None = None, extra: str = "", **values: object) -> None:
        """Start a bridge; `values` are those of the section [http]."""
        self._bridge = BridgeProcess(self._folder, self.broker.port, hints or THREE, extra=extra)
        with pytest.MonkeyPatch.context() as environment:
            for name, value in values.items():
                text = value if isinstance(value, str) else json.dumps(value)
                environment.setenv(f"PRESENCE_BRIDGE_HTTP__{name.upper()}", text)
            self._bridge.start()
        self.url = re.findall(r"status page is at (http://\S+)", self._bridge.log())[-1]

    def open(self, *, live: bool = True, **looks: int | str) -> Tab:
        """The page in a new tab."""
        tab = self._browser.open(self.url, **looks)
        self._tabs.append(tab)
        if live:
            tab.wait(LIVE)
            tab.wait("document.querySelectorAll('td.watchers button').length > 0")
        return tab

    def get(self, path: str):
        """A document of the API."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=5)
        try:
            connection.request("GET", f"/api/v1/{path}")
            return json.load(connection.getresponse())
        finally:
            connection.close()

    def publish(self, topic: str, payload: str) -> None:
        """Retain it under the base topic."""
        self.broker.publish(f"presence-bridge/{topic}", payload, "-r")

    def phone(self, extension: str, agent: str = "Yealink SIP-T46U 108.86.0.20", answers: int = 1000) -> None:
        """A phone that watches, and acknowledges so many NOTIFYs."""
        phone = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        phone.bind(("127.0.0.1", 0))
        phone.connect(("127.0.0.1", self.bridge.port))
        self._phones.append(phone)
        threading.Thread(target=_watch, args=(phone, extension, agent, answers), daemon=True).start()
        until = time.monotonic() + 5
        while self.get(f"extensions/{extension}")["watching"][-1:] == [] and time.monotonic() < until:
            time.sleep(0.01)

    def close(self) -> None:
        """End everything."""
        for tab in self._tabs:
            tab.close()
        if self._bridge is not None:
            self._bridge.stop()
        for phone in self._phones:
            phone.close()


def _watch(phone: socket.socket, extension: str, agent: str, answers: int) -> None:
    port = phone.getsockname()[1]
    lines = [
        f"SUBSCRIBE sip:{extension}@127.0.0.1 SIP/2.0",
        f"Via: SIP/2.0/UDP 127.0.0.1:{port};rport;branch=z9hG4bK{port}",
        f"From: <sip:30{port % 100:02}@127.0.0.1>;tag={port}",
        f"To: <sip:{extension}@127.0.0.1>",
        f"Call-ID: {port}",
        "CSeq: 1 SUBSCRIBE",
        f"Contact: <sip:phone@127.0.0.1:{port}>",
        "Event: presence",
        f"User-Agent: {agent}",
        "Expires: 600",
        "Content-Length: 0",
    ]
    with suppress(OSError):
        phone.send(("\r\n".join(lines) + "\r\n\r\n").encode())
        while True:
            message = phone.recv(65_535).decode()
            if not message.startswith("NOTIFY") or not answers:
                continue
            answers -= 1
            names = ("Via", "From", "To", "Call-ID", "CSeq")
            copied = [line for line in message.split("\r\n") if line.partition(":")[0] in names]
            answer = ["SIP/2.0 200 OK", *copied, "Content-Length: 0"]
            phone.send(("\r\n".join(answer) + "\r\n\r\n").encode())
