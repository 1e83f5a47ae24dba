"""Effects that only a bridge beside a PBX has: commands to the shell of its connection, and observations."""

from typing import NamedTuple


class SendToAsterisk(NamedTuple):
    """Send over the manager connection of Asterisk."""

    data: bytes


class DropAsterisk(NamedTuple):
    """Close the manager connection of Asterisk, and try again; `refused`: not soon, it will not be otherwise."""

    reason: str
    refused: bool


class AsteriskChanged(NamedTuple):
    """The manager interface of Asterisk is used, or not any more; `trouble` tells why not, empty while all is well.

    `connected` with a `trouble`: some of it does not work.
    """

    connected: bool
    trouble: str


class AsteriskHeard(NamedTuple):
    """An event of Asterisk. `kind` is one of device, presence, hint."""

    kind: str


class AsteriskWritten(NamedTuple):
    """Asterisk was told a state. `kind` is one of presence, device; `outcome` one of success, refused."""

    kind: str
    outcome: str


class AsteriskTaken(NamedTuple):
    """What was changed in Asterisk goes to MQTT. `kind` is one of presence, device."""

    kind: str


PbxCommand = SendToAsterisk | DropAsterisk
PbxObservation = AsteriskChanged | AsteriskHeard | AsteriskWritten | AsteriskTaken
