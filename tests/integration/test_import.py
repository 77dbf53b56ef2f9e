"""`webcare import` as an operator meets it: an archive goes in once, what is wrong is named by its line, and nobody is written to."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from fakes import Desk

from webcare.cli import main
from webcare.clock import machine_now
from webcare.store import audit, tables
from webcare.store.door import open_store

FIXTURES = Path(__file__).parents[2] / "connectors"
DAY = timedelta(days=1)
NAMES = ("new", "edits", "known", "deleted", "failed", "ignored", "refused")


@pytest.fixture
def config(tmp_path, database_url):
    file = tmp_path / "webcare.toml"
    file.write_text(
        f"""
        [database]
        url = "{database_url}"

        [[channel]]
        name = "klaver-x"
        kind = "twitter"
        user_id = "45102"

        [[channel]]
        name = "meerkoet-wa"
        kind = "whatsapp"
        phone_number_id = "106500000000001"

        [secrets.klaver-x]
        consumer_key = "a"

        [secrets.meerkoet-wa]
        access_token = "b"
        """
    )
    file.chmod(0o600)
    return file


@pytest.fixture
def take_in(capsys, config, tmp_path):
    """Import lines or text; returns what it came to and what it complained of."""

    def run(channel, held, status=0):
        file = tmp_path / "archive.jsonl"
        if not isinstance(held, str):
            held = "\n".join(json.dumps(one) for one in held)
        file.write_text(held, encoding="utf-8")
        capsys.readouterr()
        assert main(["import", channel, str(file), "--config", str(config)]) == status
        out, err = capsys.readouterr()
        return (json.loads(out) if out else None), err.splitlines()

    return run


def on(url, work):
    async def run():
        store = open_store(url)
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(run())


def line(id_, text, days=30, **fields):
    at = (machine_now() - days * DAY).isoformat()
    said = {"event": "message", "channel_kind": "twitter", "external_id": id_, "conversation_id": id_, "direction": "inbound"}
    who = {"id": "7", "name": "Fien", "handle": "fien"}
    return {**said, "kind": "mention", "author": who, "text": text, "created_at": at, "attachments": [], **fields}


def counts(found):
    return {name: number for name, number in found.items() if name in NAMES and number}


# --- what goes in


def test_an_archive_goes_in_once_and_is_marked_as_late(take_in, database_url):
    lines = [
        line("m1", "Waar blijft mijn factuur?"),
        line("m2", "Hallo?", days=29),
        line("m2", "Hallo?!", days=28, event="edit", target_id="m2"),
    ]
    found, complaints = take_in("klaver-x", lines)
    assert (found["channel"], counts(found), complaints) == ("twitter:45102", {"new": 2, "edits": 1}, [])
    again, _ = take_in("klaver-x", lines)
    assert counts(again) == {"known": 3}

    async def look(store):
        desk = await Desk.open(store)
        rows = await desk.rows(tables.message)
        return [(r["external_id"], r["text"], r["late_ingest"], r["channel"]) for r in rows], await store.read(
            audit.lines, "import"
        )

    rows, noted = on(database_url, look)
    assert rows == [("m1", "Waar blijft mijn factuur?", True, "twitter:45102"), ("m2", "Hallo?!", True, "twitter:45102")]
    assert [counts(one["data"]) for one in noted] == [{"new": 2, "edits": 1}, {"known": 3}]


def test_also_what_was_said_a_minute_ago_is_marked_as_late(take_in, database_url):
    take_in("klaver-x", [line("m1", "Waar blijft mijn factuur?", days=0)])

    async def look(store):
        return [row["late_ingest"] for row in await (await Desk.open(store)).rows(tables.message)]

    assert on(database_url, look) == [True]


def test_payloads_go_in_as_the_platform_sent_them(take_in):
    """One document over many lines, a body a line, a list of bodies: as they lie in an archive."""
    pretty = (FIXTURES / "whatsapp/fixtures/text.json").read_text(encoding="utf-8")
    body = json.loads(pretty)
    first, _ = take_in("meerkoet-wa", pretty)
    assert first["new"] > 0
    for held in ([body], json.dumps([body]), [body, body]):
        again, complaints = take_in("meerkoet-wa", held)
        assert (again["new"], again["known"] > 0, complaints) == (0, True, [])


@pytest.mark.parametrize("kind", ["twitter", "whatsapp", "facebook"])
def test_what_normalize_writes_is_what_the_payload_says(capsys, tmp_path, database_url, kind):
    """Importing a file and importing its lines come to the same: the second finds everything known. Only when a comment on Facebook was
    edited stands in no line, so an edit whose comment was never seen is dated anew."""
    named = {
        "twitter": 'user_id = "45102"',
        "whatsapp": 'phone_number_id = "106500000000001"',
        "facebook": 'page_id = "104500000000001"',
    }
    config = tmp_path / "webcare.toml"
    config.write_text(
        f'[database]\nurl = "{database_url}"\n[[channel]]\nname = "one"\nkind = "{kind}"\n{named[kind]}\n[secrets.one]\n'
        + ('consumer_key = "a"\n' if kind == "twitter" else 'access_token = "a"\n')
    )
    config.chmod(0o600)
    us = named[kind].split('"')[1]
    for path in sorted((FIXTURES / kind / "fixtures").glob("*.json")):
        main(["import", "one", str(path), "--config", str(config)])
        payload = json.loads(capsys.readouterr().out)
        main(["normalize", kind, str(path), "--self", us])
        lines = tmp_path / "lines.jsonl"
        lines.write_text(capsys.readouterr().out)
        main(["import", "one", str(lines), "--config", str(config)])
        found = json.loads(capsys.readouterr().out)
        heard = sum(payload[what] for what in ("new", "edits", "known", "deleted", "renamed")) - found["deleted"]
        assert (found["new"], found["edits"]) == (0, 1 if path.name == "comment_changes.json" else 0), path.name
        marks = path.name == "marks.json"  # our own mark on a state stands in no line
        assert found["known"] + found["edits"] == heard - marks, path.name
        assert found["ignored"] == payload["ignored"] + marks, path.name


def test_cases_open_when_the_daemon_has_triaged_and_what_is_overdue_is_told_once(take_in, database_url):
    take_in("klaver-x", [line(f"m{n}", "Where is it?", author={"id": f"c{n}"}) for n in range(3)])

    async def triage_and_watch(store):
        desk = await Desk.open(store)
        now = machine_now()
        await desk.hear(now=now)
        for _ in range(2):
            await desk.sweep(now)
        return [row["state"] for row in await desk.cases()], await desk.alerts(), await desk.replies()

    cases, alerts, replies = on(database_url, triage_and_watch)
    assert (cases, replies) == (["open"] * 3, [])
    assert {person: len({case for case, _ in told}) for person, told in alerts} == {"oncall": 3, "next": 3, "lead": 3}
    assert len(alerts) == 3


# --- what does not


@pytest.mark.parametrize(
    ("held", "complaint"),
    [
        ("not json", "line 2: line: not JSON"),
        ({**line("m1", "?"), "channel_kind": "whatsapp"}, "line 2: channel_kind: 'whatsapp' is not that of this channel"),
        ({**line("m1", "?"), "account": "99"}, "line 2: account: '99' is not that of this channel"),
        ({**line("m1", "?"), "created_at": None}, "line 2: created_at: missing"),
        ({**line("m1", "?"), "created_at": "yesterday"}, "line 2: created_at: 'yesterday' is not a time"),
        ({**line(None, "?")}, "line 2: external_id: missing"),
        ({**line("m1", "?"), "text": 5}, "line 2: text: a text is expected"),
        ({**line("m1", "?"), "event": "shout"}, "line 2: event: 'shout' is none of message"),
        ({**line("m1", "?"), "author": "Fien"}, "line 2: author: an object is expected"),
        ({**line("m1", "?"), "author": {"name": "Fien"}}, "line 2: author.id"),
        ({**line("m1", "?"), "attachments": {}}, "line 2: attachments: a list is expected"),
        ({**line("x" * 301, "?")}, "line 2: external_id: longer than 300"),
        ({"event": "unreadable", "channel_kind": "twitter", "reason": "text: missing"}, "line 2: text: missing"),
        ({"data": [{"id": "1", "text": 5}]}, "line 2: data[0]: ValueError"),
        (5, "line 2: ValueError"),
    ],
    ids=lambda held: held if isinstance(held, str) else "",
)
def test_what_is_refused_is_named_by_its_line_and_the_rest_goes_in(take_in, held, complaint):
    text = held if isinstance(held, str) else json.dumps(held)
    before, after = json.dumps(line("b", "Before?")), json.dumps(line("a", "After?"))
    found, (told,) = take_in("klaver-x", f"{before}\n{text}\n{after}\n", status=1)
    assert counts(found) == {"new": 2, "refused": 1}
    assert told.startswith(complaint)


def test_a_line_that_begins_like_a_document_and_is_broken_takes_no_other_with_it(take_in):
    found, complaints = take_in("klaver-x", '{"event": \n' + json.dumps(line("a", "After?")), status=1)
    assert (counts(found), len(complaints)) == ({"new": 1, "refused": 1}, 1)


def test_standard_input_is_read(capsys, config, monkeypatch):
    held = io.BytesIO(json.dumps(line("m1", "?")).encode())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(held))
    assert main(["import", "klaver-x", "-", "--config", str(config)]) == 0
    assert json.loads(capsys.readouterr().out)["new"] == 1


@pytest.mark.parametrize(
    ("channel", "file", "sentence"),
    [
        ("klaver-y", "-", "no channel is called 'klaver-y'; there are klaver-x, meerkoet-wa"),
        ("klaver-x", "/nowhere", "cannot read /nowhere"),
    ],
)
def test_what_cannot_start_says_so_in_a_sentence(capsys, config, channel, file, sentence):
    assert main(["import", channel, file, "--config", str(config)]) == 2
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert sentence in err
