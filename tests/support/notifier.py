"""A notifier on a UDP socket of loopback that does as it is told, in a thread of its own."""

import socket
import threading

from bridge.events import Address
from bridge.sip.message import Request, encode_request, encode_response
from bridge.sip.parser import parse


def document(note="Ready", presence="available", message=""):
    """A presence document with a lamp and the Digium element."""
    return (
        f'<presence xmlns="urn:ietf:params:xml:ns:pidf"><note>{note}</note>'
        f'<tuple id="digium-presence"><status><digium_presence type="{presence}">{message}</digium_presence>'
        "</status></tuple></presence>"
    ).encode()


_READY = (document(),)


class Notifier:
    """Answers each SUBSCRIBE with `status`; after a 200, with a NOTIFY in `state` for each of `bodies`.

    An unsubscription gets a last NOTIFY. Status 0 is silence. `requests` and `answers` hold what came in.
    """

    def __init__(self, status=200, reason="OK", bodies=_READY, state="active;expires=600"):
        self.status, self.reason, self.bodies, self.state = status, reason, bodies, state
        self.requests, self.answers = [], []
        self._cseq = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = Address(*self._socket.getsockname())
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exception):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", self.address)
        self._thread.join(10)
        self._socket.close()

    def _serve(self):
        while True:
            data, source = self._socket.recvfrom(65535)
            if not data:
                return
            message = parse(data)
            if not isinstance(message, Request):
                self.answers.append(message.status)
                continue
            self.requests.append(message)
            if self.status:
                answer = encode_response(
                    message,
                    self.status,
                    self.reason,
                    to_tag="n1",
                    headers=(("Expires", str(message.expires)),),
                )
                self._socket.sendto(answer, source)
            if self.status == 200:
                self._notify(message, source)

    def _notify(self, request, source):
        state = self.state if request.expires else "terminated;reason=timeout"
        for body in self.bodies if request.expires else self.bodies[-1:]:
            self._cseq += 1
            headers = (
                ("Via", f"SIP/2.0/UDP 127.0.0.1:{self.address.port};rport;branch=z9hG4bKn{self._cseq}"),
                ("From", f"<sip:2000@127.0.0.1>;tag={request.to.tag or 'n1'}"),
                ("To", request.get("from")),
                ("Call-ID", request.call_id),
                ("CSeq", f"{self._cseq} NOTIFY"),
                ("Contact", f"<sip:127.0.0.1:{self.address.port}>"),
                ("Event", "presence"),
                ("Subscription-State", state),
                ("Content-Type", "application/pidf+xml"),
            )
            self._socket.sendto(encode_request("NOTIFY", request.contacts[0].uri, headers, body), source)
