"""SUBSCRIBEs that are wrong in one place or two, made from the grammar, the same for the same seed.

Each element of a good SUBSCRIBE is replaced by each anomaly: the plan of PROTOS c07-sip, which found faults in
most of the SIP stacks of its day, with the classes that were learnt since.
"""

import itertools
import random
from collections.abc import Iterator, Mapping
from typing import Final

# What a phone sends, cut into the elements that are spoiled.
ELEMENTS: Final[Mapping[str, str]] = {
    "method": "SUBSCRIBE",
    "gap": " ",
    "uri_scheme": "sip",
    "uri_user": "2000",
    "uri_host": "127.0.0.1",
    "uri_port": "5060",
    "uri_params": ";transport=udp",
    "version": "SIP/2.0",
    "line_end": "\r\n",
    "via_name": "Via",
    "colon": ":",
    "via_protocol": "SIP/2.0/UDP",
    "via_host": "127.0.0.1",
    "via_port": "5060",
    "via_params": ";rport",
    "branch": "z9hG4bK{number}",
    "max_forwards": "70",
    "from_display": '"Front desk"',
    "from_uri": "sip:200@127.0.0.1",
    "from_tag": "phone{number}",
    "to_display": "",
    "to_uri": "sip:2000@127.0.0.1",
    "to_params": "",
    "call_id": "{number}@127.0.0.1",
    "cseq_number": "1",
    "cseq_method": "SUBSCRIBE",
    "contact_display": '"Front desk"',
    "contact_uri": "sip:200@127.0.0.1:5060;ob",
    "contact_params": "",
    "event": "presence",
    "event_params": "",
    "expires": "10",
    "accept": "application/pidf+xml",
    "agent": "Digium D40 1_4_0_0_57389",
    "supported": "replaces, 100rel",
    "allow_events": "presence, message-summary, refer",
    "record_route": "<sip:127.0.0.1;lr>",
    "require": "",
    "authorization": 'Digest username="200", realm="r", nonce="n", uri="sip:127.0.0.1", response="00"',
    "content_type": "application/simple-filter+xml",
    "content_length": "{length}",
    "head_end": "\r\n",
    "body": "<filter-set/>",
}

_MESSAGE: Final = (
    "{method}{gap}{uri_scheme}:{uri_user}@{uri_host}:{uri_port}{uri_params}{gap}{version}{line_end}"
    "{via_name}{colon} {via_protocol} {via_host}:{via_port}{via_params};branch={branch}{line_end}"
    "Max-Forwards: {max_forwards}{line_end}"
    "From: {from_display}<{from_uri}>;tag={from_tag}{line_end}"
    "To: {to_display}<{to_uri}>{to_params}{line_end}"
    "Call-ID: {call_id}{line_end}"
    "CSeq: {cseq_number} {cseq_method}{line_end}"
    "Contact: {contact_display}<{contact_uri}>{contact_params}{line_end}"
    "Event: {event}{event_params}{line_end}"
    "Expires: {expires}{line_end}"
    "Accept: {accept}{line_end}"
    "User-Agent: {agent}{line_end}"
    "Supported: {supported}{line_end}"
    "Allow-Events: {allow_events}{line_end}"
    "Record-Route: {record_route}{line_end}"
    "{require}"
    "Authorization: {authorization}{line_end}"
    "Content-Type: {content_type}{line_end}"
    "Content-Length: {content_length}{line_end}"
    "{head_end}{body}"
)

