"""The sign by which systemd says that somebody's output goes to the journal."""

import logging
import os

import pytest

from bridge.io.log.journal import is_journal, with_priority


@pytest.fixture
def file(tmp_path):
    with (tmp_path / "journal").open("w") as opened:
        yield opened


def named(file):
    status = os.fstat(file.fileno())
    return {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}


def test_the_very_file_is_the_journal(file):
    assert is_journal(named(file), file.fileno())


def test_one_that_was_redirected_is_not(file, tmp_path):
    with (tmp_path / "other").open("w") as other:
        assert not is_journal(named(file), other.fileno())


@pytest.mark.parametrize("environ", [{}, {"JOURNAL_STREAM": ""}, {"JOURNAL_STREAM": "nonsense"}])
def test_without_a_name_there_is_none(environ, file):
    assert not is_journal(environ, file.fileno())


def test_a_descriptor_that_is_closed_leads_nowhere(tmp_path):
    with (tmp_path / "closed").open("w") as file:
        environ, number = named(file), file.fileno()
    assert not is_journal(environ, number)


@pytest.mark.parametrize(
    ("level", "priority"),
    [
        (logging.DEBUG, "<7>"),
        (logging.INFO, "<6>"),
        (logging.WARNING, "<4>"),
        (logging.ERROR, "<3>"),
        (logging.CRITICAL, "<3>"),
        (25, "<6>"),
    ],
)
def test_each_line_has_its_priority(level, priority):
    assert with_priority(level, "a\nb") == f"{priority}a\n{priority}b"
