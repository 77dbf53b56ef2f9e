"""Logins, sessions and guesses. Whoever asks hands in hashes; what is behind them is never seen here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy import case as case_when

from webcare.domain.rota import Role
from webcare.store import dialect
from webcare.store.house_tables import contact, person
from webcare.store.user_tables import guess, login, session

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A person who may log in, and how the pages are to look to them."""

    person: str
    name: str
    role: Role
    zone: str
    language: str
    created_at: datetime
    disabled_at: datetime | None = None
    password: str | None = None
    link_until: datetime | None = None
    theme: str | None = None
    density: str | None = None
    shortcuts: str | None = None
    signature: str | None = None

    def __repr__(self) -> str:
        return f"Login(person={self.person!r})"  # its password hash is nobody's business


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    token: str
    person: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str
    agent: str


_LOGIN = select(
    login,
    person.c.name,
    person.c.role,
    person.c.zone,
    person.c.language.label("letters"),
).join(person, person.c.id == login.c.person)
_BY_ID = _LOGIN.where(login.c.person == bindparam("id"))
_BY_LINK = _LOGIN.where(login.c.link == bindparam("link"), login.c.link_until > bindparam("machine"))
_BY_TOKEN = (
    _LOGIN.add_columns(session.c.seen_at)
    .join(session, session.c.person == login.c.person)
    .where(
        session.c.token == bindparam("token"),
        session.c.expires_at > bindparam("machine"),
        session.c.seen_at > bindparam("idle_since"),
        login.c.disabled_at.is_(None),
    )
)
_TOUCH = update(session).where(session.c.token == bindparam("which")).values(seen_at=bindparam("machine"))


def _login(row: Row[Any]) -> Login:
    return Login(
        person=row.person,
        name=row.name,
        role=Role(row.role),
        zone=row.zone,
        language=row.language or row.letters,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        password=row.password,
        link_until=row.link_until,
        theme=row.theme,
        density=row.density,
        shortcuts=row.shortcuts,
        signature=row.signature,
    )


# --- who may log in ---


def get(conn: Connection, person_id: str) -> Login | None:
    row = conn.execute(_BY_ID, {"id": person_id}).first()
    return None if row is None else _login(row)


def everybody(conn: Connection) -> list[Login]:
    """Return all logins, by id."""
    return [_login(row) for row in conn.execute(_LOGIN.order_by(login.c.person))]


def add_person(conn: Connection, values: Mapping[str, Any], *, mail: str | None) -> bool:
    """Write a person who is not there yet, reached by `mail` if that is given; False when somebody has the id already."""
    added = conn.execute(dialect.insert_or_ignore(conn, person, person.c.id), dict(values)).first() is not None
    if added and mail is not None:
        conn.execute(
            insert(contact).values(
                person=values["id"], nth=0, name="mail", target=f"mailto:{mail}", detail="facts", trusted=False
            )
        )
    return added


def person_exists(conn: Connection, person_id: str) -> bool:
    return conn.execute(select(person.c.id).where(person.c.id == person_id)).first() is not None


def set_role(conn: Connection, person_id: str, role: Role) -> None:
    conn.execute(update(person).where(person.c.id == person_id).values(role=role.value))


def change_person(conn: Connection, person_id: str, values: Mapping[str, str]) -> None:
    """Change name, role, language and zone. The language of the pages goes back to that of the letters."""
    conn.execute(update(person).where(person.c.id == person_id).values(**values))
    conn.execute(update(login).where(login.c.person == person_id).values(language=None))


def enable(conn: Connection, person_id: str) -> bool:
    """Switch a login on again; False when it was not off."""
    off = (login.c.person == person_id, login.c.disabled_at.is_not(None))
    return conn.execute(update(login).where(*off).values(disabled_at=None)).rowcount == 1


def last_seen(conn: Connection) -> dict[str, datetime]:
    """Return when each person who has a session was last there."""
    found = select(session.c.person, func.max(session.c.seen_at).label("seen_at")).group_by(session.c.person)
    return {row.person: row.seen_at for row in conn.execute(found)}


def give_link(conn: Connection, person_id: str, *, link: str, until: datetime, now: datetime) -> None:
    """Let a person set a password by this link; a login that was switched off works again."""
    values = {"person": person_id, "created_at": now, "disabled_at": None, "link": link, "link_until": until}
    statement = dialect.insert(conn, login).values(**values)
    changed = {name: statement.excluded[name] for name in ("disabled_at", "link", "link_until")}
    conn.execute(statement.on_conflict_do_update(index_elements=["person"], set_=changed))


