import http.client
import json
import logging
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bridge.events import Address
from bridge.io.http import Health, HttpError, HttpServer, operation_routes
from bridge.metrics import Gauge

LOOPBACK = Address("127.0.0.1", 0)
FINE = Health(ok=True, document={"fine": True})


def routes(expose=bytes, healthy=lambda: FINE, ready=lambda: FINE):
    return operation_routes(expose, healthy, ready)


@contextmanager
def serving(*arguments, address: Address = LOOPBACK, **options) -> Iterator[Address]:
    server = HttpServer(address, routes(*arguments, **options))
    yield server.start()
    server.stop()


def get(address: Address, path: str, method: str = "GET") -> tuple[int, str, str]:
    """Status, media type and body."""
    connection = http.client.HTTPConnection(address.host, address.port, timeout=5)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, response.headers.get_content_type(), response.read().decode()
    finally:
        connection.close()


def test_metrics_are_served_as_they_are_written():
    lamps = Gauge("lamps", "Lamps that are lit.")
    lamps.set(3)
    with serving(lambda: lamps.expose().encode()) as address:
        status, media_type, body = get(address, "/metrics")
    assert (status, media_type) == (200, "text/plain")
    name = "presence_bridge_lamps"
    assert body == f"# HELP {name} Lamps that are lit.\n# TYPE {name} gauge\n{name} 3.0\n"


@pytest.mark.parametrize("path", ["/-/healthy", "/-/ready"])
@pytest.mark.parametrize(("ok", "status"), [(True, 200), (False, 503)])
def test_a_probe_answers_by_status_and_in_json(path: str, ok: bool, status: int):
    document = {"ready": ok, "parts": {"mqtt": {"ok": ok, "why": "no broker"}}}
    answers = {"/-/healthy": FINE, "/-/ready": FINE, path: Health(ok, document)}
    with serving(healthy=lambda: answers["/-/healthy"], ready=lambda: answers["/-/ready"]) as address:
        found, media_type, body = get(address, path)
    assert (found, media_type) == (status, "application/json")
    assert json.loads(body) == document


def test_what_does_not_exist_is_not_found_and_nothing_is_changed_by_post():
    with serving() as address:
        assert get(address, "/")[0] == 404
        assert get(address, "/metrics", "POST")[0] == 405
        assert get(address, "/-/ready", "HEAD")[0] == 200


def test_it_answers_while_the_main_thread_is_busy():
    with serving() as address, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(get, address, "/-/healthy")
        until = time.monotonic() + 0.2
        while time.monotonic() < until:
            pass
        assert answer.result(5)[0] == 200


def test_there_is_one_scrape_at_a_time():
    class Slow:
        active = most = 0

        def expose(self):
            Slow.active += 1
            Slow.most = max(Slow.most, Slow.active)
            time.sleep(0.02)
            Slow.active -= 1
            return b""

    with serving(Slow().expose) as address, ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: get(address, "/metrics")[0], range(4)))
    assert answers == [200] * 4
    assert Slow.most == 1


def test_a_busy_port_is_told_before_start_returns():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        words = f"HTTP cannot listen on 127.0.0.1 port {port}: Address already in use"
        with pytest.raises(HttpError) as caught:
            HttpServer(Address("127.0.0.1", port), routes()).start()
        assert str(caught.value) == words


def test_stop_frees_the_port_and_the_thread():
    before = threading.active_count()
    server = HttpServer(LOOPBACK, routes())
    address = server.start()
    assert get(address, "/-/healthy")[0] == 200
    started = time.monotonic()
    server.stop()
    assert time.monotonic() - started < 2
    assert threading.active_count() == before
    with socket.create_server(address):
        pass
    server.stop()


def test_stop_does_not_wait_for_a_client_that_stays():
    server = HttpServer(LOOPBACK, routes())
    address = server.start()
    with socket.create_connection(address) as idle:
        idle.sendall(b"GET /metrics HTTP/1.1\r\n")
        get(address, "/-/healthy")
        started = time.monotonic()
        server.stop()
        assert time.monotonic() - started < 3


def test_it_can_be_stopped_as_soon_as_it_is_started():
    server = HttpServer(LOOPBACK, routes())
    server.start()
    server.stop()
    assert "http" not in {thread.name for thread in threading.enumerate()}


def test_ipv6():
    with serving(address=Address("::1", 0)) as address:
        assert get(address, "/-/ready")[0] == 200


def test_other_routes_stand_beside():
    async def page(_request: Request) -> PlainTextResponse:
        return PlainTextResponse("status")

    server = HttpServer(LOOPBACK, [*routes(), Route("/", page)])
    address = server.start()
    assert get(address, "/") == (200, "text/plain", "status")
    server.stop()


def test_signals_logs_and_environment_are_left_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setenv("WEB_CONCURRENCY", "nonsense")
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    caplog.set_level(logging.DEBUG)
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with serving() as address:
        get(address, "/-/healthy")
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers
    assert [record.getMessage() for record in caplog.records if record.name.startswith("uvicorn")] == []
