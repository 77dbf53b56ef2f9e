"""A sweep with nothing due reads an index and nothing else, on both databases."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from webcare.store import claims, migrate, outbox, raw_bodies, reminders, waiting
from webcare.store.cases import _ANY_DUE, any_due
from webcare.store.door import open_store
from webcare.store.tables import case, channel, message, rule_book

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CASES = 3_000
INDEX = "ix_case_next_check_at"


def many_open_cases(conn):
    conn.execute(insert(channel), {"id": "twitter:b", "brand": "b", "kind": "twitter", "account": "b", "added_at": NOW})
    conn.execute(insert(rule_book), {"revision": 1, "fingerprint": "", "content": {}, "stored_at": NOW})
    said = {"brand": "b", "channel": "twitter:b", "direction": "inbound", "kind": "mention", "author_id": "c", "text": "?"}
    said |= {"attachments": [], "content_hash": "", "created_at": NOW, "learned_at": NOW, "late_ingest": False}
    conn.execute(insert(message), {**said, "id": 1, "external_id": "m1", "conversation_id": "1"})
    own = {
        "brand": "b",
        "channel": "twitter:b",
        "kind": "mention",
        "opening_message": 1,
        "found_by": "classifier",
        "queue": "default",
        "revision": 1,
    }
    own |= {
        "policy": "default",
        "policy_why": "",
        "state": "open",
        "urgency": "normal",
        "unsure": False,
        "events": 1,
        "opened_at": NOW,
    }
    rows = [
        {**own, "conversation_id": str(n), "customer_id": str(n), "next_check_at": NOW + timedelta(seconds=n + 1)}
        for n in range(CASES)
    ]
    conn.execute(insert(case), rows)


def plan(conn):
    """Return how the database goes about it, once it has seen the statement so often that it no longer looks at the values."""
    statement = str(_ANY_DUE.compile(dialect=conn.dialect))
    if conn.dialect.name == "sqlite":
        found = conn.exec_driver_sql(
            f"EXPLAIN QUERY PLAN {statement}", ("2026-11-23 12:00:00.000000", 1, 0)[: statement.count("?")]
        )
        return "\n".join(row[-1] for row in found)
    conn.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
    conn.exec_driver_sql(f"PREPARE idle AS {statement}")
    return "\n".join(row[0] for row in conn.exec_driver_sql("EXPLAIN EXECUTE idle (now(), 1)"))


async def test_nothing_due_is_one_read_of_an_index(store):
    """PostgreSQL took the statement for one that any row satisfies, and read the whole table for the row that there is not: seconds of
    one core at a million cases, every second, until somebody ran ANALYZE, and again once it had cached a plan that knows no values."""
    await store.write(many_open_cases)
    assert not await store.read(any_due, NOW)
    assert await store.read(any_due, NOW + timedelta(seconds=1))
    found = await store.read(plan)
    assert INDEX in found
    assert not re.search(r"Seq Scan|Sort|\bSCAN\b|TEMP B-TREE", found)


def readings(conn):
    """Return how SQLite goes about what is asked each second."""
    asked = {
        "horizon": waiting._HORIZON,
        "outbox": outbox._due((outbox.ALERT,)),
        "bodies": raw_bodies._NEW,
        "reminders": reminders._ANY_DUE,
        "idle claims": claims._ANY_IDLE,
        "claims of a shift": claims._ANY_OVER,
    }
    found = {}
    for name, statement in asked.items():
        sql = str(statement.compile(dialect=conn.dialect))
        rows = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", (None,) * sql.count("?"))
        found[name] = [row[-1] for row in rows]
    return found


async def test_what_is_asked_each_second_never_walks_through_a_table(tmp_path):
    """The state of a delivery stood in a parameter, so SQLite could not use the index of the queued ones and read every letter ever
    sent, each second; and the least instant at which to look was found by walking over all the closed cases."""
    migrate.upgrade(f"sqlite:///{tmp_path}/plan.db")
    store = open_store(f"sqlite:///{tmp_path}/plan.db")
    try:
        found = await store.read(readings)
    finally:
        await store.close()
    for name, steps in found.items():
        scans = [step for step in steps if step.startswith("SCAN") and "USING" not in step and "CONSTANT ROW" not in step]
        assert scans == [], (name, steps)
    assert any("ix_delivery_queued" in step for step in found["outbox"]), found
    assert sum("ix_delivery_queued" in step for step in found["horizon"]) == 1, found
    assert any("ix_case_next_check_at" in step and step.startswith("SEARCH") for step in found["horizon"]), found
    assert any("ix_raw_body_new" in step for step in found["bodies"]), found
    assert any("ix_notice_look_at" in step for step in found["reminders"]), found
    assert any("ix_notice_look_at" in step for step in found["horizon"]), found
    assert any("ix_case_claim_active_at" in step for step in found["idle claims"]), found
    assert any("ix_case_claim_ends_at" in step for step in found["claims of a shift"]), found