_NUMBERS: Final = (
    *(
        "0",
        "-0",
        "-1",
        "+1",
        "00000000000000000001",
        "1.0",
        "1e3",
        "0x10",
        "0b1",
        "1 1",
        " 1",
        "1_000",
        "NaN",
        "inf",
    ),
    *("255", "256", "65535", "65536", "99999", "2147483647", "2147483648", "4294967295", "4294967296"),
    *("9223372036854775808", "18446744073709551616", "-2147483648", "1" + "0" * 100, "9" * 5000),
    # Digits to str.isdigit(), none to the RFC; and superscripts, which int() refuses.
    *("\u0663\u0660\u0660", "\uff11\uff10", "\u00b2\u00b3", "\U0001d7d8\U0001d7d9"),
)
_FORMATS: Final = (
    *("%s", "%n" * 40, "%x" * 40, "%99999999s", "%(protocol)60000000s", "%(asctime)s", "%d%d%d%s%s%s%n%n"),
    *(
        "{}",
        "{0}",
        "{0.__class__.__mro__}",
        "{method!r:>99999999}",
        "$(id)",
        "`id`",
        "${jndi:ldap://127.0.0.1/a}",
    ),
)
_TEXTS: Final = (
    *(
        "\0",
        "a\0b",
        "\r",
        "\n",
        "\r\n",
        "\r\nX: y",
        "\r\n\r\n",
        "\n\n",
        "\r\n ",
        "\t",
        "\x0b",
        "\x7f",
        "\x1b[2J\x1b]0;x\x07",
    ),
    *(
        "\u202e",
        "\u2028",
        "\u0085",
        "\ufeff",
        "\u00e9",
        "\U0001f4de",
        "a\u0300" * 50,
        "\udc80",
        "\udcff\udcfe",
        "\udced\udca0\udc80",
    ),
    *("%00", "%0d%0a", "%", "%zz", "%c3%28", "%25" * 50),
)
_DELIMITERS: Final = (
    "<",
    ">",
    "<>",
    '"',
    '"""',
    "\\",
    '\\"',
    "'",
    ",",
    ",,,",
    ";",
    ";;;",
    ":",
    "::",
    "@",
    "@@",
    "?",
    "=",
    "/",
    "(",
    ")",
    "[",
    "]",
    "[::",
    "{",
    "}",
    "*",
    "#",
    "+",
    "&",
    "|",
)
_SYNTAX: Final = (
    *(
        "SIP/2.0",
        "SIP/3.0",
        "sip/2.0",
        "HTTP/1.1",
        "SIP/2.0/UDP",
        "SIP/2.0/TCP",
        "UDP",
        "ACK",
        "INVITE",
        "OPTIONS",
    ),
    *(
        "sip:",
        "sip:@",
        "sip:a@b@c",
        "sips:a@b",
        "tel:+1",
        "sip:a@[::1]:5060",
        "sip:a@[::1",
        "sip:a@1.2.3.4.5",
        "sip:a?b=c",
    ),
    *(
        "sip:a@255.255.255.255",
        "sip:a@224.0.0.1",
        "sip:a@0.0.0.0:0",
        "sip:a@127.0.0.1:99999",
        "sip:a@xn--a.invalid",
    ),
    *(
        "application/sdp",
        "*/*",
        "text/*;q=0.5",
        "dialog",
        "presence.winfo",
        "presence;id=1",
        "timeout",
        "active;expires=1",
        "a" * 70 + ".invalid",
    ),
)
# What a datagram holds over IPv4.
LONGEST: Final = 65_507

_LENGTHS: Final = (1, 2, 33, 129, 257, 1025, 8193, 33_000)


def anomalies() -> tuple[str, ...]:
    """Everything that an element is replaced by."""
    long = [
        text * n
        for text, n in itertools.product(("a", "1", " ", "<", '"', "@", ";x=", ",b", "%41", "\\"), _LENGTHS)
    ]
    return ("", *_NUMBERS, *_FORMATS, *_TEXTS, *_DELIMITERS, *_SYNTAX, *long)


def subscribe(number: int, **elements: str) -> bytes:
    """The good SUBSCRIBE of this number, with these elements in place of its own."""
    texts = {name: elements.get(name, text) for name, text in ELEMENTS.items()}
    for name in texts.keys() - elements.keys():
        texts[name] = (
            texts[name].replace("{number}", str(number)).replace("{length}", str(len(ELEMENTS["body"])))
        )
    return _MESSAGE.format(**texts).encode("utf-8", "surrogateescape")[:LONGEST]


def malformed(count: int, seed: int = 4475) -> Iterator[bytes]:
    """So many of them: half with one anomaly, each element with each in a shuffled order; half with two and a torn structure."""
    chance = random.Random(seed)
    pairs = [*itertools.product(ELEMENTS, anomalies())]
    chance.shuffle(pairs)
    single = itertools.cycle(pairs)
    for number in range(count):
        spoiled = dict([next(single)])
        if number % 2:
            spoiled |= dict([next(single)])
            yield _torn(subscribe(number, **spoiled), chance)
        else:
            yield subscribe(number, **spoiled)


def _torn(message: bytes, chance: random.Random) -> bytes:
    """Lines lost, repeated or swapped, an end missing, some octets changed."""
    match chance.randrange(5):
        case 0:
            lines = message.split(b"\r\n")
            del lines[chance.randrange(len(lines))]
            return b"\r\n".join(lines)
        case 1:
            lines = message.split(b"\r\n")
            lines += [chance.choice(lines)] * chance.choice((1, 2, 300))
            chance.shuffle(lines)
            return b"\r\n".join(lines)[:LONGEST]
        case 2:
            return message[: chance.randrange(len(message) + 1)]
        case 3:
            data = bytearray(message)
            for _ in range(chance.choice((1, 3, 30))):
                if data:
                    data[chance.randrange(len(data))] = chance.randrange(256)
            return bytes(data)
        case _:
            return message
