import argparse
import os
import re
import signal
from pathlib import Path

import pytest

from bridge.commands import demo
from bridge.commands.screen import PlainScreen
from bridge.commands.stage import build_stage
from bridge.config import Settings
from bridge.io.embedded import EmbeddedBroker, EmbeddedBrokerError


def run(*arguments):
    parser = argparse.ArgumentParser()
    demo.add_arguments(parser)
    return demo.run(parser.parse_args(["--plain", *arguments]), Settings())


def test_two_phones_follow_what_is_played(capsys, monkeypatch):
    monkeypatch.setattr(demo, "_PLAY_SECONDS", 0.15)
    assert run("--play", "--seconds", "1.5") == 0
    written = capsys.readouterr()
    lines = [line.split() for line in written.out.splitlines() if re.match(r"\d\d:\d\d:\d\d", line)]
    assert [line[1:] for line in lines[:2]] == [
        ["2000", "Ready", "available", "-", "-", "-"],
        ["2001", "Ready", "available", "-", "-", "-"],
    ]
    assert lines[2][1:-2] == ["2000", "Ready", "away", "lunch", "back", "at", "13:00"]
    assert lines[3][1:-2] == ["2001", "Ringing", "available", "-", "-"]
    assert all(line[-1] == "ms" and float(line[-2]) < 1000 for line in lines[2:])
    assert written.err == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_without_a_word_and_leaves_nothing(capsys, monkeypatch, number):
    class Killing(PlainScreen):
        def show(self, seen, latency):
            os.kill(os.getpid(), number)

    monkeypatch.setattr(demo, "choose_screen", lambda *_, **__: Killing())
    assert run() == 0
    written = capsys.readouterr()
    assert written.err == ""
    config = Path(re.search(r"--config (\S+)", written.out)[1])
    assert not config.parent.exists()


def test_what_makes_it_impossible_is_said(capsys, monkeypatch):
    async def refuse(self):
        raise EmbeddedBrokerError("there is no broker today")

    monkeypatch.setattr(EmbeddedBroker, "start", refuse)
    assert run() == 1
    assert capsys.readouterr().err == "there is no broker today\n"


def test_a_phone_that_is_refused_is_noted(capsys, monkeypatch):
    monkeypatch.setattr(demo, "build_stage", _stage_that_trusts_nobody)
    assert run("--seconds", "1") == 0
    assert "trusted_networks" in capsys.readouterr().out


def _stage_that_trusts_nobody(folder):
    stage = build_stage(folder)
    text = stage.config.read_text()
    stage.config.write_text(text.replace("[sip]", '[sip]\ntrusted_networks = ["192.0.2.0/24"]'))
    return stage
