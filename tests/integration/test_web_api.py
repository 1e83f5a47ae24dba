"""The JSON API of a running bridge: what it answers, to whom, and that it is as its document says."""

import contextlib
import http.client
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from integration.programs import Mosquitto
from support.bridge_process import BridgeProcess

TOKEN = "0123456789abcdef"
HINTS = ["2000 = SIP/2000,CustomPresence:2000", "2001 = SIP/2001&Custom:lamp,CustomPresence:people/Bob"]
OURS = {"X-Presence-Bridge": "test", "Content-Type": "application/json"}
BEARER = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}


class Site:
    """Where a bridge serves; `ask` is one request."""

    def __init__(self, bridge: BridgeProcess) -> None:
        self.url = re.findall(r"status page is at (http://\S+)", bridge.log())[-1]
        self.host = urlsplit(self.url).netloc

    def ask(self, path, method="GET", body=None, **headers):
        """Status, headers, and the JSON of the answer, if there is any."""
        connection = http.client.HTTPConnection(self.host, timeout=10)
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, f"/api/v1/{path}", content, named)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, answer.headers, json.loads(text) if text else None
        finally:
            connection.close()

    def set(self, provider, body, **headers):
        return self.ask(f"presence/{provider}", "POST", body, **headers)

    @contextlib.contextmanager
    def listening(self, last_id=""):
        """The lines of the events, as they come."""
        connection = http.client.HTTPConnection(self.host, timeout=15)
        connection.request("GET", "/api/v1/events", headers={"Last-Event-ID": last_id} if last_id else {})
        answer = connection.getresponse()
        try:
            yield answer
        finally:
            connection.sock.close() if connection.sock else None
            answer.close()


def message(answer, name):
    """The number and the document of the next message of that name."""
    number = ""
    while True:
        lines = {}
        while line := answer.readline().decode().rstrip("\n"):
            field, _, value = line.partition(": ")
            lines[field] = value
        number = lines.get("id", number)
        assert lines, "the events have ended"
        if lines.get("event") == name:
            return number, json.loads(lines["data"])


@pytest.fixture(scope="module")
def brokers(tmp_path_factory):
    """Makes brokers, and ends them."""
    made = []

    def make():
        made.append(Mosquitto(tmp_path_factory.mktemp("broker")))
        made[-1].start()
        return made[-1]

    yield make
    for mosquitto in made:
        mosquitto.close()


@pytest.fixture(scope="module")
def broker(brokers):
    """The broker of `site`."""
    return brokers()


