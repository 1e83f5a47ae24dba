"""Conversations with the engine: pretended time, pretended phones, no sockets.

play = Playbook("2000 = SIP/2000,CustomPresence:2000")
phone = play.phone()
phone.subscribe("2000")
play.mqtt("presence/2000", "away")
assert phone.notified().presence == ("away", "", "")
"""

import itertools
import xml.etree.ElementTree as ET
from dataclasses import replace
from ipaddress import ip_network

from bridge.effects import Effect, Publish, Send, Subscribe
from bridge.engine import Engine
from bridge.events import (
    Address,
    BrokerConnected,
    BrokerDisconnected,
    BytesReceived,
    Event,
    Flow,
    MessageReceived,
    Stopping,
    TransportFailed,
    Wake,
)
from bridge.features.feature_calls import FeatureCalls
from bridge.features.feature_code import FeatureCode
from bridge.model.hint import Hint, parse_hint
from bridge.model.state import State
from bridge.notifier.notifier import Notifier, NotifierOptions
from bridge.notifier.teller import StreamTo
from bridge.registrar.interval import Interval
from bridge.registrar.publisher import Publisher, PublisherOptions
from bridge.registrar.registrar import Registrar
from bridge.service import Context
from bridge.sip.addressing import host_port
from bridge.sip.credentials import User
from bridge.sip.digest import answer, read_challenge
from bridge.sip.endpoint import Endpoint, EndpointOptions
from bridge.sip.gate import Gate, GateOptions
from bridge.sip.message import Request, Response
from bridge.sip.parser import parse
from bridge.timers import Timers
from bridge.topics.hints import HintTopics
from bridge.topics.requests import Requests
from bridge.topics.session import BrokerSession, Link
from bridge.topics.truth import Truth

BASE = "presence-bridge"
BRIDGE = Address("127.0.0.1", 5060)
EPOCH = 1_795_000_000.0  # 2026-11-18, the Wednesday on which second 0 of the pretended clock lies
PIDF = "{urn:ietf:params:xml:ns:pidf}"


def wall(now: float) -> float:
    """The Unix seconds of a pretended second."""
    return EPOCH + now


