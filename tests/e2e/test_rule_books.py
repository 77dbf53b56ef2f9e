"""Policies while daemons run: an edit reaches open cases and says why; of two daemons, the one with the older book decides nothing."""

from __future__ import annotations

import knocking
import ledger
import pytest
import settings_file
from processes import until
from sqlalchemy import select

from webcare.store import tables

pytestmark = pytest.mark.slow


def by(target):
    return {"policy": [settings_file.policy(target)]}


def cases(conn):
    return [(row.revision, row.policy, row.due_at - row.opened_at) for row in conn.execute(select(tables.case))]


def ruled(conn):
    lines = select(tables.case_event.c.by, tables.case_event.c.data).where(tables.case_event.c.type == "policy")
    return [(row.by, row.data["changes"][0]) for row in conn.execute(lines)]


async def test_an_edited_policy_reaches_the_open_cases_and_the_log_says_why(make_daemon, platforms, open_beside, sqlite_url):
    daemon, store = await make_daemon(sqlite_url, platforms, **by("PT20H")).started(), open_beside(sqlite_url)
    hook = await store.read(ledger.hook_of, "whatsapp")
    assert await knocking.knock(daemon, hook, knocking.message(1, "Waar blijft mijn bestelling?")) == 200
    await _until_read(store, cases, lambda found: [revision for revision, *_ in found] == [1])
    daemon.hang_up({**daemon.doc, **by("PT10H")})
    await daemon.said("rules.judged_anew", revision=2)
    ((revision, _, left),) = await store.read(cases)
    assert (revision, left.total_seconds()) == (2, 36_000)
    assert await store.read(ruled) == [("policy", ["first_response", "PT72000S", "PT36000S"])]
    assert await daemon.stop() == 0


async def test_of_two_daemons_the_one_with_the_older_rule_book_refuses_to_decide_and_says_so(
    make_daemon, platforms, open_beside, postgres_url
):
    older = await make_daemon(postgres_url, platforms, name="older", **by("PT20H")).started()
    assert (await older.health("readyz"))[0] == 200
    newer = await make_daemon(postgres_url, platforms, name="newer", **by("PT10H")).started()
    told = await older.said("watch.stale_rules")
    assert told["why"] == "this daemon works by rule book 1, the newest is 2: start it with the new policies"
    await until(lambda: older.events("watch.stale_rules"), "it says so")
    status, problems = await older.health("readyz")
    assert (status, told["why"] in problems) == (503, True)
    assert (await older.health("healthz"))[0] == 200
    store = open_beside(postgres_url)
    hook = await store.read(ledger.hook_of, "whatsapp")
    assert await knocking.knock(older, hook, knocking.message(1, "Waar blijft mijn bestelling?")) == 200
    found = await _until_read(store, cases, bool)
    assert [(revision, left.total_seconds()) for revision, _, left in found] == [(2, 36_000)]
    assert len(older.events("watch.stale_rules")) == 1
    assert (await newer.health("readyz"))[0] == 200


async def _until_read(store, unit, holds):
    """Read until this holds, and return what was read."""

    async def look():
        found = await store.read(unit)
        return found if holds(found) else None

    return await until(look, unit.__name__)