def serve(folder: Path, broker, **http_settings):
    """A bridge with these values in [http]; one broker knows the name of one bridge only."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in http_settings.items():
            text = value if isinstance(value, str) else json.dumps(value)
            environment.setenv(f"PRESENCE_BRIDGE_HTTP__{name.upper()}", text)
        bridge = BridgeProcess(folder, broker.port, HINTS)
        bridge.start()
    return bridge


@pytest.fixture(scope="module")
def site(tmp_path_factory, broker):
    """One whose presences can be set with the token."""
    bridge = serve(tmp_path_factory.mktemp("site"), broker, write=True, token=TOKEN)
    yield Site(bridge)
    bridge.stop()


@pytest.fixture(scope="module")
def shut(tmp_path_factory, brokers):
    """One of the defaults."""
    bridge = serve(tmp_path_factory.mktemp("shut"), brokers())
    yield Site(bridge)
    bridge.stop()


@pytest.fixture(scope="module")
def trusting(tmp_path_factory, brokers):
    """One that trusts its own machine."""
    bridge = serve(
        tmp_path_factory.mktemp("trusting"), brokers(), write=True, trusted_networks=["127.0.0.0/8"]
    )
    yield Site(bridge)
    bridge.stop()


def until(condition, within=5.0):
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end, "it does not come about"
        time.sleep(0.01)


# --- reading ------------------------------------------------------------------------------------------


def test_it_does_what_its_document_says(trusting, tmp_path):
    command = [
        Path(sys.executable).with_name("schemathesis"),
        "run",
        f"{trusting.url}api/v1/openapi.json",
        "--header=X-Presence-Bridge: test",
        "--exclude-path=/events",  # it goes on for ever
        "--phases=examples,coverage,fuzzing",
        "--max-examples=15",
        "--generation-deterministic",
        "--no-color",
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120, cwd=tmp_path)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_extension_in_all_its_detail(site, broker):
    broker.publish("presence-bridge/presence/people/Bob", '{"state": "dnd", "message": "Door closed"}', "-r")
    broker.publish("presence-bridge/device/SIP/2001", "INUSE", "-r")
    until(lambda: site.ask("extensions/2001")[2]["device"] == "INUSE")
    status, headers, found = site.ask("extensions/2001")
    assert (status, headers["Cache-Control"]) == (200, "no-store")
    assert found["presence"] == {"state": "dnd", "subtype": "", "message": "Door closed"}
    assert (found["state"], found["watchers"], found["behind"], found["watching"]) == ("InUse", 0, 0, [])
    assert found["since"] is not None
    assert found["devices"] == [
        {"device": "SIP/2001", "state": "INUSE"},
        {"device": "Custom:lamp", "state": "UNKNOWN"},
    ]
    assert found["presences"][0]["provider"] == "people/Bob"
    (_, _, listed) = site.ask("extensions")
    assert [one["extension"] for one in listed["extensions"]] == ["2000", "2001"]
    assert listed["extensions"][1] == {name: found[name] for name in listed["extensions"][1]}


def test_the_status_is_what_the_topics_tell(site, broker):
    _, _, found = site.ask("status")
    assert found["health"]["parts"]["mqtt"] == {"ok": True, "why": "synchronised"}
    published = json.loads(broker.retained("presence-bridge/bridge/info"))
    assert set(found["info"]) == set(published)
    assert isinstance(found["events"], list)


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("nothing", "GET", 404),
        ("extensions/9999", "GET", 404),
        ("status", "POST", 405),
        ("phones?limit=0", "GET", 422),
    ],
)
def test_errors_are_problems(site, path, method, status):
    found, headers, problem = site.ask(path, method)
    assert (found, headers.get_content_type()) == (status, "application/problem+json")
    assert problem["status"] == status
    assert problem["detail"]
    assert headers["X-Frame-Options"] == "DENY"


# --- events -------------------------------------------------------------------------------------------


def test_a_change_is_told_and_told_again_to_who_was_cut_off(site, broker):
    with site.listening() as events:
        number, hello = message(events, "hello")
        assert hello == {"resumed": False}
        assert number
        broker.publish("presence-bridge/presence/2000", "away,,one", "-r")
        number, found = message(events, "extensions")
        while found[0]["presence"]["message"] != "one":
            number, found = message(events, "extensions")
    broker.publish("presence-bridge/presence/2000", "away,,two", "-r")
    with site.listening(number) as events:
        assert message(events, "hello")[1] == {"resumed": True}
        while found[0]["extension"] != "2000" or found[0]["presence"]["message"] != "two":
            number, found = message(events, "extensions")
    with site.listening("0badcafe-1") as events:
        assert message(events, "hello")[1] == {"resumed": False}


def test_what_happens_is_told(site, broker):
    with site.listening() as events:
        message(events, "hello")
        broker.publish("presence-bridge/presence/2000", "nonsense", "-r")
        _, found = message(events, "events")
        while found[-1]["type"] != "rejected":
            _, found = message(events, "events")
        assert found[-1]["topic"] == "presence-bridge/presence/2000"
    broker.publish("presence-bridge/presence/2000", "available", "-r")


def test_pages_beyond_the_bound_are_refused(shut):
    with contextlib.ExitStack() as stack:
        for _ in range(32):
            answer = stack.enter_context(shut.listening())
            assert answer.status == 200
            message(answer, "hello")
        status, headers, problem = shut.ask("events")
        assert (status, headers["Retry-After"]) == (503, "30")
        assert "32 pages" in problem["detail"]
    until(lambda: _opens(shut))


def _opens(site):
    with site.listening() as answer:
        return answer.status == 200


# --- setting ------------------------------------------------------------------------------------------


def test_nothing_is_set_by_default(shut):
    assert shut.set("2000", {"state": "dnd"}, **OURS)[0] == 403
    assert shut.ask("session", "POST", {"token": ""}, **OURS)[0] == 403
    assert shut.ask("session")[2] == {"writable": False, "allowed": False}


def test_with_the_token_the_truth_is_written(site, broker):
    status, _, found = site.set("people/Bob", {"state": "xa", "message": "on leave"}, **BEARER)
    assert (status, found) == (202, {"provider": "people/Bob"})
    until(lambda: site.ask("extensions/2001")[2]["presence"]["message"] == "on leave")
    written = json.loads(broker.retained("presence-bridge/presence/people/Bob"))
    assert (written["state"], written["message"], written["by"]) == ("xa", "on leave", "command")
    # What is not named stays.
    assert site.set("people/Bob", {"state": "away"}, **BEARER)[0] == 202
    until(lambda: site.ask("extensions/2001")[2]["presence"]["state"] == "away")
    assert site.ask("extensions/2001")[2]["presence"]["message"] == "on leave"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        (OURS, 401),
        ({**OURS, "Authorization": "Bearer 0123456789abcdeX"}, 401),
        ({**OURS, "Authorization": f"Basic {TOKEN}"}, 401),
        ({**OURS, "Cookie": "presence-bridge=guessed"}, 401),
    ],
)
def test_without_the_token_nothing_is_written(site, headers, status):
    found, answered, _ = site.set("2000", {"state": "dnd"}, **headers)
    assert found == status
    assert status == 403 or answered["WWW-Authenticate"] == "Bearer"


def test_a_page_of_somebody_else_can_set_nothing(trusting):
    body = {"state": "away"}
    assert trusting.set("2000", body, **OURS)[0] == 202
    assert trusting.set("2000", body, **OURS, Origin=f"http://{trusting.host}")[0] == 202
    assert trusting.set("2000", body, **OURS, Origin="http://evil.example")[0] == 403
    assert trusting.set("2000", body, **OURS, Origin="null")[0] == 403
    assert trusting.set("2000", body, Content_Type="application/json")[0] == 403
    assert trusting.set("2000", body, **{**OURS, "Content-Type": "text/plain"})[0] == 415
    # Behind a proxy everybody would be from a trusted network.
    assert trusting.set("2000", body, **OURS, X_Forwarded_For="203.0.113.9")[0] == 401


@pytest.mark.parametrize("name", ["evil.example", "127.0.0.1.evil.example:80", "", "localhost.evil.example"])
@pytest.mark.parametrize("path", ["status", "../../"])
def test_a_name_that_points_here_is_not_ours(site, name, path):
    status, headers, _ = site.ask(path, Host=name)
    assert (status, headers["X-Content-Type-Options"]) == (421, "nosniff")


@pytest.mark.parametrize("name", ["localhost:9464", "127.0.0.1", "[::1]:9464", "LOCALHOST"])
def test_names_that_are_ours(site, name):
    assert site.ask("status", Host=name)[0] == 200


def test_a_browser_is_given_a_cookie_for_the_token(site):
    status, _, problem = site.ask("session", "POST", {"token": "wrong"}, **OURS)
    assert (status, problem["title"]) == (401, "Unauthorized")
    status, headers, _ = site.ask("session", "POST", {"token": TOKEN}, **OURS)
    assert status == 204
    cookie, *attributes = headers["Set-Cookie"].split("; ")
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(attributes)
    assert TOKEN not in cookie
    assert site.ask("session", Cookie=cookie)[2] == {"writable": True, "allowed": True}
    assert site.set("2000", {"state": "available"}, **OURS, Cookie=cookie)[0] == 202
    # The cookie alone is what another page could have sent.
    assert site.set("2000", {"state": "dnd"}, Cookie=cookie, Content_Type="application/json")[0] == 403
    assert site.ask("session", "DELETE", None, **OURS, Cookie=cookie)[0] == 204
    assert site.set("2000", {"state": "dnd"}, **OURS, Cookie=cookie)[0] == 401


@pytest.mark.parametrize(
    ("provider", "body", "status"),
    [
        ("nobody", {"state": "dnd"}, 404),
        ("2000", b"{", 400),
        ("2000", b"[" * 10_000, 400),
        ("2000", b'{"until": NaN}', 400),
        ("2000", {}, 422),
        ("2000", [], 422),
        ("2000", {"state": "DND"}, 422),
        ("2000", {"state": "dnd", "colour": "red"}, 422),
        ("2000", {"message": 5}, 422),
        ("2000", {"message": "\x00"}, 422),
        ("2000", {"state": None, "message": ""}, 422),
        ("2000", {"message": "x" * 1001}, 422),
        ("2000", {"until": True}, 422),
        ("2000", b"x" * 20_000, 413),
        ("2000", {"state": None}, 409),
        ("2000", {"state": "dnd", "until": "17:00"}, 409),
    ],
)
def test_what_cannot_be_set_is_said(site, provider, body, status):
    found, _, problem = site.set(provider, body, **BEARER)
    assert found == status
    assert problem["detail"]


def test_without_a_broker_nothing_is_set(tmp_path, brokers):
    mosquitto = brokers()
    bridge = serve(tmp_path, mosquitto, write=True, token=TOKEN)
    try:
        site = Site(bridge)
        mosquitto.kill()
        until(lambda: not site.ask("status")[2]["health"]["parts"]["mqtt"]["ok"])
        status, headers, _ = site.set("2000", {"state": "dnd"}, **BEARER)
        assert (status, headers["Retry-After"]) == (503, "5")
    finally:
        bridge.stop()


def test_a_bridge_with_open_pages_stops_at_once(tmp_path, brokers):
    bridge = serve(tmp_path, brokers())
    site = Site(bridge)
    with site.listening() as events:
        message(events, "hello")
        began = time.monotonic()
        bridge.stop()
        assert time.monotonic() - began < 3
    assert "ERROR" not in bridge.log()
