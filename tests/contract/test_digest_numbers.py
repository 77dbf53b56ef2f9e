"""A week is played by hand, and each number of its digests is computed once more, by SQL of another kind: from the log, not from clocks.

The week holds a change of the clocks: a day of 25 hours in autumn, one of 23 in spring.
"""

# ruff: noqa: S608 - another computation is SQL of its own

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from fakes import CHANNEL, DAY, HOUR, FakeClock, ours, said
from sqlalchemy import text
from staff import by, staff

from webcare.domain.digest import Period
from webcare.domain.digest_record import to_json
from webcare.domain.message import Kind
from webcare.domain.sla.events import Event, EventType
from webcare.services.settle import record
from webcare.services.summarize import digest_for
from webcare.store import cases
from webcare.store.cases import LogLine

ZONE = ZoneInfo("Europe/Amsterdam")
PAGE = "facebook:page"
DAYS = 6
TARGET = 24 * 3600


def local(day, hour=0):
    return datetime.combine(day, time(hour), ZONE).astimezone(UTC)


def script(first, seed):
    """Yield (at, message) of customers who ask once or twice, and of answers that come early, late or never."""
    chance = random.Random(seed)
    said_, start = [], local(first)
    for n in range(DAYS * 9):
        at = start + timedelta(seconds=chance.randrange(DAYS * 24 * 3600))
        who = {"by": f"c{n}", "conversation_id": f"t{n}", "channel": chance.choice([CHANNEL, PAGE])}
        who["kind"] = Kind.COMMENT if who["channel"] == CHANNEL else chance.choice([Kind.COMMENT, Kind.DM])
        needs = chance.random() < 0.8
        said_.append((at, said(f"m{n}", chance.choice(["Where?", "Broken!", "maybe ? "]) if needs else "lol", at, **who)))
        us = {name: value for name, value in who.items() if name != "by"}
        for turn in range(chance.choice([1, 1, 2])):
            wait = chance.choice([1, 3, 9, 20, 26, 40, None])
            if not needs or wait is None:
                break
            at += timedelta(hours=wait, seconds=chance.randrange(600))
            said_.append((at, ours(f"a{n}.{turn}", at, reply_to=f"m{n}", **us)))
            if chance.random() < 0.5:
                break
            at += timedelta(hours=chance.randrange(1, 6))
            said_.append((at, said(f"m{n}.{turn}", "And now?", at, **who)))
    return sorted(said_, key=lambda one: one[0])


async def play(desk, first, seed=7):
    """Play the days, hour by hour; return when they end. Each fifth case is taken by somebody after an alert."""
    await desk.staff(staff(lena=(by("mail", "mailto:lena@example.org"),)))
    lines, post = script(first, seed), desk.post()
    now, end, taken = local(first) + HOUR, local(first + timedelta(days=DAYS)), set()
    while now <= end:
        due = [message for at, message in lines if now - HOUR < at <= now]
        if due:
            await desk.hear(*due, now=now)
        await desk.sweep(now)
        await desk.send(post, FakeClock(now))
        for _, told in await desk.alerts():
            number = told[0][0]
            if number % 5 == 0 and number not in taken:
                taken.add(number)
                await desk.store.write(take, number, desk.rules, now + timedelta(minutes=7))
        now += HOUR
    return end


def take(conn, number, rules, at):
    row = cases.lock(conn, number)
    line = LogLine(event=Event(at=at, type=EventType.CLAIM, by="noor"), learned_at=at)
    return record(conn, row, [line], rules, at).id


# --- the same numbers, by other means


