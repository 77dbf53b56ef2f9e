"""Coming in: passwords, links, sessions, throttling, and what keeps strangers out. Real HTTP, both databases where SQL matters."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from fakes import said
from inboxes import MONDAY, PASSWORD, open_inbox
from sqlalchemy import select

from webcare.domain.rota import Role
from webcare.services import sign_in
from webcare.services.sign_in import FORGIVEN_AFTER, IDLE, LINK_HOLDS, LONGEST
from webcare.store import audit, users
from webcare.store.door import open_store
from webcare.store.errors import StoreError
from webcare.store.user_tables import guess, login, session

NEW, SHORT = "iets heel anders hier", "kort"
PROXY = {"X_Forwarded_For": "203.0.113.9", "X_Forwarded_Proto": "https", "Host": "inbox.example"}


@pytest.fixture
async def inbox(store):
    async with open_inbox(store) as opened:
        yield opened


@pytest.fixture
async def light(sqlite_url):
    """The same on SQLite alone: for what is HTTP."""
    store = open_store(sqlite_url)
    async with open_inbox(store) as opened:
        yield opened
    await store.close()


# --- in and out


async def test_who_logs_in_comes_to_the_page_that_they_asked_for(inbox):
    await inbox.hire("noor")
    who = await inbox.browser()
    assert await who.get("/cases/12?x=1") == 303
    assert who.to == "/login?next=%2Fcases%2F12%3Fx%3D1"
    await who.get(who.to)
    assert await who.post("/login", name="noor", password=PASSWORD, next="/me") == 303
    assert who.to == "/me"
    assert await who.get("/me") == 200
    assert "Noor" in who.text


async def test_a_capital_of_a_telephone_is_forgiven(inbox):
    await inbox.hire("noor")
    who = await inbox.browser()
    assert await who.log_in(" Noor ") == 303


async def test_a_wrong_name_and_a_wrong_password_are_the_same_answer(light):
    await light.hire("noor")
    await light.hire("gone")
    await light.store.write(sign_in.switch_off, "gone", by="test", machine=MONDAY)
    await light.hire("invited", password=None)
    answers = set()
    for name, password in (("noor", "wrong"), ("nobody", PASSWORD), ("gone", PASSWORD), ("invited", PASSWORD), ("x" * 400, "y")):
        who = await light.browser()
        status = await who.log_in(name, password)
        answers.add((status, re.sub(r'value="[^"]*"', "", who.text)))
    assert len(answers) == 1
    assert answers.pop()[0] == 403


async def test_the_token_is_new_at_each_log_in_and_the_old_session_ends(inbox):
    who = await inbox.somebody()
    before = {c.value for c in who.session.cookie_jar if c.key == "webcare"}
    assert await inbox.store.read(lambda conn: conn.execute(select(session.c.token)).all())
    await who.get("/me")
    assert await who.post("/login", name="noor", password=PASSWORD, next="/") == 303
    after = {c.value for c in who.session.cookie_jar if c.key == "webcare"}
    assert not before & after
    rows = await inbox.store.read(lambda conn: conn.execute(select(session.c.token)).scalars().all())
    assert len(rows) == 1
    assert not {*rows} & (before | after)  # only hashes are kept


async def test_log_out_ends_this_session_and_everywhere_ends_all(inbox):
    one = await inbox.somebody()
    two = await inbox.browser()
    await two.log_in()
    cookie = next(c.value for c in one.session.cookie_jar if c.key == "webcare")
    await one.get("/me")
    assert await one.post("/logout") == 303
    stolen = await inbox.browser(Cookie=f"webcare={cookie}")
    assert await stolen.get("/me") == 303  # a copy of the cookie is worth nothing
    assert await two.get("/me") == 200
    three = await inbox.browser()
    await three.log_in()
    await three.get("/me")
    assert await three.post("/logout", everywhere="1") == 303
    assert await two.get("/me") == 303


async def test_an_idle_session_ends_and_a_used_one_ends_after_a_week(inbox):
    who = await inbox.somebody()
    inbox.clock.at_machine += IDLE - timedelta(minutes=1)
    assert await who.get("/me") == 200
    inbox.clock.at_machine += IDLE + timedelta(minutes=1)
    assert await who.get("/me") == 303
    await who.log_in()
    for _ in range(LONGEST // timedelta(hours=8)):
        inbox.clock.at_machine += timedelta(hours=8)
        last = await who.get("/me")
    assert last == 303


async def test_a_person_ends_another_session_of_theirs_and_nobody_elses(light):
    noor, other = await light.somebody("noor"), await light.browser()
    await other.log_in("noor")
    daan = await light.somebody("daan")
    rows = await light.store.read(lambda conn: conn.execute(select(session)).all())
    of_daan = next(row.token for row in rows if row.person == "daan")
    await noor.get("/me")
    assert of_daan not in noor.text
    (token,) = re.findall(r'name="session" value="([^"]+)"', noor.text)
    assert await noor.post("/me/sessions", session=of_daan) == 303
    assert await daan.get("/me") == 200
    await noor.get("/me")
    assert await noor.post("/me/sessions", session=token) == 303
    assert await other.get("/me") == 303


async def test_a_login_that_is_switched_off_ends_at_once(inbox):
    who = await inbox.somebody()
    assert await inbox.store.write(sign_in.switch_off, "noor", by="test", machine=MONDAY)
    assert await who.get("/me") == 303
    assert await who.log_in() == 403


# --- guessing


async def test_an_account_waits_after_five_guesses_whether_it_exists_or_not(inbox):
    await inbox.hire("noor")
    for name in ("noor", "nobody"):
        who = await inbox.browser()
        statuses = [await who.log_in(name, f"guess {n}") for n in range(5)]
        assert statuses == [403, 403, 403, 403, 429]
        assert await who.log_in(name, PASSWORD) == 429  # the right one, too
        assert "Wacht 5 min" in who.text
        inbox.clock.at_machine += FORGIVEN_AFTER + timedelta(seconds=1)
    assert await who.log_in("noor") == 303


async def test_knocking_while_it_waits_makes_nobody_wait_longer(inbox):
    await inbox.hire("noor")
    who = await inbox.browser()
    for _ in range(5):
        await who.log_in("noor", "wrong")
    inbox.clock.at_machine += FORGIVEN_AFTER - timedelta(seconds=1)
    assert await who.log_in("noor", "wrong") == 429
    inbox.clock.at_machine += timedelta(seconds=2)
    assert await who.log_in("noor") == 303


async def test_the_right_password_forgives_the_guesses(inbox):
    await inbox.hire("noor")
    who = await inbox.browser()
    for _ in range(3):
        assert [await who.log_in("noor", "wrong") for _ in range(4)] == [403] * 4
        assert await who.log_in("noor") == 303
        who.session.cookie_jar.clear()


async def test_an_address_waits_after_thirty_guesses_over_many_names(light):
    who = await light.browser()
    statuses = [await who.log_in(f"name{n}", "wrong") for n in range(31)]
    assert statuses[:29] == [403] * 29
    assert statuses[29:] == [429, 429]
    kept = await light.store.read(lambda conn: conn.execute(select(guess.c.key)).scalars().all())
    assert not any("name" in key for key in kept)  # what somebody typed there may be a password


# --- links


async def test_a_link_sets_a_password_once(inbox):
    await inbox.hire("noor", password=None)
    who = await inbox.browser()
    assert await who.get("/welcome/link-noor") == 200
    assert await who.get("/welcome/link-noor") == 200  # a mail program looked before her
    assert await who.post("/welcome/link-noor", password=PASSWORD, again=PASSWORD) == 303
    assert await who.get("/me") == 200
    other = await inbox.browser()
    assert await other.get("/welcome/link-noor") == 410
    assert await other.log_in() == 303
    assert (await inbox.store.read(lambda conn: conn.execute(select(login.c.password)).scalar())).startswith("$argon2id$")


@pytest.mark.parametrize(
    ("password", "again", "flaw"),
    [
        ("short", "short", "Neem minstens 12 tekens"),
        (PASSWORD, PASSWORD + "x", "niet gelijk"),
        ("a" * 40, "a" * 40, "meer verschillende"),
        ("Noor23noor4NOOR", "Noor23noor4NOOR", "iets anders dan je naam"),
        ("x1y2z3" * 40, "x1y2z3" * 40, "hooguit 200"),
    ],
)
async def test_a_password_that_others_would_try_first_is_not_taken(light, password, again, flaw):
    await light.hire("noor", password=None)
    who = await light.browser()
    await who.get("/welcome/link-noor")
    assert await who.post("/welcome/link-noor", password=password, again=again) == 422
    assert flaw in who.text
    assert await who.post("/welcome/link-noor", password=PASSWORD, again=PASSWORD) == 303  # the link still holds


async def test_a_link_ends_after_a_day_and_with_the_login(light):
    await light.hire("noor", password=None)
    await light.hire("daan", password=None)
    await light.store.write(sign_in.switch_off, "daan", by="test", machine=MONDAY)
    who = await light.browser()
    assert await who.get("/welcome/link-daan") == 410
    assert await who.get("/welcome/link-noor") == 200
    light.clock.at_machine += LINK_HOLDS
    assert await who.post("/welcome/link-noor", password=PASSWORD, again=PASSWORD) == 410
    assert await who.get("/welcome/link-noor") == 410


async def test_a_new_link_ends_every_session_when_it_is_used(light):
    who = await light.somebody()
    await light.store.write(sign_in.invite, "noor", "again", by="test", machine=MONDAY)
    assert await who.get("/me") == 200  # asking for one harms nobody
    new = await light.browser()
    await new.get("/welcome/again")
    assert await new.post("/welcome/again", password=NEW, again=NEW) == 303
    assert await who.get("/me") == 303


async def test_a_changed_password_needs_the_old_one_and_ends_other_sessions(light):
    who, other = await light.somebody(), await light.browser()
    await other.log_in()
    await who.get("/me")
    assert await who.post("/me/password", old="wrong", password=NEW, again=NEW) == 403
    assert await who.post("/me/password", old=PASSWORD, password=SHORT, again=SHORT) == 422
    assert await who.post("/me/password", old=PASSWORD, password=NEW, again=NEW) == 303
    assert await who.get("/me?done=password") == 200
    assert await other.get("/me") == 303
    assert await other.log_in(password=NEW) == 303


async def test_the_audit_tells_who_came_in_and_no_secret(light):
    await light.somebody()
    lines = await light.store.read(audit.lines)
    assert [(line["what"], line["by"]) for line in lines] == [("invite", "test"), ("login", "noor")]
    assert "link-noor" not in str(lines)


# --- a hand from elsewhere


async def test_a_form_from_elsewhere_changes_nothing(light):
    who = await light.somebody()
    await who.get("/me")
    changes = {"theme": "dark", "language": "nl", "density": "", "signature": ""}
    assert await who.post("/me", token="", **changes) == 403
    assert await who.post("/me", token="0123456789abcdef." + "0" * 64, **changes) == 403
    assert await who.post("/me", origin=False, **changes) == 403
    stranger = await light.browser()
    await stranger.get("/login")
    strangers = re.search(r'name="csrf" value="([^"]+)"', stranger.text)[1]
    assert await who.post("/me", token=strangers, **changes) == 403
    for headers in (
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "null"},
    ):
        who.headers.update(headers)
        own = {"origin": False}
        assert await who.post("/me", **own, **changes) == 403, headers
        for name in headers:
            del who.headers[name]
    assert (await light.store.read(users.get, "noor")).theme is None
    assert await who.post("/me", **changes) == 303
    assert (await light.store.read(users.get, "noor")).theme == "dark"


async def test_a_log_in_from_elsewhere_is_refused(light):
    """A stranger's page that logs somebody in as the stranger would read what they write."""
    await light.hire("noor")
    who = await light.browser()
    await who.get("/login")
    assert await who.post("/login", token="", name="noor", password=PASSWORD) == 403
    assert await who.post("/login", origin=False, name="noor", password=PASSWORD) == 403


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/%09/evil.example",
        "javascript:alert(1)",
        "/ /evil.example",
        "http:evil.example",
        "///evil.example",
        "/login?next=//evil.example",
        "/\u2028/evil",
        "",
        "/" + "x" * 2000,
    ],
)
async def test_the_way_on_stays_here(light, to):
    await light.hire("noor")
    who = await light.browser()
    await who.get("/login")
    for value in (to, to.replace("%09", "\t")):
        assert await who.post("/login", name="noor", password=PASSWORD, next=value) == 303
        assert who.to == ("/%09/evil.example" if value == "/%09/evil.example" else "/")
        await who.get("/me")


