"""Presence Bridge: MQTT topics as CustomPresence, told to SIP phones."""

__version__ = "0.1.0"
