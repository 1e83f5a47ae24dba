"""A clean Debian 12 in a folder: programs run in it, or its systemd is booted in a container.

Its own network is loopback only. Commands that fetch packages are run with the network of this machine. Where the
registries are and whom to trust is said as it is here, in the files in which a Debian says it, so that sudo keeps it.
"""

import contextlib
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
BUILD = CHECKOUT / "build/packages"
ESSENTIALS = ("systemd", "systemd-sysv", "dbus", "sudo", "procps", "iproute2", "ca-certificates")
WHEELS = "/srv/wheels"  # where pip and uv in it look besides their registry
SUBSCRIBER = Path(__file__).parent / "subscriber.py"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


class Debian:
    """The root of a Debian 12 in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in it while nothing else runs there, with the network of this machine. Raises if it fails."""
        nspawn = ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--pipe", "--timezone=off"]
        variables = [f"--setenv={name}={value}" for name, value in _environment().items()]
        return _done([*nspawn, *variables, f"--directory={self.folder}", *command])

    def path(self, name: str) -> Path:
        """Where one of its files is for us."""
        return self.folder / name.lstrip("/")

    @contextlib.contextmanager
    def booted(self) -> Iterator["Booted"]:
        """Its systemd, running. It is powered off afterwards."""
        options = [
            "--register=no",
            "--keep-unit",
            "--private-network",
            "--system-call-filter=bpf",
            "--capability=CAP_BPF,CAP_NET_ADMIN,CAP_SYS_ADMIN,CAP_PERFMON",
            "--timezone=off",
        ]
        console = self.folder.with_suffix(".console")
        nspawn = " ".join(["exec systemd-nspawn", *options, f"--directory={self.folder}", "--boot"])
        # It wants a terminal, which script(1) gives it.
        container = subprocess.Popen(
            ["script", "--quiet", "--flush", "--command", nspawn, console],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
            start_new_session=True,
        )
        try:
            booted = Booted(self, _init_of(container))
            booted.eventually("systemctl is-system-running")
            yield booted
            booted.run("systemctl poweroff")
            container.wait(60)
        finally:
            if container.poll() is None:
                container.terminate()
                container.wait(60)


class Booted:
    """A Debian whose systemd runs; `init` is its process, seen from here."""

    def __init__(self, debian: Debian, init: int) -> None:
        self._debian = debian
        self._init = init

    def run(
        self, script: str, *, folder: str = "/root", fetches: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Run a shell's script in it; `fetches` gives it the network of this machine. The result, good or bad."""
        namespaces = ["--mount", "--uts", "--ipc", "--pid", *([] if fetches else ["--net"])]
        enter = ["nsenter", f"--target={self._init}", *namespaces, "env", "--ignore-environment"]
        variables = {"PATH": PATH, "HOME": "/root"} | _environment()
        assignments = [f"{name}={value}" for name, value in variables.items()]
        shell = ["bash", "-c", f"cd {folder} && {script}"]
        return subprocess.run(
            [*enter, *assignments, *shell],
            capture_output=True, text=True, timeout=900, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def must(self, script: str, *, folder: str = "/root", fetches: bool = False) -> str:
        """What a script prints that has to succeed."""
        done = self.run(script, folder=folder, fetches=fetches)
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}\n{self.journal()}"
        return done.stdout

    def journal(self) -> str:
        """What the service has logged."""
        return self.run("journalctl --no-pager --unit presence-bridge.service | tail -n 50").stdout

    def eventually(self, script: str, within: float = 60.0) -> str:
        """What a script prints as soon as it succeeds."""
        until = time.monotonic() + within
        while (done := self.run(script)).returncode != 0 and time.monotonic() < until:
            time.sleep(0.2)
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}\n{self.journal()}"
        return done.stdout

    def path(self, name: str) -> Path:
        """Where one of its files is for us."""
        return self._debian.path(name)

    @contextlib.contextmanager
    def phone(self, extension: str) -> Iterator["Phone"]:
        """A phone on its network that watches an extension."""
        command = ["nsenter", f"--target={self._init}", "--net", sys.executable, str(SUBSCRIBER), extension]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            phone = Phone(process)
            try:
                yield phone
            finally:
                phone.close()


class Phone:
    """A running subscriber.py."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def told(self, within: float = 60.0) -> str:
        """The next line: the answer to its SUBSCRIBE, then what each NOTIFY says."""
        return self._lines.get(timeout=within)

    def close(self) -> None:
        """Hang up."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._reader.join(10)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.strip())


def clean(folder: Path, *packages: str) -> Debian:
    """A Debian 12 in `folder`, which is new, with nothing but these packages; made once, and kept in build/."""
    wanted = ",".join((*ESSENTIALS, *packages))
    origin = BUILD / "-".join(("root", *packages))
    made_of = origin.with_suffix(".made-of")
    if not made_of.exists() or made_of.read_text() != wanted:
        shutil.rmtree(origin, ignore_errors=True)
        BUILD.mkdir(parents=True, exist_ok=True)
        _done(["mmdebstrap", "--quiet", "--variant=minbase", f"--include={wanted}", "bookworm", str(origin)])
        (origin / "etc/hostname").write_text("clean\n")
        (origin / "etc/hosts").write_text("127.0.0.1 localhost clean\n::1 localhost\n")
        made_of.write_text(wanted)
    _done(["cp", "--archive", "--reflink=auto", str(origin), str(folder)])
    # It is given one when it boots.
    (folder / "etc/machine-id").write_text("")
    _like_this_machine(folder)
    return Debian(folder)


def _like_this_machine(root: Path) -> None:
    """Names are resolved, and registries are trusted and found, as they are here."""
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    if CERTIFICATES.exists():
        shutil.copy(CERTIFICATES, root / CERTIFICATES.relative_to("/"))
    said = _done([sys.executable, "-m", "pip", "config", "list"]).stdout
    # Lines like global.timeout='60'; a variable of the environment is `:env:`, and has the last word.
    said_by = re.findall(r"(?m)^(global|:env:)\.([\w-]+)='(.*)'$", said)
    options = {name: value for _, name, value in sorted(said_by, key=lambda option: option[0] == ":env:")}
    # Files and folders of this machine are not there.
    options = {
        name: value
        for name, value in options.items()
        if name == "cert" or value.removeprefix("file://")[:1] != "/"
    }
    links = {"find-links": WHEELS}
    lines = [f"{name} = {value}" for name, value in (options | links).items()]
    (root / WHEELS.lstrip("/")).mkdir()
    (root / "etc/pip.conf").write_text("\n".join(["[global]", *lines, ""]))
    (root / "etc/uv").mkdir()
    (root / "etc/uv/uv.toml").write_text(f'native-tls = true\nfind-links = ["{WHEELS}"]\n')


def _environment() -> Mapping[str, str]:
    """How Debian's tools are made to ask nothing, and this machine's proxies, where it has some."""
    proxies = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    return proxies | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}


def _init_of(container: subprocess.Popen[bytes], within: float = 60.0) -> int:
    """The process of the container's systemd, as soon as it runs."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        for process in _descendants(container.pid):
            with contextlib.suppress(OSError):
                if Path(f"/proc/{process}/comm").read_text().strip() == "systemd":
                    return process
        assert container.poll() is None, (
            "systemd-nspawn has ended; the file *.console beside the root tells why"
        )
        time.sleep(0.05)
    raise AssertionError("no systemd is running in the container")


def _descendants(process: int) -> Iterator[int]:
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return
    for child in map(int, children):
        yield child
        yield from _descendants(child)


def _done(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done
