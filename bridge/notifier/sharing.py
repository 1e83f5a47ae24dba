"""What many subscriptions have in common is kept once: User-Agents, and subjects with their URIs."""

from typing import Final

from bridge.notifier.bodies.subject import Subject
from bridge.notifier.profiles import Profile

# Values that can be shared: more than a site has extensions and models. Then it is begun anew, so that what a
# stranger writes does not stay.
_MOST: Final = 32_768


class Sharing:
    """Gives an equal value that is there already."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._subjects: dict[tuple[Profile, str, str], Subject] = {}

    def text(self, text: str) -> str:
        """The text."""
        if len(self._texts) >= _MOST:
            self._texts.clear()
        return self._texts.setdefault(text, text)

    def subject(self, profile: Profile, extension: str, uri: str) -> Subject:
        """As `Profile.subject`."""
        key = profile, extension, uri
        subject = self._subjects.get(key)
        if subject is None:
            if len(self._subjects) >= _MOST:
                self._subjects.clear()
            subject = self._subjects[key] = profile.subject(extension, uri)
        return subject
