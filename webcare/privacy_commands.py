"""`webcare erase`, `export`, `retention run` and `resume`: what a person decides about people's data, and what the audit keeps of it.

What cannot be undone is asked for on a terminal; a script says `--yes`. Output is made of counts and ids, not of what people wrote; only
`export` shows that.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import sys
from typing import TYPE_CHECKING, TypeVar

from webcare.clock import SystemClock
from webcare.domain.durations import format_instant
from webcare.letters.why import plain
from webcare.lines import DONE, REFUSED, CannotStart, write
from webcare.open_database import with_store
from webcare.rule_books import rules_of
from webcare.services import forget
from webcare.services.export import export
from webcare.store import audit, customers, restore
from webcare.store.errors import StoreError
from webcare.store.forget import Forgotten
from webcare.store.scrub import scrub

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from webcare.services.forget import Terms
    from webcare.store import Connection
    from webcare.store.customers import Candidate, Customer
    from webcare.store.door import Store

T = TypeVar("T")

RESUME = "resume"
SHOWN = 20  # candidates
WORDS = {"messages": "messages", "answers": "answers of ours", "cases": "cases", "replies": "replies", "bodies": "raw bodies"}


def operator() -> str:
    """Return who runs this, by login name: behind sudo the person, not root."""
    behind = os.environ.get("SUDO_USER")
    if os.getuid() == 0 and behind:
        return behind
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


# --- erase ---


def erase_person(arguments: Namespace) -> int:
    return with_store(arguments.db, lambda store: _erase_person(store, arguments))


async def _erase_person(store: Store, arguments: Namespace) -> int:
    who = await store.read(customers.named, arguments.person)
    if who is None:
        return await _erased_or_unknown(store, arguments)
    others = await store.read(forget.linked_to, who)
    if others and not (arguments.linked or arguments.alone or arguments.dry_run):
        return _ask_for_whom(who, others)
    lot, left = ([*others, who], []) if arguments.linked else ([who], others)  # the one that was named goes last: see _erase_all
    found = sum([await forget.plan(store, one) for one in lot], Forgotten()).counts()
    if arguments.dry_run:
        _tell(
            arguments,
            {**_facts(lot, left), "erased": False, **found},
            f"would erase of {_names(lot)}: {_listed(found)}{_rest(left)}",
        )
        return DONE
    _confirm(arguments, f"{_names(lot)}: {_listed(found)}{_rest(left)}. This cannot be undone.", "Erase all of it?")
    try:
        counts = (await _erase_all(store, lot)).counts()
    except forget.NotReadYet as error:
        print(f"webcare: {error}", file=sys.stderr)
        return REFUSED
    _tell(arguments, {**_facts(lot, left), "erased": True, **counts}, f"erased of {_names(lot)}: {_listed(counts)}{_rest(left)}")
    return await _scrub(arguments.db)


async def _erase_all(store: Store, lot: Sequence[Customer]) -> Forgotten:
    """Erase one after the other. Each leaves its links behind, so that a run that was killed finds the others by the last of them."""
    for who in lot:
        await forget.require_read(store, who)  # of all before the first goes
    done = Forgotten()
    for who in lot:
        done += await forget.erase(store, who, by=operator(), rules_of=rules_of, clock=SystemClock())
    return done


def _ask_for_whom(who: Customer, others: Sequence[Customer]) -> int:
    """Name the customer's other identities: neither leaving them in silence nor erasing them unasked is right."""
    print(f"webcare: {plain(who.name)} is linked with {_names(others)}; nothing was done.", file=sys.stderr)
    print("  Give --linked to erase all of them, or --alone to erase this one only.", file=sys.stderr)
    return REFUSED


def _facts(lot: Sequence[Customer], left: Sequence[Customer]) -> dict[str, object]:
    """Return who is erased, and who is left although they are linked."""
    facts: dict[str, object] = {"linked": [one.name for one in lot[:-1]], "left": [one.name for one in left]}
    return {"person": lot[-1].name, **{name: names for name, names in facts.items() if names}}


def _names(some: Sequence[Customer]) -> str:
    return ", ".join(plain(one.name) for one in some)


def _rest(left: Sequence[Customer]) -> str:
    return f"; left is what is linked: {_names(left)}" if left else ""


async def _scrub(url: str) -> int:
    try:
        await asyncio.to_thread(scrub, url)
    except StoreError as error:
        print(
            f"webcare: it is erased, but older pages of the file may still hold it: {error} Erase again later.", file=sys.stderr
        )
        return REFUSED
    return DONE


