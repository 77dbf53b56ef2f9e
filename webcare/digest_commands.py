"""`webcare digest`: a day as text, JSON or HTML, or queued for the people who get it; the same numbers and words as the letter."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from webcare.clock import machine_now
from webcare.discovery import connectors
from webcare.domain.digest import Period
from webcare.domain.digest_record import to_json
from webcare.letters.digest import letter
from webcare.letters.why import plain
from webcare.lines import DONE, REFUSED, CannotStart, write
from webcare.open_database import database_of, with_store
from webcare.services.summarize import digest_for, send
from webcare.settings import load
from webcare.store import notes

if TYPE_CHECKING:
    from argparse import Namespace

    from webcare.domain.digest import Digest
    from webcare.letters.alert import AlertText
    from webcare.settings import Settings
    from webcare.store.door import Store


def digest(arguments: Namespace) -> int:
    settings = load(arguments.config)
    connectors()  # they say what people call their platforms
    return with_store(database_of(arguments.db, settings), lambda store: _digest(store, arguments, settings))


async def _digest(store: Store, arguments: Namespace, settings: Settings) -> int:
    now = await _present(store)
    period = _period(arguments, settings, now)
    if arguments.send:
        return await _send(store, period, settings, now)
    found = await digest_for(store, period, now)
    if arguments.json:
        write(to_json(found))
    elif arguments.html is not None:
        _write_html(arguments.html, _letter(found, arguments, settings, now).html)
    else:
        said = _letter(found, arguments, settings, now)
        print(f"{said.subject}\n\n{said.text}", end="")
    return DONE


async def _present(store: Store) -> datetime:
    """Return the present of a database: a replay's ends where its virtual time ended."""
    as_of = await store.read(notes.read, notes.AS_OF)
    return machine_now() if as_of is None else datetime.fromisoformat(as_of)


def _period(arguments: Namespace, settings: Settings, now: datetime) -> Period:
    """Return the day that is asked for, in the house's zone.

    Raises:
        CannotStart: it is not over yet.
    """
    today = now.astimezone(ZoneInfo(settings.house.zone)).date()
    if arguments.date is not None and arguments.date >= today:
        raise CannotStart(f"--date: {arguments.date} is not over yet in {settings.house.zone}")
    return Period(day=arguments.date or today - timedelta(days=1), zone=settings.house.zone)


def _letter(found: Digest, arguments: Namespace, settings: Settings, now: datetime) -> AlertText:
    return letter(
        found,
        language=arguments.language or settings.house.language,
        zone=ZoneInfo(settings.house.zone),
        now=now,
        public_url=settings.web.public_url,
    )


def _write_html(name: str, html: str) -> None:
    if name == "-":
        print(html)
        return
    try:
        Path(name).write_text(html, encoding="utf-8")
    except OSError as error:
        raise CannotStart(f"cannot write {name}: {error.strerror}") from None


async def _send(store: Store, period: Period, settings: Settings, now: datetime) -> int:
    queued, before = await send(store, period, brand=settings.house.brand, now=now)
    if not queued and not before:
        print("webcare: nobody gets the digest: no lead or admin has a contact that takes letters", file=sys.stderr)
        return REFUSED
    for people, what in ((queued, "queued for"), (before, "queued before for")):
        if people:
            print(f"{period.day}: {what} {', '.join(plain(person, 60) for person in people)}")
    return DONE
