"""Prints the manual page presence-bridge(1), from what the commands say of themselves."""

from bridge import __version__
from bridge.commands import COMMANDS

HEAD = r""".TH PRESENCE-BRIDGE 1 "" "presence-bridge {version}" "User Commands"
.SH NAME
presence-bridge \- MQTT presence for SIP desk phones
.SH SYNOPSIS
.B presence-bridge
.I COMMAND
.RB [ \-\-config
.IR FILE ]
.RI [ OPTION ]...
.SH DESCRIPTION
What Home Assistant, a door sensor or a script writes to an MQTT topic lights the lamp and shows the text on every
desk phone that watches. Each command tells its options with
.BR \-\-help .
.SH COMMANDS
"""
TAIL = r""".SH FILES
.TP
.I /etc/presence-bridge/config.toml
The configuration, where neither
.B \-\-config
nor
.I ./config.toml
names another.
.TP
.I /usr/share/presence-bridge
An example of it with every key, a dashboard for Grafana, alert rules for Prometheus.
.SH EXIT STATUS
0 for success, 1 for failure, 2 for a wrong command line, 78 for a wrong configuration.
"""


def _escaped(text: str) -> str:
    return text.replace("\\", r"\e").replace("-", r"\-").replace("'", r"\(aq")


if __name__ == "__main__":
    entries = (f".TP\n.B {_escaped(command.NAME)}\n{_escaped(command.HELP)}\n" for command in COMMANDS)
    print(HEAD.format(version=__version__) + "".join(entries) + TAIL, end="")
