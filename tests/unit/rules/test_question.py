import pytest

from bridge.model.device import DeviceState
from bridge.model.hint import parse_hint
from bridge.model.state import State
from bridge.rules.options import RuleOptions
from bridge.rules.question import Explanations
from bridge.rules.rules import Rules
from bridge.service import Context
from bridge.timers import Timers
from support.rulebook import compare, rule, sensor
