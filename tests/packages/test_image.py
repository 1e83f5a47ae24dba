"""The image: built by buildah from a Debian 12 made here, and run as its user with a phone on its network."""

import json
import shutil
import subprocess
import sys
import time

import pytest

from packages import debian

NAME = "presence-bridge-test"
STORE = debian.BUILD / "containers"


def command(*arguments):
    """Buildah with a store of its own, as it works where the kernel gives it no privileges."""
    store = ["--root", str(STORE), "--runroot", f"{STORE}.run", "--storage-driver", "vfs"]
    return [
        "env",
        "BUILDAH_ISOLATION=chroot",
        "BUILDAH_FORMAT=docker",
        "buildah",
        *store,
        *map(str, arguments),
    ]


def buildah(*arguments):
    """What it prints; it must succeed."""
    done = subprocess.run(command(*arguments), capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def image(wheel, tmp_path_factory):
    """The image's name. Its base is a clean Debian 12, in place of the registry's."""
    shutil.rmtree(STORE, ignore_errors=True)
    base = debian.clean(tmp_path_factory.mktemp("base") / "root")
    archive = base.folder.with_suffix(".tar")
    subprocess.run(["tar", "--create", "--file", archive, "--directory", base.folder, "."], check=True)
    importing = buildah("from", "scratch").strip()
    buildah("add", importing, archive, "/")
    buildah("commit", "--rm", importing, "base")
    buildah("bud", "--pull-never", "--build-arg", "BASE=localhost/base", "--tag", NAME, debian.CHECKOUT)
    return NAME


@pytest.fixture(scope="module")
def network():
    """A network with nothing but loopback, while a process holds it; how to enter it."""
    script = "ip link set lo up && echo up && cat"
    with subprocess.Popen(
        ["unshare", "--net", "sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "up\n"
        yield ["nsenter", f"--target={holder.pid}", "--net"]
        holder.stdin.close()


@pytest.fixture(scope="module")
def container(image, network):
    """The image, running what it runs by itself; a function that runs another command beside it."""
    name = buildah("from", "--pull-never", image).strip()
    config = settings(image)
    running = subprocess.Popen(
        [*network, *command("run", name, *config["Entrypoint"], *config["Cmd"])],
        stderr=subprocess.PIPE,
        text=True,
    )

    def beside(*program):
        return subprocess.run(
            [*network, *command("run", name, *program)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    yield beside
    running.terminate()
    running.communicate(timeout=60)


def settings(image):
    return json.loads(buildah("inspect", "--type", "image", image))["Docker"]["config"]


def test_it_does_not_run_as_root(image):
    assert settings(image)["User"] == "10001:10001"


def test_it_is_healthy_and_serves_a_phone(container, image, network):
    kind, *health_check = settings(image)["Healthcheck"]["Test"]
    assert kind == "CMD"
    until = time.monotonic() + 120
    while (health := container(*health_check)).returncode != 0 and time.monotonic() < until:
        time.sleep(0.5)
    assert health.returncode == 0, health.stdout + health.stderr
    subscriber = [*network, sys.executable, str(debian.SUBSCRIBER), "2000"]
    with subprocess.Popen(subscriber, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        phone = debian.Phone(process)
        assert phone.told() == "200"
        assert phone.told() == "open not_set"
        container("/usr/bin/presence-bridge", "set", "2000", "dnd")
        assert phone.told() == "open dnd"
        phone.close()


def test_it_writes_to_its_state_only(container):
    assert "presence-bridge.db" in container("ls", "/var/lib/presence-bridge").stdout
    for path in ("/etc/presence-bridge/config.toml", "/usr/lib/presence-bridge/lib", "/usr/bin"):
        assert container("test", "-w", path).returncode == 1
