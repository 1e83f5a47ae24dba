from pathlib import Path

import pytest

from bridge.config.store import StoreSettings

CONFIG = Path("/etc/presence-bridge/config.toml")


@pytest.mark.parametrize(
    ("path", "environ", "file"),
    [
        ("auto", {}, "/etc/presence-bridge/config.db"),
        (
            "auto",
            {"STATE_DIRECTORY": "/var/lib/presence-bridge"},
            "/var/lib/presence-bridge/presence-bridge.db",
        ),
        ("auto", {"STATE_DIRECTORY": "/var/lib/a:/var/lib/b"}, "/var/lib/a/presence-bridge.db"),
        ("auto", {"STATE_DIRECTORY": ""}, "/etc/presence-bridge/config.db"),
        ("/data/store.db", {"STATE_DIRECTORY": "/var/lib/a"}, "/data/store.db"),
    ],
)
def test_where_it_is(path, environ, file):
    assert StoreSettings(path=path).file(CONFIG, environ) == Path(file)


def test_each_configuration_has_its_own():
    files = {StoreSettings().file(Path(name), {}) for name in ("a.toml", "b.toml")}
    assert files == {Path.cwd() / "a.db", Path.cwd() / "b.db"}


def test_none():
    assert StoreSettings(path="").file(CONFIG, {"STATE_DIRECTORY": "/var/lib/a"}) is None