class Playbook:
    """An engine with everything it needs, at second 1000 of a pretended clock."""

    def __init__(
        self,
        *hints: str | Hint,
        min_interval: float = 0.0,
        trusted: tuple[str, ...] = ("127.0.0.0/8", "::1/128"),
        users: tuple[User, ...] = (),
        gate: GateOptions = GateOptions(),  # noqa: B008 - frozen
        connected: bool = True,
        stream_to: StreamTo = lambda _flow: None,
        interval: Interval = Interval(),  # noqa: B008 - frozen
        accept_register: bool = True,
        accept_publish: bool = True,
        feature_codes: tuple[FeatureCode, ...] = (),
        **options: object,
    ) -> None:
        self.now = 1000.0
        self.effects: list[Effect] = []
        self.published: dict[str, bytes] = {}
        self.phones: dict[Address, Phone] = {}
        self._tokens = itertools.count(0xABCDEF)
        timers = Timers()
        self.state = State([hint if isinstance(hint, Hint) else _hint(hint) for hint in hints])
        self.endpoint = Endpoint(
            EndpointOptions(allow_events=("presence",), accept=("application/pidf+xml",)),
            timers,
            self._emit,
            self._token,
            Gate(
                replace(gate, networks=tuple(ip_network(network) for network in trusted)),
                users,
                self._emit,
                self._token,
            ).admit,
        )
        self.truth = Truth(self.state, BASE, self._emit)
        self.hint_topics = HintTopics(self.state, BASE, self._emit, timers)
        self.requests = Requests(BASE, self._emit)
        self.session = BrokerSession(
            BASE, self.truth, self.hint_topics, self.requests, timers, self._emit, self._token
        )
        context = Context(self.state, timers, self._emit, self._token, wall)
        self.notifier = Notifier(
            context,
            self.endpoint,
            NotifierOptions(min_interval=min_interval, **options),
            self.hint_topics.watchers,
            stream_to,
        )
        if accept_register:
            self.registrar = Registrar(context, self.endpoint, interval)
        options_of_publish = PublisherOptions(interval, accept_publish)
        self.publisher = Publisher(context, self.endpoint, options_of_publish, self.truth.claims)
        if feature_codes:
            FeatureCalls(
                context,
                self.endpoint,
                feature_codes,
                self.truth,
                lambda: self.session.link is Link.SYNCHRONISED,
            )
        self._given_back = 0
        self.timers = timers
        self.engine = Engine(timers, self.session, self.endpoint, self.notifier, [self.hint_topics])
        if connected:
            self.connect()

    # --- what happens ---

    def feed(self, event: Event) -> None:
        """One event, and all the work that it queued."""
        self.engine.handle(event, self.now)
        self.settle()

    def settle(self) -> None:
        """Do what is due now."""
        for _ in range(100_000):
            deadline = self.engine.deadline()
            if deadline is None or deadline > self.now:
                return
            self.engine.handle(Wake(), self.now)
        raise AssertionError("the engine does not come to rest")

    def advance(self, seconds: float) -> None:
        """Let time pass, waking the engine whenever it asked for it."""
        end = self.now + seconds
        while (deadline := self.engine.deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self.engine.handle(Wake(), self.now)
        self.now = end

    def connect(self) -> None:
        """The broker accepts us and gives back the sentinel."""
        self.feed(BrokerConnected())
        self.sync()

    def sync(self) -> None:
        """The sentinel comes back: everything retained has been read."""
        sentinel = [e for e in self.effects if isinstance(e, Publish) and "/bridge/sync/" in e.topic][-1]
        self.feed(MessageReceived(sentinel.topic, sentinel.payload, retained=False, at=self.now))

    def disconnect(self, reason: str = "gone") -> None:
        """The broker is lost."""
        self.feed(BrokerDisconnected(reason))

    def mqtt(self, topic: str, payload: str | bytes, *, retained: bool = False) -> None:
        """A message under the base topic."""
        data = payload.encode() if isinstance(payload, str) else payload
        self.feed(MessageReceived(f"{BASE}/{topic}", data, retained, self.now))

    def give_back(self) -> None:
        """The broker gives back what was written to truth topics since the last time."""
        while self._given_back < len(self.effects):
            effect = self.effects[self._given_back]
            self._given_back += 1
            if isinstance(effect, Publish) and effect.topic.startswith(
                (f"{BASE}/presence/", f"{BASE}/device/")
            ):
                self.feed(MessageReceived(effect.topic, effect.payload, retained=False, at=self.now))

    def stop(self) -> None:
        """The process is asked to end."""
        self.feed(Stopping())

    # --- what is seen ---

    def phone(self, host: str = "127.0.0.1", port: int = 0, **traits: object) -> "Phone":
        """A pretended Digium phone at an address of its own."""
        address = Address(host, port or 40_000 + len(self.phones))
        self.phones[address] = phone = Phone(self, address, **traits)
        return phone

    def of(self, kind: type) -> list:
        """The effects of one kind so far."""
        return [effect for effect in self.effects if type(effect) is kind]

    def subscribed(self) -> tuple[str, ...]:
        """The MQTT filters of the last connection."""
        return self.of(Subscribe)[-1].filters

    def _emit(self, effect: Effect) -> None:
        self.effects.append(effect)
        if isinstance(effect, Publish) and effect.retain:
            self.published[effect.topic] = effect.payload
        if isinstance(effect, Send) and (phone := self.phones.get(effect.flow.remote)):
            phone.received.append(effect.data)

    def _token(self) -> str:
        return f"{next(self._tokens):016x}"


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
        play: Playbook,
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


def _hint(text: str):
    extension, _, hint = text.partition(" = ")
    return parse_hint(extension, hint)