async def _erased_or_unknown(store: Store, arguments: Namespace) -> int:
    """Say that there is nothing left to erase, or whom the operator may have meant."""
    at = await forget.erased_before(store, arguments.person)
    if at is None:
        return await _ask_to_be_precise(store, arguments.person)
    when = format_instant(at)
    told = {"person": arguments.person, "erased": True, "at": when, **Forgotten().counts()}
    _tell(arguments, told, f"{plain(arguments.person)} was erased at {when}; nothing has come in since")
    return await _scrub(arguments.db)


async def _ask_to_be_precise(store: Store, words: str) -> int:
    found = await store.read(customers.candidates, words)
    if not found:
        print(f"webcare: nothing is kept of {plain(words)!r}", file=sys.stderr)
        return REFUSED
    print(f"webcare: which one? Give the id; nothing was done. {plain(words)!r} may be:", file=sys.stderr)
    for one in found[:SHOWN]:
        print(f"  {_candidate(one)}", file=sys.stderr)
    if len(found) > SHOWN:
        print(f"  … and {len(found) - SHOWN} others", file=sys.stderr)
    return REFUSED


def _candidate(one: Candidate) -> str:
    names = ", ".join(plain(name, 30) for name in one.names) or "no name"
    return f"{plain(one.customer.name)}  ({names}; {one.messages} messages, the last {format_instant(one.last_at)})"


# --- export ---


def export_person(arguments: Namespace) -> int:
    return with_store(arguments.db, lambda store: _export_person(store, arguments))


async def _export_person(store: Store, arguments: Namespace) -> int:
    who: Customer | None = await store.read(customers.named, arguments.person)
    if who is None:
        return await _ask_to_be_precise(store, arguments.person)
    others = await store.read(forget.linked_to, who)
    write(await export(store, who, by=operator(), now=SystemClock().now(), linked=arguments.linked))
    if others and not arguments.linked:
        print(f"webcare: {plain(who.name)} is linked with {_names(others)}; --linked adds what is kept of them", file=sys.stderr)
    return DONE


# --- retention ---


def run_retention(arguments: Namespace, terms: Terms) -> int:
    return with_store(arguments.db, lambda store: _run_retention(store, arguments, terms))


async def _run_retention(store: Store, arguments: Namespace, terms: Terms) -> int:
    clock = SystemClock()
    if arguments.dry_run:
        counts = await forget.retention_plan(store, terms, clock)
    else:
        counts = await forget.retention(store, terms, clock, by=operator())
    done = "would forget" if arguments.dry_run else "forgot"
    _tell(arguments, {"dry_run": arguments.dry_run, **counts}, f"{done}: {_listed(counts)}, {counts['audit']} audit lines")
    return DONE


# --- resume ---


def resume(arguments: Namespace) -> int:
    return with_store(arguments.db, lambda store: _resume(store, arguments))


async def _resume(store: Store, arguments: Namespace) -> int:
    held = await store.read(restore.held)
    counts = {kind: count for kind, count, _ in held}
    if not held:
        _tell(arguments, {"resumed": {}}, "nothing is held")
        return DONE
    oldest = format_instant(min(at for _, _, at in held))
    listed = ", ".join(f"{count} of kind {kind}" for kind, count in counts.items())
    warning = f"Held since a backup was restored: {listed}; the oldest was due {oldest}. Some may have been sent before."
    _confirm(arguments, warning, "Send them?")
    number = await store.write(_release, operator(), SystemClock().now(), counts)
    _tell(arguments, {"resumed": counts, "oldest": oldest}, f"released {number} deliveries; a running daemon sends them at once")
    return DONE


def _release(conn: Connection, by: str, now: datetime, counts: Mapping[str, int]) -> int:
    number = restore.resume(conn)
    audit.note(conn, at=now, by=by, what=RESUME, data={"released": number, **counts})
    return number


# --- what they share ---


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{counts[name]} {word}" for name, word in WORDS.items())


def _tell(arguments: Namespace, facts: dict[str, object], sentence: str) -> None:
    if arguments.json:
        write(facts)
    else:
        print(sentence)


def _confirm(arguments: Namespace, what: str, question: str) -> None:
    """Go on if the operator says so.

    Raises:
        CannotStart: the answer is no, or there is nobody to ask.
    """
    if arguments.yes:
        return
    if sys.stdin is None or not sys.stdin.isatty():
        raise CannotStart(f"{what} There is no terminal to ask on: give --yes")
    print(f"{what}\n{question} [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in {"y", "yes", "j", "ja"}:
        raise CannotStart("nothing was done")
