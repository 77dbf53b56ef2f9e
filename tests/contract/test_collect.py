"""From the bodies that platforms send to what we know: nothing lost, nothing twice, in any order; a bad body harms only itself."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from fakes import CHANNEL, DAY, HOUR, MONDAY, Desk
from hearsay import WORDS, Ears, account, deleted, echoed, edited, item, real_account, spec, wrote
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

import connectors as folder
from webcare.discovery import connectors
from webcare.domain.message import Author, Direction, Kind
from webcare.ports.connector import Sort
from webcare.services.hearing import hear
from webcare.store import house_tables, raw_bodies, tables
from webcare.store.door import open_store

ROOT = Path(folder.__file__).parent
SPECS = {found.spec.kind: found.spec for found in connectors()}
FIXTURES = [(kind, path) for kind in SPECS for path in sorted((ROOT / kind / "fixtures").glob("*.json"))]


def ours_in(kind):
    """The account that most of a connector's payloads are about."""
    lines = [line for path in (ROOT / kind / "fixtures").glob("*.expected.jsonl") for line in path.read_text().splitlines()]
    named = Counter(account for line in lines if (account := json.loads(line).get("account")))
    return named.most_common(1)[0][0]


OURS = {kind: ours_in(kind) for kind in SPECS}
SAID = {Sort.MESSAGE, Sort.ECHO, Sort.EDIT}
TEN = MONDAY + HOUR
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
LATER = MONDAY + 30 * DAY
RUNNING = [("first_response", "running", MONDAY, MONDAY + DAY, None)]
DM = {"kind": Kind.DM, "conversation_id": "dm"}

every_fixture = pytest.mark.parametrize(("kind", "path"), FIXTURES, ids=[f"{kind}-{path.stem}" for kind, path in FIXTURES])


def met(at):
    return [("first_response", "met", MONDAY, MONDAY + DAY, at)]


@pytest.fixture
def ears(desk):
    return Ears(desk)


# --- the connectors' own payloads


def bodies(path):
    held = json.loads(path.read_text(encoding="utf-8"))
    return held if isinstance(held, list) else [held]


def heard_in(kind, path):
    return [heard for body in bodies(path) for heard in hear(SPECS[kind], body, OURS[kind])]


def ears_for(desk, kind, heard):
    """Every account that the payloads name is ours."""
    named = {OURS[kind], *(one.account for one in heard if one.account is not None)}
    return Ears(desk, accounts=[real_account(f"{kind}:{number}") for number in sorted(named)])


@every_fixture
async def test_everything_that_was_said_is_kept_once(desk, kind, path):
    heard = heard_in(kind, path)
    ears = ears_for(desk, kind, heard)
    for _ in range(2):  # platforms say it again
        for body in bodies(path):
            await ears.keep(body, LATER, channel=f"{kind}:{OURS[kind]}")
    await ears.work(LATER)
    said = [one for one in heard if one.sort in SAID and (one.text is not None or one.attachments)]
    expected = {
        (f"{kind}:{one.account or OURS[kind]}", (one.target_id if one.sort is Sort.EDIT else None) or one.external_id)
        for one in said
    }
    rows = await desk.rows(tables.message)
    assert {(row["channel"], row["external_id"]) for row in rows} == expected
    assert len(rows) == len(expected)
    unread = [one for one in heard if one.sort is Sort.UNREADABLE]
    assert len(await desk.rows(house_tables.unreadable)) == 2 * len(unread)
    assert ("new", None) not in await ears.bodies()


# --- in whatever order


STORY = [
    wrote("m1", "Where is it?", MONDAY),
    edited("m1", "Where is my parcel?", MONDAY + MINUTE),
    edited("m1", "Where is it?", MONDAY + 2 * MINUTE),  # and back again
    wrote("m2", "Hello?", TEN),
    deleted("m2", TEN + MINUTE),
    wrote("m3", "Sorry, wrong shop", TEN + 2 * MINUTE),
    edited("m3", "Sorry, wrong page", TEN + 3 * MINUTE),
    deleted("m3", TEN + 4 * MINUTE),
    echoed("a1", TEN + HOUR, "m1"),
    edited("a1", "Here it is.", TEN + 2 * HOUR, direction=Direction.OUTBOUND, author=Author(id="meerkoet")),
    echoed("a2", TEN + 3 * HOUR, "m1b", text="And this."),  # answers an edit that has an id of its own
    item(Sort.EDIT, external_id="m1b", target_id="m1", text="Where is it now?", created_at=MONDAY + 3 * MINUTE),
    wrote("d1", "Hi!", MONDAY, author=Author(id="bert"), **DM),
    echoed("d2", TEN, **DM),
    deleted("d2", TEN + MINUTE),
]
GONE = ("text", "author_id", "direction")  # when it was written and edited nobody can say who heard of its end first
KEPT = (*GONE, "created_at", "edited_at", "reply_to", "automatic")


