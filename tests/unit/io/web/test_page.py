from html.parser import HTMLParser
from importlib.resources import files

import pytest

from bridge.io.web.page import render_page

TEMPLATE = files("bridge.io.web").joinpath("files", "page.html").read_text(encoding="utf-8")
EVIL = "</td><script>alert(1)</script>\"'&"
BRIDGE = {
    "info": {"version": "1.2.3", "started": "2026-11-24T11:05:00.250+00:00", "mqtt_protocol": "5"},
    "health": {"parts": {"mqtt": {"ok": False, "why": EVIL}, "sip": {"ok": True, "why": "served"}}},
}


def extension(**changes):
    return {
        "extension": "2000",
        "name": EVIL,
        "presence": {"state": "dnd", "subtype": "lunch", "message": EVIL},
        "device": "INUSE",
        "state": "InUse",
        "since": "2026-11-24T11:05:00.250+00:00",
        "providers": ["2000"],
        "watchers": 3,
        "behind": 1,
        **changes,
    }


class Seen(HTMLParser):
    """Tags, and the text of each cell by its class."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.cells, self._cell = [], {}, ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag in ("td", "th"):
            self._cell = dict(attributes).get("class", tag)

    def handle_data(self, data):
        self.cells[self._cell] = self.cells.get(self._cell, "") + data

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self._cell = ""


def test_texts_are_texts_whatever_is_in_them():
    page = render_page(TEMPLATE, BRIDGE, [extension()], [{"type": "warning", "at": "", "text": EVIL}])
    seen = Seen(page)
    assert seen.cells["name"] == EVIL
    assert seen.cells["message"] == f"lunch, {EVIL}"
    assert seen.tags.count("script") == 2
    assert "{{" not in page


def test_states_have_words():
    seen = Seen(render_page(TEMPLATE, BRIDGE, [extension()], []))
    assert (seen.cells["presence"], seen.cells["device"]) == ("Do not disturb", "In use")
    assert seen.cells["watchers"] == "3, 1 behind"
    assert seen.cells["since"] == "2026-11-24 11:05 UTC"


@pytest.mark.parametrize("bridge", [{}, {"info": {}, "health": {}}])
def test_a_bridge_that_does_not_answer_is_shown_as_far_as_it_is_known(bridge):
    seen = Seen(render_page(TEMPLATE, bridge, [extension(since=None, behind=0)], []))
    assert (seen.cells["since"], seen.cells["watchers"]) == ("\N{EN DASH}", "3")


def test_a_pbx_has_its_line_where_there_is_one():
    parts = {**BRIDGE["health"]["parts"], "asterisk": {"ok": False, "why": f"wrong secret {EVIL}"}}
    page = render_page(TEMPLATE, {"health": {"parts": parts}}, [], [])
    assert 'id="asterisk"' in page
    assert "wrong secret &lt;/td&gt;" in page
    assert 'id="asterisk"' not in render_page(TEMPLATE, BRIDGE, [], [])
