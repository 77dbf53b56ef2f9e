"""Tags, groups, help from another customer and other rules, on the page of a case and in `webcare why`, over real HTTP."""

from __future__ import annotations

import csv
import html
import io
import re
from zoneinfo import ZoneInfo

import pytest
from fakes import HOUR, MONDAY, said
from inboxes import open_inbox

from webcare.domain.rota import Role
from webcare.domain.rulebook import Lookup, parse_rulebook
from webcare.letters.why import why
from webcare.services.explain import explain
from webcare.services.rejudge import rejudge
from webcare.services.settle import Books, Rules
from webcare.store.rulebooks import contents, store_revision
from webcare.web.words import EN

LOOKUP = Lookup(holidays=lambda *_: lambda _day: None)


@pytest.fixture
async def inbox(store):
    async with open_inbox(store) as opened:
        yield opened


async def rule(inbox, *policies):
    """Put a new rule book into force, and let it reach the open cases."""
    content = {"policy": list(policies)}
    revision = await inbox.store.write(store_revision, content, inbox.clock.at)
    books = Books(lambda doc: parse_rulebook(doc, LOOKUP), await inbox.store.read(lambda conn: {**contents(conn), 1: DAYLONG}))
    inbox.desk.rules = Rules(book=parse_rulebook(content, LOOKUP), revision=revision, books=books)
    await rejudge(inbox.store, inbox.desk.rules, inbox.clock.at)


PUBLIC = {"name": "default", "first_response": "PT24H", "next_response": "PT24H"}
DAYLONG = {"policy": [PUBLIC]}


async def ask(inbox, *names, text="Waar is mijn pakket?"):
    for name in names:
        number = len(await inbox.desk.cases()) + 1
        await inbox.desk.hear(said(f"m{number}", text, MONDAY, by=name))


def plain(who):
    return html.unescape(re.sub(r"<[^>]+>", "", who.text))


async def test_a_tag_is_added_shown_suggested_and_taken_off(inbox):
    await ask(inbox, "anna", "bert")
    who = await inbox.somebody(role=Role.AGENT, language="en")
    await who.get("/cases/1")
    assert await who.post("/cases/1/tag", name="Te <b>laat</b>") == 303
    await who.get(who.to)
    assert "te &lt;b&gt;laat&lt;/b&gt;" in who.text
    assert "<b>laat" not in who.text
    assert EN.tagging.done["tag"] in who.text
    await who.get("/cases/2")
    assert '<option value="te &lt;b&gt;laat&lt;/b&gt;">' in who.text
    await who.get("/cases/1")
    assert await who.post("/cases/1/untag", name="te <b>laat</b>") == 303
    await who.get("/cases/1")
    assert EN.tagging.no_tags in who.text
    assert EN.tagging.tag_removed.format(by="Noor", tag="te <b>laat</b>") in html.unescape(who.text)


async def test_braces_in_a_tag_do_not_break_the_log(inbox):
    await ask(inbox, "anna")
    who = await inbox.somebody(role=Role.AGENT, language="en")
    await who.get("/cases/1")
    await who.post("/cases/1/tag", name="{by} {0}")
    assert await who.get("/cases/1") == 200
    assert "{by} {0}" in plain(who)


async def test_an_empty_tag_is_refused_in_words(inbox):
    await ask(inbox, "anna")
    who = await inbox.somebody(role=Role.AGENT, language="en")
    await who.get("/cases/1")
    assert await who.post("/cases/1/tag", name="x" * 60) == 409
    assert EN.case.refused["too_long"] in plain(who)


async def test_who_reads_along_sees_tags_and_changes_none(inbox):
    await ask(inbox, "anna")
    who = await inbox.somebody(role=Role.AUDITOR, language="en")
    await who.get("/cases/1")
    for act in ("tag", "untag", "group", "helped", "helped-not"):
        assert f"/cases/1/{act}" not in who.text
        assert await who.post(f"/cases/1/{act}", name="x", message="1") == 403


async def test_a_group_brings_the_customer_under_another_policy_and_the_page_says_why(inbox):
    await ask(inbox, "anna")
    vip = {"name": "vip", "when": {"customer_group": "vip"}, "first_response": "PT2H"}
    await rule(inbox, vip, PUBLIC)
    who = await inbox.somebody(role=Role.LEAD, language="en")
    await who.get("/cases/1")
    assert await who.post("/cases/1/group", name="VIP") == 303
    row = await inbox.desk.case()
    assert (row["policy"], row["due_at"]) == ("vip", MONDAY + 2 * HOUR)
    await who.get("/cases/1")
    said_ = plain(who)
    assert EN.tagging.because["customer_group"] in said_
    assert EN.tagging.book.format(revision=row["revision"]) in said_


