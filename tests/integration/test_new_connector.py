"""A connector that did not exist a moment ago: a folder is made, and nothing else is edited. A message comes in by its webhook, becomes a
case, and the answer goes out through its client; pages, alerts and commands call it by the name that it gives itself.

The same as somebody else's distribution: an entry point in place of the folder.
"""

from __future__ import annotations

import importlib
import io
import json
import sys
import textwrap
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from fakes import BRAND, MONDAY, FakeClock
from sqlalchemy import select
from webs import FakeHealth

import connectors as folder
from webcare import classify_lines, cli
from webcare.discovery import connector
from webcare.domain.message import Kind
from webcare.house import open_house
from webcare.house_work import HouseWork
from webcare.letters.alert import platform
from webcare.letters.speech import speech
from webcare.listeners import listeners
from webcare.ports import platforms
from webcare.services import answer
from webcare.settings import settings_of
from webcare.store import messages
from webcare.store.tables import case, clock, raw_body
from webcare.web.say import say

PIGEON = '''
    """Carrier pigeons: letters come to the loft, and go out again."""
    import hmac
    from dataclasses import dataclass, field
    from datetime import datetime, timedelta

    from webcare.domain.message import Author, Kind
    from webcare.ports.connector import Capability, Element, Heard, Limits, Receipt, Sort, Spec
    from webcare.ports.errors import Rejected, Unavailable


    @dataclass(frozen=True, slots=True, kw_only=True)
    class Config:
        loft: str = field(metadata={"help": "the name of our loft"})
        base_url: str = field(default="https://pigeons.example", metadata={"help": "where the keeper lives"})


    class Client:
        def __init__(self, config, session, secrets):
            self.config, self.session, self.secrets = config, session, secrets

        async def send(self, reply):
            letter = {"to": reply.conversation_id, "says": reply.text, "ring": self.secrets["ring"]}
            async with self.session.request("POST", f"{self.config.base_url}/letters", json=letter) as found:
                if found.status != 200:
                    raise Rejected("the keeper refuses it")
                return Receipt(external_id=(await found.json())["number"])


    def split(body):
        return [Element(where=f"letters[{n}]", value=one) for n, one in enumerate(body.get("letters", []))]


    def read(element, me):
        one, by = element.value, Author(id=element.value["from"])
        at = datetime.fromisoformat(one["at"])
        return [Heard(sort=Sort.MESSAGE, channel_kind="pigeon", external_id=one["number"], conversation_id=by.id, kind=Kind.DM,
                      author=by, text=one["says"], created_at=at)]


    def verify(headers, raw, secrets):
        return hmac.compare_digest(headers.get("X-Ring", ""), secrets["ring"])


    connector = Spec(kind="pigeon", called="Pigeon Post", usual=Kind.DM, config=Config, account="loft", secrets=("ring",),
                     capabilities=frozenset({Capability.WEBHOOK, Capability.SEND}), pace=timedelta(minutes=1), limits=Limits(length=200),
                     simulator="", split=split, read=read, verify=verify, client=Client,
                     explain=lambda status, headers, body, now: Unavailable("fog"))
'''
LETTER = {"number": "p1", "from": "anna", "at": "2026-11-23T08:59:00+00:00", "says": "Mijn pakket is kwijt. Waar blijft het?"}


def as_folder(place, monkeypatch):
    (place / "pigeon").mkdir()
    (place / "pigeon" / "__init__.py").write_text(textwrap.dedent(PIGEON), encoding="utf-8")
    monkeypatch.setattr(folder, "__path__", [*folder.__path__, str(place)])


