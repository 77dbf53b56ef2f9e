"""What an operator may say, with the defaults: one frozen model. config/webcare.example.toml explains every line of it.

Spans are ISO 8601 durations. What is secret is a `SecretStr`, which shows in no repr, error or traceback.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path  # noqa: TC003 - pydantic reads the annotations
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretStr

from webcare.domain.durations import parse_duration


def _span(value: object) -> timedelta:
    return value if isinstance(value, timedelta) else parse_duration(value)


Span = Annotated[timedelta, BeforeValidator(_span)]
Language = Literal["nl", "en"]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Database(Section):
    url: SecretStr | None = None


class Web(Section):
    """`host:port` each; a proxy in front of them speaks https, and only its addresses are believed about who calls."""

    public_url: str | None = None
    listen: str = "127.0.0.1:8080"
    hooks_listen: str = "127.0.0.1:8081"
    metrics_listen: str = "127.0.0.1:9464"
    trusted_proxies: tuple[str, ...] = ()


class House(Section):
    """What people get who say nothing else themselves."""

    brand: str = "default"
    zone: str = "Europe/Amsterdam"
    language: Language = "nl"


class Channel(Section):
    """One account on a platform. What is not listed here belongs to its connector, which checks it.

    `secrets` names a table of [secrets]; channels of one platform that share it share one webhook address.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str
    kind: str
    brand: str | None = None
    secrets: str | None = None
    poll: Span | None = None
    automations: tuple[str, ...] = ()
    auto_within: Span = timedelta(seconds=15)
    receipt: dict[Language, str] = {}


class Contact(Section):
    name: str
    target: SecretStr
    detail: Literal["facts", "line"] = "facts"
    trusted: bool = False


class Person(Section):
    id: str
    name: str
    role: Literal["agent", "lead", "admin", "auditor"] = "agent"
    zone: str | None = None
    language: Language | None = None
    quiet: tuple[str, str] | None = None
    contacts: tuple[Contact, ...] = ()


class Level(Section):
    rotation: tuple[str, ...]
    rhythm: Literal["daily", "weekly"] = "weekly"
    anchor: date
    handovers: tuple[str, ...] = ("08:00",)
    zone: str | None = None


class Rota(Section):
    oncall: Level | None = None
    next: Level | None = None
    lead: Level | None = None


class Smtp(Section):
    host: str
    port: int = 587
    sender: str
    security: Literal["starttls", "tls", "plain"] = "starttls"
    user: str | None = None
    password: SecretStr | None = None


class Alerts(Section):
    """`schemes`: which apprise addresses are allowed (none named: those that apprise_notifier.py lists).

    `last_resort` is told when nobody else can be; `heartbeat` is an address outside that raises the alarm when we fall silent.
    """

    schemes: tuple[str, ...] | None = None
    last_resort: SecretStr | None = None
    heartbeat: SecretStr | None = None
    heartbeat_every: Span = timedelta(minutes=1)
    lines_in: Path | None = None
    trouble_after: Span = timedelta(minutes=10)


class Retention(Section):
    raw_bodies: Span = timedelta(days=14)
    messages: Span = timedelta(days=400)
    audit: Span = timedelta(days=800)


class Sealing(Section):
    """Fernet keys, the newest first: the first seals, all of them open."""

    keys: tuple[SecretStr, ...] = ()


class Log(Section):
    format: Literal["auto", "json", "text"] = "auto"
    level: Literal["debug", "info", "warning", "error"] = "info"


class Sentiment(Section):
    model: str = "rules"


class Model(Section):
    database: Database = Database()
    state_folder: Path | None = None
    web: Web = Web()
    house: House = House()
    channel: tuple[Channel, ...] = ()
    secrets: dict[str, dict[str, SecretStr]] = {}
    person: tuple[Person, ...] = ()
    rota: Rota = Rota()
    calendars: dict[str, dict[str, Any]] = {}
    policy: tuple[dict[str, Any], ...] = ()
    smtp: Smtp | None = None
    alerts: Alerts = Alerts()
    retention: Retention = Retention()
    sealing: Sealing = Sealing()
    log: Log = Log()
    sentiment: Sentiment = Sentiment()
