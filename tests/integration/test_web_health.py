"""Health and metrics over real HTTP, from a real database."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from fakes import BRAND, CHANNEL, HOUR, MONDAY, Desk, FakeClock, FakeNotifier, said
from sqlalchemy import insert, update
from webs import NOW, serving

from webcare.services import answer
from webcare.services.measure import measure
from webcare.store import gauges, raw_bodies, sqlite_file, tables
from webcare.store.door import database_url
from webcare.store.house_tables import channel_state, read_cost
from webcare.store.raw_bodies import BodyState


@pytest.fixture
async def webs(store):
    async with serving(store) as found:
        yield found


async def look(webs, app, path):
    async with webs.session.get(webs.url(app, path)) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.status, (await answer.json())["problems"]


@pytest.mark.parametrize("app", ["metrics", "site"])
async def test_alive_and_ready(webs, app):
    assert await look(webs, app, "/healthz") == (200, [])
    assert await look(webs, app, "/readyz") == (200, [])


@pytest.mark.parametrize("app", ["metrics", "site"])
async def test_not_ready_says_why_and_is_alive_all_the_same(webs, app):
    """A database that is gone is no reason to start the process anew."""
    webs.health.found = ["the database cannot be reached", "draining"]
    assert await look(webs, app, "/readyz") == (503, ["the database cannot be reached", "draining"])
    assert await look(webs, app, "/healthz") == (200, [])


async def test_not_alive(webs):
    webs.health.alive = False
    assert (await look(webs, "metrics", "/healthz"))[0] == 503


async def test_many_who_ask_share_an_answer(webs):
    """The address may be open to the world, and each answer asks the database."""
    await asyncio.gather(*(look(webs, "site", "/readyz") for _ in range(5)))
    assert webs.health.asked == 1
    webs.clock.at_machine += timedelta(seconds=1)
    await look(webs, "site", "/readyz")
    assert webs.health.asked == 2
    webs.clock.at_machine -= timedelta(hours=1)  # somebody sets the clock
    await look(webs, "site", "/readyz")
    assert webs.health.asked == 3


@pytest.mark.parametrize(("app", "path"), [("site", "/metrics"), ("site", "/hooks/a"), ("metrics", "/hooks/a"), ("site", "/")])
async def test_each_address_answers_its_own(webs, app, path):
    async with webs.session.get(webs.url(app, path)) as answer:
        assert answer.status == 404


# --- metrics


async def test_what_stands_open_and_what_is_overdue(store):
    """Three cases, one past its deadline of 24 hours; the others' run out in an hour."""
    desk = await Desk.open(store)
    await desk.hear(said("m1", "waar is het?", MONDAY))
    await desk.hear(said("m2", "en het mijne?", MONDAY + 2 * HOUR, by="bram"))
    await desk.hear(said("m4", "en dat van mij?", MONDAY + 2 * HOUR, by="dirk"))
    await desk.accept(said("m3", "dank", MONDAY + 3 * HOUR, by="cees"))
    async with serving(store) as webs:
        webs.clock.at = MONDAY + 25 * HOUR
        found = await webs.metrics()
    assert found['webcare_cases_open{channel="twitter:meerkoet"}'] == 3
    assert found['webcare_cases_overdue{channel="twitter:meerkoet"}'] == 1
    assert found["webcare_next_deadline_seconds"] == -3600
    assert found["webcare_unclassified_age_seconds"] == 22 * 3600
    assert found["webcare_database_up"] == 1
    assert (found["webcare_sweep_age_seconds"], found["webcare_sweep_duration_seconds"]) == (0.5, 0.02)
    assert "process_resident_memory_bytes" in found


async def test_an_empty_house(webs):
    found = await webs.metrics()
    assert "webcare_next_deadline_seconds" not in found
    assert found["webcare_unclassified_age_seconds"] == found["webcare_outbox_age_seconds"] == 0
    assert found['webcare_outbox{kind="reply",state="held"}'] == found['webcare_replies{state="unconfirmed"}'] == 0


async def test_the_outbox_and_replies(store):
    desk = await Desk.open(store)
    await desk.hear(said("m1", "waar is het?", MONDAY))
    now = MONDAY + HOUR
    for text in ("Onderweg.", "Morgen."):
        await store.write(answer.write, 1, text=text, by="noor", now=now)
    await store.write(
        lambda conn: conn.execute(update(tables.reply).where(tables.reply.c.id == 1).values(state="unconfirmed")) and None
    )
    for state, number in (("failed", 3), ("held", 2), ("sent", 5)):
        rows = [delivery(f"{state}{n}", state, now) for n in range(number)]
        await store.write(lambda conn, rows=rows: conn.execute(insert(tables.delivery), rows) and None)
    found = await measure(store, FakeClock(now + HOUR))
    assert found.deliveries == {("reply", "queued"): 2, ("alert", "failed"): 3, ("alert", "held"): 2}
    assert found.replies == {"unconfirmed": 1, "queued": 1}
    assert found.queued_for == HOUR


def delivery(key, state, at):
    row = {"brand": BRAND, "kind": "alert", "key": key, "method": "mail", "content": {}, "state": state}
    return {**row, "created_at": at, "not_before": at, "attempt": 0}


