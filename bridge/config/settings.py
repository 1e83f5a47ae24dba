"""What can be configured: one section a class, with its defaults and its rules.

The classes read nothing by themselves: `bridge.config.load` puts the sources together. Fields hold
what the operator wrote, checked; the properties beside them hold it parsed.
"""

from collections.abc import Callable, Hashable, Sequence
from functools import cached_property
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    Field,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bridge.config.addresses import (
    Listener,
    Network,
    parse_listener,
    parse_network,
)
from bridge.config.feature_codes import FEATURE_CODE, FeatureCodeSettings
from bridge.config.hints import HintSettings
from bridge.config.homeassistant import HomeAssistantSettings
from bridge.config.http import HttpSettings
from bridge.config.log import LogSettings
from bridge.config.metrics import MetricsSettings
from bridge.config.mqtt import MqttSettings
from bridge.config.phones import PhoneSettings, ProvisioningSettings
from bridge.config.profiles import ProfileSettings
from bridge.config.rule_options import RuleOptionsSettings
from bridge.config.rules import RuleSettings
from bridge.config.section import Section
from bridge.config.sensors import SensorName, SensorSettings
from bridge.config.store import StoreSettings
from bridge.config.tls import NO_CERTIFICATE, TlsSettings
from bridge.config.users import UNSUITED, Algorithm, Name, UserSettings
from bridge.config.values import Seconds, Whole
from bridge.features.feature_code import FeatureCode
from bridge.model.hint import Hint
from bridge.notifier.profiles import Profiles
from bridge.rules.rule import Rule
from bridge.rules.sensor import Sensor
from bridge.sip.credentials import User, known_by_all

PREFIX: Final = "PRESENCE_BRIDGE_"
DELIMITER: Final = "__"

# The type of the one finding that `load` words by itself, with both places.
REPEATED_EXTENSION: Final = "repeated_extension"

# RFC 3261 section 20.19: delta-seconds fill 32 bits.
_LONGEST_EXPIRES = 2**32 - 1


def repeated(values: Sequence[Hashable]) -> list[tuple[int, int]]:
    """For each value that stood before: its index, and the index at which it stood first."""
    first: dict[Hashable, int] = {}
    return [
        (index, first[value]) for index, value in enumerate(values) if first.setdefault(value, index) != index
    ]


def _is(parse: Callable[[str], object]) -> AfterValidator:
    """A text that `parse` accepts; kept as it was written."""

    def checked(text: str) -> str:
        parse(text)
        return text

    return AfterValidator(checked)


def _not_empty(values: tuple[str, ...]) -> tuple[str, ...]:
    # min_length would count only the entries that are right by themselves.
    if not values:
        raise PydanticCustomError("empty_list", "needs at least one entry")
    return values


Expires = Annotated[Whole, Field(ge=0, le=_LONGEST_EXPIRES)]


