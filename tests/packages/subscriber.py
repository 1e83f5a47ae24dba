"""A phone in 60 lines, for the network of a container: subscribes by UDP, and prints what it is told, a line each.

`subscriber.py EXTENSION [HOST]`: first the status of the answer, then for each NOTIFY the basic status, and the presence
with its subtype and message where the document has one. Ends when its standard input does.
"""

import re
import select
import socket
import sys

CALL = "packaging@127.0.0.1"
AGENT = "Digium D65 2_9_8"


def _header(name: str, message: str) -> list[str]:
    return re.findall(rf"^{name}: *(.*?)\r$", message, re.IGNORECASE | re.MULTILINE)


def _subscribe(extension: str, host: str, here: str) -> bytes:
    lines = [
        f"SUBSCRIBE sip:{extension}@{host} SIP/2.0",
        f"Via: SIP/2.0/UDP {here};branch=z9hG4bK-packaging-1;rport",
        f"From: <sip:200@{host}>;tag=phone",
        f"To: <sip:{extension}@{host}>",
        f"Call-ID: {CALL}",
        "CSeq: 1 SUBSCRIBE",
        f"Contact: <sip:200@{here}>",
        f"User-Agent: {AGENT}",
        "Event: presence",
        "Accept: application/pidf+xml",
        "Expires: 3600",
        "Max-Forwards: 70",
        "Content-Length: 0",
        "",
        "",
    ]
    return "\r\n".join(lines).encode()


def _answer(notify: str) -> bytes:
    kept = ["Via", "From", "To", "Call-ID", "CSeq"]
    lines = [f"{name}: {value}" for name in kept for value in _header(name, notify)]
    return "\r\n".join(["SIP/2.0 200 OK", *lines, "Content-Length: 0", "", ""]).encode()


def _seen(notify: str) -> str:
    basic = re.search(r"<basic>(\w+)</basic>", notify)
    presence = re.search(r"<(?:\w+:)?digium_presence type=\"(\w*)\"[^>]*?(?:/>|>([^<]*)<)", notify)
    words = [
        basic.group(1) if basic else "-",
        *(word for word in (presence.groups() if presence else ()) if word),
    ]
    return " ".join(words)


def main() -> None:
    """Subscribe, and tell what comes."""
    extension, host = sys.argv[1], (sys.argv[2:] or ["127.0.0.1"])[0]
    phone = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    phone.connect((host, 5060))
    here = "{}:{}".format(*phone.getsockname())
    phone.send(_subscribe(extension, host, here))
    last = None
    while True:
        ready, _, _ = select.select([phone, sys.stdin], [], [])
        if sys.stdin in ready and not sys.stdin.read():
            return
        if phone not in ready:
            continue
        message = phone.recv(65535).decode()
        if message.startswith("SIP/2.0"):
            print(message.split()[1], flush=True)
        elif message.startswith("NOTIFY"):
            phone.send(_answer(message))
            # Not one that was sent again, since the answer came late.
            if (number := _header("CSeq", message)) != last:
                print(_seen(message), flush=True)
            last = number


if __name__ == "__main__":
    main()