class Other:
    """SQL over the log: every message that needed an answer is an exchange of its own here, answered by our next message."""

    def __init__(self, store):
        self.store = store
        postgres = store.dialect == "postgresql"  # every instant of the week is a whole second
        self.epoch = "extract(epoch from {})" if postgres else "CAST(strftime('%s', {}) AS INTEGER)"
        needs = "e.data->>'needs_response' = 'true'" if postgres else "json_extract(e.data, '$.needs_response') = 1"
        asked, answered = self.epoch.format('e."at"'), self.epoch.format('a."at"')
        self.waits = f"""
            WITH asked AS (
              SELECT e."case" AS number, {asked} AS asked FROM case_event e WHERE e.type = 'inbound' AND {needs}
            ), waits AS (
              SELECT number, asked, asked + {TARGET} AS due,
                row_number() OVER (PARTITION BY number ORDER BY asked) = 1 AS is_first,
                (SELECT min({answered}) FROM case_event a WHERE a."case" = number AND a.type = 'answer' AND {answered} >= asked) AS answered
              FROM asked
            ), decided AS (
              SELECT *, CASE WHEN answered <= due THEN answered WHEN due < :now THEN due END AS decided,
                CASE WHEN answered <= due THEN 1 ELSE 0 END AS met FROM waits
            )"""

    async def ask(self, query, **values):
        return await self.store.read(lambda conn: [tuple(row) for row in conn.execute(text(self.waits + query), values)])

    async def first_responses(self, start, end, now):
        values = {"start": start, "end": end, "now": now}
        of_day = "FROM decided WHERE is_first AND decided >= :start AND decided < :end"
        ((count, met, answered),) = await self.ask(f"SELECT count(*), sum(met), count(answered) {of_day}", **values)
        tenths = []
        for tenth in (5, 9):
            ((value,),) = await self.ask(
                f""", ranked AS (
                  SELECT answered - asked AS took, row_number() OVER (ORDER BY answered - asked) - 1 AS nth, count(*) OVER () AS n
                  {of_day} AND answered IS NOT NULL
                ) SELECT sum(took * CASE nth WHEN (n - 1) * {tenth} / 10 THEN 1 - (n - 1) * {tenth} % 10 / 10.0
                                             WHEN (n - 1) * {tenth} / 10 + 1 THEN (n - 1) * {tenth} % 10 / 10.0 ELSE 0 END) FROM ranked""",
                **values,
            )
            tenths.append(value)
        return {"answered": answered, "within_target": met / count if count else None, "median": tenths[0], "p90": tenths[1]}

    async def misses(self, start, end, now):
        rows = await self.ask(
            "SELECT number, due, answered FROM decided WHERE met = 0 AND decided >= :start AND decided < :end",
            start=start,
            end=end,
            now=now,
        )
        return {(str(number), round(due), None if answered is None else round(answered)) for number, due, answered in rows}

    async def due_on(self, start, end, now, read_at):
        rows = await self.ask(
            """SELECT min(due) FROM decided WHERE asked <= :read_at AND due >= :read_at AND (answered IS NULL OR answered > :read_at)
               GROUP BY number HAVING min(due) >= :start AND min(due) < :end""",
            start=start, end=end, now=now, read_at=read_at,
        )  # fmt: skip
        hours = [datetime.fromtimestamp(float(due), ZONE).hour for (due,) in rows]
        return {str(hour): hours.count(hour) for hour in sorted(set(hours))}

    async def volumes(self, start, end, now):
        at = self.epoch.format("m.created_at")
        rows = await self.ask(
            f"""SELECT m.channel, m.kind, count(*) FROM message m WHERE m.direction = 'inbound' AND {at} >= :start AND {at} < :end
                AND :now > 0 GROUP BY m.channel, m.kind""",
            start=start, end=end, now=now,
        )  # fmt: skip
        found = {}
        for channel, kind, count in rows:
            found.setdefault(channel, {})[kind] = count
        return found

    async def alerts(self, start, end, now):
        sent, at = self.epoch.format("d.sent_at"), self.epoch.format('c."at"')
        ((count, acknowledged),) = await self.ask(
            f"""SELECT count(*), coalesce(sum(CASE WHEN EXISTS (
                    SELECT 1 FROM case_event c WHERE c.type IN ('claim', 'ack') AND {at} >= {sent} AND c."case" IN (
                      SELECT s."case" FROM delivery_notice dn JOIN notice n ON n.id = dn.notice JOIN step s ON s.id = n.step WHERE dn.delivery = d.id)
                  ) THEN 1 ELSE 0 END), 0)
                FROM delivery d WHERE d.kind = 'alert' AND d.state = 'sent' AND {sent} >= :start AND {sent} < :end AND :now > 0
                  AND d.id IN (SELECT delivery FROM delivery_notice)""",
            start=start, end=end, now=now,
        )  # fmt: skip
        return {"sent": count, "acknowledged": acknowledged}