class SipSettings(Section):
    """How phones reach the bridge, and which may."""

    listen: Annotated[tuple[Annotated[str, _is(parse_listener)], ...], AfterValidator(_not_empty)] = (
        "udp://127.0.0.1:5060",
    )
    trusted_networks: tuple[Annotated[str, _is(parse_network)], ...] = ("127.0.0.0/8", "::1/128")
    notify_min_interval_seconds: Seconds = 0.1
    min_expires_seconds: Expires = 10
    max_expires_seconds: Annotated[Expires, Field(validate_default=True)] = 3600
    max_subscriptions: Annotated[Whole, Field(ge=1)] = 100_000
    max_subscriptions_per_source: Annotated[Whole, Field(ge=1)] = 50_000
    max_subscriptions_per_watcher: Annotated[Whole, Field(ge=1)] = 1000
    max_connections: Annotated[Whole, Field(ge=1)] = 2000
    large_requests: Literal["auto", "never"] = "auto"
    accept_register: bool = True
    accept_publish: bool = True
    realm: Name = "presence-bridge"
    users: tuple[UserSettings, ...] = ()
    digest_algorithms: Annotated[
        tuple[Algorithm, ...], AfterValidator(_not_empty), Field(validate_default=True)
    ] = ("SHA-256", "MD5")
    digest_md5_only: tuple[Name, ...] = ("baresip", "digium", "sangoma", "sipp")
    digest_without_qop: bool = False
    profiles: tuple[ProfileSettings, ...] = ()
    feature_codes: tuple[FeatureCodeSettings, ...] = ()
    tls: Annotated[TlsSettings | None, Field(validate_default=True)] = None

    @field_validator("tls")
    @classmethod
    def _is_there_for_tls(cls, value: TlsSettings | None, info: ValidationInfo) -> TlsSettings | None:
        if value is None and any(text.startswith("tls://") for text in info.data.get("listen", ())):
            words = "is required for tls:// in listen: write [sip.tls] with certificate and key"
            raise PydanticCustomError(NO_CERTIFICATE, words)
        return value

    @field_validator("max_expires_seconds")
    @classmethod
    def _not_below_min(cls, value: int, info: ValidationInfo) -> int:
        least = info.data.get("min_expires_seconds", 0)
        if value < least:
            raise ValueError(f"must be at least min_expires_seconds, which is {least}")
        return value

    @field_validator("users")
    @classmethod
    def _each_user_once(cls, users: tuple[UserSettings, ...]) -> tuple[UserSettings, ...]:
        for again, first in repeated([user.name for user in users]):
            raise PydanticCustomError(UNSUITED, f"have the same name in entries {first} and {again}")
        return users

    @field_validator("profiles")
    @classmethod
    def _each_agent_once(cls, profiles: tuple[ProfileSettings, ...]) -> tuple[ProfileSettings, ...]:
        for again, first in repeated([entry.agent.casefold() for entry in profiles]):
            raise ValueError(f"entries {first} and {again} have the same agent; the second finds nobody")
        return profiles

    @field_validator("feature_codes")
    @classmethod
    def _each_number_once(cls, codes: tuple[FeatureCodeSettings, ...]) -> tuple[FeatureCodeSettings, ...]:
        for again, first in repeated([(code.parsed.dial, not code.parsed.capture) for code in codes]):
            words = f"have the same dial in entries {first} and {again}: the second is never reached"
            raise PydanticCustomError(FEATURE_CODE, words)
        return codes

    @field_validator("digest_algorithms")
    @classmethod
    def _serves_every_user(cls, value: tuple[Algorithm, ...], info: ValidationInfo) -> tuple[Algorithm, ...]:
        if repeated(value):
            raise PydanticCustomError(UNSUITED, "names an algorithm twice")
        users = [user.parsed for user in info.data.get("users", ())]
        if not known_by_all(value, users):
            raise PydanticCustomError(UNSUITED, "names none of which every user has an ha1, or a password")
        return value

    @cached_property
    def parsed_users(self) -> tuple[User, ...]:
        """Who may come by digest."""
        return tuple(user.parsed for user in self.users)

    @cached_property
    def parsed_profiles(self) -> Profiles:
        """How a phone is served, by its User-Agent."""
        return Profiles([entry.rule for entry in self.profiles])

    @cached_property
    def parsed_feature_codes(self) -> tuple[FeatureCode, ...]:
        """What phones can dial."""
        return tuple(code.parsed for code in self.feature_codes)

    @cached_property
    def offered_algorithms(self) -> tuple[str, ...]:
        """The digest algorithms by which every user can be checked."""
        return known_by_all(self.digest_algorithms, self.parsed_users)

    @property
    def weakens_for_some(self) -> bool:
        """Whether some phones are offered less than the others."""
        return bool(self.digest_md5_only) and set(self.offered_algorithms) > {"MD5"}

    @property
    def lowered_md5_only(self) -> tuple[str, ...]:
        """The names of `digest_md5_only` as they are looked for in User-Agent."""
        return tuple(name.lower() for name in self.digest_md5_only)

    @cached_property
    def listeners(self) -> tuple[Listener, ...]:
        """The sockets to open."""
        return tuple(parse_listener(text) for text in self.listen)

    @cached_property
    def networks(self) -> tuple[Network, ...]:
        """The networks whose requests are not challenged."""
        return tuple(parse_network(text) for text in self.trusted_networks)


class Settings(BaseSettings):
    """The whole configuration. `mqtt` is None when the broker is to run inside the bridge."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix=PREFIX, env_nested_delimiter=DELIMITER
    )

    mqtt: MqttSettings | None = None
    sip: SipSettings = SipSettings()
    http: HttpSettings = HttpSettings()
    metrics: MetricsSettings = MetricsSettings()
    log: LogSettings = LogSettings()
    store: StoreSettings = StoreSettings()
    hints: tuple[HintSettings, ...] = ()
    provisioning: ProvisioningSettings = ProvisioningSettings()
    phones: tuple[PhoneSettings, ...] = ()
    sensors: dict[SensorName, SensorSettings] = Field(default_factory=dict)
    rules: tuple[RuleSettings, ...] = ()
    rule_options: RuleOptionsSettings = RuleOptionsSettings()
    homeassistant: HomeAssistantSettings = HomeAssistantSettings()

    @field_validator("hints")
    @classmethod
    def _each_extension_once(cls, hints: tuple[HintSettings, ...]) -> tuple[HintSettings, ...]:
        for again, first in repeated([hint.extension for hint in hints]):
            raise PydanticCustomError(
                REPEATED_EXTENSION, f"hints {first} and {again} have the same extension"
            )
        return hints

    @property
    def base_topic(self) -> str:
        """The first level of every topic, also with the embedded broker."""
        return (self.mqtt or MqttSettings()).base_topic

    @cached_property
    def parsed_hints(self) -> tuple[Hint, ...]:
        """The hints as the engine uses them, in the order of the file."""
        return tuple(hint.parsed for hint in self.hints)

    @cached_property
    def parsed_sensors(self) -> tuple[Sensor, ...]:
        """The sensors as the rules use them."""
        return tuple(sensor.parsed(name) for name, sensor in self.sensors.items())

    @cached_property
    def parsed_rules(self) -> tuple[Rule, ...]:
        """The rules in the order of the file."""
        zone = self.rule_options.zone
        return tuple(rule.parsed(number, zone) for number, rule in enumerate(self.rules, 1))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what the constructor is given: `load` reads the sources, to know where each value stands."""
        return (init_settings,)
