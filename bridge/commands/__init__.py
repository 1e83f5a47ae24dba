"""The commands of `presence-bridge`, one a file; the table of them."""

from collections.abc import Sequence
from typing import Final

from bridge.commands import (
    check,
    config_schema,
    core_show,
    demo,
    devstate,
    explain,
    get,
    health,
    hints,
    import_hints,
    init,
    install_files,
    loglevel,
    presencestate,
    provision,
    reload,
    replay,
    resync,
    run,
    set_,
    store,
    trace,
    watch,
)
from bridge.commands.command import Command

COMMANDS: Final[Sequence[Command]] = (
    init,
    run,
    check,
    set_,
    get,
    hints,
    core_show,
    presencestate,
    devstate,
    import_hints,
    watch,
    explain,
    replay,
    demo,
    install_files,
    provision,
    reload,
    resync,
    health,
    loglevel,
    trace,
    store,
    config_schema,
)
