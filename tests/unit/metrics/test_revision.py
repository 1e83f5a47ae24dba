import subprocess

import pytest

from bridge.metrics import revision as module
from bridge.metrics.revision import revision

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Installed:
    """A distribution that pip has noted this of."""

    text: str | None = None

    @classmethod
    def from_name(cls, _name: str) -> type["Installed"]:
        return cls

    @classmethod
    def read_text(cls, _file: str) -> str | None:
        return cls.text


@pytest.fixture
def pip(monkeypatch):
    def note(text: str | None) -> None:
        monkeypatch.setattr(Installed, "text", text)
        monkeypatch.setattr(module, "Distribution", Installed)

    note(None)
    return note


def checkout(folder, head, **references):
    git = folder / ".git"
    git.mkdir()
    (git / "HEAD").write_text(head)
    for name, text in references.items():
        (git / name.replace("__", "-")).write_text(text)
    return folder


def test_of_a_branch(tmp_path, pip):
    folder = checkout(tmp_path, "ref: refs/heads/main\n")
    branch = folder / ".git" / "refs" / "heads"
    branch.mkdir(parents=True)
    (branch / "main").write_text(f"{COMMIT}\n")
    assert revision(folder) == COMMIT[:12]


def test_of_a_branch_that_git_has_packed(tmp_path, pip):
    packed = f"# pack-refs with: peeled\n{'f' * 40} refs/heads/other\n{COMMIT} refs/heads/main\n"
    assert revision(checkout(tmp_path, "ref: refs/heads/main\n", packed__refs=packed)) == COMMIT[:12]


def test_of_a_commit_that_was_checked_out(tmp_path, pip):
    assert revision(checkout(tmp_path, f"{COMMIT}\n")) == COMMIT[:12]


def test_of_a_branch_without_a_commit(tmp_path, pip):
    assert revision(checkout(tmp_path, "ref: refs/heads/main\n")) == ""


def test_of_an_installation_from_a_repository(tmp_path, pip):
    pip(f'{{"url": "https://git.example", "vcs_info": {{"vcs": "git", "commit_id": "{COMMIT}"}}}}')
    assert revision(tmp_path) == COMMIT[:12]


@pytest.mark.parametrize("text", [None, '{"url": "file:///somewhere", "dir_info": {}}'])
def test_of_an_installation_from_elsewhere(tmp_path, pip, text):
    pip(text)
    assert revision(tmp_path) == ""


def test_without_an_installation(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_DISTRIBUTION", "there-is-no-such-distribution")
    assert revision(tmp_path) == ""


def test_it_is_what_git_says(tmp_path, pip):
    def git(*words: str) -> str:
        identity = ("-c", "user.name=test", "-c", "user.email=test@localhost")
        command = ["git", *identity, *words]
        return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    git("init", "--quiet")
    git("commit", "--quiet", "--allow-empty", "--message", "one")
    assert revision(tmp_path) == git("rev-parse", "HEAD")[:12]
