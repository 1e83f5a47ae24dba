"""The files of a phone, by the names under which it asks for them."""

from collections.abc import Mapping
from hashlib import blake2s
from typing import Final

from bridge.phones.configuration import configuration
from bridge.phones.contacts import contacts
from bridge.phones.mac import parse_mac
from bridge.phones.phone import Phone
from bridge.phones.smart_blf import smart_blf
from bridge.phones.xml import encode

CONTENT_TYPE: Final = "application/xml"

_MAIN: Final = ".cfg"
_CONTACTS: Final = "-contacts.xml"
_KEYS: Final = "-smartblf.xml"


def phone_files(phone: Phone, url: str) -> Mapping[str, bytes]:
    """The files by name. `url` is that of the folder in which the phone finds them.

    A phone fetches a file again only from a URL that is new to it, so that the URLs name the content.
    """
    folder = url if url.endswith("/") else f"{url}/"
    book, keys = encode(contacts(phone)), encode(smart_blf(phone))
    book_name, keys_name = phone.mac + _CONTACTS, phone.mac + _KEYS
    main = configuration(phone, folder + _versioned(book_name, book), folder + _versioned(keys_name, keys))
    return {phone.mac + _MAIN: encode(main), book_name: book, keys_name: keys}


def file_name(asked: str) -> str | None:
    """The name of the file that is asked for, however its address is spelled; None if it is no name of one."""
    for ending in (_MAIN, _CONTACTS, _KEYS):
        if asked.lower().endswith(ending):
            try:
                return parse_mac(asked[: -len(ending)]) + ending
            except ValueError:
                return None
    return None


def _versioned(name: str, content: bytes) -> str:
    return f"{name}?v={blake2s(content, digest_size=6).hexdigest()}"
