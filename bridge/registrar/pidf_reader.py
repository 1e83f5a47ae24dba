"""What a softphone says of its user: a presence document (RFC 3863, 4479, 4480) as one Presence.

    digium_presence             taken as it is (the tuple that Digium phones read)
    basic closed                unavailable
    activities, by the table    dnd, away, xa or available, with the activity as the subtype;
                                of several the strongest
    basic open, a note          available
    none of these               not_set

The message is the first note about the person, else about a tuple, else about the whole.
"""

from collections.abc import Iterable, Iterator
from typing import Final
from xml.etree import ElementTree as ET

from bridge.model.presence import Presence, PresenceState, parse_presence_state
from bridge.pidf import DATA_MODEL, PIDF, read_document
from bridge.registrar.activities import Activity, activity

# Characters of each text: what fits into the body for the phones that watch.
MAX_TEXT: Final = 1024

# RPID had other namespaces in its drafts, which are still in use; the local names are the same.
_ACTIVITIES: Final = ".//{*}activities"
# Snom's: <im:im>Lunch</im:im>.
_INSTANT_MESSAGE: Final = ".//{urn:ietf:params:xml:ns:pidf:im}im"
# RFC 3863 has a note in a tuple and in the document, RFC 4479 in the person, RFC 4480 beside activities.
_NOTES: Final = (
    f"./{DATA_MODEL}person/{DATA_MODEL}note",
    ".//{*}activities/{*}note",
    f"./{PIDF}tuple/{PIDF}note",
    f"./{PIDF}note",
)


def read_presence(body: bytes) -> Presence:
    """Read a document of a presentity; DocumentError as `read_document`."""
    root = read_document(body)
    said = _digium(root)
    if said is not None:
        return said
    strongest = max(_activities(root), key=lambda one: one.state.rank, default=None)
    message = next(filter(None, map(_words, _notes(root))), "")
    state = _basic(root)
    if strongest is not None and state is not PresenceState.UNAVAILABLE:
        state = strongest.state
    if state is None:
        state = PresenceState.AVAILABLE if message else PresenceState.NOT_SET
    return Presence(state, strongest.words[:MAX_TEXT] if strongest else "", message[:MAX_TEXT])


def _digium(root: ET.Element) -> Presence | None:
    element = root.find(f".//{PIDF}digium_presence")
    if element is None:
        return None
    try:
        state = parse_presence_state(element.get("type", ""))
    except ValueError:
        return None
    return Presence(state, element.get("subtype", "")[:MAX_TEXT], (element.text or "")[:MAX_TEXT])


def _basic(root: ET.Element) -> PresenceState | None:
    """One open tuple is enough: each stands for a way to reach the same person."""
    words = {_words(basic).lower() for basic in root.iterfind(f"./{PIDF}tuple/{PIDF}status/{PIDF}basic")}
    if "open" in words:
        return PresenceState.AVAILABLE
    return PresenceState.UNAVAILABLE if "closed" in words else None


def _activities(root: ET.Element) -> Iterator[Activity]:
    for name, text in _named(root):
        found = activity(name, text)
        if found is not None:
            yield found


def _named(root: ET.Element) -> Iterator[tuple[str, str]]:
    for element in root.iterfind(f"{_ACTIVITIES}/*"):
        name = element.tag.rpartition("}")[2]
        # The drafts had <activity>busy</activity>.
        yield (_name(element), "") if name == "activity" else (name, element.text or "")
    for element in root.iterfind(_INSTANT_MESSAGE):
        yield _name(element), element.text or ""


def _name(element: ET.Element) -> str:
    return _words(element).lower().replace(" ", "-")


def _notes(root: ET.Element) -> Iterable[ET.Element]:
    return (note for path in _NOTES for note in root.iterfind(path))


def _words(element: ET.Element) -> str:
    """Documents are laid out for reading: line ends and indents are no part of a text."""
    return " ".join((element.text or "").split())
