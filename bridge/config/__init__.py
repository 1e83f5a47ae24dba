"""Configuration: one TOML file and environment variables over it; every mistake named with its place."""

from bridge.config.addresses import Listener
from bridge.config.load import find, load
from bridge.config.problem import ConfigError, Problem
from bridge.config.settings import HintSettings, HttpSettings, MqttSettings, Settings, SipSettings

__all__ = [
    "ConfigError",
    "HintSettings",
    "HttpSettings",
    "Listener",
    "MqttSettings",
    "Problem",
    "Settings",
    "SipSettings",
    "find",
    "load",
]
