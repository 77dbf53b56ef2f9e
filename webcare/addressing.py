"""Where an alert goes and what it says there: people and cases from the database, words from the letters.

    alert (person, method, facts) --> contact --> target, language, zone, how much may be shown
                                  `-> the customer's name and newest line, if this contact may have them --> words

A customer's words are looked up when an alert is sent and never stored with it: what was withdrawn meanwhile is not told. The link by
which its reader acts without a login is made then too, and is kept nowhere. Whoever has no
such contact is told through the last resort, and that needs no database.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import structlog

from webcare.domain.digest_record import thaw
from webcare.letters import colleagues, news, readiness
from webcare.letters.alert import SPELLED_OUT, Detail, our_address
from webcare.letters.alert import alert as worded
from webcare.letters.digest import letter
from webcare.letters.peak import peak
from webcare.letters.waiting import waiting
from webcare.notify.apprise_notifier import SCHEMES, AppriseNotifier
from webcare.notify.envelope import Addressed
from webcare.notify.router import Router
from webcare.notify.smtp_notifier import Security, SmtpNotifier, SmtpServer
from webcare.ports.errors import Unavailable
from webcare.services import alert_link
from webcare.services.contact import LAST_RESORT, MARK
from webcare.store import digest_kept, people
from webcare.store.errors import StoreError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from webcare.domain.rota import ContactMethod, Person
    from webcare.letters.alert import AlertText
    from webcare.ports.clock import Clock
    from webcare.ports.notifier import Alert
    from webcare.settings.model import Model, Smtp
    from webcare.store import Connection
    from webcare.store.door import Store

log = structlog.get_logger()

LETTER = "letter"  # the part of the content that a letter has
STOPPED = "stopped"  # the trouble that nothing gets through


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads it, by which contact, and what else that contact may know of each case: the customer's name and newest line.

    `digest` is what a letter tells of, `link` where this reader acts on the cases without a login.
    """

    person: Person | None = None
    contact: ContactMethod | None = None
    said: Mapping[int, tuple[str | None, str]]
    digest: Mapping[str, Any] | None = None
    link: str | None = field(default=None, repr=False)


def router_of(settings: Model, store: Store, clock: Clock, *, tls: ssl.SSLContext | None = None) -> Router:
    """Return the notifier of a house. `tls` is what the mail server's certificate must hold before; by default the system's.

    Raises:
        ValueError: the mail server's settings do not fit together.
    """
    alerts = settings.alerts
    schemes = SCHEMES if alerts.schemes is None else tuple(scheme.lower() for scheme in alerts.schemes)
    return Router(
        address=address(settings, store, clock),
        apprise=AppriseNotifier(schemes),
        smtp=None if settings.smtp is None else SmtpNotifier(mail_server(settings.smtp, tls)),
        now=clock.machine,
        lines_in=alerts.lines_in,
    )


def mail_server(smtp: Smtp, tls: ssl.SSLContext | None = None) -> SmtpServer:
    return SmtpServer(
        host=smtp.host,
        port=smtp.port,
        sender=smtp.sender,
        security=Security(smtp.security),
        user=smtp.user,
        password=None if smtp.password is None else smtp.password.get_secret_value(),
        tls=tls,
    )


def address(settings: Model, store: Store, clock: Clock) -> Callable[[Alert], Awaitable[Addressed | None]]:
    """Return what tells the router where an alert goes; None where there is nobody and no last resort.

    Raises, when asked:
        Unavailable: the database cannot be asked, and it is not the last resort that is to be told.
    """

    async def find(alert: Alert) -> Addressed | None:
        try:
            reader = await _linked(settings, store, alert, await store.read(_reader, alert), clock)
        except StoreError as error:
            if alert.method != LAST_RESORT:
                raise Unavailable("the database that knows our people cannot be asked") from error
            log.warning("alert.without_database", person=alert.person)
            reader = Reader(said={})
        return _addressed(settings, alert, reader, clock.now())

    return find


async def _linked(settings: Model, store: Store, alert: Alert, reader: Reader, clock: Clock) -> Reader:
    """Add the link of this reader alone; what goes to the last resort, or to nobody in particular, has none."""
    url = our_address(settings.web.public_url)
    is_personal = reader.contact is not None and reader.person is not None
    if url is None or not is_personal or not alert.content.get("cases"):
        return reader
    token = await alert_link.token_for(store, alert.key, reader.person, clock.machine())
    return reader if token is None else replace(reader, link=f"{url}/a/{token}")


