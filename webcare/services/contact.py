"""By which of a person's contact methods an alert goes, and by which one next when that fails.

    first method --fails for good--> second --fails for good--> ... --> last resort

Each is a delivery of its own, for the same notices, made in the transaction that notes the failure before it. Their keys are one
chain: `alert:7`, `alert:7#2`, `alert:7#3`, so whoever comes again after a crash finds the link that is there already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from webcare.domain.durations import format_instant
from webcare.store import attempts, outbox, people, steps
from webcare.store.outbox import LETTER

if TYPE_CHECKING:
    from datetime import datetime

    from webcare.domain.rota import Person
    from webcare.store import Connection
    from webcare.store.outbox import Job

LETTERS = ("mailto", "lines")  # schemes that take a letter: a page of figures is nothing for a telephone
LAST_RESORT = "last_resort"  # the target of the settings, for whoever has no contact method, or none that works
MARK = "#"
DEAD = "contact"  # the trouble that a contact method does not work
LONGEST_KEY = 280
TEST = "test"  # in the content of a test: it goes by the contact that it tests, and by no other


def first_method(person: Person) -> str:
    """Return the method by which a person is told first."""
    return person.contacts[0].name if person.contacts else LAST_RESORT


def letter_methods(person: Person) -> tuple[str, ...]:
    """Return the methods by which a letter can go to a person, in the order in which they are tried."""
    return tuple(one.name for one in person.contacts if one.target.partition(":")[0].strip().lower() in LETTERS)


def exists(conn: Connection, job: Job) -> bool:
    """Tell whether a delivery's method still is one of its person's."""
    if job.method == LAST_RESORT:
        return True
    known = people.person(conn, job.person or "")
    return known is not None and any(contact.name == job.method for contact in known.contacts)


def pass_on(conn: Connection, job: Job, now: datetime) -> str | None:
    """Queue what a failed delivery held by its person's next method and return that; None when nothing is left.

    A letter goes on by what takes letters, and never to the last resort: nobody is to be rung for figures.
    """
    if job.method == LAST_RESORT or TEST in job.content:
        return None
    base, _, last = job.key.partition(MARK)
    count = int(last or 1)
    tried = outbox.methods_tried(conn, [base, *(f"{base}{MARK}{n}" for n in range(2, count + 1))])
    known = people.person(conn, job.person or "")
    methods = [] if known is None else letter_methods(known) if job.kind == LETTER else [one.name for one in known.contacts]
    left = [name for name in methods if name not in tried]
    if job.kind == LETTER and not left:
        return None
    method = left[0] if left else LAST_RESORT
    outbox.send_by(conn, job, method=method, key=f"{base}{MARK}{count + 1}", now=now)
    return method


def tell_of_dead(conn: Connection, job: Job, following: str, reason: str, now: datetime) -> bool:
    """Tell a person by another method, once a day, that one of theirs does not work: the last two messages by it have failed."""
    if following == LAST_RESORT or job.person is None or not attempts.failed_twice(conn, job.person, job.method):
        return False
    since = format_instant(now)
    return steps.queue_alert(
        conn,
        brand=job.brand,
        person=job.person,
        method=following,
        key=f"dead:{now.date().isoformat()}:{job.person}:{job.method.replace(MARK, '')}"[:LONGEST_KEY],
        content={"trouble": {"what": DEAD, "name": job.method, "since": since, "reason": reason}},
        notices=(),
        now=now,
    )