def by_link(conn: Connection, link: str, machine: datetime) -> Login | None:
    """Return who has this link, as long as it holds."""
    row = conn.execute(_BY_LINK, {"link": link, "machine": machine}).first()
    return None if row is None or row.disabled_at is not None else _login(row)


def set_password(conn: Connection, person_id: str, password: str) -> None:
    """Keep a password's hash; a link that is still open is used up."""
    changed = {"password": password, "link": None, "link_until": None}
    conn.execute(update(login).where(login.c.person == person_id).values(**changed))


def rehash(conn: Connection, person_id: str, old: str, new: str) -> None:
    """Replace a hash by one of the same password with today's parameters, unless the password was changed meanwhile."""
    conn.execute(update(login).where(login.c.person == person_id, login.c.password == old).values(password=new))


def set_tastes(conn: Connection, person_id: str, tastes: Mapping[str, str | None]) -> None:
    """Keep what a person chose of theme, language, density, shortcuts and signature."""
    conn.execute(update(login).where(login.c.person == person_id).values(**tastes))


def disable(conn: Connection, person_id: str, now: datetime) -> bool:
    """Switch a login off, with its sessions and its link; False when there is none."""
    end_all(conn, person_id)
    values = {"disabled_at": now, "link": None, "link_until": None}
    return conn.execute(update(login).where(login.c.person == person_id).values(**values)).rowcount == 1


# --- sessions ---


def begin(conn: Connection, row: SessionRow) -> None:
    """Open a session, and forget those that have ended."""
    conn.execute(delete(session).where(session.c.expires_at <= row.created_at))
    conn.execute(insert(session).values({name: getattr(row, name) for name in SessionRow.__dataclass_fields__}))


def find(conn: Connection, token: str, *, machine: datetime, idle_since: datetime) -> tuple[Login, datetime] | None:
    """Return whose session this is and when it was last seen; None when there is none any more."""
    row = conn.execute(_BY_TOKEN, {"token": token, "machine": machine, "idle_since": idle_since}).first()
    return None if row is None else (_login(row), row.seen_at)


def touch(conn: Connection, token: str, machine: datetime) -> None:
    """Note that a session is used."""
    conn.execute(_TOUCH, {"which": token, "machine": machine})


def end(conn: Connection, token: str) -> None:
    conn.execute(delete(session).where(session.c.token == token))


def end_all(conn: Connection, person_id: str, *, but: str | None = None) -> int:
    """End a person's sessions, all but one if that is named, and return how many."""
    ended = delete(session).where(session.c.person == person_id)
    return conn.execute(ended if but is None else ended.where(session.c.token != but)).rowcount


def sessions(conn: Connection, person_id: str, *, machine: datetime, idle_since: datetime) -> list[SessionRow]:
    """Return a person's sessions, the last used first."""
    alive = (session.c.person == person_id, session.c.expires_at > machine, session.c.seen_at > idle_since)
    found = conn.execute(select(session).where(*alive).order_by(session.c.seen_at.desc(), session.c.token))
    return [SessionRow(**row._mapping) for row in found]  # noqa: SLF001 - SQLAlchemy's public name for it


# --- guesses ---


def count_guess(conn: Connection, key: str, *, until: datetime, machine: datetime) -> tuple[int, datetime]:
    """Count a guess before it is tried, so that many at once are many, and return how many there are and until when they are kept."""
    conn.execute(delete(guess).where(guess.c.until <= machine))
    statement = dialect.insert(conn, guess).values(key=key, tries=1, until=until)
    later = case_when((statement.excluded.until > guess.c.until, statement.excluded.until), else_=guess.c.until)
    counted = statement.on_conflict_do_update(index_elements=["key"], set_={"tries": guess.c.tries + 1, "until": later})
    row = conn.execute(counted.returning(guess.c.tries, guess.c.until)).one()
    return row.tries, row.until


def guesses(conn: Connection, key: str, machine: datetime) -> tuple[int, datetime] | None:
    """Return how many guesses are remembered under a key, and until when."""
    row = conn.execute(select(guess.c.tries, guess.c.until).where(guess.c.key == key, guess.c.until > machine)).first()
    return None if row is None else (row.tries, row.until)


def forget_guesses(conn: Connection, key: str) -> None:
    conn.execute(delete(guess).where(guess.c.key == key))


def take_back_guess(conn: Connection, key: str) -> None:
    """Uncount a guess that turned out to be right."""
    conn.execute(update(guess).where(guess.c.key == key, guess.c.tries > 0).values(tries=guess.c.tries - 1))
