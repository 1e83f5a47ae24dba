import json

from bridge.cli import main
from bridge.config.json_schema import json_schema


def test_it_is_printed(capsys):
    assert main(["config-schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json_schema()
