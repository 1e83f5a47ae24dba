"""Phones by the thousand: so many OPTIONS a second for so many seconds, each sent once, and which of them are answered.

`load.py SECONDS RATE FILE [HOST]`: writes what it found into FILE, as JSON. A datagram that is not answered within half
a minute after the last was sent is lost; nothing is sent again.
"""

import json
import re
import selectors
import socket
import sys
import time
from pathlib import Path

PATIENCE = 30.0
PACE = 0.002
SO_RCVBUFFORCE = 33

REQUEST = (
    "OPTIONS sip:{host} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bKload{number};rport\r\n"
    "From: <sip:load@{host}>;tag=load\r\nTo: <sip:{host}>\r\nCall-ID: load-{number}\r\nCSeq: {number} OPTIONS\r\n"
    "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
)


class Load:
    """`sent` and `answered`: when, by the number of the request."""

    def __init__(self, host, port=5060):
        self.host, self.refused, self.sent, self.answered = host, 0, {}, {}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
        self.socket.connect((host, port))
        self.socket.setblocking(False)
        self.here = "{}:{}".format(*self.socket.getsockname())
        self._selector = selectors.DefaultSelector()
        self._selector.register(self.socket, selectors.EVENT_READ)

    def run(self, seconds, rate):
        """Send, and listen until all is answered or nothing comes any more."""
        began = time.monotonic()
        while (now := time.monotonic()) < began + seconds:
            while len(self.sent) < (now - began) * rate:
                self._send(len(self.sent) + 1)
            self._listen(PACE)
        until = time.monotonic() + PATIENCE
        while len(self.answered) < len(self.sent) and time.monotonic() < until:
            self._listen(0.1)

    def figures(self):
        """What is told: counts, and seconds."""
        waits = sorted(at - self.sent[number] for number, at in self.answered.items())
        return {
            "sent": len(self.sent),
            "lost": len(self.sent) - len(self.answered),
            "refused": self.refused,
            "median": round(waits[len(waits) // 2], 4) if waits else None,
            "longest": round(waits[-1], 4) if waits else None,
        }

    def _send(self, number):
        self.sent[number] = time.monotonic()
        try:
            self.socket.send(REQUEST.format(host=self.host, here=self.here, number=number).encode())
        except ConnectionRefusedError:
            self.refused += 1
        except BlockingIOError:
            sys.exit("the sender is too fast for its own socket")

    def _listen(self, timeout):
        if not self._selector.select(timeout):
            return
        try:
            while True:
                answer = self.socket.recv(65_535)
                number = int(re.search(rb"\r\nCSeq: (\d+)", answer)[1])
                if answer.startswith(b"SIP/2.0 200"):
                    self.answered.setdefault(number, time.monotonic())
        except ConnectionRefusedError:
            self.refused += 1
        except BlockingIOError:
            return


if __name__ == "__main__":
    load = Load((sys.argv[4:] or ["127.0.0.1"])[0])
    load.run(float(sys.argv[1]), float(sys.argv[2]))
    Path(sys.argv[3]).write_text(json.dumps(load.figures()))
