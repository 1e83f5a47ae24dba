import asyncio
import threading

import pytest

from bridge.io.tasks import Tasks, call_in_thread


def test_a_task_is_named_and_held_while_it_runs():
    async def scenario():
        tasks = Tasks(failed=lambda *_: None)
        done = asyncio.Event()

        async def work() -> None:
            await done.wait()

        task = tasks.start("worker", work())
        assert (task.get_name(), len(tasks)) == ("worker", 1)
        done.set()
        await task
        await asyncio.sleep(0)
        assert len(tasks) == 0

    asyncio.run(scenario())


def test_a_failure_is_told_with_its_name():
    async def scenario():
        told = []
        tasks = Tasks(failed=lambda name, error: told.append((name, error)))

        async def work() -> None:
            raise LookupError("lost")

        task = tasks.start("worker", work())
        await asyncio.wait({task})
        await asyncio.sleep(0)
        assert [(name, str(error)) for name, error in told] == [("worker", "lost")]
        assert len(tasks) == 0

    asyncio.run(scenario())


def test_stop_cancels_all_and_waits_for_their_cleaning_up():
    async def scenario():
        told, cleaned = [], []
        tasks = Tasks(failed=lambda name, _: told.append(name))

        async def work(name: str) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                cleaned.append(name)

        async def breaks() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                raise LookupError

        tasks.start("a", work("a"))
        tasks.start("b", work("b"))
        tasks.start("c", breaks())
        await asyncio.sleep(0)
        await tasks.stop()
        assert sorted(cleaned) == ["a", "b"]
        assert told == ["c"]
        assert len(tasks) == 0

    asyncio.run(scenario())


def test_a_call_in_a_thread_returns_and_raises():
    def fails() -> None:
        raise LookupError("lost")

    async def scenario():
        name = await call_in_thread("resolver", lambda: threading.current_thread().name)
        assert name == "resolver"
        with pytest.raises(LookupError, match="lost"):
            await call_in_thread("resolver", fails)

    asyncio.run(scenario())


def test_nobody_waits_for_a_thread_whose_caller_was_cancelled():
    release, ended = threading.Event(), threading.Event()

    def blocks() -> None:
        release.wait(10)
        ended.set()

    async def scenario():
        call = asyncio.get_running_loop().create_task(call_in_thread("resolver", blocks))
        await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

    asyncio.run(scenario())
    assert not ended.is_set()
    release.set()
    assert ended.wait(10), "a closed loop does not hurt the thread"


def test_a_result_that_comes_after_the_cancel_is_dropped():
    release = threading.Event()

    async def scenario():
        call = asyncio.get_running_loop().create_task(call_in_thread("resolver", lambda: release.wait(10)))
        await asyncio.sleep(0)
        call.cancel()
        await asyncio.wait({call})
        release.set()
        # Whatever the thread hands in is handled by the loop before this: it has one queue.
        await call_in_thread("later", lambda: None)
        assert call.cancelled()

    asyncio.run(scenario())
