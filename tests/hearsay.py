"""A platform that says what a test lets it say, and the ears of the house: bodies kept as they came, then collected."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fakes import BRAND, CHANNEL, FakeClock

from webcare.discovery import connectors
from webcare.domain.message import Author, Direction, Kind
from webcare.ports.channel import ChannelAccount
from webcare.ports.connector import Element, Heard, Limits, Sort, Spec
from webcare.ports.errors import Unavailable
from webcare.services.collect import Readers, collect
from webcare.services.triage import triage
from webcare.store import raw_bodies, tables

FORTNIGHT = timedelta(days=14)
TALK = {
    "kind": Kind.COMMENT,
    "direction": Direction.INBOUND,
    "author": Author(id="anna", name="Anna"),
    "conversation_id": "thread",
}
WORDS = "mijn moeder ligt in het ziekenhuis"


def _split(body):
    if body == {"break": "split"}:
        raise KeyError(WORDS)
    return [Element(where=f"items[{n}]", value=item) for n, item in enumerate(body["items"])]


def _read(element, _me):
    if "break" in element.value:
        raise ValueError(f"cannot read {WORDS}")
    return [Heard(**_values(element.value))]


def _values(item):
    made = {
        "sort": Sort,
        "direction": Direction,
        "kind": Kind,
        "created_at": datetime.fromisoformat,
        "author": lambda author: Author(**author),
    }
    return {
        name: made[name](value) if name in made and value is not None else value
        for name, value in item.items()
        if name != "attachments"
    }


def _explain(*_):
    return Unavailable("nobody asks this one")


def spec(kind="twitter", read=_read):
    return Spec(
        kind=kind,
        config=object,
        account="account",
        secrets=(),
        capabilities=frozenset(),
        pace=timedelta(minutes=1),
        limits=Limits(length=280),
        simulator="",
        split=_split,
        read=read,
        explain=_explain,
    )


def account(channel=CHANNEL, spec_=None, app="app", **changes):
    kind, _, number = channel.partition(":")
    spec_ = spec_ or spec(kind)
    values = {"name": number, "brand": BRAND, "app": app, "account": number, "config": None, "pace": spec_.pace}
    return ChannelAccount(id=channel, spec=spec_, **{**values, **changes})


def real_account(channel, **changes):
    """An account whose payloads a connector of ours reads."""
    specs = {found.spec.kind: found.spec for found in connectors()}
    return account(channel, specs[channel.partition(":")[0]], **changes)


def item(sort, **fields):
    """One element of a body. What is not named is anna's, in public."""
    talk = TALK if sort in (Sort.MESSAGE, Sort.EDIT) else {}
    heard = {"sort": sort, "channel_kind": "twitter", "account": "meerkoet", **talk, **fields}
    author = heard.get("author")
    if isinstance(author, Author):
        heard["author"] = {"id": author.id, "name": author.name, "handle": author.handle}
    at = heard.get("created_at")
    heard["created_at"] = at.isoformat() if isinstance(at, datetime) else at
    return heard


def wrote(id_, text, at, **fields):
    return item(Sort.MESSAGE, external_id=id_, text=text, created_at=at, **fields)


def echoed(id_, at, reply_to=None, text="Here you are.", **fields):
    talk = {**TALK, "direction": Direction.OUTBOUND, "author": Author(id="meerkoet")}
    return item(Sort.ECHO, external_id=id_, text=text, created_at=at, reply_to=reply_to, **{**talk, **fields})


def edited(id_, text, at, **fields):
    return item(Sort.EDIT, external_id=id_, target_id=id_, text=text, created_at=at, **fields)


def deleted(id_, at, **fields):
    return item(Sort.DELETE, target_id=id_, created_at=at, **fields)


def failed(id_, at, reason="131047: too late"):
    return item(Sort.STATUS, target_id=id_, status="failed", created_at=at, reason=reason)


@dataclass
class Ears:
    """What the daemon does with what it hears, by hand. `accounts` are those that are configured."""

    desk: object
    accounts: list = field(default_factory=lambda: [account()])
    hooks: dict = field(default_factory=dict)

    @property
    def readers(self):
        return Readers(accounts={one.id: one for one in self.accounts}, hooks=self.hooks)

    async def keep(self, body, at, *, channel=CHANNEL, hook=None):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        origin = {"hook": hook} if hook else {"channel": channel}
        return await self.desk.store.write(
            raw_bodies.keep, raw, {}, brand=BRAND, received_at=at, delete_after=at + FORTNIGHT, **origin
        )

    async def collect(self, at):
        return await collect(self.desk.store, self.readers, self.desk.rules, FakeClock(at), off_loop=False)

    async def hear(self, *items, at, **origin):
        """Let one body arrive with these elements, and be collected, classified and routed."""
        await self.keep({"items": list(items)}, at, **origin)
        await self.work(at)

    async def work(self, at):
        while await self.collect(at):
            pass
        while await triage(self.desk.store, self.desk.classifier, self.desk.rules, at):
            pass

    async def bodies(self):
        return [(row["state"], row["reason"]) for row in await self.desk.rows(tables.raw_body)]

    async def messages(self):
        return {row["external_id"]: row for row in await self.desk.rows(tables.message)}
