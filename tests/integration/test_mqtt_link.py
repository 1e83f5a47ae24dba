"""The link against a real mosquitto."""

import asyncio
import resource
import time

from bridge.events import MessageReceived
from bridge.io.backoff import Backoff
from integration.programs import Mosquitto
from integration.recorder import Recorder, linked


def test_speaks_mqtt_5_and_tells_when_it_is_connected(mosquitto: Mosquitto):
    async def scenario():
        recorder = Recorder()
        async with linked(mosquitto.port, recorder, keepalive_seconds=30) as link:
            assert not link.connected
            await recorder.until(lambda: recorder.connections)
            assert link.connected
        assert "as bridge-under-test (p5, c1, k30)" in mosquitto.log()

    asyncio.run(scenario())


def test_tells_a_replayed_message_from_a_live_one(mosquitto: Mosquitto):
    async def scenario():
        recorder = Recorder()
        mosquitto.publish("b/presence/old", "away", "-r")
        async with linked(mosquitto.port, recorder) as link:
            await recorder.until(lambda: link.connected)
            before = time.monotonic()
            link.subscribe(["b/presence/#"])
            await recorder.until(lambda: recorder.messages)
            await asyncio.to_thread(mosquitto.publish, "b/presence/new", "dnd", "-r")
            await recorder.until(lambda: len(recorder.messages) == 2)
        assert recorder.messages == [("b/presence/old", b"away", True), ("b/presence/new", b"dnd", False)]
        stamps = [event.at for event in recorder.events if isinstance(event, MessageReceived)]
        assert before < stamps[0] < stamps[1] < time.monotonic()

    asyncio.run(scenario())


def test_publishes_in_order_and_retained(mosquitto: Mosquitto):
    async def scenario():
        recorder = Recorder()
        async with linked(mosquitto.port, recorder) as link:
            await recorder.until(lambda: link.connected)
            link.subscribe(["b/count"])
            for number in range(500):
                link.publish("b/count", b"%d" % number, retain=False, qos=1)
            link.publish("b/kept", b"yes", retain=True, qos=1)
            await recorder.until(lambda: len(recorder.messages) == 500)
        assert [payload for _, payload, _ in recorder.messages] == [b"%d" % number for number in range(500)]
        assert mosquitto.retained("b/kept") == "yes"

    asyncio.run(scenario())


def test_what_is_not_subscribed_to_any_more_is_not_delivered(mosquitto: Mosquitto):
    async def scenario():
        recorder = Recorder()
        async with linked(mosquitto.port, recorder) as link:
            link.unsubscribe(["b/#"])
            await recorder.until(lambda: link.connected)
            link.subscribe(["b/#", "c"])
            link.unsubscribe(["b/#"])
            for topic in ("b/1", "c"):
                link.publish(topic, b"x", retain=False, qos=1)
            await recorder.until(lambda: recorder.messages)
        assert recorder.messages == [("c", b"x", False)]

    asyncio.run(scenario())


def test_what_is_published_without_a_connection_is_dropped(mosquitto: Mosquitto):
    async def scenario():
        recorder = Recorder()
        async with linked(mosquitto.port, recorder) as link:
            link.publish("b/early", b"too early", retain=True, qos=1)
            link.subscribe(["b/early"])
            await recorder.until(lambda: link.connected)
        assert mosquitto.retained("b/early") == ""

    asyncio.run(scenario())


def test_a_cancelled_link_leaves_its_last_will(mosquitto: Mosquitto):
    async def scenario():
        recorder = Recorder()
        async with linked(mosquitto.port, recorder, will_topic="b/bridge/state") as link:
            await recorder.until(lambda: link.connected)
            link.publish("b/bridge/state", b"online", retain=True, qos=1)
            await recorder.until(lambda: mosquitto.retained("b/bridge/state") == "online")
        assert not link.connected
        await recorder.until(lambda: mosquitto.retained("b/bridge/state") == "offline")

    asyncio.run(scenario())


