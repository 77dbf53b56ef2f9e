"""`webcare erase`, `export`, `retention run` and `resume` as an operator meets them, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import io
import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from fakes import DAY, MONDAY, Desk, said

from webcare import privacy_commands
from webcare.cli import main
from webcare.clock import machine_now
from webcare.domain.identities import Identity, Link
from webcare.domain.message import Author, Kind
from webcare.services import answer
from webcare.store import audit, raw_bodies, restore, same_customer
from webcare.store.door import open_store

PHONE, WORDS = "31612345678", ("zeepaardje", "flessenpost", "Truus")


def on(url, work):
    """Do something with an open store, and close it."""

    async def run():
        store = open_store(url)
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(run())


async def play(store):
    desk = await Desk.open(store)
    truus = Author(id=PHONE, name="Truus\x1b[2J de Vries", handle="truusje")
    where = {"channel": "whatsapp:1", "conversation_id": PHONE, "kind": Kind.DM, "author": truus}
    await desk.hear(said("w1", "Waar is mijn zeepaardje?", MONDAY, **where))
    await store.write(answer.write, 1, text="De flessenpost", by="noor", now=MONDAY)
    await desk.hear(said("m1", "Where is mine?", MONDAY, by="bert"))
    await desk.hear(said("m2", "talk of long ago", machine_now() - 1000 * DAY, by="cato"))
    await store.write(restore.hold, MONDAY)


@pytest.fixture
def filled(database_url):
    on(database_url, play)
    return database_url


@pytest.fixture
def webcare(capsys):
    """Run a command in this process; returns what it wrote to standard output and standard error."""

    def run(*arguments, status=0):
        capsys.readouterr()
        assert main([str(a) for a in arguments]) == status
        return capsys.readouterr()

    return run


@pytest.fixture
def terminal(monkeypatch):
    """Somebody who answers."""

    def says(text):
        stdin = io.StringIO(text)
        stdin.isatty = lambda: True
        monkeypatch.setattr(sys, "stdin", stdin)

    return says


def lines(url, what):
    return on(url, lambda store: store.read(audit.lines, what))


# --- erase


def test_erase_shows_what_it_would_do_and_then_does_it(webcare, filled):
    person = f"whatsapp:{PHONE}"
    planned = json.loads(webcare("erase", person, "--db", filled, "--dry-run", "--json").out)
    assert planned == {"person": person, "erased": False, "messages": 1, "answers": 0, "cases": 1, "replies": 1, "bodies": 0}
    assert json.loads(webcare("erase", person, "--db", filled, "--yes", "--json").out) == {**planned, "erased": True}
    assert "zeepaardje" not in webcare("why", 1, "--db", filled).out
    (line,) = lines(filled, "erase")
    assert line["by"] == privacy_commands.operator()


def test_after_erase_the_words_are_not_in_the_file_any_more(webcare, filled):
    webcare("erase", f"whatsapp:{PHONE}", "--db", filled, "--yes")
    if filled.startswith("sqlite"):
        file = Path(filled.removeprefix("sqlite:///"))
        left = b"".join(found.read_bytes() for found in file.parent.glob(f"{file.name}*"))
        assert b"Where is mine?" in left
        assert [word for word in (*WORDS, PHONE, "truusje") if word.encode() in left] == []


def test_erase_again_says_that_it_was_done(webcare, filled):
    webcare("erase", f"whatsapp:{PHONE}", "--db", filled, "--yes")
    assert "was erased at" in webcare("erase", f"whatsapp:{PHONE}", "--db", filled, "--yes").out
    assert json.loads(webcare("erase", f"whatsapp:{PHONE}", "--db", filled, "--yes", "--json").out)["messages"] == 0


def test_a_name_lists_who_may_be_meant_and_erases_nobody(webcare, filled):
    found = webcare("erase", "truus", "--db", filled, "--yes", status=1)
    assert found.out == ""
    assert "which one?" in found.err
    assert f"whatsapp:{PHONE}" in found.err
    assert "\x1b" not in found.err
    assert lines(filled, "erase") == []


@pytest.mark.parametrize("command", ["erase", "export"])
def test_nobody_of_that_name(webcare, filled, command):
    found = webcare(command, "whatsapp:31600000000", "--db", filled, status=1)
    assert found.err == "webcare: nothing is kept of 'whatsapp:31600000000'\n"


def test_without_a_terminal_erase_asks_for_yes(webcare, filled, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert "give --yes" in webcare("erase", f"whatsapp:{PHONE}", "--db", filled, status=2).err
    assert lines(filled, "erase") == []


@pytest.mark.parametrize(("said_", "status"), [("y\n", 0), ("ja\n", 0), ("\n", 2), ("no\n", 2), ("", 2)])
def test_on_a_terminal_it_asks(webcare, filled, terminal, said_, status):
    terminal(said_)
    found = webcare("erase", f"whatsapp:{PHONE}", "--db", filled, status=status)
    assert "1 messages" in found.err
    assert "This cannot be undone." in found.err
    assert len(lines(filled, "erase")) == (1 if status == 0 else 0)


def test_a_body_that_waits_to_be_read_is_one_sentence(webcare, filled):
    body = {"brand": "b", "received_at": MONDAY, "delete_after": MONDAY}
    on(filled, lambda store: store.write(raw_bodies.keep, f'"{PHONE}"'.encode(), {}, **body))
    found = webcare("erase", f"whatsapp:{PHONE}", "--db", filled, "--yes", status=1)
    assert found.err.count("\n") == 1
    assert "not been read yet" in found.err


def test_a_file_that_cannot_be_rewritten_now_is_said_so(webcare, filled, monkeypatch):
    if not filled.startswith("sqlite"):
        return
    scrub = privacy_commands.scrub
    monkeypatch.setattr("webcare.store.sqlite_file.BUSY_SECONDS", 0.01)

    def while_another_writes(url):
        with closing(sqlite3.connect(filled.removeprefix("sqlite:///"), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            return scrub(url)

    monkeypatch.setattr(privacy_commands, "scrub", while_another_writes)
    found = webcare("erase", f"whatsapp:{PHONE}", "--db", filled, "--yes", status=1)
    assert "it is erased, but" in found.err
    assert "locked by another process" in found.err


def test_behind_sudo_the_person_is_named(monkeypatch):
    monkeypatch.setattr("os.getuid", lambda: 0)
    monkeypatch.setenv("SUDO_USER", "noor")
    assert privacy_commands.operator() == "noor"


# --- export


def test_export_writes_one_document_and_notes_it(webcare, filled):
    document = json.loads(webcare("export", f"whatsapp:{PHONE}", "--db", filled).out)
    assert document["person"] == f"whatsapp:{PHONE}"
    assert [one["text"] for one in document["messages"]] == ["Waar is mijn zeepaardje?"]
    assert [one["text"] for one in document["cases"][0]["replies"]] == ["De flessenpost"]
    assert "Where is mine?" not in json.dumps(document)
    assert len(lines(filled, "export")) == 1


# --- retention


# --- one customer under several names


@pytest.fixture
def linked(filled):
    """Truus, whom somebody linked with bert on X."""

    async def link(store):
        ends = {"one": Identity("whatsapp", PHONE), "other": Identity("twitter", "bert")}
        await store.write(same_customer.add, Link(**ends, by="noor", at=MONDAY, case=1))

    on(filled, link)
    return filled


def test_erase_names_who_is_linked_and_does_nothing_before_it_is_told_whom(webcare, linked):
    person = f"whatsapp:{PHONE}"
    told = webcare("erase", person, "--db", linked, "--yes", status=1)
    assert "linked with twitter:bert; nothing was done" in told.err
    assert "--linked" in told.err
    assert "--alone" in told.err
    planned = json.loads(webcare("erase", person, "--db", linked, "--dry-run", "--json").out)
    assert (planned["erased"], planned["messages"], planned["left"]) == (False, 1, ["twitter:bert"])
    planned = webcare("erase", person, "--db", linked, "--dry-run", "--linked").out
    assert planned.startswith(f"would erase of twitter:bert, {person}: 2 messages")


def test_erase_linked_takes_all_of_them_and_leaves_no_link(webcare, linked):
    told = json.loads(webcare("erase", f"whatsapp:{PHONE}", "--db", linked, "--yes", "--linked", "--json").out)
    assert (told["person"], told["linked"], told["messages"]) == (f"whatsapp:{PHONE}", ["twitter:bert"], 2)
    assert "left" not in told
    assert on(linked, lambda store: store.read(same_customer.without_messages))[0] == []  # of nobody anything is said
    lines = on(linked, lambda store: store.read(audit.lines, "erase"))
    assert len(lines) == 2
    again = webcare("erase", "twitter:bert", "--db", linked, "--yes")
    assert "was erased at" in again.out


def test_erase_alone_says_what_is_left(webcare, linked):
    told = webcare("erase", "twitter:bert", "--db", linked, "--yes", "--alone")
    assert told.out == (
        f"erased of twitter:bert: 1 messages, 0 answers of ours, 1 cases, 0 replies, 0 raw bodies"
        f"; left is what is linked: whatsapp:{PHONE}\n"
    )
    assert json.loads(webcare("erase", f"whatsapp:{PHONE}", "--db", linked, "--dry-run", "--json").out)["messages"] == 1


def test_a_body_of_a_linked_one_that_waits_to_be_read_stops_all(webcare, linked):
    async def wait(store):
        body = json.dumps({"from": PHONE}).encode()
        await store.write(raw_bodies.keep, body, {}, brand="meerkoet", hook="h1", received_at=MONDAY, delete_after=MONDAY + DAY)

    on(linked, wait)
    assert "not been read yet" in webcare("erase", "twitter:bert", "--db", linked, "--yes", "--linked", status=1).err
    assert on(linked, lambda store: store.read(audit.lines, "erase")) == []


def test_export_says_that_others_are_linked_and_adds_them_when_asked(webcare, linked):
    alone = webcare("export", "twitter:bert", "--db", linked)
    assert f"linked with whatsapp:{PHONE}; --linked adds" in alone.err
    assert PHONE not in alone.out  # a link is what one of ours believes
    whole = webcare("export", "twitter:bert", "--db", linked, "--linked")
    assert whole.err == ""
    assert json.loads(whole.out)["same_customer"][0]["other"] == f"whatsapp:{PHONE}"
    assert json.loads(whole.out)["linked"][0]["person"] == f"whatsapp:{PHONE}"


# --- retention


def test_retention_run_uses_the_terms_of_the_config(webcare, filled, tmp_path):
    nothing = {"messages": 0, "answers": 0, "cases": 0, "replies": 0, "bodies": 0, "audit": 0}
    config = tmp_path / "webcare.toml"
    config.write_text(f'[database]\nurl = "{filled}"\n[retention]\nmessages = "P3600D"\n')
    config.chmod(0o600)
    assert json.loads(webcare("retention", "run", "--config", config, "--json").out) == {"dry_run": False, **nothing}
    old = {"dry_run": True, **nothing, "messages": 1}
    assert json.loads(webcare("retention", "run", "--db", filled, "--dry-run", "--json").out) == old
    assert "forgot: 1 messages" in webcare("retention", "run", "--db", filled).out
    assert json.loads(webcare("retention", "run", "--db", filled, "--json").out) == {"dry_run": False, **nothing}
    assert [line["data"]["messages"] for line in lines(filled, "retention")] == [1]


# --- resume


def test_resume_shows_what_is_held_and_releases_it(webcare, filled, terminal):
    terminal("n\n")
    asked = webcare("resume", "--db", filled, status=2)
    assert "1 of kind reply; the oldest was due 2026-11-23T09:00:00Z" in asked.err
    released = json.loads(webcare("resume", "--db", filled, "--yes", "--json").out)
    assert released == {"resumed": {"reply": 1}, "oldest": "2026-11-23T09:00:00Z"}
    assert webcare("resume", "--db", filled).out == "nothing is held\n"
    (line,) = lines(filled, "resume")
    assert line["data"] == {"released": 1, "reply": 1}


# --- all of them


@pytest.mark.parametrize("command", [("erase", "x"), ("export", "x"), ("retention", "run"), ("resume",)], ids=" ".join)
def test_a_database_that_is_not_there_is_one_sentence(webcare, tmp_path, command):
    found = webcare(*command, "--db", tmp_path / "webcare.bd", status=2)
    assert found.err == "webcare: The database has no tables yet; run `webcare db upgrade`.\n"
    assert list(tmp_path.iterdir()) == []
