"""`presence-bridge` for many short commands: one process has it imported, and is forked for each.

    python commands.py SOCKET            serves
    python -S commands.py SOCKET - ...   asks: its arguments, directory, environment and open files are used

Importing everything costs half a second, and the pages have a hundred commands.
"""

import array
import contextlib
import json
import os
import select
import signal
import socket
import sys
from pathlib import Path


def ask(path: str, arguments: list[str]) -> int:
    """Have a command run with our own files, and return its exit status."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        question = json.dumps([arguments, str(Path.cwd()), dict(os.environ)]).encode()
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))
        sent = connection.sendmsg([question], [rights])
        connection.sendall(question[sent:])
        connection.shutdown(socket.SHUT_WR)
        try:
            return int(connection.recv(16) or b"1")
        except KeyboardInterrupt:
            return 130


def serve(path: str) -> None:
    """Answer until killed. Who asks is waited for: where it is killed, so is what it has started."""
    from bridge.cli import main

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(64)
        while True:
            connection, _ = listener.accept()
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                listener.close()
                try:
                    _carry_out(connection, main)
                finally:
                    os._exit(0)
            connection.close()


def _carry_out(connection, main) -> None:
    first, files, _, _ = socket.recv_fds(connection, 65536, 3)
    question = first
    while more := connection.recv(65536):
        question += more
    arguments, directory, environment = json.loads(question)
    child = os.fork()
    if child == 0:
        connection.close()
        for number, file in enumerate(files):
            os.dup2(file, number)
            os.close(file)
        os.chdir(directory)
        os.environ.clear()
        os.environ.update(environment)
        _run(main, arguments)
    for file in files:
        os.close(file)
    ended = os.pidfd_open(child)
    # The half that asks has been shut; what still comes is the end of the other.
    watch = select.poll()
    watch.register(ended, select.POLLIN)
    watch.register(connection, select.POLLHUP | select.POLLERR)
    while ended not in (happened := [file for file, _ in watch.poll()]):
        if connection.fileno() in happened:
            os.kill(child, signal.SIGTERM)
            watch.unregister(connection)
    _, status = os.waitpid(child, 0)
    with contextlib.suppress(BrokenPipeError):
        connection.send(str(os.waitstatus_to_exitcode(status) % 256).encode())


def _run(main, arguments: list[str]) -> None:
    status = 1
    try:
        status = main(arguments) or 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:
        status = 130
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.exit(ask(sys.argv[1], sys.argv[3:]))
    serve(sys.argv[1])