def test_stop_says_goodbye_and_is_no_loss(mosquitto: Mosquitto):
    async def scenario():
        recorder = Recorder()
        async with linked(mosquitto.port, recorder) as link:
            await recorder.until(lambda: link.connected)
            for number in range(200):
                link.publish(f"b/state/{number}", b"kept", retain=True, qos=1)
            started = time.monotonic()
            await link.stop(("b/bridge/state", b"gone for good"))
            assert time.monotonic() - started < 2
            assert not link.connected
        assert mosquitto.retained("b/bridge/state") == "gone for good"
        assert mosquitto.retained("b/state/199") == "kept"
        assert recorder.losses == []
        assert "Received DISCONNECT from bridge-under-test" in mosquitto.log()

    asyncio.run(scenario())


def test_a_broker_that_is_killed_and_comes_back_is_used_again(mosquitto: Mosquitto):
    async def scenario():
        recorder = Recorder()
        async with linked(mosquitto.port, recorder) as link:
            await recorder.until(lambda: link.connected)
            mosquitto.kill()
            await recorder.until(lambda: len(recorder.losses) >= 2)
            assert not link.connected
            await asyncio.to_thread(mosquitto.start)
            await recorder.until(lambda: recorder.connections == 2)
            link.subscribe(["b/#"])
            link.publish("b/again", b"here", retain=False, qos=1)
            await recorder.until(lambda: recorder.messages)
        assert recorder.messages == [("b/again", b"here", False)]
        assert recorder.losses[0] == "the connection to the broker broke"
        assert (
            recorder.losses[1] == f"connection refused by 127.0.0.1:{mosquitto.port}: nothing listens there"
        )

    asyncio.run(scenario())


def test_who_does_not_answer_is_tried_more_often_than_who_has_refused(broker: Mosquitto, tmp_path):
    (tmp_path / "passwords").write_text("")
    pauses: list[str] = []

    def noting(name: str) -> Backoff:
        return Backoff(first=0.02, last=0.04, draw=lambda low, _high: pauses.append(name) or low)

    async def scenario():
        recorder = Recorder()
        async with linked(broker.port, recorder, backoff=noting("refused"), knocking=noting("silent")):
            await recorder.until(lambda: len(pauses) >= 3)
            assert {*pauses} == {"silent"}
            await asyncio.to_thread(
                broker.start, "allow_anonymous false", f"password_file {tmp_path / 'passwords'}"
            )
            await recorder.until(lambda: pauses[-3:] == ["refused"] * 3)

    asyncio.run(scenario())


def test_a_wrong_password_is_told_and_never_shown(broker: Mosquitto, tmp_path):
    (tmp_path / "passwords").write_text("")
    broker.start("allow_anonymous false", f"password_file {tmp_path / 'passwords'}")

    async def scenario():
        recorder = Recorder()
        async with linked(broker.port, recorder, username="bob", password="s3cret") as link:
            await recorder.until(lambda: len(recorder.losses) >= 2)
            assert not link.connected
        assert recorder.losses[0] == (
            "the broker refused user bob: not authorized; look at username and password of [mqtt]"
        )
        assert "s3cret" not in repr(link._options) + repr(recorder.events) + repr(recorder.reports)

    asyncio.run(scenario())


def test_two_clients_with_one_id_are_suspected(mosquitto: Mosquitto):
    async def scenario():
        recorder, other = Recorder(), Recorder()
        async with linked(mosquitto.port, recorder), linked(mosquitto.port, other):
            await recorder.until(lambda: any("does another client use" in loss for loss in recorder.losses))
        assert "client id bridge-under-test" in recorder.losses[-1]
        assert "does another client use" not in recorder.losses[0]

    asyncio.run(scenario())


def test_a_frozen_broker_is_noticed_by_keepalive_once(mosquitto: Mosquitto):
    async def scenario():
        recorder = Recorder()
        async with linked(mosquitto.port, recorder, keepalive_seconds=1) as link:
            await recorder.until(lambda: link.connected)
            mosquitto.freeze()
            await recorder.until(lambda: recorder.losses)
            assert recorder.losses == ["the broker was silent for longer than 1 s (keepalive)"]
            assert recorder.connections == 1

    asyncio.run(scenario())


def test_a_failing_engine_does_not_stop_the_reading(mosquitto: Mosquitto):
    class Failing(Recorder):
        def feed(self, event):
            super().feed(event)
            if isinstance(event, MessageReceived) and event.payload == b"bad":
                raise KeyError(event.at)

    async def scenario():
        recorder = Failing()
        async with linked(mosquitto.port, recorder) as link:
            await recorder.until(lambda: link.connected)
            link.subscribe(["b/x"])
            for payload in (b"bad", b"bad", b"good"):
                link.publish("b/x", payload, retain=False, qos=1)
            await recorder.until(lambda: len(recorder.messages) == 3)
            assert link.connected
        assert len(recorder.reports) == 1
        assert "KeyError(" in recorder.reports[0]
        assert "test_mqtt_link.py" in recorder.reports[0]

    asyncio.run(scenario())


