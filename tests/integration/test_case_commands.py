"""`webcare cases`, `why` and `db` as an operator meets them, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from fakes import CHANNEL, DAY, HOUR, MONDAY, Desk, FakeClock, ours, said

from webcare.cli import main
from webcare.services import answer
from webcare.store import notes, schema
from webcare.store.door import open_store

ROOT = Path(__file__).parents[2]
HOSTILE = "\x1b[2J\x1b]0;pwned\x07\x9b31mWhere\u202e is\u2066 it?\r\n\u2028INSERT\x00\ud800"


async def play(desk):
    """Fill a database: anna waits, bert got a late answer, cato was found by the agent, dirk is on another brand and hostile."""
    await desk.hear(said("m1", "Where is it?", MONDAY))
    await desk.hear(said("m2", "When?", MONDAY - DAY, by="bert"), now=MONDAY)
    await desk.sweep(MONDAY + HOUR)
    await desk.hear(ours("a2", MONDAY + HOUR, "m2", text="Now."))
    await desk.hear(said("m3", "lol", MONDAY, by="cato"))
    await desk.hear(ours("a3", MONDAY + 2 * HOUR, "m3"))
    name = {"by": "d\x1b[1mirk\u202e", "channel": "facebook:9", "conversation_id": "post"}
    await desk.hear(said("m4\x1b[5m", HOSTILE, MONDAY, **name))
    await desk.sweep(MONDAY + 20 * HOUR)
    await desk.send(desk.post(), FakeClock(MONDAY + 20 * HOUR))
    await desk.store.write(answer.write, 1, text="Tomorrow.", by="noor", now=MONDAY + 20 * HOUR)
    await desk.store.write(answer.refused, 1, "too long\x1b[2J", MONDAY + 20 * HOUR)
    await desk.store.write(notes.write, notes.AS_OF, (MONDAY + 20 * HOUR).isoformat())  # else it is as of this machine's today


@pytest.fixture
def filled(database_url):
    async def fill():
        store = open_store(database_url)
        try:
            await play(await Desk.open(store))
        finally:
            await store.close()

    asyncio.run(fill())
    return database_url


@pytest.fixture
def webcare(capsys):
    """Run a command in this process; returns what it wrote to standard output and standard error."""

    def run(*arguments, status=0):
        capsys.readouterr()
        assert main([str(a) for a in arguments]) == status
        return capsys.readouterr()

    return run


def harmless(text):
    """Nothing in it steers a terminal or turns the reading direction."""
    return not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]", text)


def objects(out):
    return [json.loads(line) for line in out.split("\n") if line]


# --- cases


def test_cases_lists_what_runs_out_first_on_top(webcare, filled):
    out = objects(webcare("cases", "--db", filled, "--json").out)
    assert [row["due_at"] for row in out[:2]] == ["2026-11-24T09:00:00Z"] * 2
    assert [row["due_at"] for row in out[2:]] == [None, None]
    anna = next(row for row in out if row["customer_id"] == "anna")
    assert anna == {
        **anna,
        "case": 1,
        "state": "open",
        "brand": "meerkoet",
        "channel": CHANNEL,
        "conversation_id": "thread",
        "found_by": "classifier",
        "urgency": "normal",
        "opened_at": "2026-11-23T09:00:00Z",
        "closed_at": None,
        "due_clock": "first_response",
        "message": "m1",
        "text": "Where is it?",
    }


FILTERS = [
    ((), {"anna", "bert", "cato", "dirk"}),
    (("--state", "closed"), set()),
    (("--state", "open"), {"anna", "bert", "cato", "dirk"}),
    (("--channel", "twitter"), {"anna", "bert", "cato"}),
    (("--channel", CHANNEL), {"anna", "bert", "cato"}),
    (("--channel", "facebook:9"), {"dirk"}),
    (("--channel", "face"), set()),  # a kind is a whole word
    (("--channel", "%"), set()),
    (("--brand", "meerkoet"), {"anna", "bert", "cato", "dirk"}),
    (("--brand", "other"), set()),
    (("--missed",), {"bert"}),
    (("--missed", "--channel", "facebook"), set()),
]


def test_cases_filters(webcare, filled):
    for options, found in FILTERS:
        rows = objects(webcare("cases", "--db", filled, "--json", *options).out)
        assert {"dirk" if "irk" in row["customer_id"] else row["customer_id"] for row in rows} == found, options


def test_cases_limit(webcare, filled):
    assert len(objects(webcare("cases", "--db", filled, "--json", "--limit", 2).out)) == 2


def test_cases_table_is_one_line_a_case_and_harmless(webcare, filled):
    out = webcare("cases", "--db", filled).out
    assert harmless(out)
    assert len(out.splitlines()) == 5
    assert out.splitlines()[0].split() == ["case", "state", "runs", "out", "customer", "channel", "first", "message"]
    assert "Where is it?" in out


def test_no_cases_is_said_on_standard_error(webcare, filled):
    found = webcare("cases", "--db", filled, "--brand", "other")
    assert (found.out, found.err) == ("", "no cases\n")


# --- why


def test_why_explains_a_case_by_its_number_and_by_any_message_of_it(webcare, filled):
    by_number = webcare("why", 2, "--db", filled).out
    assert webcare("why", "m2", "--db", filled).out == by_number
    assert webcare("why", "a2", "--db", filled).out == by_number
    assert by_number.startswith("Case 2: Bert on twitter:meerkoet, open, urgency normal\n")
    assert "Opened by message m2 of Sun 22 Nov 2026 10:00:00: “When?”" in by_number
    assert "Times are in Europe/Amsterdam." in by_number


def test_why_words_a_miss_and_who_was_told(webcare, filled):
    text = webcare("why", 2, "--db", filled).out
    assert "First response: MISSED by 1 h\n" in text
    assert re.search(r"breach@1 of the first response due Mon 23 Nov 2026 10:00:00: told lead \(no rota\), sent ", text)
    assert re.search(r"inbox@0\.5 of .*: shown in the inbox, nobody alerted", text)
    assert "answered by noor: “Now.”" in text


def test_why_words_what_the_agent_found(webcare, filled):
    text = webcare("why", 3, "--db", filled).out
    assert "Why: noor answered it, and answering says that an answer was needed." in text
    assert "The classifier had passed it over, so no alert was sent for it." in text
    assert "First response: met with 22 h to spare" in text
    assert "Steps taken: none." in text


def test_why_says_what_became_of_a_reply(webcare, filled):
    text = webcare("why", 1, "--db", filled).out
    assert "Reply written by noor Tue 24 Nov 2026 06:00:00: refused: too long" in text
    assert harmless(text)


def test_why_in_another_zone(webcare, filled):
    assert "Opened by message m2 of Sun 22 Nov 2026 09:00:00" in webcare("why", 2, "--db", filled, "--zone", "UTC").out


def test_hostile_words_are_harmless(webcare, filled):
    """A message's id and an account's name went to the terminal as they were."""
    text = webcare("why", 4, "--db", filled).out
    assert harmless(text)
    assert "Where  is  it?" in text or "Where is it?" in text
    assert "m4 [5m" in text


def test_why_json_is_json_with_every_fact(webcare, filled):
    (facts,) = objects(webcare("why", 4, "--db", filled, "--json").out)
    assert facts["messages"][0]["text"] == HOSTILE.replace("\x00", "\ufffd").replace("\ud800", "\ufffd")
    assert facts["clocks"][0]["due_at"] == "2026-11-24T09:00:00Z"
    assert [t["rung"] for t in facts["told"]] == ["inbox@0.5", "alert@0.75"]
    assert facts["log"][0]["type"] == "inbound"


def test_one_message_id_on_two_accounts_explains_both(webcare, database_url):
    async def fill():
        store = open_store(database_url)
        desk = await Desk.open(store)
        await desk.hear(said("m1", "?", MONDAY), said("m1", "?", MONDAY, channel="facebook:9"))
        await store.close()

    asyncio.run(fill())
    out = webcare("why", "m1", "--db", database_url, "--json").out
    assert [facts["channel"] for facts in objects(out)] == [CHANNEL, "facebook:9"]


def test_why_of_what_there_is_not(webcare, filled):
    for name in ("99", "nobody", "m3x", "", "-1", "9" * 30, "²", "x' OR 1=1", "\x00"):
        found = webcare("why", "--db", filled, "--", name, status=1)
        assert found.out == ""
        assert found.err.startswith("webcare: no case "), name


def test_why_knows_time_zones(webcare, filled):
    assert "no time zone is called 'Mars/Base'" in webcare("why", 1, "--db", filled, "--zone", "Mars/Base", status=2).err


# --- db


def test_db_upgrade_and_current(webcare, empty_database_url):
    before = webcare("db", "current", "--db", empty_database_url, status=1)
    assert json.loads(before.out) == {"revision": None, "head": schema.head(), "is_current": False}
    assert schema.head() in webcare("db", "upgrade", "--db", empty_database_url).err
    after = json.loads(webcare("db", "current", "--db", empty_database_url).out)
    assert after == {"revision": schema.head(), "head": schema.head(), "is_current": True}
    webcare("db", "upgrade", "--db", empty_database_url)


@pytest.mark.parametrize("command", [("cases",), ("why", "1")])
def test_a_database_that_was_not_migrated_says_what_to_do(webcare, empty_database_url, command):
    found = webcare(*command, "--db", empty_database_url, status=2)
    assert found.err == "webcare: The database has no tables yet; run `webcare db upgrade`.\n"


COMMANDS = [("cases",), ("why", "1"), ("db", "upgrade"), ("db", "current")]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("{folder}/none/x.db", "does not exist"),
        ("{folder}", "{folder}"),
        ("{folder}/text.db", "is not an SQLite database"),
        ("sqlite://", "must be a file"),
        ("mysql://u:secret@h/x", "not in mysql"),
        ("postgresql://u:secret@127.0.0.1:1/x", "cannot be reached"),
        ("postgresql://u:secret@127.0.0.1/x?color=red", "color"),
    ],
)
def test_a_database_that_cannot_be_used_is_one_sentence(webcare, tmp_path, command, url, said):
    (tmp_path / "text.db").write_text("This is a text, and a long one, and no database.\n" * 100)
    found = webcare(*command, "--db", url.format(folder=tmp_path), status=2)
    assert found.out == ""
    assert found.err.startswith("webcare: ")
    assert found.err.count("\n") == 1
    assert said.format(folder=tmp_path) in found.err
    assert "secret" not in found.err


def test_as_a_process_too_there_is_no_traceback(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-m", "webcare.cli", "cases", "--db", str(tmp_path / "none" / "x.db")],
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=timedelta(minutes=2).total_seconds(),
    )
    assert (ended.returncode, ended.stdout) == (2, b"")
    assert ended.stderr.count(b"\n") == 1


def test_nobody_said_which_database(webcare, monkeypatch, tmp_path):
    monkeypatch.delenv("WEBCARE_CONFIG", raising=False)
    assert "which database?" in webcare("cases", status=2).err


@pytest.mark.parametrize("command", [("cases",), ("why", "1"), ("db", "current")], ids=" ".join)
def test_a_mistyped_path_makes_no_database(webcare, tmp_path, command):
    """Looking into `webcare.bd` made an empty database of that name, and the next person wondered where the cases had gone."""
    webcare(*command, "--db", str(tmp_path / "webcare.bd"), status=1 if command[0] == "db" else 2)
    assert list(tmp_path.iterdir()) == []
