"""One connection to the manager interface, as manager.c of Asterisk serves it: octets in, octets out.

The texts of answers are those that were recorded on version 20; those of login, permissions, FullyBooted and
Ping are from memory.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import md5
from typing import Final

from support.asterisk.pbx import Lines, Pbx

_LONGEST_LINE: Final = 1024

# By major version of Asterisk (from memory): what the greeting says.
BANNERS: Final = {11: "1.3", 13: "2.10.6", 16: "5.0.5", 18: "7.0.3", 20: "9.0.0", 21: "10.0.0", 22: "11.0.0"}

# Any one of these rights is enough for an action; without entry, none is needed.
_RIGHTS: Final[Mapping[str, Collection[str]]] = {
    "setvar": ("call",),
    "getvar": ("call", "reporting"),
    "presencestate": ("call", "reporting"),
    "extensionstate": ("call", "reporting"),
    "devicestatelist": ("call", "reporting"),
    "presencestatelist": ("call", "reporting"),
    "extensionstatelist": ("call", "reporting"),
    "filter": ("system",),
}
_SINCE_13: Final = ("devicestatelist", "presencestatelist", "extensionstatelist")


@dataclass
class User:
    """`[name]` of manager.conf."""

    secret: str
    read: tuple[str, ...] = ("system", "call")
    write: tuple[str, ...] = ("system", "call", "reporting")


@dataclass
class Faults:
    """What goes wrong: `errors` are answers by action; `silent`, nothing is answered."""

    errors: dict[str, str] = field(default_factory=dict)
    silent: bool = False
    banner: str = ""


class Conversation:
    """`send` takes octets for the client, `close` ends the connection."""

    def __init__(
        self,
        pbx: Pbx,
        users: Mapping[str, User],
        faults: Faults,
        send: Callable[[bytes], None],
        close: Callable[[], None],
    ) -> None:
        self._pbx = pbx
        self._users = users
        self._faults = faults
        self._send = send
        self._close = close
        self._rest = b""
        self._lines: list[str] = []
        self._too_long = False
        self._challenge = ""
        self._include: list[re.Pattern[str]] = []
        self._exclude: list[re.Pattern[str]] = []
        self.user: User | None = None
        self.actions: list[str] = []
        # What may be asked before a login, and what behind it.
        self._open = {"challenge": self._give_challenge, "login": self._login, "logoff": self._logoff}
        self._actions = {
            "ping": self._ping,
            "filter": self._filter,
            "setvar": self._setvar,
            "getvar": self._getvar,
            "devicestatelist": self._list_devices,
            "presencestatelist": self._list_presences,
            "extensionstatelist": self._list_hints,
        }
        banner = faults.banner or f"Asterisk Call Manager/{BANNERS[pbx.version]}"
        if not faults.silent:
            send(f"{banner}\r\n".encode())

    # --- what comes -------------------------------------------------------------------------------

    def feed(self, data: bytes) -> None:
        """Take what the client has sent."""
        *lines, self._rest = (self._rest + data).split(b"\r\n")
        for line in lines:
            if line:
                self._too_long = self._too_long or len(line) > _LONGEST_LINE
                self._lines.append(line.decode("utf-8", "surrogateescape"))
            elif self._lines:
                self._take()

    def event(self, event: Lines) -> None:
        """Something happens in the PBX."""
        if self.user is None or "call" not in self.user.read or self._faults.silent:
            return
        text = _text(event)
        wanted = not self._include or any(pattern.search(text) for pattern in self._include)
        if wanted and not any(pattern.search(text) for pattern in self._exclude):
            self._send(_octets(text))

    def _take(self) -> None:
        lines, self._lines = self._lines, []
        fields = {}
        for line in lines:
            name, _, value = line.partition(":")
            fields.setdefault(name.lower(), value.lstrip(" "))
        action = fields.get("action", "")
        self.actions.append(action)
        if self._faults.silent:
            return
        if self._too_long:
            self._too_long = False
            self._error({}, "Failed to parse message: line too long")
        elif action.lower() in self._open:
            self._open[action.lower()](fields)
        elif self.user is None or not self._may(action.lower()):
            self._error(fields, "Permission denied")
        else:
            self._act(action, fields)

    def _may(self, action: str) -> bool:
        rights = _RIGHTS.get(action)
        return rights is None or self.user is None or bool({"all", *rights} & set(self.user.write))

    def _act(self, action: str, fields: Mapping[str, str]) -> None:
        do = self._actions.get(action.lower())
        if action in self._faults.errors:
            self._error(fields, self._faults.errors[action])
        elif do is None or (action.lower() in _SINCE_13 and self._pbx.version < 13):
            listing = "Use Action: ListCommands to show available commands."
            self._error(fields, f"Invalid/unknown command: {action}. {listing}")
        else:
            do(fields)

    # --- login ------------------------------------------------------------------------------------

    def _give_challenge(self, fields: Mapping[str, str]) -> None:
        if fields.get("authtype", "").lower() != "md5":
            self._error(fields, "Must specify AuthType")
            return
        self._challenge = "168231445"
        self._answer(fields, ("Challenge", self._challenge))

    def _login(self, fields: Mapping[str, str]) -> None:
        user = self._users.get(fields.get("username", ""))
        if user is None or not self._knows(user, fields):
            self._error(fields, "Authentication failed")
            self._close()
            return
        self.user = user
        self._answer(fields, ("Message", "Authentication accepted"))
        if "system" in user.read or "all" in user.read:
            booted = [("Event", "FullyBooted"), ("Privilege", "system,all")]
            times = [("Uptime", "4711"), ("LastReload", "4711"), ("Status", "Fully Booted")]
            self._send(_octets(_text([*booted, *times])))

    def _knows(self, user: User, fields: Mapping[str, str]) -> bool:
        if fields.get("authtype", "").lower() == "md5":
            wanted = md5((self._challenge + user.secret).encode(), usedforsecurity=False).hexdigest()
            return bool(self._challenge) and fields.get("key") == wanted
        return fields.get("secret") == user.secret

    def _logoff(self, fields: Mapping[str, str]) -> None:
        self._say([("Response", "Goodbye"), *_id(fields), ("Message", "Thanks for all the fish.")])
        self._close()

    # --- actions ----------------------------------------------------------------------------------

    def _ping(self, fields: Mapping[str, str]) -> None:
        self._answer(fields, ("Ping", "Pong"), ("Timestamp", "1795000000.123456"))

    def _filter(self, fields: Mapping[str, str]) -> None:
        text = fields.get("filter", "")
        excludes = text.startswith("!")
        try:
            pattern = re.compile(text.removeprefix("!"))
        except re.error:
            self._error(fields, "Filter format error")
            return
        (self._exclude if excludes else self._include).append(pattern)
        self._answer(fields, ("Message", "Success"))

    def _setvar(self, fields: Mapping[str, str]) -> None:
        if self._pbx.set_function(fields.get("variable", ""), fields.get("value", "")):
            self._answer(fields, ("Message", "Variable Set"))
        else:
            self._error(fields, "Variable not set")

    def _getvar(self, fields: Mapping[str, str]) -> None:
        variable = fields.get("variable", "")
        self._answer(fields, ("Variable", variable), ("Value", self._pbx.get_function(variable)))

    def _list_devices(self, fields: Mapping[str, str]) -> None:
        self._list(
            fields, "DeviceStateListComplete", "Device State Changes will follow", self._pbx.device_rows()
        )

    def _list_presences(self, fields: Mapping[str, str]) -> None:
        words = "Presence State Changes will follow"
        self._list(fields, "PresenceStateListComplete", words, self._pbx.presence_rows())

    def _list_hints(self, fields: Mapping[str, str]) -> None:
        words = "Extension Statuses will follow"
        self._list(fields, "ExtensionStateListComplete", words, self._pbx.hint_rows())

    def _list(self, fields: Mapping[str, str], end: str, words: str, rows: Iterable[Lines]) -> None:
        self._answer(fields, ("EventList", "start"), ("Message", words))
        count = 0
        for count, (first, *lines) in enumerate(rows, 1):  # noqa: B007 - how many there were
            self._say([first, *_id(fields), *lines])
        self._say([("Event", end), *_id(fields), ("EventList", "Complete"), ("ListItems", str(count))])

    # --- answers ----------------------------------------------------------------------------------

    def _answer(self, fields: Mapping[str, str], *lines: tuple[str, str]) -> None:
        self._say([("Response", "Success"), *_id(fields), *lines])

    def _error(self, fields: Mapping[str, str], words: str) -> None:
        self._say([("Response", "Error"), *_id(fields), ("Message", words)])

    def _say(self, lines: Lines) -> None:
        self._send(_octets(_text(lines)))


def _id(fields: Mapping[str, str]) -> Lines:
    return [("ActionID", fields["actionid"])] if "actionid" in fields else []


def _text(lines: Lines) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in lines) + "\r\n"


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
