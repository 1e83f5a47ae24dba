"""Subscriptions as the store keeps them: a JSON document each, with all that a restart needs, and back."""

import json
from collections.abc import Mapping
from json.encoder import encode_basestring_ascii
from typing import Any, Final, NamedTuple

from bridge.events import Address, Flow
from bridge.notifier.packages import PACKAGES
from bridge.notifier.profiles import Profiles
from bridge.notifier.rate import max_rate
from bridge.notifier.subscription import Subscription
from bridge.sip.dialog import Dialog, DialogId
from bridge.sip.errors import SipError
from bridge.sip.headers import Event

TABLE: Final = "subscriptions"

_TEXTS: Final = (
    *("call_id", "local_tag", "remote_tag", "local", "remote", "target", "source", "transport"),
    *("extension", "uri", "event", "body", "user_agent"),
)

# In ASCII: header values may hold octets that are no UTF-8, as lone surrogates, which SQLite refuses.
_encode = json.JSONEncoder(separators=(",", ":")).encode


class Saved(NamedTuple):
    """A subscription of an earlier run, its times not set; and its end in Unix seconds."""

    subscription: Subscription
    expires_at: float


def row_key(subscription: Subscription) -> str:
    """Our own tag, which is unique."""
    return subscription.dialog.id.local_tag


def encode_row(subscription: Subscription, offset: float) -> str:
    """The document, in JSON; `offset`: what makes Unix seconds of monotonic ones.

    Written out, in half the time of the library's encoder: this is done for each SUBSCRIBE. What is put in
    unquoted holds nothing to be escaped: addresses, and words of ours.

    The CSeq that is kept is the highest that may be used before the row is written again. The version
    of dialog-info follows from it, the profile from the User-Agent.
    """
    dialog, flow, rate = subscription.dialog, subscription.flow, subscription.max_rate
    q = encode_basestring_ascii
    return (
        f'{{"call_id":{q(dialog.id.call_id)},"local_tag":"{dialog.id.local_tag}"'
        f',"remote_tag":{q(dialog.id.remote_tag)}'
        f',"local":{q(dialog.local)},"remote":{q(dialog.remote)}'
        f',"cseq":{subscription.cseq_reserved},"remote_cseq":{dialog.remote_cseq}'
        f',"route_set":{_encode(dialog.route_set) if dialog.route_set else "[]"},"target":{q(dialog.target)}'
        f',"source":"{subscription.source}","transport":"{flow.transport}"'
        f',"at":["{flow.local.host}",{flow.local.port}],"to":["{flow.remote.host}",{flow.remote.port}]'
        f',"extension":{q(subscription.subject.extension)},"uri":{q(subscription.subject.uri)}'
        f',"event":"{subscription.event.package}","event_id":{_optional(subscription.event.id)}'
        f',"max_rate":{_optional(rate.text if rate is not None else None)}'
        f',"body":"{subscription.body.content_type}","user_agent":{q(subscription.agent)}'
        f',"user":{_optional(subscription.user)},"verified":{"true" if subscription.verified else "false"}'
        f',"expires_at":{subscription.expires_at + offset:.3f}}}'
    )


def _optional(text: str | None) -> str:
    return "null" if text is None else encode_basestring_ascii(text)


def decode_row(document: str, profiles: Profiles) -> Saved:
    """Read what `encode_row` has written; ValueError for anything else.

    The flow of a stream is that of the connection that is lost, with 0 for its number.
    """
    try:
        row = json.loads(document)
        return _read(row, profiles)
    except (KeyError, TypeError, OverflowError, SipError) as error:
        raise ValueError(f"no subscription: {error!r}") from error


def _read(row: Mapping[str, Any], profiles: Profiles) -> Saved:
    wrong = [name for name in _TEXTS if not isinstance(row[name], str)]
    if wrong:
        raise ValueError(f"no text: {', '.join(wrong)}")
    package = PACKAGES[row["event"]]
    if row["body"] not in package.bodies:
        raise ValueError(f"{row['body']} is no body of {package.name}")
    dialog = Dialog.resume(
        DialogId(row["call_id"], row["local_tag"], row["remote_tag"]),
        row["local"],
        row["remote"],
        int(row["cseq"]),
        int(row["remote_cseq"]),
        row["route_set"],
        row["target"],
    )
    flow = Flow(row["transport"], _address(row["at"]), _address(row["to"]))
    event = Event(package.name, row["event_id"], {"max-rate": row["max_rate"]})
    profile = profiles.choose(row["user_agent"]).profile
    subject = profile.subject(row["extension"], row["uri"])
    body = profile.body(row["body"])
    subscription = Subscription(
        dialog, flow, row["source"], package, event, body, subject, profile, row["user_agent"]
    )
    subscription.max_rate = max_rate(event)
    subscription.user = row["user"]
    subscription.cseq_reserved = dialog.local_cseq
    subscription.verified = row["verified"] is True
    return Saved(subscription, float(row["expires_at"]))


def _address(pair: tuple[str, int]) -> Address:
    host, port = pair
    return Address(host, port)
