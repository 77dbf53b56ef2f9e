"""What an operator may say, with the defaults: one frozen model. config/webcare.example.toml explains every line of it.

Spans are ISO 8601 durations. What is secret is a `SecretStr`, which shows in no repr, error or traceback.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from webcare.domain import reachable
from webcare.domain.alert_rules import AlertRules
from webcare.settings import values

if TYPE_CHECKING:
    from collections.abc import Iterable

Span = Annotated[timedelta, BeforeValidator(values.span)]
SomeSpan = Annotated[Span, AfterValidator(values.some)]
Language = Literal["nl", "en"]
Zone = Annotated[str, AfterValidator(values.zone)]
WallTime = Annotated[str, AfterValidator(values.wall_time)]
Address = Annotated[str, AfterValidator(values.address)]
Word = Annotated[str, AfterValidator(reachable.word)]
Line = Annotated[str, AfterValidator(reachable.line)]
Folder = Annotated[Path, AfterValidator(values.whole_path)]
Words = Annotated[tuple[str, ...], BeforeValidator(values.words)]
Port = Annotated[int, Field(ge=1, le=values.LAST_PORT)]
Size = Annotated[int, BeforeValidator(values.size)]
SecretTable = Annotated[str, AfterValidator(values.secret_table)]


LONGEST_BUNDLE, LONGEST_THROTTLE = timedelta(minutes=10), timedelta(hours=1)
USUAL = AlertRules()


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Database(Section):
    url: Annotated[SecretStr, Field(min_length=1)] | None = None


class Web(Section):
    """`host:port` each; a proxy in front of them speaks https, and only its addresses are believed about who calls."""

    public_url: Annotated[str, AfterValidator(values.site)] | None = None
    listen: Address = "127.0.0.1:8080"
    hooks_listen: Address = "127.0.0.1:8081"
    metrics_listen: Address = "127.0.0.1:9464"
    trusted_proxies: Annotated[tuple[Annotated[str, AfterValidator(values.network)], ...], BeforeValidator(values.words)] = ()

    @model_validator(mode="after")
    def _one_listener_an_address(self) -> Web:
        taken = [at for at in (self.listen, self.hooks_listen, self.metrics_listen) if not at.endswith(":0")]
        if len(set(taken)) < len(taken):
            raise ValueError("listen, hooks_listen and metrics_listen must be three different addresses")
        return self


class House(Section):
    """What people get who say nothing else themselves."""

    brand: Word = "default"
    zone: Zone = "Europe/Amsterdam"
    language: Language = "nl"


class ApprovedText(Section):
    """A text that the platform has approved: its name and language there, and its words with gaps {{1}}, {{2}}."""

    name: Line
    language: Annotated[str, AfterValidator(values.template_language)]
    text: Annotated[str, AfterValidator(values.template_text)]


class Channel(Section):
    """One account on a platform. What is not listed here belongs to its connector, which checks it.

    `secrets` names a table of [secrets], by default the one that is called as the channel; channels of one platform that share it share
    one webhook address.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    name: Word
    kind: Word
    brand: Word | None = None
    language: Language | None = None
    secrets: SecretTable | None = None
    poll: SomeSpan | None = None
    automations: Words = ()
    auto_within: Span = timedelta(seconds=15)
    receipt: dict[Language, Annotated[str, AfterValidator(values.receipt)]] = {}
    template: tuple[ApprovedText, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Channel:
        twice = _twice(f"{one.name} ({one.language})" for one in self.template)
        if twice is not None:
            raise ValueError(f"template: {twice} stands there twice")
        return self


class Contact(Section):
    name: Annotated[str, AfterValidator(reachable.contact_name)]
    target: Annotated[SecretStr, AfterValidator(values.target)]
    detail: Literal["facts", "line"] = "facts"
    trusted: bool = False


class Person(Section):
    id: Annotated[str, AfterValidator(reachable.person_id)]
    name: Line
    role: Literal["agent", "lead", "admin", "auditor"] = "agent"
    zone: Zone | None = None
    language: Language | None = None
    quiet: tuple[WallTime, WallTime] | None = None
    contacts: tuple[Contact, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Person:
        twice = _twice(contact.name for contact in self.contacts)
        if twice is not None:
            raise ValueError(f"contacts: two of them are called {twice!r}")
        if self.quiet is not None and self.quiet[0] == self.quiet[1]:
            raise ValueError("quiet: it must end at another time than it starts")
        return self


class Level(Section):
    """`-` in a rotation is a turn that nobody has."""

    rotation: Words
    rhythm: Literal["daily", "weekly"] = "weekly"
    anchor: date
    handovers: Annotated[tuple[WallTime, ...], BeforeValidator(values.words), Field(min_length=1)] = ("08:00",)
    zone: Zone | None = None

    @model_validator(mode="after")
    def _fits(self) -> Level:
        if sorted(set(self.handovers)) != list(self.handovers):
            raise ValueError("handovers: each time once, the earliest first")
        if self.rhythm == "weekly" and len(self.handovers) > 1:
            raise ValueError("handovers: a weekly rotation has one")
        return self


class Rota(Section):
    oncall: Level | None = None
    next: Level | None = None
    lead: Level | None = None


class Smtp(Section):
    host: Line
    port: Port = 587
    sender: Annotated[str, AfterValidator(values.sender)]
    security: Literal["starttls", "tls", "plain"] = "starttls"
    user: Line | None = None
    password: SecretStr | None = None

    @model_validator(mode="after")
    def _fits(self) -> Smtp:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together")
        if self.security == "plain" and not values.is_here(self.host):
            raise ValueError("security: in the clear letters go to this machine only; use starttls or tls")
        return self


class Alerts(Section):
    """`schemes`: which apprise addresses are allowed (none named: those that apprise_notifier.py lists).

    `last_resort` is told when nobody else can be; `heartbeat` is an address outside that raises the alarm when we fall silent. How alerts
    are gathered and repeated: see `AlertRules`.
    """

    schemes: Words | None = None
    last_resort: Annotated[SecretStr, AfterValidator(values.target)] | None = None
    heartbeat: Annotated[SecretStr, AfterValidator(values.secret_site)] | None = None
    heartbeat_every: SomeSpan = timedelta(minutes=1)
    lines_in: Folder | None = None
    trouble_after: SomeSpan = timedelta(minutes=10)
    bundle: Span = USUAL.bundle  # none: nothing is gathered, nothing is held back
    throttle: Annotated[int, Field(ge=1, le=60)] = USUAL.throttle
    throttle_within: SomeSpan = USUAL.throttle_within
    repeat: SomeSpan = USUAL.repeat
    repeat_alert: SomeSpan = USUAL.repeat_alert
    claim_idle: SomeSpan = USUAL.claim_idle

    @model_validator(mode="after")
    def _fits(self) -> Alerts:
        if self.bundle > LONGEST_BUNDLE:
            raise ValueError("bundle: alerts that are gathered for longer than ten minutes come too late")
        if self.throttle_within > LONGEST_THROTTLE:
            raise ValueError("throttle_within: alerts that are held back for longer than an hour come too late")
        if self.throttle_within < self.bundle:
            raise ValueError("throttle_within: it cannot be shorter than bundle, within which there is one message anyway")
        for name in ("repeat", "repeat_alert", "claim_idle"):
            if getattr(self, name) < timedelta(minutes=1):
                raise ValueError(f"{name}: at least a minute is expected, or nobody has the time to respond")
        if max(self.repeat, self.repeat_alert) > timedelta(days=1):
            raise ValueError("repeat, repeat_alert: silence of more than a day is noticed too late")
        return self

    @property
    def rules(self) -> AlertRules:
        return AlertRules(
            bundle=self.bundle,
            bundle_urgent=min(USUAL.bundle_urgent, self.bundle),
            throttle=self.throttle,
            throttle_within=self.throttle_within,
            repeat=self.repeat,
            repeat_alert=self.repeat_alert,
            claim_idle=self.claim_idle,
        )


class Retention(Section):
    raw_bodies: SomeSpan = timedelta(days=14)
    messages: SomeSpan = timedelta(days=400)
    audit: SomeSpan = timedelta(days=800)


class Media(Section):
    """What customers send along: `most` is the largest file that is kept, in bytes."""

    keep: bool = True
    most: Size = values.size("25MB")


class LookUp(Section):
    """What platforms are asked for by its id: `roots` are the posts above new cases, `deleted` asks whether messages still stand."""

    roots: bool = True
    deleted: bool = True


class Sealing(Section):
    """Fernet keys, the newest first: the first seals, all of them open."""

    keys: Annotated[tuple[Annotated[SecretStr, AfterValidator(values.seal)], ...], BeforeValidator(values.words)] = ()


class Log(Section):
    format: Literal["auto", "json", "text"] = "auto"
    level: Literal["debug", "info", "warning", "error"] = "info"


class Sentiment(Section):
    """`model`: `rules`, `builtin` or a folder; None is what was chosen with `webcare model use`, else the shipped one."""

    model: Annotated[str, AfterValidator(values.model)] | None = None


class Model(Section):
    database: Database = Database()
    state_folder: Folder | None = None
    web: Web = Web()
    house: House = House()
    channel: tuple[Channel, ...] = ()
    secrets: dict[SecretTable, dict[SecretTable, SecretStr]] = {}
    person: tuple[Person, ...] = ()
    rota: Rota = Rota()
    calendars: dict[str, dict[str, Any]] = {}
    policy: tuple[dict[str, Any], ...] = ()
    smtp: Smtp | None = None
    alerts: Alerts = Alerts()
    retention: Retention = Retention()
    media: Media = Media()
    look_up: LookUp = LookUp()
    sealing: Sealing = Sealing()
    log: Log = Log()
    sentiment: Sentiment = Sentiment()

    @model_validator(mode="after")
    def _fits(self) -> Model:
        twice = _twice(person.id for person in self.person)
        if twice is not None:
            raise ValueError(f"person: two of them have the id {twice!r}")
        twice = _twice(channel.name for channel in self.channel)
        if twice is not None:
            raise ValueError(f"channel: two of them are called {twice!r}")
        known = {person.id for person in self.person} | {values.NOBODY}
        for name in Rota.model_fields:
            level: Level | None = getattr(self.rota, name)
            for id_ in () if level is None else level.rotation:
                if id_ not in known:
                    raise ValueError(f"rota.{name}.rotation: no [[person]] has the id {id_!r}{values.near(id_, known)}")
        return self


class Settings(Model, BaseSettings):
    """The same, bound to where it is read from."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")
    _source: Path | None = PrivateAttr(default=None)

    @property
    def source(self) -> Path | None:
        """The file, for saying in which line something stands."""
        return self._source

    def read_from(self, file: Path) -> Self:
        self._source = file
        return self


def _twice(names: Iterable[str]) -> str | None:
    """Return a name that stands there twice, None when there is none."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None
