"""[[channel]] and [secrets] -> the accounts that the daemon listens to.

What a channel's table may say beside the settings of every channel, its connector declares: a dataclass with typed fields. Nothing is
listed here for any platform.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from datetime import timedelta
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

from webcare.lines import CannotStart
from webcare.ports.channel import Approved, ChannelAccount
from webcare.ports.connector import Capability
from webcare.settings.model import Channel
from webcare.settings.values import near, span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from webcare.ports.connector import Spec
    from webcare.settings.model import Model

EXPECTED: Mapping[Any, str] = {
    str: 'a text in "quotes"',
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    timedelta: "a duration like PT10M",
    tuple: 'a list of texts like ["a", "b"]',
}


def accounts(settings: Model, specs: Mapping[str, Spec]) -> tuple[ChannelAccount, ...]:
    """Return an account for each [[channel]]; `specs` are the connectors that there are, by kind.

    Raises:
        CannotStart: with all that is wrong: an unknown kind, key or secret, a key that is missing, two channels of one account, or a
            table of secrets that no channel uses. A channel without secrets here may have been connected: they are in the store.
    """
    found: list[ChannelAccount] = []
    problems: list[str] = []
    for channel in settings.channel:
        try:
            found.append(_account(channel, settings, specs))
        except ValueError as error:
            problems.append(f"channel {channel.name}: {error}")
    problems += _twice(found)
    problems += _secrets_wrong(settings, found, {app_of(channel) for channel in settings.channel})
    if problems:
        raise CannotStart("; ".join(problems))
    return tuple(found)


def languages_of(known: Iterable[ChannelAccount]) -> Mapping[str, str]:
    """Return the language of each channel that was given one."""
    return {account.id: account.language for account in known if account.language is not None}


def app_of(channel: Channel) -> str:
    """Return the name of a channel's table of secrets."""
    return channel.secrets or channel.name


def secrets_of(settings: Model, app: str) -> Mapping[str, str]:
    """Return the secrets of an app, by name. They are in clear: hand them on, and keep them out of logs and errors."""
    given = settings.secrets.get(app, {})
    return {name: text for name, secret in given.items() if (text := secret.get_secret_value().strip())}


def missing_secrets(settings: Model, account: ChannelAccount) -> tuple[str, ...]:
    """Return the names of the secrets that a connector asks for and nobody gave: some of what it can do will fail."""
    given = secrets_of(settings, account.app)
    return tuple(name for name in account.spec.secrets if name not in given)


# --- one channel ---


def _account(channel: Channel, settings: Model, specs: Mapping[str, Spec]) -> ChannelAccount:
    spec = specs.get(channel.kind)
    if spec is None:
        there = ", ".join(sorted(specs)) or "none"
        raise ValueError(f"kind: no connector is called {channel.kind!r} (there are {there}){near(channel.kind, specs)}")
    config = _config(channel.model_extra or {}, spec)
    if channel.poll is not None and Capability.POLL not in spec.capabilities:
        raise ValueError(f"poll: {spec.kind} is not polled, it tells us by itself")
    if channel.template and Capability.TEMPLATE not in spec.capabilities:
        raise ValueError(f"template: {spec.kind} has no texts that are approved beforehand")
    account = str(getattr(config, spec.account))
    return ChannelAccount(
        id=f"{spec.kind}:{account}",
        name=channel.name,
        brand=channel.brand or settings.house.brand,
        language=channel.language,
        app=app_of(channel),
        account=account,
        spec=spec,
        config=config,
        pace=channel.poll or spec.pace,
        monthly_reads=getattr(config, "monthly_reads", 0),
        prices=getattr(config, "prices", {}),
        automations=frozenset(channel.automations),
        auto_within=channel.auto_within,
        receipt={str(language): text for language, text in channel.receipt.items()},
        templates=tuple(Approved(name=one.name, language=one.language, text=one.text) for one in channel.template),
    )


def _config(given: Mapping[str, Any], spec: Spec) -> Any:
    """Build a connector's config from a table.

    Raises:
        ValueError: names the key.
    """
    declared = {field.name: field for field in fields(spec.config)}
    for key in given:
        if key in spec.secrets:
            raise ValueError(f"{key}: it is a secret, its place is the table [secrets.…] or a credential")
        if key not in declared:
            raise ValueError(f"{key} is no setting of {spec.kind}{near(key, {*declared, *Channel.model_fields})}")
    types = get_type_hints(spec.config)
    values: dict[str, Any] = {}
    for name, field in declared.items():
        if name in given:
            values[name] = _value(name, given[name], types[name])
        elif _is_required(field):
            raise ValueError(f"{name} is missing{_help(field)}")
    return spec.config(**values)


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _help(field: Field[Any]) -> str:
    explained = field.metadata.get("help")
    return f": {explained}" if explained else ""


def _value(name: str, given: object, annotation: Any) -> Any:
    """Return a TOML value as the type that a connector asks for; a number is no text: ids have zeros in front and more digits."""
    wanted = _type(annotation)
    if wanted is timedelta and isinstance(given, str):
        try:
            return span(given)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    if wanted is tuple and isinstance(given, list) and all(isinstance(one, str) for one in given):
        return tuple(given)
    if wanted is float and type(given) is int:
        return float(given)
    if type(given) is wanted and wanted in (str, int, float, bool):
        return given
    raise ValueError(f"{name}: {EXPECTED.get(wanted, 'a value of another kind')} is expected")


def _type(annotation: Any) -> Any:
    """Return the type without `None` and without what a tuple holds."""
    if get_origin(annotation) in (Union, UnionType):
        return _type(next(arg for arg in get_args(annotation) if arg is not NoneType))
    return get_origin(annotation) or annotation


# --- all of them ---


def _twice(found: Iterable[ChannelAccount]) -> Iterator[str]:
    names: dict[str, str] = {}
    for account in found:
        if account.id in names:
            yield f"channel {account.name}: {account.id} is already the account of channel {names[account.id]}"
        names.setdefault(account.id, account.name)


def _secrets_wrong(settings: Model, found: Iterable[ChannelAccount], used: set[str]) -> Iterator[str]:
    known: dict[str, set[str]] = {}
    for account in found:
        known.setdefault(account.app, set()).update(account.spec.secrets)
    for app, given in settings.secrets.items():
        if app not in used:
            yield f"[secrets.{app}] is used by no channel{near(app, used)}"
        for name in given:
            if app in known and name not in known[app]:
                yield f"[secrets.{app}] {name} is no secret of its channel{near(name, known[app])}"
