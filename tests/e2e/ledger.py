"""What a test reads in the database beside the daemon, and the little that it writes there. Each is a unit of work, as in the product."""

from __future__ import annotations

from collections import Counter, defaultdict

from sqlalchemy import func, select, update

from webcare.clock import machine_now
from webcare.services import answer
from webcare.store import hooks
from webcare.store.house_tables import channel_state, unreadable
from webcare.store.tables import (
    case,
    case_event,
    clock,
    delivery,
    delivery_notice,
    lease,
    message,
    notice,
    raw_body,
    reply,
    step,
    version,
)


def _rows(conn, query):
    return [dict(row._mapping) for row in conn.execute(query)]


def hook_of(conn, kind):
    return next((row.id for row in hooks.all_hooks(conn) if row.kind == kind), None)


def customers_messages(conn):
    """Return the platform ids of what customers said, each as often as it is stored."""
    return Counter(conn.scalars(select(message.c.external_id).where(message.c.direction == "inbound")).all())


def our_messages(conn):
    return Counter(conn.scalars(select(message.c.text).where(message.c.direction == "outbound")).all())


def waiting(conn):
    """Return how much each stage still has before it."""
    return {
        "unread": _count(conn, raw_body, raw_body.c.state == "new"),
        "untriaged": _count(conn, version, version.c.triaged_at.is_(None)),
        "queued": _count(conn, delivery, delivery.c.state == "queued"),
    }


def judged(conn):
    """Return how many texts have been classified and routed."""
    return _count(conn, version, version.c.triaged_at.is_not(None))


def _count(conn, table, condition):
    return conn.scalar(select(func.count()).select_from(table).where(condition))


def bodies(conn):
    """Return what was heard, as far as it was read."""
    return _rows(conn, select(raw_body.c.id, raw_body.c.state, raw_body.c.reason, raw_body.c.channel, raw_body.c.hook))


def delivered(conn, hook):
    """Return the states of what was pushed to an address."""
    return list(conn.scalars(select(raw_body.c.state).where(raw_body.c.hook == hook).order_by(raw_body.c.id)))


def unreadable_elements(conn):
    return _rows(conn, select(unreadable))


def cases(conn):
    return _rows(conn, select(case).order_by(case.c.id))


def clocks(conn, case_id):
    """Return the states of a case's response clocks, as they are called."""
    return [
        (row.clock, row.state)
        for row in conn.execute(select(clock).where(clock.c.case == case_id).order_by(clock.c.clock, clock.c.nth))
        if row.clock in ("first_response", "next_response") and row.state != "none"
    ]


def log(conn, case_id):
    return list(conn.scalars(select(case_event.c.type).where(case_event.c.case == case_id).order_by(case_event.c.seq)))


def steps(conn):
    """Return the steps of each case by (clock, step, deadline), each as often as it was decided."""
    found = defaultdict(Counter)
    for row in conn.execute(select(step.c.case, step.c.clock, step.c.step, step.c.deadline)):
        found[row.case][row.clock, row.step, row.deadline] += 1
    return found


def notices(conn):
    """Return (step, person, keys of the deliveries that carry it) of every notice."""
    keys = defaultdict(list)
    carried = select(delivery_notice.c.notice, delivery.c.key).join(delivery, delivery.c.id == delivery_notice.c.delivery)
    for row in conn.execute(carried):
        keys[row.notice].append(row.key)
    return [(row.step, row.person, keys[row.id]) for row in conn.execute(select(notice))]


def replies(conn):
    return _rows(conn, select(reply).order_by(reply.c.id))


def deliveries(conn):
    return _rows(conn, select(delivery).order_by(delivery.c.id))


def channel_states(conn):
    return {row["channel"]: row for row in _rows(conn, select(channel_state))}


def unanswered(conn):
    """Return the numbers of open cases for which nobody has written a reply."""
    answered = select(reply.c.case)
    return list(conn.scalars(select(case.c.id).where(case.c.state == "open", case.c.id.not_in(answered)).order_by(case.c.id)))


def let_leases_run_out(conn, pid):
    """Do what two minutes would after a daemon died: what it held is free again."""
    now, its = machine_now(), f"%:{pid}:%"
    held = delivery.c.lease_by.like(its), delivery.c.lease_until > now
    conn.execute(update(delivery).where(*held).values(lease_until=now))
    conn.execute(update(lease).where(lease.c.holder.like(its)).values(until=now))


def let_checks_be_due(conn):
    """Do what a quarter of an hour would: a channel that was stopped is checked again, and what was put off is tried again."""
    conn.execute(update(channel_state).values(checked_at=None))
    conn.execute(update(delivery).values(retry_at=None))


def write_reply(conn, case_id, text):
    return answer.write(conn, case_id, text=text, by="noor", now=machine_now())