# --- over the wire


async def test_over_https_the_cookie_is_bound_to_this_host(sqlite_url):
    store = open_store(sqlite_url)
    async with open_inbox(store, trusted=["127.0.0.1"], home="https://inbox.example") as light:
        await light.hire("noor")
        who = await light.browser(**PROXY)
        await who.get("/login")
        form = who.answer.headers.getall("Set-Cookie")
        assert any(cookie.startswith("__Host-webcare-form=") for cookie in form)
        who.headers["Cookie"] = form[0].partition(";")[0]
        assert await who.post("/login", name="noor", password=PASSWORD) == 303
        cookie = next(c for c in who.answer.headers.getall("Set-Cookie") if c.startswith("__Host-webcare="))
        assert {part.strip() for part in cookie.split(";")[1:]} == {"HttpOnly", "Path=/", "SameSite=Lax", "Secure"}
        assert who.answer.headers["Strict-Transport-Security"].startswith("max-age=")
    await store.close()


async def test_without_https_only_this_machine_is_served(sqlite_url):
    store = open_store(sqlite_url)
    async with open_inbox(store, trusted=["127.0.0.1"]) as light:
        await light.hire("noor")
        here = await light.browser()
        assert await here.get("/login") == 200
        clear = await light.browser(X_Forwarded_For="203.0.113.9", X_Forwarded_Proto="http")
        assert await clear.get("/login") == 403
        assert "https" in clear.text
        assert "<form" not in clear.text
        rebound = await light.browser(Host="evil.example")  # a stranger's name that leads to 127.0.0.1
        assert await rebound.get("/login") == 403
    async with open_inbox(store) as light:
        unnamed = await light.browser(X_Forwarded_For="203.0.113.9", X_Forwarded_Proto="https")
        assert await unnamed.get("/login") == 403  # a proxy that nobody named: everybody would seem to sit here
        assert await unnamed.get("/healthz") == 200
    await store.close()


POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


async def test_every_answer_carries_the_policy(light):
    who = await light.somebody()
    for path in ("/", "/me", "/nowhere", "/cases/1", "/static/nothing.js", "/queue/rows"):
        await who.get(path)
        headers = who.answer.headers
        assert headers["Content-Security-Policy"] == POLICY, path
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Server"] == "webcare"
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|javascript:", who.text), path


async def test_what_goes_wrong_is_a_page_in_the_readers_language(light):
    who = await light.somebody()
    assert await who.get("/nowhere") == 404
    assert "Deze pagina is er niet" in who.text
    english = await light.somebody("emma", language="en")
    assert await english.get("/cases/999") == 404
    assert "This page is not there" in english.text
    light.desk.rules = None  # a bug of ours
    assert await english.get("/cases/1") in {404, 500}
    assert await english.get("/queue/rows?state=open") == 200
    light.channels = None
    assert await english.get("/") == 500
    assert "This went wrong" in english.text
    assert "Traceback" not in english.text
    assert "NoneType" not in english.text


async def test_without_a_database_people_are_told(light, monkeypatch):
    who = await light.somebody()

    async def gone(*_args, **_kwargs):
        raise StoreError("gone away: host=secret")

    monkeypatch.setattr(light.store, "read", gone)
    assert await who.get("/me") == 503
    assert "De database antwoordt niet" in who.text
    assert "secret" not in who.text


