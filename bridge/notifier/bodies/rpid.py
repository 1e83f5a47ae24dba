"""`application/pidf+xml` as the schemas of RFC 3863, 4479 and 4480 have it.

It says what `pidf.py` says, in their order (tuple, note, person) and with identifiers that are
xs:ID, which an extension such as 2000 is not. There is no timestamp: it would need a clock, and
equal states would no longer make equal documents.
"""

from typing import Final

from bridge.model.hint import ExtensionState
from bridge.notifier.bodies.pidf import HEAD, TUPLE, basic, person
from bridge.notifier.bodies.status import note_of, status_of
from bridge.notifier.bodies.subject import Subject
from bridge.notifier.bodies.xml import escape
from bridge.pidf import CONTENT_TYPE

# Unique within a document is all that they have to be (RFC 3863 section 4.1.2, RFC 4479 section 3.2).
_LINE: Final = "line"
_USER: Final = ' id="user"'


class Rpid:
    """The document for phones and softphones that read the standards."""

    content_type = CONTENT_TYPE

    def format(self, state: ExtensionState, subject: Subject) -> bytes:
        """Render tuple, note and person. Supplements are of no standard, and have no place here."""
        uri, status = escape(subject.uri), status_of(state, subject)
        parts = (
            HEAD.format(uri=uri),
            TUPLE.format(id=_LINE, basic=basic(status), uri=uri),
            # Of the presentity as a whole: PJSIP prefers a note of the person, and would not show this one.
            f" <note>{note_of(state, subject)}</note>\n",
            person(status, _USER),
            "</presence>\n",
        )
        return "".join(parts).encode()
