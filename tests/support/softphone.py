"""A pretended softphone: registers, and publishes the status of its user.

softphone = Softphone(play, "2000")
softphone.publish(pidf("open"))
"""

from bridge.sip.message import Response
from bridge.sip.parser import parse
from support.phone import Phone
from support.playbook import Playbook

PIDF_TYPE = "application/pidf+xml"
_SAME = "the one of the last answer"


def pidf(basic: str = "open", *activities: str, note: str = "") -> str:
    """A document with the status of a person, as softphones write it."""
    doing = "".join(f"<rpid:{activity}/>" for activity in activities)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"'
        ' xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" entity="sip:someone@127.0.0.1">'
        f'<dm:person id="p1"><rpid:activities>{doing}</rpid:activities><dm:note>{note}</dm:note></dm:person>'
        f'<tuple id="t1"><status><basic>{basic}</basic></status></tuple>'
        "</presence>"
    )


class Softphone:
    """Of user `name`, at an address of its own. `tag` is the entity-tag of the last answer to PUBLISH."""

    def __init__(self, play: Playbook, name: str = "2000", host: str = "127.0.0.1", **traits: str) -> None:
        self.name = name
        self.phone: Phone = play.phone(host, user=name, **traits)
        self.tag: str | None = None
        self._calls = 0

    def publish(
        self,
        body: str = "",
        *,
        tag: str | None = _SAME,
        expires: int | str | None = 600,
        to: str | None = None,
        **headers: str | None,
    ) -> Response:
        """PUBLISH; as baresip does it, each with a Call-ID of its own."""
        self._calls += 1
        fields = {
            "Event": "presence",
            "Call-ID": f"{self.phone.call_id}-{self._calls}",
            "Contact": None,
            "SIP-If-Match": self.tag if tag is _SAME else tag,
            "Content-Type": PIDF_TYPE if body else None,
        }
        response = self.ask("PUBLISH", to or self.name, body=body, expires=expires, fields=fields | headers)
        if response.status == 200:
            self.tag = response.get("sip-etag")
        return response

    def register(
        self,
        *contacts: str,
        expires: int | str | None = 300,
        name: str | None = None,
        **headers: str | None,
    ) -> Response:
        """REGISTER with these contacts, of which `host` alone is enough; without any it is a query."""
        values = [
            value if value.startswith(("<", "*", '"')) else f"<sip:{self.name}@{value}>" for value in contacts
        ]
        fields = {"Contact": ", ".join(values) or None}
        return self.ask("REGISTER", name or self.name, expires=expires, fields=fields | headers)

    def ask(
        self,
        method: str,
        to: str,
        *,
        fields: dict[str, str | None],
        body: str = "",
        expires: int | str | None = None,
    ) -> Response:
        """Send a request, with credentials if it is asked for them; the last answer."""
        headers = {"From": f"<sip:{self.name}@127.0.0.1>;tag={self.phone.tag}"} | fields
        headers["Expires"] = None if expires is None else str(expires)
        response = self._ask(method, to, headers, body)
        if response.status == 401 and self.phone.password is not None:
            headers["Authorization"] = self.phone.authorization(response, method, to)
            response = self._ask(method, to, headers, body)
        return response

    def _ask(self, method: str, to: str, headers: dict[str, str | None], body: str) -> Response:
        before = len(self.phone.received)
        self.phone.send(self.phone.request(method, to, body=body, **headers))
        response = parse(self.phone.received[before])
        assert isinstance(response, Response)
        return response