def numbers(found, *names):
    return {name: None if found[name] is None else pytest.approx(float(found[name]), abs=0.001) for name in names}


@pytest.mark.parametrize(
    ("first", "hours"),
    [
        pytest.param(date(2026, 10, 21), 25, id="the day of 25 hours"),
        pytest.param(date(2026, 3, 25), 23, id="the day of 23 hours", marks=pytest.mark.slow),
    ],
)
async def test_every_number_of_every_day_is_that_of_another_computation(desk, first, hours):
    end = await play(desk, first)
    now, other, seen = end.timestamp(), Other(desk.store), {"missed": 0, "due": 0, "acknowledged": 0, "late": 0}
    assert hours * HOUR in [local(first + timedelta(days=n + 1)) - local(first + timedelta(days=n)) for n in range(DAYS)]
    for n in range(DAYS):
        day = first + timedelta(days=n)
        ours_ = to_json(await digest_for(desk.store, Period(day=day, zone=ZONE.key), end))
        span = (local(day).timestamp(), local(day + timedelta(days=1)).timestamp(), now)
        names = ("answered", "within_target", "median", "p90")
        assert {name: ours_[name] for name in names} == numbers(await other.first_responses(*span), *names)
        assert {(m["case"], instant(m["due_at"]), instant(m["answered_at"])) for m in ours_["misses"]} == await other.misses(
            *span
        )
        today = (local(day + timedelta(days=1)), local(day + timedelta(days=2)))
        read_at = min(end, local(day + timedelta(days=1), 8)).timestamp()
        assert ours_["due_today"] == await other.due_on(today[0].timestamp(), today[1].timestamp(), now, read_at)
        assert ours_["volumes"] == await other.volumes(*span)
        assert ours_["alerts"] == await other.alerts(*span)
        for name, count in {
            "missed": len(ours_["misses"]),
            "due": len(ours_["due_today"]),
            "acknowledged": ours_["alerts"]["acknowledged"],
            "late": sum(m["answered_at"] is not None for m in ours_["misses"]),
        }.items():
            seen[name] += count
    assert all(seen.values()), seen  # the week held all of it


def instant(at):
    return None if at is None else round(datetime.fromisoformat(at).timestamp())


async def test_the_weeks_before_are_summed_up_as_the_days_are(desk):
    first = date(2026, 10, 21)
    end, other = await play(desk, first), Other(desk.store)
    later = first + timedelta(days=8)  # a week after the second day; nothing was said since
    found = to_json(await digest_for(desk.store, Period(day=later, zone=ZONE.key), local(later + timedelta(days=1), 9)))
    span = (local(first + timedelta(days=1)).timestamp(), local(first + timedelta(days=2)).timestamp())
    names = ("answered", "within_target", "median", "p90")
    assert {name: found["previous"][name] for name in names} == numbers(
        await other.first_responses(*span, end.timestamp()), *names
    )
    whole = await digest_for(desk.store, Period(day=later, zone=ZONE.key), local(later + timedelta(days=1), 9))
    four = await other.first_responses(
        local(later - timedelta(days=28)).timestamp(), local(later).timestamp(), local(later, 23).timestamp()
    )
    assert whole.four_weeks.answered == four["answered"]
    assert whole.four_weeks.median.total_seconds() == pytest.approx(float(four["median"]), abs=0.001)
    assert whole.four_weeks.within_target == pytest.approx(float(four["within_target"]))


async def test_a_miss_that_no_sweep_has_seen_yet_is_a_miss(desk):
    """The daemon was down at the deadline: the row still says that the clock runs."""
    asked = local(date(2026, 11, 22), 12)
    await desk.hear(said("m1", "Where?", asked))
    ((_, state, *_),) = await desk.clocks()
    found = await digest_for(desk.store, Period(day=date(2026, 11, 23), zone=ZONE.key), asked + DAY + 20 * HOUR)
    (miss,) = found.misses
    assert (state, miss.answered_at, miss.overdue) == ("running", None, 20 * HOUR)
    assert found.first_response.within_target == 0
