"""`webcare user add`, `list` and `disable`: who may log in to the inbox. A password never passes through here: a link does, once."""

from __future__ import annotations

import secrets
import sys
from typing import TYPE_CHECKING, Any, Final

from webcare.clock import SystemClock
from webcare.domain.durations import format_instant
from webcare.domain.reachable import person_id, target
from webcare.domain.rota import Role
from webcare.lines import DONE, REFUSED, CannotStart, write
from webcare.open_database import with_store
from webcare.privacy_commands import operator
from webcare.services import sign_in
from webcare.settings.people import people
from webcare.store import people as people_store
from webcare.store import users

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping
    from datetime import datetime

    from webcare.settings import Settings
    from webcare.store import Connection
    from webcare.store.door import Store
    from webcare.store.users import Login

WELCOME: Final = "/welcome/"


def add(arguments: Namespace, settings: Settings) -> int:
    """Give somebody a login, or a new link to it, and print the link."""
    try:
        name = person_id(arguments.name)
    except ValueError as error:
        raise CannotStart(f"NAME: {error}") from None
    if arguments.mail is not None:
        _require_mail(arguments.mail)
    values = {
        "id": name,
        "name": arguments.called or name,
        "role": arguments.role,
        "zone": settings.house.zone,
        "language": arguments.language or settings.house.language,
    }
    link = secrets.token_urlsafe(32)

    async def work(store: Store) -> int:
        found = await store.write(_add, settings, values, mail=arguments.mail, link=link, machine=SystemClock().machine())
        if isinstance(found, str):
            print(f"webcare: {found}", file=sys.stderr)
            return REFUSED
        print(f"{home(settings)}{WELCOME}{link}")
        print(f"{name} sets a password there, once, until {format_instant(found)}.", file=sys.stderr)
        return DONE

    return with_store(arguments.db, work)


def _require_mail(mail: str) -> None:
    """Refuse what is no mail address.

    Raises:
        CannotStart: it is none.
    """
    try:
        target(f"mailto:{mail}")
        is_one = mail.count("@") == 1 and not mail.startswith("@") and not mail.endswith("@")
    except ValueError:
        is_one = False
    if not is_one:
        raise CannotStart(f"--mail: {mail!r} is no mail address")


def _add(
    conn: Connection, settings: Settings, values: Mapping[str, Any], *, mail: str | None, link: str, machine: datetime
) -> datetime | str:
    """Write the person if need be, and the login; return until when its link holds, or why it cannot be.

    The people of the config come first: they only fill a database that has nobody yet.
    """
    people_store.seed(conn, *people(settings))
    name, role = values["id"], values["role"]
    if not users.person_exists(conn, name):
        if role is None:
            return f"nobody is called {name!r} yet: give --role"
        users.add_person(conn, values, mail=mail)
    elif mail is not None:
        return f"{name!r} is here already, with contacts of their own: leave out --mail"
    elif role is not None:
        users.set_role(conn, name, Role(role))
    return sign_in.invite(conn, name, link, by=operator(), machine=machine)


def home(settings: Settings) -> str:
    """Return where people open webcare."""
    return settings.web.public_url.rstrip("/") if settings.web.public_url else f"http://{settings.web.listen}"


def list_users(arguments: Namespace) -> int:
    """Print everybody who has a login."""

    async def work(store: Store) -> int:
        for one in await store.read(users.everybody):
            if arguments.json:
                write(_facts(one))
            else:
                print(f"{one.person:<20} {one.role.value:<8} {_state(one):<9} {one.name}")
        return DONE

    return with_store(arguments.db, work)


def _facts(one: Login) -> dict[str, Any]:
    return {
        "user": one.person,
        "name": one.name,
        "role": one.role.value,
        "state": _state(one),
        "created_at": format_instant(one.created_at),
    }


def _state(one: Login) -> str:
    if one.disabled_at is not None:
        return "disabled"
    return "invited" if one.password is None else "active"


def disable(arguments: Namespace) -> int:
    """End somebody's login; their sessions end at once."""

    async def work(store: Store) -> int:
        off = await store.write(sign_in.switch_off, arguments.name, by=operator(), machine=SystemClock().machine())
        if not off:
            print(f"webcare: {arguments.name!r} has no login", file=sys.stderr)
            return REFUSED
        print(f"{arguments.name} cannot log in any more; every session has ended")
        return DONE

    return with_store(arguments.db, work)