def as_distribution(place, monkeypatch):
    (place / "pigeon_post.py").write_text(textwrap.dedent(PIGEON), encoding="utf-8")
    facts = place / "pigeon_post-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: pigeon-post\nVersion: 1.0\n", encoding="utf-8")
    (facts / "entry_points.txt").write_text("[webcare.connectors]\npigeon = pigeon_post:connector\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(place))


@pytest.fixture
def _pigeon(request, tmp_path, monkeypatch):
    place, before = tmp_path / "elsewhere", set(sys.modules)
    place.mkdir()
    request.param(place, monkeypatch)
    importlib.invalidate_caches()
    yield
    for name in set(sys.modules) - before:
        if "pigeon" in name:
            del sys.modules[name]
    if hasattr(folder, "pigeon"):
        del folder.pigeon
    platforms._called.pop("pigeon", None)
    classify_lines._usual.cache_clear()


def settings(tmp_path, url, base_url):
    channel = {"name": "loft", "kind": "pigeon", "brand": BRAND, "loft": "north", "base_url": base_url}
    anywhere = dict.fromkeys(("listen", "hooks_listen", "metrics_listen"), "127.0.0.1:0")
    doc = {"database": {"url": url}, "state_folder": str(tmp_path), "web": anywhere}
    return settings_of({**doc, "sentiment": {"model": "rules"}, "channel": [channel], "secrets": {"loft": {"ring": "NL-26-1"}}})


class Keeper:
    """The other side: takes letters from us."""

    def __init__(self):
        self.letters = []

    def app(self):
        app = web.Application()
        app.router.add_post("/letters", self.take)
        return app

    async def take(self, request):
        self.letters.append(await request.json())
        return web.json_response({"number": f"out-{len(self.letters)}"})


async def nobody():
    return []


@asynccontextmanager
async def running(tmp_path, url, keeper):
    """The house with its listeners, as the daemon opens them."""
    async with TestServer(keeper.app(), host="127.0.0.1") as server:
        doc = settings(tmp_path, url, str(server.make_url("")).rstrip("/"))
        async with open_house(doc, FakeClock(MONDAY)) as house, listeners(house, FakeHealth(), lambda _: None) as listener:
            (host, port), *_ = listener.addresses("[web] hooks_listen")
            (number,) = house.hooks
            yield house, HouseWork(house, nobody), f"http://{host}:{port}/hooks/{number}"


async def post(house, hook, body, ring):
    async with house.session.post(hook, data=io.BytesIO(json.dumps(body).encode()), headers={"X-Ring": ring}) as found:
        return found.status


@pytest.mark.usefixtures("_pigeon")
@pytest.mark.parametrize("_pigeon", [as_folder, as_distribution], indirect=True)
async def test_a_message_becomes_a_case_and_its_answer_goes_out(tmp_path, sqlite_url):
    keeper = Keeper()
    async with running(tmp_path, sqlite_url, keeper) as (house, work, hook):
        assert await post(house, hook, {"letters": [LETTER]}, "BE-1") == 403
        assert await post(house, hook, {"letters": [LETTER, {"number": "p2"}]}, "NL-26-1") == 200
        assert (await work.collect(), await work.triage()) == (1, 1)
        (opened,) = await house.store.read(lambda conn: conn.execute(select(case)).all())
        assert (opened.channel, opened.kind, opened.customer_id) == ("pigeon:north", "dm", "anna")
        (body,) = await house.store.read(lambda conn: conn.execute(select(raw_body.c.state, raw_body.c.reason)).all())
        assert (body.state, "from" in body.reason) == ("unreadable", True)  # the second letter, which says too little

        await house.store.write(answer.write, opened.id, text="Morgen is het er, Anna.", by="noor", now=MONDAY)
        assert await work.reply() == 1
        assert keeper.letters == [{"to": "anna", "says": "Morgen is het er, Anna.", "ring": "NL-26-1"}]
        states = await house.store.read(lambda conn: list(conn.execute(select(clock.c.clock, clock.c.state))))
        assert ("first_response", "met") in [tuple(one) for one in states]
        ours = await house.store.read(messages.find, "pigeon:north", "out-1")
        assert ours.message.text == "Morgen is het er, Anna."


@pytest.mark.usefixtures("_pigeon")
@pytest.mark.parametrize("_pigeon", [as_folder, as_distribution], indirect=True)
def test_people_read_the_name_that_it_gives_itself(tmp_path, capfdbinary):
    assert connector("pigeon").problem is None
    assert say("nl", "Europe/Amsterdam", MONDAY).channel("pigeon:north") == "Pigeon Post"
    assert platform("pigeon:north", speech("nl", ZoneInfo("Europe/Amsterdam"))) == "Pigeon Post"
    assert classify_lines.request_of({"id": "1", "text": "hoi", "channel": "pigeon"}).kind is Kind.DM
    assert classify_lines.request_of({"id": "1", "text": "hoi", "channel": "owl"}).kind is None
    file = tmp_path / "letters.json"
    file.write_text(json.dumps({"letters": [LETTER]}), encoding="utf-8")
    assert cli.main(["normalize", "pigeon", str(file)]) == 0
    assert json.loads(capfdbinary.readouterr().out)["text"] == LETTER["says"]


def test_what_no_connector_names_is_called_by_its_kind():
    assert say("en", "Europe/Amsterdam", MONDAY).channel("owl:north") == "Owl"
    assert say("en", "Europe/Amsterdam", MONDAY).channel("twitter:42") == "X"