async def end_of(url, items, cuts):
    """What is known after the items came in bodies that end at the cuts."""
    store = open_store(url, durable=False)
    try:
        desk = await Desk.open(store)
        ears = Ears(desk)
        for start, end in zip([0, *cuts], [*cuts, len(items)], strict=True):
            await ears.hear(*items[start:end], at=LATER)
        rows = await desk.rows(tables.message)
        waiting = [row["external_id"] for row in rows if row["case"] is None and not row["deleted_at"]]
        shown = {row["external_id"]: [row[name] for name in (GONE if row["deleted_at"] else KEPT)] for row in rows}
        return shown, waiting
    finally:
        await store.close()


@pytest.fixture
def an_empty_database(sqlite_url):
    return Path(sqlite_url.removeprefix("sqlite:///")).read_bytes()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_order_of_arrival_does_not_matter(data, tmp_path, an_empty_database):
    """Nor do repetitions, nor which of it comes in one body."""
    repeated = data.draw(st.lists(st.sampled_from(STORY), max_size=5))
    items = data.draw(st.permutations([*STORY, *repeated]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(items)), max_size=4)))

    def known(items, cuts):
        file = tmp_path / "webcare.db"
        file.write_bytes(an_empty_database)
        for beside in ("-wal", "-shm"):
            file.with_name(file.name + beside).unlink(missing_ok=True)
        return asyncio.run(end_of(f"sqlite:///{file}", items, cuts))

    assert known(items, cuts) == known(STORY, [])


# --- which account


async def test_an_account_that_is_not_ours_is_ignored_and_named_once(desk, ears):
    stranger = f"stranger-{desk.store.dialect}"  # once in a process
    for n in range(2):
        await ears.hear(wrote(f"m{n}", "Where is it?", MONDAY, account=stranger), at=MONDAY)
    assert await ears.messages() == {}
    assert await ears.bodies() == [("ignored", "unknown account")] * 2
    assert [line["channel"] for line in desk.logged if line["event"] == "collect.unknown_account"] == [f"twitter:{stranger}"]


async def test_one_body_may_speak_of_several_accounts(desk):
    ears = Ears(desk, accounts=[account(CHANNEL), account("twitter:otter")], hooks={"h1": spec()})
    await ears.hear(wrote("m1", "?", MONDAY), wrote("m2", "?", MONDAY, account="otter"), at=MONDAY, hook="h1")
    assert {id_: row["channel"] for id_, row in (await ears.messages()).items()} == {"m1": CHANNEL, "m2": "twitter:otter"}


@pytest.mark.parametrize(
    ("apps", "heard_by"),
    [(("app",), CHANNEL), (("app", "other"), CHANNEL), (("app", "app"), None)],
    ids=["the only one", "the only one of this app", "nobody can say"],
)
async def test_a_webhook_that_names_no_account_means_the_only_one_of_its_app(desk, apps, heard_by):
    ears = Ears(
        desk, accounts=[account(f"twitter:{name}", app=app) for name, app in zip(("meerkoet", "otter"), apps, strict=False)]
    )
    ears.hooks = {"h1": spec()}
    row = {"id": "h1", "kind": "twitter", "app": "app", "made_at": MONDAY}
    await desk.store.write(lambda conn: conn.execute(insert(house_tables.hook), row) and None)
    await ears.hear(wrote("m1", "?", MONDAY, account=None), at=MONDAY, hook="h1")
    assert [row["channel"] for row in (await ears.messages()).values()] == ([heard_by] if heard_by else [])


async def test_what_a_platform_leaves_out_is_filled_in(ears):
    """A mention without its author, a private message without its thread, one that names no time."""
    bare = {"author": None, "conversation_id": None}
    await ears.hear(
        wrote("m1", "Where is it?", None, **bare),
        wrote("m2", "Where is it?", MONDAY, kind=Kind.DM, conversation_id=None, author=Author(id="anna")),
        wrote("m3", "Where is it?", MONDAY, conversation_id=None, reply_to="post"),
        wrote(None, "Whose is this?", MONDAY),
        at=TEN,
    )
    found = {id_: (row["author_id"], row["conversation_id"], row["created_at"]) for id_, row in (await ears.messages()).items()}
    assert found == {"m1": ("unknown:m1", "m1", TEN), "m2": ("anna", "anna", MONDAY), "m3": ("anna", "post", MONDAY)}
    assert await ears.bodies() == [("unreadable", "ValueError: external_id: missing")]


async def test_what_our_own_account_wrote_is_ours(ears):
    await ears.hear(wrote("a1", "Good morning!", MONDAY, author=Author(id="meerkoet")), at=MONDAY)
    assert (await ears.messages())["a1"]["direction"] == "outbound"


async def test_what_is_found_late_is_marked(ears):
    await ears.hear(wrote("m1", "?", MONDAY), wrote("m2", "?", TEN), at=TEN + MINUTE)
    assert [row["late_ingest"] for row in (await ears.messages()).values()] == [True, False]


# --- what nobody can read