def _addressed(settings: Model, alert: Alert, reader: Reader, now: datetime) -> Addressed | None:
    if LETTER in alert.content:
        return _letter(settings, alert, reader, now)
    last_resort = settings.alerts.last_resort
    if last_resort is not None and (reader.contact is None or alert.method == LAST_RESORT):
        reader, target = Reader(person=reader.person, said={}), last_resort.get_secret_value()
    elif reader.contact is not None:
        target = reader.contact.target
    else:
        return None
    return Addressed(target=target, words=_words(settings, alert, reader, now), is_grave=_is_grave(alert.content, now))


def _letter(settings: Model, alert: Alert, reader: Reader, now: datetime) -> Addressed | None:
    """Return a letter to its reader; it goes to nobody else. Its name is the same by whatever method and however often it is sent."""
    person, contact = reader.person, reader.contact
    if person is None or contact is None or reader.digest is None:
        return None
    words = letter(
        thaw(reader.digest),
        language=person.language,
        zone=ZoneInfo(person.zone),
        now=now,
        public_url=settings.web.public_url,
        late=bool(alert.content[LETTER].get("late")),
    )
    return Addressed(target=contact.target, words=words, key=f"webcare-{alert.key.partition(MARK)[0].replace(':', '-')}")


def _words(settings: Model, alert: Alert, reader: Reader, now: datetime) -> AlertText:
    """Return what an alert says; without a contact it is read by the last resort, in the house's language."""
    person, contact, content = reader.person, reader.contact, alert.content
    reads = person if contact is not None else None
    language = reads.language if reads is not None else settings.house.language
    zone = ZoneInfo(reads.zone if reads is not None else settings.house.zone)
    meant_for = person.name if person is not None and contact is None else None
    url = settings.web.public_url
    if "trouble" in content:
        return news.trouble(content["trouble"], language=language, zone=zone, now=now, public_url=url, meant_for=meant_for)
    if "peak" in content:
        return peak(content["peak"], language=language, zone=zone, now=now, public_url=url, meant_for=meant_for)
    if "reply" in content:
        return news.reply(content["reply"], language=language, zone=zone, public_url=url, meant_for=meant_for)
    if "test" in content:
        return colleagues.contact_test(content["test"], language=language, zone=zone, public_url=url, meant_for=meant_for)
    if "swap" in content:
        return colleagues.swap(content["swap"], language=language, zone=zone, now=now, public_url=url, meant_for=meant_for)
    if "drill" in content:
        return readiness.drill(content["drill"], language=language, zone=zone, public_url=url, meant_for=meant_for)
    if "preflight" in content:
        return readiness.preflight(
            content["preflight"], language=language, zone=zone, now=now, public_url=url, meant_for=meant_for
        )
    return worded(
        {**content, "cases": [_with_line(facts, reader) for facts in content.get("cases", ())]},
        language=language,
        zone=zone,
        now=now,
        public_url=url,
        detail=Detail(contact.detail) if contact is not None else Detail.FACTS,
        trusted=contact is not None and contact.trusted,
        meant_for=meant_for,
        link=reader.link,
    )


def _with_line(facts: Mapping[str, Any], reader: Reader) -> Mapping[str, Any]:
    name, line = reader.said.get(int(facts["case"]), (None, None))
    return facts if line is None else {**facts, "customer": name, "line": line}


def _is_grave(content: Mapping[str, Any], now: datetime) -> bool:
    """Tell whether a promise is broken, or nothing gets through."""
    if "trouble" in content:
        return bool(content["trouble"].get("what") == STOPPED)
    return any(case.waits[0].is_late(now) for case in waiting(content))


def _reader(conn: Connection, alert: Alert) -> Reader:
    """Look up who reads this. Where there is no other way left, it is the first contact of the person once more."""
    person = people.person(conn, alert.person)
    if person is None or not person.contacts:
        return Reader(person=person, said={})
    known = {contact.name: contact for contact in person.contacts}
    contact = known.get(alert.method, person.contacts[0] if alert.method == LAST_RESORT else None)
    said = {} if contact is None else _said(conn, alert, contact)
    return Reader(person=person, contact=contact, said=said, digest=_digest(conn, alert))


def _digest(conn: Connection, alert: Alert) -> Mapping[str, Any] | None:
    """Return the digest that a letter tells of."""
    told = alert.content.get(LETTER)
    return None if told is None else digest_kept.kept(conn, date.fromisoformat(told["day"]), told["edition"])


def _said(conn: Connection, alert: Alert, contact: ContactMethod) -> dict[int, tuple[str | None, str]]:
    """Return the name and the newest line of the customers whom this contact may know, of the cases that are spelled out."""
    return alert_link.said_in(conn, [case.id for case in waiting(alert.content)[:SPELLED_OUT]], contact)