async def test_raw_bodies(store):
    for state in (BodyState.NEW, BodyState.NEW, BodyState.UNREADABLE, BodyState.READ):
        number = await store.write(
            raw_bodies.keep, b"{}", {}, brand=BRAND, hook="h", received_at=NOW, delete_after=NOW + timedelta(days=14)
        )
        await store.write(raw_bodies.take, number, state)
    found = await measure(store, FakeClock(NOW))
    assert (found.bodies_waiting, found.bodies_unreadable) == (2, 1)


async def test_how_channels_fare_and_what_they_cost(store):
    """A month is a calendar month in UTC, as platforms count."""
    await store.write(two_channels)
    async with serving(store) as webs:
        found = await webs.metrics()
    state = {key.partition("{")[2]: value for key, value in found.items() if key.startswith("webcare_channel_state{")}
    assert {key for key, value in state.items() if value} == {
        'channel="twitter:meerkoet",state="stopped"}',
        'channel="twitter:meerkoet",state="silent"}',
        'channel="facebook:1",state="fine"}',
    }
    assert found['webcare_channel_poll_age_seconds{channel="facebook:1"}'] == 30
    assert 'webcare_channel_poll_age_seconds{channel="twitter:meerkoet"}' not in found
    assert found['webcare_channel_reads_month{channel="twitter:meerkoet"}'] == 42
    assert found['webcare_cases_open{channel="facebook:1"}'] == 0


def two_channels(conn):
    for channel in (CHANNEL, "facebook:1"):
        kind, _, account = channel.partition(":")
        conn.execute(insert(tables.channel), {"id": channel, "brand": BRAND, "kind": kind, "account": account, "added_at": NOW})
    row = {"since": NOW, "failures": 0, "polled_at": None, "silent_since": None}
    conn.execute(insert(channel_state), {**row, "channel": CHANNEL, "state": "stopped", "silent_since": NOW})
    conn.execute(
        insert(channel_state), {**row, "channel": "facebook:1", "state": "fine", "polled_at": NOW - timedelta(seconds=30)}
    )
    for day, resources in (("2026-10-31", 1000), ("2026-11-01", 40), ("2026-11-23", 2), ("2026-12-01", 500)):
        conn.execute(insert(read_cost), {"channel": CHANNEL, "day": day, "resources": resources, "polls": 1})


async def test_a_scrape_asks_the_database_once_in_ten_seconds(store):
    desk = await Desk.open(store)
    name = 'webcare_cases_open{channel="twitter:meerkoet"}'
    async with serving(store) as webs:
        assert name not in await webs.metrics()
        await desk.hear(said("m1", "waar is het?", MONDAY))
        webs.clock.at_machine += timedelta(seconds=9)
        assert name not in await webs.metrics()
        webs.clock.at_machine += timedelta(seconds=1)
        assert (await webs.metrics())[name] == 1


async def test_without_a_database_old_numbers_are_not_shown(store):
    """An old number looks like a good one."""
    desk = await Desk.open(store)
    await desk.hear(said("m1", "waar is het?", MONDAY))
    async with serving(store) as webs:
        assert 'webcare_cases_open{channel="twitter:meerkoet"}' in await webs.metrics()
        await store.close()
        webs.clock.at_machine += timedelta(seconds=10)
        found = await webs.metrics()
    assert found["webcare_database_up"] == 0
    assert not [name for name in found if name.startswith("webcare_cases")]
    assert found["webcare_sweep_age_seconds"] == 0.5


async def test_no_label_names_a_person_or_an_address(store):
    desk = await Desk.open(store)
    await desk.hear(said("m1", "brand in de kast, fire?", MONDAY, by="truus-van-hiernaast"))
    await desk.sweep_until(MONDAY + 30 * HOUR)
    await desk.send(desk.post(FakeNotifier()), FakeClock(MONDAY + 30 * HOUR))
    async with serving(store) as webs:
        for kind in webs.hooks:
            async with webs.session.post(webs.hook(kind)) as answer:
                assert answer.status == 403
        async with webs.session.get(webs.url("metrics", "/metrics")) as answer:
            page = await answer.text()
        assert "truus" not in page
        assert not [hook for hook in webs.hooks.values() if hook in page]


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", "text/plain"),
        ("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5", "application/openmetrics-text"),
    ],
)
async def test_a_scraper_gets_the_format_that_it_reads(webs, accept, content_type):
    async with webs.session.get(webs.url("metrics", "/metrics"), headers={"Accept": accept}) as answer:
        assert answer.content_type == content_type
        assert (await answer.text()).rstrip().endswith("# EOF") == (content_type != "text/plain")


def test_a_scrape_walks_through_no_history(sqlite_url):
    """What was sent, answered and read only grows; a scrape every few seconds may not read it. Open cases it does walk through."""
    engine = sqlite_file.engine(database_url(sqlite_url), connections=1)
    with engine.connect() as conn:
        for name, index in {
            "_OPEN": "ix_case_channel",
            "_UNCLASSIFIED": "ix_version_untriaged",
            "_QUEUED": "ix_delivery_queued",
            "_STUCK": "ix_delivery_stuck",
            "_FIRST_QUEUED": "ix_delivery_queued",
            "_REPLIES": "ix_reply_unsettled",
        }.items():
            assert index in plan(conn, getattr(gauges, name)), name
        for state, query in gauges._BODIES.items():
            assert f"ix_raw_body_{state}" in plan(conn, query)
    engine.dispose()


def plan(conn, statement):
    sql = str(statement.compile(dialect=conn.dialect))
    return "\n".join(row[-1] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", (None,) * sql.count("?")))
