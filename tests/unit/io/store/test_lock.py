import os
import subprocess
import sys

import pytest

from bridge.io.store.lock import FileLock, StoreInUse

HOLDER = "import sys; from pathlib import Path; from bridge.io.store.lock import FileLock; l = FileLock(Path(sys.argv[1])); l.take(); print('held', flush=True); sys.stdin.read()"


def test_one_at_a_time_and_the_other_is_told_by_whom(tmp_path):
    first, second = FileLock(tmp_path / "l"), FileLock(tmp_path / "l")
    first.take()
    first.take()
    with pytest.raises(StoreInUse, match=f"process {os.getpid()} uses it"):
        second.take()
    first.release()
    second.take()
    second.release()
    second.release()


def test_a_process_that_is_killed_holds_nothing(tmp_path):
    command = [sys.executable, "-c", HOLDER, tmp_path / "l"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StoreInUse, match=f"process {holder.pid}"):
            FileLock(tmp_path / "l").take()
        holder.kill()
        holder.wait()
        lock = FileLock(tmp_path / "l")
        lock.take()
        lock.release()


def test_where_no_file_can_be_made_it_says_so(tmp_path):
    with pytest.raises(FileNotFoundError):
        FileLock(tmp_path / "nowhere" / "l").take()


def test_nobody_else_can_read_it(tmp_path):
    lock = FileLock(tmp_path / "l")
    lock.take()
    assert (tmp_path / "l").stat().st_mode & 0o777 == 0o600
    lock.release()