async def test_a_new_rule_book_is_explained_on_the_page_and_by_why(inbox):
    await ask(inbox, "anna")
    await rule(inbox, {**PUBLIC, "first_response": "PT4H"})
    who = await inbox.somebody(role=Role.AGENT, language="en")
    await who.get("/cases/1")
    assert "→ 2" in plain(who)
    facts = await inbox.store.read(explain, 1, inbox.desk.rules, inbox.clock.at)
    told = why(facts, ZoneInfo("Europe/Amsterdam"))
    assert "rule book 1 -> 2: policy 'default': first_response 4 h instead of 1 d" in told
    assert "rule book revision 2" in told


async def test_another_customers_help_is_noted_at_their_message_and_taken_back(inbox):
    await ask(inbox, "anna")
    await inbox.desk.hear(said("m9", "Dat heb ik ook gehad, probeer de andere deur.", MONDAY + HOUR, by="bert"))
    inbox.clock.at = MONDAY + 2 * HOUR
    await rule(inbox, {**PUBLIC, "community_relax": "PT12H"})
    who = await inbox.somebody(role=Role.AGENT, language="en")
    await who.get("/cases/1")
    (number,) = re.findall(r'/cases/1/helped"><input[^>]*csrf[^>]*><input type="hidden" name="message" value="(\d+)"', who.text)
    assert await who.post("/cases/1/helped", message=number) == 303
    assert (await inbox.desk.clocks())[0][3] == MONDAY + 36 * HOUR
    await who.get("/cases/1")
    assert "/cases/1/helped-not" in who.text
    assert await who.post("/cases/1/helped-not", message=number) == 303
    assert (await inbox.desk.clocks())[0][3] == MONDAY + 24 * HOUR
    await who.get("/cases/1")
    assert EN.tagging.help_gone.partition("}")[2].strip() in plain(who)


async def test_a_message_of_elsewhere_is_no_help(inbox):
    await ask(inbox, "anna")
    await inbox.desk.hear(said("m9", "?", MONDAY, by="bert", conversation_id="elsewhere"))
    who = await inbox.somebody(role=Role.AGENT, language="en")
    await who.get("/cases/1")
    for message in ("2", "99", "1"):
        assert await who.post("/cases/1/helped", message=message) == 409
    assert await who.post("/cases/1/helped", message="x") == 400


async def test_the_queue_is_filtered_by_tag_and_the_file_names_them(inbox):
    await ask(inbox, "anna", "bert")
    who = await inbox.somebody(role=Role.AGENT, language="en")
    await who.get("/cases/2")
    for name in ("=boos", "pers"):
        await who.post("/cases/2/tag", name=name)
    await who.get("/?tag=PERS")
    assert "case-2" in who.text
    assert "case-1" not in who.text
    assert '<option value="pers" selected>' in who.text
    await who.get("/?tag=nothing")
    assert "case-2" not in who.text
    await who.get("/queue.csv?tag=pers")
    (row,) = list(csv.DictReader(io.StringIO(who.text.lstrip("\ufeff"))))
    assert (row["case"], row["tags"]) == ("2", "'=boos, pers")


async def test_a_view_with_a_tag_is_kept(inbox):
    await ask(inbox, "anna")
    who = await inbox.somebody(role=Role.AGENT, language="en")
    await who.get("/cases/1")
    await who.post("/cases/1/tag", name="pers")
    await who.get("/?tag=pers")
    await who.post("/views", name="Press", filters="tag=pers")
    await who.get("/")
    assert "/?tag=pers" in who.text


async def test_chosen_cases_get_a_tag_at_once(inbox):
    await ask(inbox, "anna", "bert", "cees")
    who = await inbox.somebody(role=Role.AGENT, language="en")
    await who.get("/")
    assert await who.post("/queue/bulk", do="tag", tag="Actie", case="2", filters="") == 303
    await who.get(who.to)
    assert "1 tagged" in plain(who)
    await who.get("/?tag=actie")
    assert "case-2" in who.text
    assert "case-1" not in who.text
    await who.get("/")
    assert await who.post("/queue/bulk", do="tag", tag=" ", case="1", filters="") == 303
    await who.get(who.to)
    assert "tagged" not in plain(who)
