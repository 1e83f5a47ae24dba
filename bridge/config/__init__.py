"""Configuration: one TOML file and environment variables over it; every mistake named with its place."""

from bridge.config.addresses import Listener
from bridge.config.feature_codes import FeatureCodeSettings
from bridge.config.hints import HintSettings
from bridge.config.http import HttpSettings
from bridge.config.load import doubts, find, load
from bridge.config.metrics import MetricsSettings
from bridge.config.mqtt import MqttSettings
from bridge.config.phones import PbxSettings, PhoneSettings, ProvisioningSettings
from bridge.config.problem import ConfigError, Problem
from bridge.config.profiles import ProfileSettings
from bridge.config.settings import Settings, SipSettings
from bridge.config.tls import TlsSettings
from bridge.config.users import UserSettings

__all__ = [
    "ConfigError",
    "FeatureCodeSettings",
    "HintSettings",
    "HttpSettings",
    "Listener",
    "MetricsSettings",
    "MqttSettings",
    "PbxSettings",
    "PhoneSettings",
    "Problem",
    "ProfileSettings",
    "ProvisioningSettings",
    "Settings",
    "SipSettings",
    "TlsSettings",
    "UserSettings",
    "doubts",
    "find",
    "load",
]