def shown(logged):
    return json.dumps(logged, default=str)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"items": [', "not JSON (JSONDecodeError)"),
        (b"\xff\xfe{", "not JSON (UnicodeDecodeError)"),
        (b"[" * 100_000, "not JSON (RecursionError)"),
        ({"break": "split"}, f"KeyError: '{WORDS}'"),
        ({"items": []}, None),
    ],
    ids=["cut off", "no text", "too deep", "split raises", "nothing in it"],
)
async def test_a_body_that_nobody_can_read_harms_only_itself(desk, ears, body, reason):
    await ears.keep(body, MONDAY)
    await ears.hear(wrote("m1", "Where is it?", MONDAY), at=MONDAY)
    assert set(await ears.messages()) == {"m1"}
    assert await ears.bodies() == [("unreadable", reason) if reason else ("ignored", "no elements"), ("read", None)]
    assert len(await desk.rows(house_tables.unreadable)) == (reason is not None)
    assert WORDS not in shown(desk.logged)


def reads_broken_ones(element, me):
    broken = "break" in element.value
    return spec().read(dataclasses.replace(element, value=wrote("m3", "?", MONDAY)) if broken else element, me)


async def test_an_element_that_nobody_can_read_harms_only_itself_and_is_read_once_the_reader_is_repaired(desk, ears):
    await ears.keep({"items": [wrote("m1", "?", MONDAY), {"break": "read"}, wrote("m2", "?", MONDAY)]}, MONDAY)
    await ears.work(MONDAY)
    assert set(await ears.messages()) == {"m1", "m2"}
    (row,) = await desk.rows(house_tables.unreadable)
    assert (row["channel"], row["kind"], row["where"]) == (CHANNEL, "twitter", "items[1]")
    (told,) = [line for line in desk.logged if line["event"] == "collect.unreadable"]
    assert (told["where"], told["error"], told["at"][-1].split()[-1]) == ("items[1]", "ValueError", "_read")
    assert WORDS not in shown(desk.logged)

    ears.accounts = [account(spec_=spec(read=reads_broken_ones))]
    assert await desk.store.write(raw_bodies.read_again) == 1
    await ears.work(TEN)
    assert set(await ears.messages()) == {"m1", "m2", "m3"}
    assert await ears.bodies() == [("read", None)]
    assert await desk.rows(house_tables.unreadable) == []


async def test_a_message_on_which_we_stumble_ourselves_is_set_aside_and_takes_none_with_it(desk, ears):
    """What a connector says of a message cannot be stored: the others of its body, up to a hundred, were nobody's case either."""
    body = {"items": [wrote("m1", "?", MONDAY), wrote("m2", WORDS, MONDAY, permalink=5), wrote("m4", "?", MONDAY)]}
    await ears.keep(body, MONDAY)
    await ears.hear(wrote("m3", "?", MONDAY), at=MONDAY)
    assert set(await ears.messages()) == {"m1", "m3", "m4"}
    (state, reason), (other, _) = await ears.bodies()
    assert (state, other) == ("unreadable", "read")
    assert reason.startswith("our own mistake")
    (row,) = await desk.rows(house_tables.unreadable)
    assert (row["channel"], row["where"]) == (CHANNEL, "items[1]")
    assert WORDS not in shown(desk.logged)


async def test_a_body_of_a_channel_that_is_not_configured_waits_for_its_return(ears):
    ears.accounts = []
    await ears.hear(wrote("m1", "?", MONDAY), at=MONDAY)
    assert await ears.bodies() == [("unreadable", f"{CHANNEL} is not configured here")]


async def test_what_is_only_counted_leaves_no_trace_but_a_count(desk, ears):
    await ears.hear(
        item(Sort.REACTION, target_id="m1", text="like"),
        item(Sort.STATUS, target_id="a1", status="delivered"),
        item(Sort.IDENTITY, author=Author(id="bert"), text=WORDS, raw_type="user_changed_number"),
        item(Sort.ACCOUNT, status="revoked", reason=WORDS, raw_type="user_event"),
        item(Sort.IGNORED, reason="typing"),
        at=MONDAY,
    )
    (line,) = [line for line in desk.logged if line["event"] == "collect.read"]
    assert {name: line[name] for name in ("bodies", "reaction", "status", "identity", "account", "ignored")} == dict.fromkeys(
        ("bodies", "reaction", "status", "identity", "account", "ignored"), 1
    )
    assert {line["event"] for line in desk.logged} >= {"collect.identity", "collect.account"}
    assert WORDS not in shown(desk.logged)
    assert await ears.bodies() == [("read", None)]


async def test_two_daemons_apply_a_body_once(desk, database_url):
    ears = Ears(desk)
    for n in range(30):
        await ears.keep({"items": [wrote(f"m{n}", "?", MONDAY), {"break": "read"}, deleted(f"m{n - 1}", TEN)]}, MONDAY)
    other = open_store(database_url)
    try:
        beside = Ears(dataclasses.replace(desk, store=other))
        while sum(await asyncio.gather(ears.collect(TEN), beside.collect(TEN))):
            pass
    finally:
        await other.close()
    assert [state for state, _ in await ears.bodies()] == ["unreadable"] * 30
    assert len(await desk.rows(house_tables.unreadable)) == 30
    found = await ears.messages()
    assert (len(found), sum(row["text"] == "" for row in found.values())) == (30, 29)
    assert sum(line.get("new", 0) for line in desk.logged) == 30
