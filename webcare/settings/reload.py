"""SIGHUP: what of new settings can be applied while the daemon runs, what needs a restart, and what is never read again.

What is left out here needs a restart: a setting that somebody adds later is then said to, and not silently half applied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from webcare.settings.model import Channel, Log, Settings

APPLIES: Final = frozenset({"policy", "calendars", "alerts", "smtp", "retention", "media", "look_up"})
SEEDS: Final = frozenset({"person", "rota"})
OF_CHANNELS: Final = ("language", "receipt", "template", "automations", "auto_within", "poll")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Names of what changed, and `settings`: the old ones with what can be applied.

    `only_seeds` filled the database when it was empty; whoever changes them now must change the database.
    """

    applies: tuple[str, ...]
    needs_restart: tuple[str, ...]
    only_seeds: tuple[str, ...]
    settings: Settings


def reload_plan(old: Settings, new: Settings) -> Plan:
    """Return what becomes of new settings."""
    changed = [name for name in type(old).model_fields if getattr(old, name) != getattr(new, name)]
    applies = [name for name in changed if name in APPLIES]
    restart = [name for name in changed if name not in {*APPLIES, *SEEDS, "log", "channel"}]
    update = {name: getattr(new, name) for name in applies}
    if old.log.level != new.log.level:
        applies.append("log.level")
        update["log"] = _with_level(old.log, new.log)
    if old.log.format != new.log.format:
        restart.append("log.format")
    if "channel" in changed:
        update["channel"] = _channels(old.channel, new.channel, applies, restart)
    return Plan(
        applies=tuple(applies),
        needs_restart=tuple(restart),
        only_seeds=tuple(name for name in changed if name in SEEDS),
        settings=old.model_copy(update=update),
    )


def _with_level(old: Log, new: Log) -> Log:
    return old.model_copy(update={"level": new.level})


def _channels(old: tuple[Channel, ...], new: tuple[Channel, ...], applies: list[str], restart: list[str]) -> tuple[Channel, ...]:
    """Return the channels there are, with what of their new settings can be applied; note both by the channel's name."""
    known, wanted = {channel.name: channel for channel in old}, {channel.name: channel for channel in new}
    restart += [f"channel {name} (new)" for name in wanted if name not in known]
    restart += [f"channel {name} (gone)" for name in known if name not in wanted]
    return tuple(_channel(channel, wanted.get(channel.name, channel), applies, restart) for channel in old)


def _channel(old: Channel, new: Channel, applies: list[str], restart: list[str]) -> Channel:
    update = {}
    for name in _changed(old, new):
        where = f"channel {old.name}: {name}"
        if name in OF_CHANNELS:
            applies.append(where)
            update[name] = getattr(new, name)
        else:
            restart.append(where)
    return old.model_copy(update=update)


def _changed(old: Channel, new: Channel) -> Iterator[str]:
    for name in type(old).model_fields:
        if getattr(old, name) != getattr(new, name):
            yield name
    before, after = old.model_extra or {}, new.model_extra or {}
    yield from (name for name in {**before, **after} if before.get(name) != after.get(name))
