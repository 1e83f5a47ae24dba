import json

import pytest

from bridge.cli import main
from bridge.io.store.database import Database


@pytest.fixture
def config(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text('[[hints]]\nextension = "2000"\nhint = "SIP/2000"\n')
    return file


@pytest.fixture
def database(tmp_path):
    database = Database(tmp_path / "config.db")
    database.write(
        {
            ("subscriptions", "tag"): '{"extension": "2000"}',
            ("subscriptions", "odd"): "nonsense",
            ("facts", "presence/2000"): '{"name": "2000", "state": "away"}',
        }
    )
    yield database
    database.close()


def test_check_tells_what_is_there(config, database, capsys, tmp_path):
    assert main(["store", "check", "--config", str(config)]) == 0
    first, schema, subscriptions, facts, asterisk, size = capsys.readouterr().out.splitlines()
    assert first == f"{tmp_path / 'config.db'}: sound"
    assert schema.split() == ["schema", "2"]
    assert (subscriptions.split(), facts.split()) == (["subscriptions", "2"], ["facts", "1"])
    assert asterisk.split() == ["asterisk", "0"]
    assert size.split()[0] == "size"


def test_dump_is_a_line_of_json_for_each_row(config, database, capsys):
    assert main(["store", "dump", "--config", str(config)]) == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {"table": "subscriptions", "key": "odd", "unreadable": "nonsense"},
        {"table": "subscriptions", "key": "tag", "extension": "2000"},
        {"table": "facts", "key": "presence/2000", "name": "2000", "state": "away"},
    ]


@pytest.mark.parametrize("action", ["check", "dump"])
def test_where_there_is_none(config, capsys, tmp_path, action):
    assert main(["store", action, "--config", str(config)]) == 1
    assert capsys.readouterr().err == f"there is no {tmp_path / 'config.db'}\n"
    assert not (tmp_path / "config.db").exists()


@pytest.mark.parametrize("action", ["check", "dump"])
def test_what_is_no_store(config, capsys, tmp_path, action):
    (tmp_path / "config.db").write_bytes(b"nonsense" * 1000)
    assert main(["store", action, "--config", str(config)]) == 1
    assert "is no store, or damaged: file is not a database" in capsys.readouterr().err


def test_a_damaged_one(config, database, capsys, tmp_path):
    database.write({("facts", str(n)): "x" * 500 for n in range(2000)})
    database.close()
    file = tmp_path / "config.db"
    data = bytearray(file.read_bytes())
    for page in range(6, 60):
        data[page * 4096 : page * 4096 + 16] = b"\xff" * 16
    file.write_bytes(data)
    assert main(["store", "check", "--config", str(config)]) == 1
    out, err = capsys.readouterr()
    assert "damaged" in out + err


def test_where_nothing_is_kept(config, capsys):
    config.write_text(config.read_text() + '[store]\npath = ""\n')
    assert main(["store", "check", "--config", str(config)]) == 1
    assert capsys.readouterr().err == 'nothing is kept: path in [store] is ""\n'
