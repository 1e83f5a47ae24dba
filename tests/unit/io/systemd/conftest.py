"""systemd, as far as it listens."""

import pytest

from support.notify_socket import NotifySocket


@pytest.fixture
def systemd(tmp_path):
    ear = NotifySocket(tmp_path / "notify")
    yield ear
    ear.close()
