"""A client of Home Assistant's WebSocket API, the one that its own pages use.

api = Client(port, create_owner(port))
api.call("select", "select_option", "select.presence_alice", option="dnd")
assert api.state("select.presence_alice") == "dnd"
"""

import itertools
import json
import urllib.parse
from contextlib import closing
from http.client import HTTPConnection
from typing import Any, Final

from websockets.sync.client import ClientConnection, connect

_PATIENCE: Final = 10.0

# A registry or all states of a large house are longer than one message may be by default.
_LONGEST_MESSAGE: Final = 16 * 2**20


class ServiceError(Exception):
    """Home Assistant refused; the words are its own."""


class Client:
    """Logged in at 127.0.0.1:`port` for as long as it is not closed."""

    def __init__(self, port: int, token: str) -> None:
        self._ids = itertools.count(1)
        self._connection: ClientConnection = connect(
            f"ws://127.0.0.1:{port}/api/websocket", max_size=_LONGEST_MESSAGE, proxy=None
        )
        assert self._receive()["type"] == "auth_required"
        self._send({"type": "auth", "access_token": token})
        assert self._receive()["type"] == "auth_ok"

    def close(self) -> None:
        """Log out."""
        self._connection.close()

    def ask(self, command: str, **arguments: object):
        """The result of any command; raise ServiceError if it is an error."""
        number = next(self._ids)
        self._send({"id": number, "type": command, **arguments})
        answer = self._receive()
        assert answer["id"] == number, answer
        if not answer["success"]:
            raise ServiceError(answer["error"]["message"])
        return answer["result"]

    def call(self, domain: str, service: str, entity: str, **data: object) -> None:
        """Call a service for one entity, and return when it has been carried out."""
        self.ask(
            "call_service", domain=domain, service=service, service_data=data, target={"entity_id": entity}
        )

    def states(self) -> dict[str, dict[str, Any]]:
        """All states, with their attributes, by entity id."""
        return {state["entity_id"]: state for state in self.ask("get_states")}

    def state(self, entity: str) -> str | None:
        """The state of one entity; None if there is no such entity."""
        state = self.states().get(entity)
        return None if state is None else str(state["state"])

    def entities(self) -> dict[str, dict[str, Any]]:
        """The entity registry, by entity id."""
        return {entry["entity_id"]: entry for entry in self.ask("config/entity_registry/list")}

    def devices(self) -> dict[str, dict[str, Any]]:
        """The device registry, by the registry's own ids."""
        return {entry["id"]: entry for entry in self.ask("config/device_registry/list")}

    def _send(self, message: object) -> None:
        self._connection.send(json.dumps(message))

    def _receive(self):
        return json.loads(self._connection.recv(_PATIENCE))


def create_owner(port: int) -> str:
    """Make the first user of a new house, as a person does in the first dialogue; an access token of his."""
    client_id = f"http://127.0.0.1:{port}/"
    owner = {"name": "Owner", "username": "owner", "password": "of-the-house"}
    user = json.dumps({**owner, "client_id": client_id, "language": "en"})
    code = _post(port, "/api/onboarding/users", user, "application/json")["auth_code"]
    grant = urllib.parse.urlencode({"grant_type": "authorization_code", "code": code, "client_id": client_id})
    return str(_post(port, "/auth/token", grant, "application/x-www-form-urlencoded")["access_token"])


def _post(port: int, path: str, body: str, content_type: str):
    with closing(HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)) as connection:
        connection.request("POST", path, body, {"Content-Type": content_type})
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        return json.load(answer)
