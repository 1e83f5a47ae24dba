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
from bridge.config.asterisk import AsteriskSettings
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

# The type of the findings that `load` words by itself, with both places.
REPEATED: Final = "repeated"

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

    listen: Annotated[tuple[Annotated[str, _is(parse_listener)], ...], AfterValidator(_not_empty)] = Field(
        default=("udp://127.0.0.1:5060",),
        description="Where phones subscribe: `udp://`, `tcp://` or `tls://`, an address, and a port; `*` is every IPv4 address.",
    )
    trusted_networks: tuple[Annotated[str, _is(parse_network)], ...] = Field(
        default=("127.0.0.0/8", "::1/128"),
        description="Networks of phones of which no password is asked. Others need a user, or are refused.",
    )
    notify_min_interval_seconds: Seconds = Field(
        default=0.1,
        description="A state that changes faster than this reaches a phone as its newest value, once in this time.",
    )
    min_expires_seconds: Expires = Field(
        default=10,
        description="The shortest subscription, registration or publication; who asks for less is told so.",
    )
    max_expires_seconds: Annotated[Expires, Field(validate_default=True)] = Field(
        default=3600, description="The longest; who asks for more gets this."
    )
    max_subscriptions: Annotated[Whole, Field(ge=1)] = Field(
        default=100_000, description="How many subscriptions there may be in all (4 kB each)."
    )
    max_subscriptions_per_source: Annotated[Whole, Field(ge=1)] = Field(
        default=50_000, description="How many from one address."
    )
    max_subscriptions_per_watcher: Annotated[Whole, Field(ge=1)] = Field(
        default=1000, description="How many of one user at one address."
    )
    max_connections: Annotated[Whole, Field(ge=1)] = Field(
        default=2000,
        description="How many connections by TCP and TLS there may be; one address may have a quarter of them.",
    )
    large_requests: Literal["auto", "never"] = Field(
        default="auto",
        description="Whether a message above 1300 bytes goes by TCP where it can (`auto`), or as a datagram all the same (`never`).",
    )
    accept_register: bool = Field(
        default=True, description="Whether phones may register; without, REGISTER is answered 405."
    )
    accept_publish: bool = Field(
        default=True,
        description="Whether softphones may publish the status of their user; without, PUBLISH is answered 403.",
    )
    realm: Name = Field(
        default="presence-bridge",
        description="What phones are told that their password is for. Every ha1 is made with it.",
    )
    users: tuple[UserSettings, ...] = Field(
        default=(), description="Accounts of phones outside of trusted_networks."
    )
    digest_algorithms: Annotated[
        tuple[Algorithm, ...], AfterValidator(_not_empty), Field(validate_default=True)
    ] = Field(
        default=("SHA-256", "MD5"),
        description="How passwords are checked, in the order in which it is offered.",
    )
    digest_md5_only: tuple[Name, ...] = Field(
        default=("baresip", "digium", "sangoma", "sipp"),
        description="Parts of the User-Agent of phones that give up when they are offered anything but MD5.",
    )
    digest_without_qop: bool = Field(
        default=False, description="Whether a phone may answer in the way of 1997, which is weaker."
    )
    profiles: tuple[ProfileSettings, ...] = Field(
        default=(), description="Kinds of phones that are sent something else than the built-in table says."
    )
    feature_codes: tuple[FeatureCodeSettings, ...] = Field(
        default=(), description="Numbers by which a phone says how its user is."
    )
    tls: Annotated[TlsSettings | None, Field(validate_default=True)] = Field(
        default=None, description="Certificate for `tls://` in listen."
    )

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
            raise PydanticCustomError(REPEATED, f"have the same name in entries {first} and {again}")
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

    mqtt: MqttSettings | None = Field(
        default=None, description="The broker. Without this section, a small broker runs inside the bridge."
    )
    sip: SipSettings = Field(
        default=SipSettings(), description="How phones reach the bridge, and which of them may."
    )
    http: HttpSettings = Field(
        default=HttpSettings(), description="The status page, its API, metrics and health."
    )
    metrics: MetricsSettings = Field(default=MetricsSettings(), description="What /metrics shows.")
    log: LogSettings = Field(default=LogSettings(), description="What the log says, and how.")
    store: StoreSettings = Field(
        default=StoreSettings(),
        description="What outlives a restart: subscriptions and the last known states.",
    )
    hints: tuple[HintSettings, ...] = Field(
        default=(), description="What phones can watch, one for each extension."
    )
    provisioning: ProvisioningSettings = Field(
        default=ProvisioningSettings(),
        description="What all phones have in common whose files the bridge makes.",
    )
    phones: tuple[PhoneSettings, ...] = Field(default=(), description="Phones whose files the bridge makes.")
    sensors: dict[SensorName, SensorSettings] = Field(
        default_factory=dict, description="What other devices say by MQTT."
    )
    rules: tuple[RuleSettings, ...] = Field(
        default=(), description="What sensors, calls and the clock do to presence and to lamps."
    )
    rule_options: RuleOptionsSettings = Field(
        default=RuleOptionsSettings(), description="What holds for all rules."
    )
    homeassistant: HomeAssistantSettings = Field(
        default=HomeAssistantSettings(), description="How Home Assistant finds the bridge."
    )
    asterisk: AsteriskSettings | None = Field(
        default=None, description="An Asterisk beside the bridge, by its manager interface."
    )

    @field_validator("hints")
    @classmethod
    def _each_extension_once(cls, hints: tuple[HintSettings, ...]) -> tuple[HintSettings, ...]:
        for again, first in repeated([hint.extension for hint in hints]):
            raise PydanticCustomError(REPEATED, f"hints {first} and {again} have the same extension")
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
