"""`webcare digest` as an operator meets it: on a database that a replay filled, and on one with people who get the letter."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest
from fakes import BRAND, CHANNEL, DAY, MONDAY, Desk, said
from staff import by, staff

from webcare.cli import main
from webcare.clock import machine_now
from webcare.store import notes, tables
from webcare.store.door import open_store
from webcare.store.messages import ensure_channel

ROOT = Path(__file__).parents[2]
FIELDS = [
    "date",
    "timezone",
    "answered",
    "within_target",
    "median",
    "p90",
    "previous",
    "misses",
    "due_today",
    "volumes",
    "alerts",
]


@pytest.fixture
def webcare(capsys):
    """Run a command in this process; returns what it wrote to standard output and standard error."""

    def run(*arguments, status=0):
        capsys.readouterr()
        assert main([str(a) for a in arguments]) == status
        return capsys.readouterr()

    return run


@pytest.fixture(scope="module")
def replayed(tmp_path_factory):
    """The first hundred messages of the demo's stream: Thursday 5 March 2026."""
    folder = tmp_path_factory.mktemp("digest")
    lines = (ROOT / "webcare/demo/stream.jsonl").read_text(encoding="utf-8").splitlines()[:100]
    (folder / "stream.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert main(["replay", str(folder / "stream.jsonl"), "--db", str(folder / "replay.db")]) == 0
    return folder / "replay.db"


def on(database, work):
    async def run():
        store = open_store(str(database))
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(run())


def test_the_digest_of_a_replay_is_that_of_its_own_days(webcare, replayed):
    text = webcare("digest", "--db", replayed, "--date", "2026-03-05").out
    assert text.startswith("Donderdag 5 maart")
    assert "Meerkoethelpt webcare · dagbrief van vrijdag 6 maart" in text
    assert "KANALEN EN MELDINGEN" in text
    assert "Vrijdag 6 maart lopen er" in text
    english = webcare("digest", "--db", replayed, "--date", "2026-03-05", "--language", "en").out
    assert "Meerkoethelpt webcare · daily letter of Friday 6 March" in english


def test_json_has_the_fields_that_scripts_rely_on(webcare, replayed):
    (line,) = webcare("digest", "--db", replayed, "--date", "2026-03-06", "--json").out.splitlines()
    found = json.loads(line)
    assert list(found) == [*FIELDS, "channels", "corrections"]
    assert (found["date"], found["timezone"]) == ("2026-03-06", "Europe/Amsterdam")
    assert found["previous"].keys() == {"date", "answered", "within_target", "median", "p90"}
    assert found["misses"]
    assert {tuple(miss) for miss in found["misses"]} == {("case", "channel", "due_at", "answered_at", "why")}
    assert all(miss["why"] for miss in found["misses"])
    assert found["alerts"].keys() == {"sent", "acknowledged"}
    assert found["alerts"]["sent"] > 0


def test_without_a_date_it_is_yesterday_as_the_database_counts(webcare, replayed):
    as_of = on(replayed, lambda store: store.read(notes.read, notes.AS_OF))
    found = json.loads(webcare("digest", "--db", replayed, "--json").out)
    assert found["date"] < as_of[:10]
    assert "kwam er niets binnen" in webcare("digest", "--db", replayed).out


def test_html_goes_to_a_file_or_to_standard_output(webcare, replayed, tmp_path):
    file = tmp_path / "digest.html"
    assert webcare("digest", "--db", replayed, "--date", "2026-03-06", "--html", file).out == ""
    html = file.read_text(encoding="utf-8")
    assert html.lower().startswith("<!doctype html>")
    assert "http" not in html.partition("<body")[2]  # nothing is fetched
    assert webcare("digest", "--db", replayed, "--date", "2026-03-06", "--html", "-").out.strip() == html.strip()
    assert "cannot write" in webcare("digest", "--db", replayed, "--html", tmp_path / "no" / "such", status=2).err


def test_a_day_that_is_not_over_and_a_database_that_is_not_there_are_refused(webcare, replayed, tmp_path, capsys):
    assert "is not over yet" in webcare("digest", "--db", replayed, "--date", "2036-01-01", status=2).err
    assert "run `webcare db upgrade`" in webcare("digest", "--db", tmp_path / "none.db", status=2).err
    assert "which database" in webcare("digest", status=2).err
    for wrong in (["--date", "yesterday"], ["--json", "--send"]):
        with pytest.raises(SystemExit) as ended:
            main(["digest", "--db", str(replayed), *wrong])
        assert ended.value.code == 2
    capsys.readouterr()


def test_send_queues_it_once_for_the_people_who_get_it(webcare, sqlite_url):
    async def fill(store):
        desk = await Desk.open(store)
        await desk.staff(staff(lena=(by("mail", "mailto:lena@example.org"),)))
        await store.write(ensure_channel, CHANNEL, brand=BRAND, now=MONDAY - DAY)

    async def queued(store):
        return [(row["kind"], row["person"]) for row in await Desk(store, None).rows(tables.delivery)]

    on(sqlite_url, fill)
    day = (machine_now() - timedelta(days=2)).date().isoformat()
    assert webcare("digest", "--db", sqlite_url, "--date", day, "--send").out == f"{day}: queued for lena\n"
    assert webcare("digest", "--db", sqlite_url, "--date", day, "--send").out == f"{day}: queued before for lena\n"
    assert on(sqlite_url, queued) == [("letter", "lena")]


def test_send_with_nobody_to_send_to_is_exit_1(webcare, sqlite_url):
    async def fill(store):
        await (await Desk.open(store)).hear(said("m1", "Where?", MONDAY))

    on(sqlite_url, fill)
    assert "nobody gets the digest" in webcare("digest", "--db", sqlite_url, "--send", status=1).err
