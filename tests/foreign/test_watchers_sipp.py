"""SIPp plays desk phones of four makers: each is told every state of an extension in the words it can read.

The scenario is written for each phone from a table. SIPp itself makes the next thing happen, by
mosquitto_pub, when it has the NOTIFY about the last one: so each NOTIFY has its cause, and one that
nobody asked for fails the scenario.
"""

import subprocess
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

import pytest

from foreign.watching import HAPPENINGS, HINT
from support.bridge_process import free_udp_port


@dataclass(frozen=True)
class Maker:
    """How its phones subscribe, and what their NOTIFYs hold for each happening: expressions for the body.

    None: the phone is not told at all, neither of the happening nor of its end.
    """

    headers: dict[str, str]
    content_type: str
    idle: tuple[str, ...]
    told: dict[str, tuple[str, ...] | None]
    uri: str = "sip:2000@[remote_ip]:[remote_port]"
    versioned: bool = False
    absent: tuple[str, ...] = field(default=())


def pidf_of_asterisk(basic, note, presence, activity=None):
    return (
        f"<note>{note}</note>",
        f"<basic>{basic}</basic>",
        f'<tuple id="digium-presence">[^/]*<digium_presence type="{presence}',
        f"<rpid:{activity} />" if activity else "<dm:person />",
    )


def xpidf(status, substatus):
    return f'<status status="{status}" />', f'<msnsubstatus substatus="{substatus}" />'


def dialog(state):
    return f"<state>{state}</state>", 'state="full" entity="sip:', '<dialog id="2000"'


DIALOG_INFO = {
    "content_type": r"application/dialog-info\+xml",
    "idle": dialog("terminated"),
    "told": {
        "ringing": (*dialog("early"), 'direction="recipient"'),
        "on the phone": dialog("confirmed"),
        "on hold": (*dialog("confirmed"), r'<param pname="\+sip.rendering" pvalue="no" />'),
        # A document without a dialog in it says the same for a line that is idle or has no phone.
        "unplugged": None,
        "away": None,
        "dnd": None,
        "unavailable": None,
    },
    "versioned": True,
}

MAKERS = {
    "Digium": Maker(
        {
            "Event": "presence",
            "Accept": "application/pidf+xml, application/xpidf+xml",
            "User-Agent": "Digium D40 1_4_0_0_57389",
            "Supported": "replaces, 100rel, timer, norefersub",
        },
        r"application/pidf\+xml",
        pidf_of_asterisk("open", "Ready", "available"),
        {
            "ringing": pidf_of_asterisk("open", "Ringing", "available", "on-the-phone"),
            "on the phone": pidf_of_asterisk("open", "On the phone", "available", "on-the-phone"),
            "on hold": pidf_of_asterisk("open", "On hold", "available", "on-the-phone"),
            "unplugged": pidf_of_asterisk("closed", "Unavailable", "available"),
            "away": pidf_of_asterisk("open", "Ready", 'away" subtype="lunch">back at 13:00</'),
            "dnd": pidf_of_asterisk("open", "Ready", 'dnd" />'),
            "unavailable": pidf_of_asterisk("open", "Ready", 'unavailable" />'),
        },
    ),
    "Yealink": Maker(
        {
            "Event": "dialog",
            "Accept": "application/dialog-info+xml",
            "User-Agent": "Yealink SIP-T46S 66.85.0.5",
        },
        # As in a trace of one: the extension stands in To alone.
        uri="sip:[remote_ip]:[remote_port]",
        **DIALOG_INFO,
    ),
    "Grandstream": Maker(
        {
            "Event": "dialog",
            "Accept": "application/dialog-info+xml, multipart/related, application/rlmi+xml",
            "User-Agent": "Grandstream GXP2170 1.0.9.135",
            "Supported": "replaces, path, timer, eventlist",
        },
        **DIALOG_INFO,
    ),
    "Polycom": Maker(
        {
            "Event": "presence",
            "Accept": "application/pidf+xml",
            "User-Agent": "PolycomSoundPointIP-SPIP_550-UA/3.2.3.1734",
        },
        r"application/xpidf\+xml",
        xpidf("open", "online"),
        {
            "ringing": xpidf("inuse", "onthephone"),
            "on the phone": xpidf("inuse", "onthephone"),
            "on hold": xpidf("inuse", "onthephone"),
            "unplugged": xpidf("closed", "offline"),
            "away": xpidf("open", "away"),
            "dnd": xpidf("inuse", "busy"),
            "unavailable": xpidf("closed", "offline"),
        },
    ),
}


def in_quotes(text: str) -> str:
    """As the value of an attribute: SIPp reads no other quotes than these."""
    escaped = escape(text, {'"': "&quot;"})
    return f'"{escaped}"'


