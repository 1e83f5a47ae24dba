"""A real browser without a window, driven by the Chrome DevTools Protocol.

with Chromium(folder) as browser:
    tab = browser.open(url)
    tab.wait("document.title == 'Presence Bridge'")
"""

import base64
import itertools
import json
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from websockets.sync.client import ClientConnection, connect

_LISTENING = "DevTools listening on "


class PageGone(Exception):  # noqa: N818 - says what it is
    """The page was left while it was asked: it goes to another one, or loads itself anew."""


class Chromium:
    """Debian's chromium-headless-shell, with a profile of its own in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "chromium.log"
        self._folder = folder
        self._numbers = itertools.count(1)
        self._told: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        command = [
            "chromium-headless-shell",
            "--no-sandbox",  # CI runs as root
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--remote-debugging-port=0",
            f"--user-data-dir={self._folder / 'profile'}",
            "about:blank",
        ]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        self._socket: ClientConnection = connect(self._endpoint(), max_size=None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
        self._process.terminate()
        self._process.wait(10)

    def open(self, url: str, **looks: int | str) -> "Tab":
        """A new tab on `url`; `looks` as in `Tab.look`. Returns when it has loaded."""
        target = self.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        tab = Tab(self, target, session)
        tab.look(**looks)
        tab.go(url)
        return tab

    def call(
        self, method: str, parameters: dict[str, Any] | None = None, session: str = ""
    ) -> dict[str, Any]:
        """One command, and its result."""
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters or {}}
        if session:
            message["sessionId"] = session
        self._socket.send(json.dumps(message))
        while True:
            answer = json.loads(self._socket.recv(timeout=20))
            if answer.get("id") == number:
                if answer.get("error", {}).get("message") == "Inspected target navigated or closed":
                    raise PageGone
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result
            self._told.append(answer)

    def told(self, session: str, method: str) -> list[dict[str, Any]]:
        """What a tab has told so far under this name."""
        return [
            one["params"]
            for one in self._told
            if one.get("sessionId") == session and one.get("method") == method
        ]

    def _endpoint(self) -> str:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            for line in self._log.read_text(errors="replace").splitlines():
                if line.startswith(_LISTENING):
                    return line.removeprefix(_LISTENING)
            assert self._process.poll() is None, self._log.read_text(errors="replace")
            time.sleep(0.02)
        raise AssertionError(self._log.read_text(errors="replace"))


class Tab:
    """One page."""

    def __init__(self, browser: Chromium, target: str, session: str) -> None:
        self._browser = browser
        self._target = target
        self._session = session
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """One command to this page."""
        return self._browser.call(method, parameters, self._session)

    def look(
        self, *, width: int = 1200, height: int = 900, scheme: str = "light", scripts: bool = True
    ) -> None:
        """Set the size of the screen in CSS pixels, `light` or `dark`, and whether scripts run."""
        mobile = width < 500
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=mobile,
        )
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)

    def go(self, url: str) -> None:
        """Load a page."""
        error = self.call("Page.navigate", url=url).get("errorText")
        assert error is None, error
        until = time.monotonic() + 10
        while (
            self.evaluate("document.readyState") != "complete"
            or self.evaluate("location.href") == "about:blank"
        ):
            assert time.monotonic() < until
            time.sleep(0.01)

    def evaluate(self, expression: str):
        """What an expression is, as JSON; a promise is waited for."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, expression: str, within: float = 10.0) -> None:
        """Return as soon as an expression is true, on this page or on the one that it goes to."""
        until = time.monotonic() + within
        while not self._is_true(expression):
            assert time.monotonic() < until, (
                f"never: {expression}\n{self.evaluate('document.body.innerText')}"
            )
            time.sleep(0.01)

    def _is_true(self, expression: str) -> bool:
        try:
            return bool(self.evaluate(expression))
        except PageGone:
            return False

    def press(self, key: str) -> None:
        """One key, such as `Tab` or `Enter`."""
        text = {"Enter": "\r", "Space": " "}.get(key, "")
        code = {"Tab": 9, "Enter": 13, "Space": 32}.get(key, 0)
        name = {"Space": " "}.get(key, key)
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=name,
                code=key,
                text=text if kind == "keyDown" else "",
                windowsVirtualKeyCode=code,
            )

    def picture(self, file: Path, *, whole: bool = False) -> None:
        """Save what is seen, or the whole page, as PNG."""
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        file.write_bytes(base64.b64decode(data))

    def complaints(self) -> list[str]:
        """What scripts have failed with, and what the browser has refused (Content-Security-Policy)."""
        errors = [one["exceptionDetails"]["text"] for one in self._told("Runtime.exceptionThrown")]
        refused = [one["entry"] for one in self._told("Log.entryAdded")]
        return errors + [entry["text"] for entry in refused if entry["level"] == "error"]

    def requested(self) -> list[str]:
        """All URLs that were asked for."""
        return [one["request"]["url"] for one in self._told("Network.requestWillBeSent")]

    def close(self) -> None:
        """Close the tab."""
        self._browser.call("Target.closeTarget", {"targetId": self._target})

    def _told(self, method: str) -> list[dict[str, Any]]:
        return self._browser.told(self._session, method)