# --- roles, languages


async def test_an_auditor_reads_and_changes_nothing_but_their_own(light):
    await light.desk.hear(said("m1", "Waar is het?", MONDAY))
    who = await light.somebody("ada", Role.AUDITOR)
    assert await who.get("/") == 200
    assert "/take" not in who.text
    assert await who.get("/cases/1") == 200
    assert "/claim" not in who.text
    assert 'name="text"' not in who.text
    await who.get("/me")
    for path in (
        "/take",
        "/cases/1/claim",
        "/cases/1/answer",
        "/cases/1/note",
        "/cases/1/close",
        "/cases/1/needs",
        "/cases/1/measure",
    ):
        assert await who.post(path, text="x", message="1", needs="0") == 403, path
        await who.get("/me")
    assert not (await light.desk.replies())
    assert (await light.desk.case())["claimed_by"] is None
    assert await who.post("/me", theme="dark", language="nl", density="", signature="") == 303


async def test_language_and_theme_come_with_the_first_paint(light):
    await light.hire("noor")
    who = await light.browser(Accept_Language="de, en-GB;q=0.8, nl;q=0.7")
    await who.get("/login")
    assert '<html lang="en"' in who.text
    await who.get("/login?lang=nl")
    await who.get("/login")
    assert '<html lang="nl"' in who.text
    await who.log_in()
    await who.get("/me")
    await who.post("/me", theme="dark", language="en", density="tight", signature="^NO")
    await who.get("/")
    assert '<html lang="en" data-theme="dark" data-density="tight">' in who.text
    await who.get("/me")
    await who.post("/logout")
    await who.get("/login")
    assert 'data-theme="dark"' in who.text


async def test_static_files_are_kept_for_ever_and_pages_never(light):
    who = await light.browser()
    await who.get("/login", Accept_Encoding="gzip")
    paths = re.findall(r'(?:href|src)="(/static/[^"#]+)"', who.text)
    assert {path.rpartition(".")[2] for path in paths} >= {"css", "svg"}
    for path in paths:
        assert await who.get(path, **{"Accept-Encoding": "gzip"}) == 200
        assert who.answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert who.answer.headers["Content-Encoding"] == "gzip"
        assert await who.get(path, **{"Accept-Encoding": "identity"}) == 200
        assert "Content-Encoding" not in who.answer.headers
    assert await who.get(paths[0].replace(".", ".0", 1)) == 404


async def test_a_path_beside_an_open_one_is_closed(light):
    """`/messages` is not below `/me`, nor `/login-as` below `/login`."""
    who, stranger = await light.somebody("ada", Role.AUDITOR), await light.browser()
    for path in ("/login-as", "/welcomes", "/staticx", "/messages", "/static/../me"):
        assert await stranger.get(path) in {303, 404}, path
        await who.get("/me")
        assert await who.post(path.replace("/static/../me", "/mex")) == 403, path
