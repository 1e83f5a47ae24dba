"""The page as it is sent: everything is in it already, for browsers without JavaScript too. `page.js` keeps it true."""

import json
import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Final

from bridge.io.web.words import DEVICES, PRESENCES
from bridge.status.status import Document

_PLACE: Final = re.compile(r"\{\{(\w+)\}\}")

# A data block, and no script: its only way out would be an end tag.
_WORDS: Final = json.dumps({"presences": PRESENCES, "devices": DEVICES}).replace("<", "\\u003c")


def render_page(template: str, bridge: Document, extensions: Iterable[Document], events: object) -> str:
    """Fill in the places of the template. `bridge` may be empty, when the bridge does not answer."""
    info, health = _object(bridge.get("info")), _object(bridge.get("health"))
    parts = _object(health.get("parts"))
    places = {
        "words": _WORDS,
        "version": escape(str(info.get("version", ""))),
        "started": _time(info.get("started")),
        "protocol": escape(str(info.get("mqtt_protocol", ""))),
        **{name: _part(_object(parts.get(name))) for name in ("mqtt", "sip", "store")},
        "asterisk": _asterisk(parts.get("asterisk")),
        "rows": "\n".join(map(_row, extensions)),
        "events": "\n".join(_event(_object(event)) for event in reversed(_list(events))),
    }
    return _PLACE.sub(lambda place: places[place[1]], template)


def _row(document: Document) -> str:
    extension = escape(str(document["extension"]))
    presence = _object(document["presence"])
    state, shown = str(presence["state"]), str(document["state"])
    message = ", ".join(filter(None, (str(presence["subtype"]), str(presence["message"]))))
    count, behind = document["watchers"], document["behind"]
    late = f", {behind} behind" if behind else ""
    return (
        f'<tr role="row" data-extension="{extension}">'
        f'<th scope="row" role="rowheader">{extension}</th>'
        f'<td role="cell" class="name">{escape(str(document["name"]))}</td>'
        f'<td role="cell" class="presence"><span class="badge" data-state="{escape(state)}">{PRESENCES.get(state, state)}</span></td>'
        f'<td role="cell" class="device"><span class="lamp" data-state="{escape(shown)}">{DEVICES.get(shown, shown)}</span></td>'
        f'<td role="cell" class="message">{escape(message)}</td>'
        f'<td role="cell" class="since">{_time(document["since"])}</td>'
        f'<td role="cell" class="watchers">{count}{late}</td></tr>'
    )


def _part(part: Mapping[str, object]) -> str:
    ok, why = bool(part.get("ok")), str(part.get("why", "not known"))
    return f'<span class="part" data-ok="{str(ok).lower()}">{escape(why)}</span>'


def _asterisk(part: object) -> str:
    """Its line, where there is a PBX."""
    if part is None:
        return ""
    return f'<div><dt>Asterisk</dt><dd id="asterisk">{_part(_object(part))}</dd></div>'


def _event(event: Mapping[str, object]) -> str:
    texts = ", ".join(
        f"{name} {value}"
        for name, value in event.items()
        if name not in ("number", "type", "at") and value != ""
    )
    kind = str(event.get("type", "")).replace("_", " ")
    return f"<li>{_time(event.get('at'))} <b>{escape(kind)}</b> <span>{escape(texts)}</span></li>"


def _time(moment: object) -> str:
    if not isinstance(moment, str):
        return "&ndash;"
    shown = f"{moment[:10]} {moment[11:16]} UTC"
    return f'<time datetime="{escape(moment)}">{escape(shown)}</time>'


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
