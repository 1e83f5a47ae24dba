"""The words of a Digium D40 (a PJSIP phone): the headers of its SUBSCRIBE and of its answers to NOTIFY.

The D40's From, Contact, Allow and Supported are from published recordings, the order and the rest
of the SUBSCRIBE from PJSIP, which it is built on. No recording of its SUBSCRIBE is known.
"""

from typing import Final
from urllib.parse import quote

from bridge.events import Flow
from bridge.sip.addressing import host_port, via_head
from bridge.sip.message import encode_request

USER_AGENT: Final = "Digium D40 (presence-bridge watch)"

# PJSIP's: the cookie of RFC 3261, and "Pj".
BRANCH: Final = "z9hG4bKPj"

_ALLOW: Final = "PRACK, INVITE, ACK, BYE, CANCEL, UPDATE, SUBSCRIBE, NOTIFY, REFER, MESSAGE, OPTIONS"
_SUPPORTED: Final = "replaces, 100rel, timer, norefersub"

# What may stand in the user of a URI unescaped (RFC 3261 section 25.1: unreserved, user-unreserved).
_USER: Final = "-_.!~*'()&=+$,;?/"


class Handset:
    """A phone of user `user` at the local end of `flow`, whose server is the remote end.

    `identity` is its From, as yet without a tag.
    """

    def __init__(self, user: str, flow: Flow) -> None:
        name = quote(user, _USER)
        self._remote = host_port(flow.remote)
        self._server = self._remote.rpartition(":")[0]
        self._via = via_head(flow)
        self._parameters = "" if flow.transport == "udp" else f";transport={flow.transport}"
        self._contact = f'"{name}" <sip:{name}@{host_port(flow.local)}{self._parameters};ob>'
        self.identity = f'"{name}" <sip:{name}@{self._server}>'

    def uri(self, extension: str) -> str:
        """The Request-URI of an extension at the server."""
        return f"sip:{quote(extension, _USER)}@{self._remote}{self._parameters}"

    def address(self, extension: str) -> str:
        """The To of an extension: without port, and as yet without a tag."""
        return f"sip:{quote(extension, _USER)}@{self._server}"

    def subscribe(
        self,
        uri: str,
        *,
        branch: str,
        local: str,
        remote: str,
        call_id: str,
        cseq: int,
        expires: int,
        authorization: str | None = None,
    ) -> bytes:
        """A SUBSCRIBE to the event package presence; `local` and `remote` with their tags."""
        credentials = [] if authorization is None else [("Authorization", authorization)]
        return encode_request(
            "SUBSCRIBE",
            uri,
            (
                ("Via", self._via + branch),
                ("Max-Forwards", "70"),
                ("From", local),
                ("To", remote),
                ("Contact", self._contact),
                ("Call-ID", call_id),
                ("CSeq", f"{cseq} SUBSCRIBE"),
                ("Event", "presence"),
                ("Expires", str(expires)),
                ("Supported", _SUPPORTED),
                ("Accept", "application/pidf+xml, application/xpidf+xml"),
                ("Allow-Events", "presence, message-summary, refer"),
                ("User-Agent", USER_AGENT),
                *credentials,
            ),
        )

    @property
    def answer_headers(self) -> tuple[tuple[str, str], ...]:
        """What stands in a 200 to a NOTIFY."""
        return (("Contact", self._contact), ("Allow", _ALLOW), ("Supported", _SUPPORTED))
