"""A pretended phone: sends requests as a Digium phone does, reads NOTIFYs, and answers when told to."""

import itertools
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

from bridge.events import Address, BytesReceived, Flow, TransportFailed
from bridge.sip.addressing import host_port
from bridge.sip.digest import answer, read_challenge
from bridge.sip.message import Request, Response
from bridge.sip.parser import parse

if TYPE_CHECKING:
    from support.playbook import Playbook

BRIDGE = Address("127.0.0.1", 5060)
PIDF = "{urn:ietf:params:xml:ns:pidf}"


class Notify:
    """A NOTIFY as a phone reads it."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.cseq = request.cseq.number
        self.state = request.get("subscription-state") or ""

    @property
    def tree(self) -> ET.Element:
        return ET.fromstring(self.request.body)

    @property
    def lamp(self) -> tuple[str, str]:
        """Basic status and note."""
        return self.tree.findtext(f".//{PIDF}basic"), self.tree.findtext(f"{PIDF}note")

    @property
    def presence(self) -> tuple[str, str, str] | None:
        """Type, subtype and message of the Digium tuple."""
        element = self.tree.find(f".//{PIDF}digium_presence")
        if element is None:
            return None
        return element.get("type"), element.get("subtype", ""), element.text or ""


class Phone:
    """Sends requests as a Digium phone does, and answers NOTIFYs when told to."""

    def __init__(
        self,
        play: "Playbook",
        address: Address,
        agent: str = "Digium D40 1_4_0_0_57389",
        transport: str = "udp",
        connection: int = 0,
        user: str = "200",
        password: str | None = None,
    ) -> None:
        self.play = play
        self.address = address
        self.transport = transport
        self.connection = connection
        self.agent = agent
        self.user = user
        self.password = password
        self.received: list[bytes] = []
        self._parsed: list[Response | Notify] = []
        self.call_id = f"call-{address.port}@{address.host}"
        self.tag = f"phone{address.port}"
        self.to_tag: str | None = None
        self.cseq = 9774
        self._branches = itertools.count(1)

    @property
    def flow(self) -> Flow:
        return Flow(self.transport, BRIDGE, self.address, self.connection)

    def send(self, text: str | bytes) -> None:
        """Exactly these bytes; line feeds of a text become CRLF."""
        data = text if isinstance(text, bytes) else text.replace("\n", "\r\n").encode()
        self.play.feed(BytesReceived(self.flow, data))

    def request(self, method: str, extension: str = "2000", *, body: str = "", **headers: str | None) -> str:
        """Build a request; header names with _ for -; None leaves a header out."""
        self.cseq += 1
        to_tag = f";tag={self.to_tag}" if self.to_tag else ""
        lines = {
            "Via": f"SIP/2.0/{self.transport.upper()} {host_port(self.address)};rport;branch=z9hG4bKPj{self.tag}{next(self._branches)}",
            "Max-Forwards": "70",
            "From": f'"200" <sip:200@127.0.0.1>;tag={self.tag}',
            "To": f"<sip:{extension}@127.0.0.1>{to_tag}",
            "Contact": f'"200" <sip:200@{host_port(self.address)};ob>',
            "Call-ID": self.call_id,
            "CSeq": f"{self.cseq} {method}",
            "User-Agent": self.agent,
        }
        lines |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\n" for name, value in lines.items() if value is not None)
        return f"{method} sip:{extension}@127.0.0.1:5060 SIP/2.0\n{head}Content-Length: {len(body.encode())}\n\n{body}"

    def subscribe(
        self, extension: str = "2000", *, expires: int | str | None = 600, **headers: str | None
    ) -> Response:
        """SUBSCRIBE, new or in the dialog that the last one made; returns the answer."""
        fields = {"Event": "presence", "Accept": "application/pidf+xml"} | headers
        fields["Expires"] = None if expires is None else str(expires)
        response = self._ask("SUBSCRIBE", extension, fields)
        if response.status == 401 and self.password is not None:
            fields["Authorization"] = self.authorization(response, "SUBSCRIBE", extension)
            response = self._ask("SUBSCRIBE", extension, fields)
        if response.status == 200:
            self.to_tag = response.to.tag
        return response

    def _ask(self, method: str, extension: str, fields: dict[str, str | None]) -> Response:
        before = len(self.received)
        self.send(self.request(method, extension, **fields))
        response = parse(self.received[before])
        assert isinstance(response, Response)
        return response

    def authorization(
        self,
        refusal: Response,
        method: str,
        extension: str = "2000",
        count: int = 1,
        cnonce: str = "0a4f113b",
    ) -> str:
        """The answer to the first challenge, as `Authorization` of the next request."""
        challenge = read_challenge(refusal.lines("www-authenticate")[0])
        uri = f"sip:{extension}@127.0.0.1:5060"
        return answer(challenge, self.user, self.password, method, uri, cnonce, count)

    def responses(self) -> list[Response]:
        """All answers so far."""
        self._parse()
        return [message for message in self._parsed if isinstance(message, Response)]

    def notifies(self) -> list[Notify]:
        """All NOTIFYs so far, repeats included."""
        self._parse()
        return [message for message in self._parsed if isinstance(message, Notify)]

    def _parse(self) -> None:
        for data in self.received[len(self._parsed) :]:
            message = parse(data)
            self._parsed.append(Notify(message) if isinstance(message, Request) else message)

    def notified(self, status: int = 200, *headers: str) -> Notify:
        """Answer the last NOTIFY and return it."""
        notify = self.notifies()[-1]
        self.answer(notify, status, *headers)
        return notify

    def answer(self, notify: Notify, status: int = 200, *headers: str) -> None:
        """Answer one NOTIFY."""
        request = notify.request
        lines = [
            f"SIP/2.0 {status} Whatever",
            *(f"Via: {via}" for via in request.via_values),
            f"Call-ID: {request.call_id}",
            f"From: {request.get('from')}",
            f"To: {request.get('to')}",
            f"CSeq: {request.get('cseq')}",
            *headers,
            "Content-Length: 0",
            "",
            "",
        ]
        self.send("\r\n".join(lines).encode())

    def refused(self, reason: str = "port unreachable") -> None:
        """The network says that nobody is there."""
        self.play.feed(TransportFailed(self.flow, reason))