class Scenario:
    """The XML that SIPp reads, put together step by step."""

    def __init__(self, maker: Maker, mqtt_port: int) -> None:
        self._maker = maker
        self._mqtt_port = mqtt_port
        self._steps: list[str] = []
        self._variables: list[str] = []
        self._version = 0

    def subscribe(self, cseq: int, expires: int) -> None:
        tag = "[$tag]" if cseq > 1 else ""
        headers = "".join(f"{name}: {value}\n" for name, value in self._maker.headers.items())
        self._steps.append(
            f"""<send retrans="500"><![CDATA[
SUBSCRIBE {self._maker.uri} SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];rport;branch=[branch]
Max-Forwards: 70
From: <sip:200@[remote_ip]>;tag=[pid]w[call_number]
To: <sip:2000@[remote_ip]>{tag}
Contact: <sip:200@[local_ip]:[local_port]>
Call-ID: [call_id]
CSeq: {cseq} SUBSCRIBE
Expires: {expires}
{headers}Content-Length: 0

]]></send>
<recv response="200"><action>
<ereg regexp=";tag=.+" search_in="hdr" header="To:" check_it="true" assign_to="tag"/>
</action></recv>"""
        )

    def notified(
        self, body: tuple[str, ...], *publish: tuple[str, str], state: str = "active;expires="
    ) -> None:
        """A NOTIFY with this in its body; then publish, and answer."""
        package = self._maker.headers["Event"]
        checks = [("hdr", "Event:", f"^ *{package}$"), ("hdr", "Subscription-State:", f"^ *{state}")]
        checks.append(("hdr", "Content-Type:", f"^ *{self._maker.content_type}$"))
        checks += [("body", "", expression) for expression in body]
        if self._maker.versioned:
            checks.append(("body", "", f' version="{self._version}" '))
            self._version += 1
        actions = [self._check(*check) for check in checks]
        if publish:
            # In one command: SIPp does not wait for one before it starts the next.
            actions.append(f"<exec command={in_quotes('; '.join(self._publish(*one) for one in publish))}/>")
        self._steps.append(
            f"""<recv request="NOTIFY" timeout="10000"><action>
{"".join(actions)}
</action></recv>
<send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_Call-ID:]
[last_From:]
[last_To:]
[last_CSeq:]
Content-Length: 0

]]></send>"""
        )

    def __str__(self) -> str:
        variables = ",".join(["tag", *self._variables])
        return "\n".join(
            [
                '<?xml version="1.0" encoding="UTF-8"?>',
                '<!DOCTYPE scenario SYSTEM "sipp.dtd">',
                '<scenario name="A phone watches an extension">',
                *self._steps,
                f'<Reference variables="{variables}"/></scenario>',
            ]
        )

    def _check(self, where: str, header: str, expression: str) -> str:
        self._variables.append(f"v{len(self._variables)}")
        place = f'search_in="{where}"' + (f' header="{header}"' if header else "")
        return f'<ereg regexp={in_quotes(expression)} {place} check_it="true" assign_to="{self._variables[-1]}"/>\n'

    def _publish(self, topic: str, payload: str) -> str:
        return f"mosquitto_pub -p {self._mqtt_port} -q 1 -r -t presence-bridge/{topic} -m '{payload}'"


def scenario(maker: Maker, mqtt_port: int) -> str:
    """Subscribe, go through all that happens, and leave."""
    # What each NOTIFY holds, and what is published on it. Without one of its own, a happening waits
    # with its end in the next one's: had it been told, there would be a NOTIFY too many.
    steps: list[tuple[tuple[str, ...], list[tuple[str, str]]]] = [(maker.idle, [])]
    for name, (topic, payload, end) in HAPPENINGS.items():
        steps[-1][1].append((topic, payload))
        if (told := maker.told[name]) is None:
            steps[-1][1].append((topic, end))
        else:
            steps += [(told, [(topic, end)]), (maker.idle, [])]
    steps[-1][1].append(("device/SIP/2000", "BUSY"))
    result = Scenario(maker, mqtt_port)
    result.subscribe(1, 600)
    for body, publish in steps:
        result.notified(body, *publish)
    last = maker.told["on the phone"] or ()
    result.notified(last)
    result.subscribe(2, 0)
    result.notified(last, state="terminated;reason=timeout$")
    return str(result)


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.requirement("B3", "B4", "B6", "S22", "S27")
def test_a_phone_is_told_every_state(mosquitto, run_bridge, tmp_path, maker):
    mosquitto.publish("presence-bridge/presence/2000", "available", "-r")
    mosquitto.publish("presence-bridge/device/SIP/2000", "NOT_INUSE", "-r")
    bridge = run_bridge(HINT, sip="notify_min_interval_seconds = 0")
    file, errors = tmp_path / "scenario.xml", tmp_path / "errors"
    file.write_text(scenario(MAKERS[maker], mosquitto.port))
    command = ["sipp", "-sf", file, "-m", "1", "-i", "127.0.0.1", "-p", str(free_udp_port())]
    command += [f"127.0.0.1:{bridge.port}", "-nostdin", "-timeout", "30", "-timeout_error"]
    command += ["-trace_err", "-error_file", errors]
    run = subprocess.run(
        command, capture_output=True, check=False, timeout=40, env={"TERM": "dumb", "PATH": "/usr/bin:/bin"}
    )
    said = errors.read_text() if errors.exists() else run.stdout.decode()[-2000:]
    assert run.returncode == 0, said
    assert "notify_failed" not in bridge.log()
