"""Which phone is meant: by its hardware address, its extension, or a user of one of its accounts."""

from collections.abc import Iterable
from typing import NamedTuple

from bridge.phones.mac import names_mac, parse_mac


class Listed(NamedTuple):
    """A phone by what it is called: `mac` as `parse_mac` gives it, or empty; `names` in SIP."""

    mac: str
    names: tuple[str, ...]

    def is_named_in(self, user_agent: str) -> bool:
        """Whether this User-Agent tells the phone's address; some do, when they are told to."""
        return bool(self.mac) and names_mac(user_agent, self.mac)


def find_phone(target: str, phones: Iterable[Listed]) -> Listed:
    """The phone that somebody means; one that is not listed has its address, or the name alone."""
    try:
        mac = parse_mac(target)
    except ValueError:
        mac = ""
    listed = tuple(phones)
    by_name = (phone for phone in listed if target in phone.names)
    by_mac = (phone for phone in listed if mac and phone.mac == mac)
    return next(by_mac, None) or next(by_name, None) or Listed(mac, (target,))