def test_a_topic_that_cannot_be_published_to_is_reported(mosquitto: Mosquitto):
    async def scenario():
        recorder = Recorder()
        async with linked(mosquitto.port, recorder) as link:
            await recorder.until(lambda: link.connected)
            link.subscribe(["b/#"])
            link.publish("b/+", b"", retain=False, qos=1)
            link.publish("b/\ud800", b"", retain=False, qos=1)
            link.publish("b/good", b"", retain=False, qos=1)
            await recorder.until(lambda: recorder.messages)
        assert recorder.messages == [("b/good", b"", False)]
        assert len(recorder.reports) == 2
        assert "b/+" in recorder.reports[0]

    asyncio.run(scenario())


def test_a_filter_that_cannot_be_subscribed_to_is_reported(mosquitto: Mosquitto):
    async def scenario():
        recorder = Recorder()
        async with linked(mosquitto.port, recorder) as link:
            await recorder.until(lambda: link.connected)
            link.subscribe(["b/#/x"])
            link.subscribe([f"b/{number}" for number in range(20)])
            link.publish("b/19", b"", retain=False, qos=1)
            await recorder.until(lambda: recorder.messages)
            assert link.connected
        assert recorder.reports == ["cannot subscribe to 'b/#/x': Invalid subscription filter."]

    asyncio.run(scenario())


def test_a_payload_bomb_is_not_delivered_and_costs_no_connection(mosquitto: Mosquitto, tmp_path):
    bomb = tmp_path / "bomb"
    bomb.write_bytes(b"x" * (1 << 20))

    async def scenario():
        recorder = Recorder()
        async with linked(mosquitto.port, recorder) as link:
            await recorder.until(lambda: link.connected)
            link.subscribe(["b/#"])
            await asyncio.to_thread(mosquitto.publish, "b/small", "1")
            await recorder.until(lambda: recorder.messages)
            await asyncio.to_thread(mosquitto.publish_file, "b/bomb", bomb)
            await asyncio.to_thread(mosquitto.publish, "b/small", "2")
            await recorder.until(lambda: len(recorder.messages) == 2)
        assert [payload for _, payload, _ in recorder.messages] == [b"1", b"2"]
        assert recorder.losses == []

    asyncio.run(scenario())


def test_connects_above_1024_descriptors(mosquitto: Mosquitto):
    async def scenario(files):
        recorder = Recorder()
        files.extend(open("/dev/null", "rb") for _ in range(1100))  # noqa: SIM115, PTH123 - closed below
        async with linked(mosquitto.port, recorder) as link:
            await recorder.until(lambda: link.connected)
            link.subscribe(["b/#"])
            link.publish("b/high", b"", retain=False, qos=1)
            await recorder.until(lambda: recorder.messages)
            assert link._connection._client.socket().fileno() > 1024

    limit, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(limit, min(2048, most)), most))
    files = []
    try:
        asyncio.run(scenario(files))
    finally:
        for file in files:
            file.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, most))


def test_ten_thousand_retained_messages_all_arrive_and_take_less_than_two_seconds(mosquitto: Mosquitto):
    # With mosquitto's defaults only 1,020 of them would, were it not for our Receive Maximum.
    async def scenario():
        recorder = Recorder()
        async with linked(mosquitto.port, recorder) as link:
            await recorder.until(lambda: link.connected)
            link.subscribe(["b/written"])
            for number in range(10_000):
                link.publish(f"b/presence/{number}", b"away", retain=True, qos=1)
            link.publish("b/written", b"", retain=False, qos=1)
            await recorder.until(lambda: recorder.messages, within=30)
            recorder.events.clear()
            started = time.process_time()  # not that of a busy machine
            link.subscribe(["b/presence/#"])
            await recorder.until(lambda: len(recorder.events) == 10_000, within=30)
            assert time.process_time() - started < 2
        assert len(set(recorder.messages)) == 10_000

    asyncio.run(scenario())
