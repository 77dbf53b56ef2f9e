"""Forgetting: what people said goes, from every table and from the file; the numbers of the promise stay, and nothing comes back."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fakes import CHANNEL, DAY, HOUR, MONDAY, FakeClock, FakeNotifier, FakeSender, account, ours, receipt, said
from sqlalchemy import func, select

from webcare.domain.message import Attachment, Author, Direction, Kind
from webcare.ports.connector import Sort, Template
from webcare.ports.errors import Unavailable
from webcare.services import answer, forget
from webcare.services.accept import accept
from webcare.services.export import export
from webcare.services.learn import When, learn
from webcare.services.news import News
from webcare.services.post import Post
from webcare.services.triage import triage
from webcare.store import audit, customers, messages, notes, raw_bodies, restore, tables
from webcare.store.customers import Customer
from webcare.store.door import open_store
from webcare.store.raw_bodies import BodyState
from webcare.store.scrub import scrub

PHONE, WHATSAPP = "31612345678", "whatsapp:100200300"
TRUUS = Customer(kind="whatsapp", author_id=PHONE)
ANNA = Customer(kind="twitter", author_id="anna")
NAMES = ("Truus de Vries", "truusje")
WORDS = ("zeepaardje", "kreeftensoep", "flessenpost", "vuurtoren", "walvisbaai")  # each in one text to or from Truus
LONG = "x" * 5000  # longer than a page: it stands in pages of its own
DAYS = timedelta(days=14)


class Terms:
    raw_bodies, messages, audit = DAYS, 400 * DAY, 800 * DAY


def dm(id_, text, at, **changes):
    """A private message of Truus by WhatsApp."""
    author = Author(id=PHONE, name=NAMES[0], handle=NAMES[1])
    return said(id_, text, at, **{"channel": WHATSAPP, "conversation_id": PHONE, "kind": Kind.DM, "author": author, **changes})


def to_truus(id_, text, at):
    return dm(id_, text, at, direction=Direction.OUTBOUND, author=Author(id="100200300"))


async def keep_body(desk, doc, state=BodyState.READ, at=MONDAY):
    body = doc if isinstance(doc, bytes) else json.dumps(doc).encode()
    number = await desk.store.write(
        raw_bodies.keep, body, {"Host": "h"}, brand="meerkoet", hook="h1", received_at=at, delete_after=at + DAYS
    )
    if state is not BodyState.NEW:
        await desk.store.write(raw_bodies.take, number, state)
    return number


def posted(sender):
    return Post(notifier=FakeNotifier(), senders={WHATSAPP: sender}, holder="one")


async def truus_writes(desk):
    """A case with an edit, an attachment, our reply through the outbox, our answer in the app, a second question; and its bodies."""
    picture = (Attachment(type="image", id="i1", url="https://cdn.example/walvisbaai.jpg"),)
    await desk.hear(
        dm(
            "wamid.1",
            f"Waar blijft mijn zeepaardje? {LONG}",
            MONDAY,
            attachments=picture,
            permalink="https://x.example/walvisbaai",
        )
    )
    await desk.hear(dm("wamid.1", f"Waar blijft mijn kreeftensoep? {LONG}", MONDAY + HOUR / 2))
    template = Template(name="onderweg", language="nl", values=("De flessenpost",))
    await desk.store.write(answer.write, 1, text="De flessenpost is onderweg", by="noor", now=MONDAY + HOUR, template=template)
    await desk.send(posted(FakeSender(receipt("wamid.2", MONDAY + HOUR))), FakeClock(MONDAY + HOUR))
    await desk.hear(to_truus("wamid.3", "En de vuurtoren ook", MONDAY + 2 * HOUR))
    await desk.hear(dm("wamid.4", "thanks", MONDAY + 3 * HOUR))
    value = {"contacts": [{"wa_id": PHONE, "profile": {"name": NAMES[0]}}], "messages": [{"from": PHONE, "text": WORDS[0]}]}
    await keep_body(desk, {"entry": [value, {"messages": [{"from": "31600000000", "text": "van een ander"}]}]})
    await keep_body(desk, {"statuses": [{"id": "wamid.2", "recipient_id": PHONE}]}, state=BodyState.IGNORED)
    await keep_body(desk, {"messages": [{"from": "31600000000", "text": "van een ander"}]})


async def everything(store):
    """Every row of every table, as text."""

    def dump(conn):
        rows = [tuple(row) for table in tables.metadata.sorted_tables for row in conn.execute(select(table))]
        return "\n".join(repr(tuple(bytes(v) if isinstance(v, memoryview) else v for v in row)) for row in rows)

    return await store.read(dump)


def found_in(text, *words):
    return [word for word in words if word in text]


async def erase(desk, who, now=MONDAY + 4 * HOUR):
    return await forget.erase(desk.store, who, by="noor", rules_of=lambda _conn, _revision: desk.rules, clock=FakeClock(now))


# --- erase: what goes


async def test_nothing_of_an_erased_customer_is_left_in_any_table(desk):
    await truus_writes(desk)
    assert found_in(await everything(desk.store), *WORDS, *NAMES, PHONE) == [*WORDS, *NAMES, PHONE]
    planned = await forget.plan(desk.store, TRUUS)
    done = await erase(desk, TRUUS)
    assert done == planned
    assert done.counts() == {"messages": 2, "answers": 2, "cases": 1, "replies": 1, "bodies": 2}
    left = await everything(desk.store)
    assert found_in(left, *WORDS, *NAMES, PHONE, "wamid") == []
    assert "van een ander" in left
    assert await desk.store.read(customers.named, TRUUS.name) is None


async def test_nothing_is_left_in_the_files_of_sqlite(desk, database_url):
    """SQLite leaves what is deleted in pages that it lets go, and in the write-ahead log."""
    if desk.store.dialect != "sqlite":
        assert not scrub(database_url)
        return
    await truus_writes(desk)
    file = Path(database_url.removeprefix("sqlite:///"))
    kept = [file, file.with_name(f"{file.name}-wal")]
    looked_for = [word.encode() for word in (*WORDS, *NAMES, PHONE)]
    assert [word for word in looked_for if any(word in one.read_bytes() for one in kept)] == looked_for
    await erase(desk, TRUUS)
    assert scrub(database_url)
    assert [word for word in looked_for if any(word in one.read_bytes() for one in kept)] == []
    assert len(await desk.cases()) == 1  # the store that was open all the while goes on
    await desk.hear(said("m1", "Where?", MONDAY + 5 * HOUR))


async def test_the_clocks_and_their_history_stay(desk):
    await truus_writes(desk)
    before, log = await desk.clocks(), [(kind, at) for kind, at, _ in await desk.log()]
    verdicts = await desk.rows(tables.verdict)
    assert ("first_response", "met") in [clock[:2] for clock in before]
    await erase(desk, TRUUS)
    after = await desk.log()
    assert await desk.clocks() == before
    assert [(kind, at) for kind, at, _ in after][: len(log)] == log
    assert [kind for kind, _, _ in after][len(log) :] == ["close"]
    assert await desk.rows(tables.verdict) == verdicts
    await desk.sweep(MONDAY + 30 * DAY)  # the log can still be computed
    assert await desk.clocks() == before


async def test_an_open_question_is_closed_by_whoever_erased_it_and_alerts_nobody_any_more(desk):
    await desk.hear(dm("wamid.1", "Waar blijft mijn zeepaardje?", MONDAY))
    await erase(desk, TRUUS, now=MONDAY + HOUR)
    case = await desk.case()
    assert (case["state"], case["closed_at"], case["next_check_at"]) == ("closed", MONDAY + HOUR, None)
    assert [clock[1] for clock in await desk.clocks()] == ["dropped"]
    await desk.sweep_until(MONDAY + 3 * DAY)
    assert await desk.alerts() == []


async def test_one_random_name_stands_in_the_place_of_the_id(desk):
    await truus_writes(desk)
    await erase(desk, TRUUS)
    case = await desk.case()
    rows = await desk.rows(tables.message)
    theirs = {row["author_id"] for row in rows if row["direction"] == "inbound"}
    assert theirs == {case["customer_id"]}
    assert case["customer_id"].startswith("erased:")
    assert {row["conversation_id"] for row in rows} == {case["conversation_id"]} == {case["customer_id"]}
    refs = {line["data"]["ref"] for line in await desk.rows(tables.case_event) if "ref" in line["data"]}
    assert refs == {row["external_id"] for row in rows}
    (reply,) = await desk.replies()
    assert reply["external_id"] in refs
    assert reply["reply_to"] in refs


# --- erase: what stays


async def play_thread(desk):
    """Under one post of Anna's: her questions, Bert's, Cato's talk, and our answers."""
    mine = {"author": Author(id="anna", name="Anna", handle="anna_k")}
    await desk.hear(said("thread", "Anna asks for zeepaardje?", MONDAY, **mine))
    await desk.hear(said("m2", "Bert wants kreeftensoep too?", MONDAY + HOUR, by="bert", reply_to="thread"))
    await desk.hear(said("m3", "lol walvisbaai", MONDAY + HOUR, by="cato", reply_to="thread"))
    await desk.hear(
        ours("a1", MONDAY + 2 * HOUR, "thread", text="Anna, de flessenpost"), ours("a1b", MONDAY + 2 * HOUR, "a1", text="is zoek")
    )
    await desk.hear(ours("a2", MONDAY + 3 * HOUR, "m2", text="Bert, de vuurtoren"))


async def test_others_in_the_same_thread_keep_their_words_and_their_case(desk):
    await play_thread(desk)
    done = await erase(desk, ANNA)
    assert (done.messages, done.answers, done.cases) == (1, 2, 1)
    left = await everything(desk.store)
    assert found_in(left, "zeepaardje", "flessenpost", "is zoek", "anna_k", "Anna") == []
    assert found_in(left, "kreeftensoep", "walvisbaai", "vuurtoren") == ["kreeftensoep", "walvisbaai", "vuurtoren"]
    bert = next(case for case in await desk.cases() if case["customer_id"] == "bert")
    assert (bert["state"], bert["conversation_id"]) == ("open", "thread")
    shown = (await desk.store.read(messages.find, CHANNEL, "m2")).message
    assert shown.reply_to.startswith("erased:")
    await desk.hear(said("m5", "And now?", MONDAY + 5 * HOUR, by="bert", reply_to="a2"))
    assert len(await desk.cases()) == 2


async def test_the_same_person_later_begins_anew(desk):
    await truus_writes(desk)
    await erase(desk, TRUUS)
    await desk.hear(dm("wamid.9", "Ik ben er weer?", MONDAY + DAY))
    was, new = await desk.cases()
    assert (new["customer_id"], new["conversation_id"], new["previous_case"]) == (PHONE, PHONE, None)
    assert (was["state"], new["state"]) == ("closed", "open")


async def test_what_a_platform_hands_us_again_is_not_taken_in(desk):
    """A poll reads a post's comments again and again; the erased ones among them must not come back."""
    await play_thread(desk)
    await erase(desk, ANNA)
    counts = await desk.hear(
        said("thread", "Anna asks for zeepaardje?", MONDAY), said("m2", "Bert wants kreeftensoep too?", MONDAY + HOUR, by="bert")
    )
    assert {kind.value: count for kind, count in counts.items()} == {"duplicate": 2}
    assert found_in(await everything(desk.store), "zeepaardje") == []


async def test_what_a_poll_brings_again_is_known_under_every_id_that_it_had(desk):
    """On X an edit is a post of its own: under either id the words would be back."""
    at = {"rules": desk.rules, "when": When(now=MONDAY + HOUR)}
    first = said("thread", "Anna asks for zeepaardje?", MONDAY)
    edited = said("thread", "Anna asks for kreeftensoep?", MONDAY + HOUR)
    heard = [
        News(sort=Sort.MESSAGE, account=account(), message=first),
        News(sort=Sort.EDIT, account=account(), message=edited, other_id="thread-2"),
    ]
    await desk.store.write(learn, heard, **at)
    while await triage(desk.store, desk.classifier, desk.rules, MONDAY + HOUR):
        pass
    await erase(desk, ANNA)
    as_a_post = News(sort=Sort.MESSAGE, account=account(), message=replace(edited, external_id="thread-2"))
    counts = await desk.store.write(learn, [*heard, as_a_post], **at)
    assert {kind.value: count for kind, count in counts.items()} == {"known": 3}
    assert found_in(await everything(desk.store), "zeepaardje", "kreeftensoep", "thread") == []


# --- erase: what is on its way


async def test_a_reply_that_waits_is_never_sent(desk):
    await desk.hear(dm("wamid.1", "Waar blijft mijn zeepaardje?", MONDAY))
    await desk.store.write(answer.write, 1, text="De flessenpost", by="noor", now=MONDAY)
    await erase(desk, TRUUS, now=MONDAY)
    sender = FakeSender()
    await desk.send(posted(sender), FakeClock(MONDAY + HOUR))
    assert sender.sent == []
    assert [row["state"] for row in await desk.replies()] == ["withdrawn"]


async def test_a_reply_that_is_under_way_is_not_sent_twice(desk):
    """The platform takes it while its customer is erased: that it was taken is noted, and nothing else."""
    await desk.hear(dm("wamid.1", "Waar blijft mijn zeepaardje?", MONDAY))
    await desk.store.write(answer.write, 1, text="De flessenpost", by="noor", now=MONDAY)

    class Slow(FakeSender):
        async def send(self, reply):
            await erase(desk, TRUUS, now=MONDAY)
            return await super().send(reply)

    sender = Slow(receipt("wamid.2", MONDAY))
    await desk.send(posted(sender), FakeClock(MONDAY))
    await desk.send(posted(sender), FakeClock(MONDAY + HOUR))
    assert len(sender.sent) == 1
    assert [row["state"] for row in await desk.replies()] == ["accepted"]
    assert found_in(await everything(desk.store), "flessenpost", PHONE) == []


async def test_a_reply_that_could_not_be_sent_is_not_tried_again_once_its_customer_is_erased(desk):
    """Its retry put it back into the outbox, without a text and without an address."""
    await desk.hear(dm("wamid.1", "Waar blijft mijn zeepaardje?", MONDAY))
    await desk.store.write(answer.write, 1, text="De flessenpost", by="noor", now=MONDAY)

    class Broken(FakeSender):
        async def send(self, reply):
            await erase(desk, TRUUS, now=MONDAY)
            return await super().send(reply)

    sender = Broken(Unavailable("no network"), receipt("wamid.2", MONDAY))
    for hours in range(3):
        await desk.send(posted(sender), FakeClock(MONDAY + hours * HOUR))
    assert len(sender.sent) == 1
    assert [row["state"] for row in await desk.replies()] == ["unconfirmed"]


async def test_what_waits_for_triage_opens_no_case_any_more(desk):
    await desk.accept(dm("wamid.1", "Waar blijft mijn zeepaardje?", MONDAY))
    await erase(desk, TRUUS)
    await desk.hear(said("m1", "thanks", MONDAY))
    assert await desk.cases() == []


async def test_a_body_that_nobody_has_read_yet_comes_first(desk):
    """Erased before it is read, its words would come in afterwards."""
    await truus_writes(desk)
    number = await keep_body(desk, {"messages": [{"from": PHONE}]}, state=BodyState.NEW)
    with pytest.raises(forget.NotReadYet, match="not been read yet"):
        await erase(desk, TRUUS)
    assert found_in(await everything(desk.store), *WORDS) == list(WORDS)
    await desk.store.write(raw_bodies.take, number, BodyState.READ)
    await erase(desk, TRUUS)
    assert found_in(await everything(desk.store), *WORDS) == []


MENTIONS = [
    b'{"from":"31612345678"}',
    b'{"id": 31612345678}',
    b'{"username": "truusje"}',
    b'{"text": "@truusje"}',
    '{"name": "Truus", "wa_id":"31612345678", "text": "\u20ac"}'.encode(),
]
NO_MENTIONS = [b'{"from":"31699999999"}', b'{"text": "mijn truusjes"}', b"{}"]


async def test_bodies_that_name_them_are_found_by_id_and_by_handle(desk):
    await desk.hear(dm("wamid.1", "Waar?", MONDAY))
    named = [await keep_body(desk, body, state=BodyState.UNREADABLE) for body in MENTIONS]
    others = [await keep_body(desk, body) for body in NO_MENTIONS]
    await erase(desk, TRUUS)
    left = [row["id"] for row in await desk.rows(tables.raw_body)]
    assert (set(left) & set(named), left) == (set(), others)


async def test_the_body_that_a_message_came_in_goes_with_it(desk):
    number = await keep_body(desk, b"\x1f\x8b not even JSON")
    await desk.store.write(lambda conn: heard_in(conn, number))
    await erase(desk, TRUUS)
    assert await desk.rows(tables.raw_body) == []


def heard_in(conn, number):
    accept(conn, [dm("wamid.1", "Waar?", MONDAY)], brand="meerkoet", now=MONDAY, raw=number)


async def test_killed_half_way_it_is_run_again(desk, monkeypatch):
    await truus_writes(desk)
    other = {"channel": "whatsapp:400500600", "id_": "wamid.7", "text": "Ook hier zeepaardje?"}
    await desk.hear(dm(at=MONDAY, **other))

    write, left = desk.store.write, 0

    async def dying(unit, *args, **kwargs):
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt
        return await write(unit, *args, **kwargs)

    monkeypatch.setattr(desk.store, "write", dying)
    for left in (1, 2, 2):  # noqa: B007 - `dying` counts it down
        with pytest.raises(KeyboardInterrupt):
            await erase(desk, TRUUS)
    monkeypatch.undo()
    await erase(desk, TRUUS)
    assert found_in(await everything(desk.store), *WORDS, *NAMES, PHONE) == []
    for case in await desk.cases():
        rows = await desk.rows(tables.message, tables.message.c.case == case["id"], tables.message.c.direction == "inbound")
        assert {row["author_id"] for row in rows} == {case["customer_id"]}


async def test_a_daemon_goes_on_while_somebody_is_erased(desk, database_url):
    """Heard, classified and swept by another process at the same time: nobody else loses anything, and no words slip through."""
    await truus_writes(desk)
    other = open_store(database_url)
    daemon = replace(desk, store=other)
    try:

        async def go_on():
            for n in range(15):
                at = MONDAY + HOUR + n * HOUR / 60
                await daemon.hear(said(f"b{n}", "Bert asks?", at, by="bert"), dm(f"wamid.w{n}", f"zeepaardje {n}?", at))
                await daemon.sweep(at)

        await asyncio.gather(go_on(), erase(desk, TRUUS))
    finally:
        await other.close()
    await erase(desk, TRUUS)
    assert found_in(await everything(desk.store), *WORDS, *NAMES, PHONE) == []
    rows = await desk.rows(tables.message)
    assert sum(row["author_id"] == "bert" and row["text"] == "Bert asks?" for row in rows) == 15
    assert sum(row["channel"] == WHATSAPP and row["direction"] == "inbound" for row in rows) == 17
    assert [case["customer_id"] for case in await desk.cases() if case["state"] == "open"] == ["bert"]


# --- erase: what is shown for it


async def test_the_audit_shows_that_it_was_done_and_not_to_whom(desk):
    await truus_writes(desk)
    assert await forget.erased_before(desk.store, TRUUS.name) is None
    await erase(desk, TRUUS)
    (line,) = await desk.store.read(audit.lines, "erase")
    assert (line["by"], line["at"]) == ("noor", MONDAY + 4 * HOUR)
    assert {name: value for name, value in line["data"].items() if name != "person"} == {
        "messages": 2,
        "answers": 2,
        "cases": 1,
        "replies": 1,
        "bodies": 2,
    }
    assert await forget.erased_before(desk.store, TRUUS.name) == MONDAY + 4 * HOUR
    assert await forget.erased_before(desk.store, "whatsapp:31612345679") is None


# --- who is meant


async def test_a_customer_is_named_by_kind_or_by_account(desk):
    await desk.hear(dm("wamid.1", "Waar?", MONDAY), dm("wamid.2", "Waar?", MONDAY, channel="whatsapp:400500600"))
    assert await desk.store.read(customers.named, f"whatsapp:{PHONE}") == TRUUS
    here = Customer(kind="whatsapp", author_id=PHONE, channel=WHATSAPP)
    assert await desk.store.read(customers.named, f"{WHATSAPP}:{PHONE}") == here
    for nobody in (
        "",
        "whatsapp",
        "whatsapp:",
        "truusje",
        f"facebook:{PHONE}",
        f"{WHATSAPP}:31",
        f"what:{PHONE}",
        "whatsapp:100200300",
    ):
        assert await desk.store.read(customers.named, nobody) is None, nobody
    await erase(desk, here)
    assert [place.channel for place in await desk.store.read(customers.places, TRUUS)] == ["whatsapp:400500600"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("truus", ["whatsapp:31612345678"]),
        ("@TRUUSJE", ["whatsapp:31612345678"]),
        ("de vries", ["whatsapp:31612345678", "facebook:77"]),
        ("+31 6 1234 5678", ["whatsapp:31612345678"]),
        ("facebook:31612345678", ["whatsapp:31612345678"]),
        ("%", []),
        ("", []),
        ("Koos", []),
    ],
)
async def test_a_name_or_handle_lists_who_may_be_meant(desk, words, found):
    await desk.hear(dm("wamid.1", "Waar?", MONDAY + HOUR))
    await desk.hear(said("f1", "Where?", MONDAY, channel="facebook:1", author=Author(id="77", name="Jan de Vries")))
    assert [one.customer.name for one in await desk.store.read(customers.candidates, words)] == found


# --- export


async def test_an_export_holds_everything_of_one_customer_and_nothing_of_another(desk):
    await truus_writes(desk)
    await play_thread(desk)
    document = await export(desk.store, TRUUS, by="noor", now=MONDAY + DAY)
    text = json.dumps(document, ensure_ascii=False)
    assert found_in(text, *WORDS, *NAMES, PHONE) == [*WORDS, *NAMES, PHONE]
    assert found_in(text, "Bert", "Anna", "van een ander", "noor") == []
    first = document["messages"][0]
    assert [version["text"][:12] for version in first["versions"]] == ["Waar blijft "] * 2
    assert first["verdicts"][0]["needs_response"] is True
    (case,) = document["cases"]
    assert [event["type"] for event in case["events"]] == [kind for kind, _, _ in await desk.log(case["id"])]
    assert case["replies"][0]["text"] == "De flessenpost is onderweg"
    assert {clock["state"] for clock in case["clocks"]} == {"met"}
    assert len(document["raw_bodies"]) == 2
    (line,) = await desk.store.read(audit.lines, "export")
    assert PHONE not in json.dumps(line["data"])


async def test_an_export_of_a_public_thread_leaves_the_others_out(desk):
    await play_thread(desk)
    document = await export(desk.store, ANNA, by="noor", now=MONDAY + DAY)
    assert [(one["external_id"], one["text"]) for one in document["messages"]] == [
        ("thread", "Anna asks for zeepaardje?"),
        ("a1", "Anna, de flessenpost"),
        ("a1b", "is zoek"),
    ]


# --- retention


async def retire(desk, now):
    clock = FakeClock(now)
    planned = await forget.retention_plan(desk.store, Terms(), clock)
    done = await forget.retention(desk.store, Terms(), clock, by="noor")
    assert done == planned
    return done


async def test_what_is_past_its_time_goes_and_what_is_young_or_open_stays(desk):
    later = MONDAY + 300 * DAY
    await truus_writes(desk)
    await desk.sweep(MONDAY + 10 * DAY)  # closes what was answered
    await desk.hear(said("m1", "Open since long: vergeetmijniet?", MONDAY, by="bert"))
    await desk.hear(said("m2", "just talk", MONDAY, by="cato"))
    await desk.hear(said("m3", "just younger talk", later, by="cato"))
    assert await retire(desk, MONDAY + 13 * DAY) == dict.fromkeys(
        ("messages", "answers", "cases", "replies", "bodies", "audit"), 0
    )
    assert await desk.rows(tables.metadata.tables["audit"]) == []
    assert (await retire(desk, MONDAY + 20 * DAY))["bodies"] == 3
    done = await retire(desk, MONDAY + 410 * DAY)
    assert done == {"messages": 3, "answers": 2, "cases": 1, "replies": 1, "bodies": 0, "audit": 0}
    left = await everything(desk.store)
    assert found_in(left, *WORDS, *NAMES, PHONE, "just talk") == []
    assert found_in(left, "vergeetmijniet", "just younger talk") == ["vergeetmijniet", "just younger talk"]
    assert [line["data"]["bodies"] for line in await desk.store.read(audit.lines, "retention")] == [3, 0]
    assert not any((await retire(desk, MONDAY + 410 * DAY)).values())


async def test_the_numbers_of_a_retired_case_stay(desk):
    await truus_writes(desk)
    await desk.sweep(MONDAY + 10 * DAY)
    before = await desk.clocks()
    await retire(desk, MONDAY + 500 * DAY)
    assert await desk.clocks() == before
    assert len(await desk.rows(tables.message)) == 4


async def test_a_customer_who_still_writes_keeps_what_is_young(desk):
    await truus_writes(desk)
    await desk.sweep(MONDAY + 10 * DAY)
    await desk.hear(dm("wamid.9", "Nog een vergeetmijniet?", MONDAY + 390 * DAY))
    await retire(desk, MONDAY + 410 * DAY)
    old, young = await desk.cases()
    assert old["customer_id"].startswith("erased:")
    assert (young["customer_id"], young["customer_name"], young["state"]) == (PHONE, NAMES[0], "open")
    assert found_in(await everything(desk.store), *WORDS, "vergeetmijniet") == ["vergeetmijniet"]


async def test_a_case_with_a_reply_that_is_still_to_leave_is_not_retired(desk):
    await truus_writes(desk)
    await desk.sweep(MONDAY + 10 * DAY)
    await desk.store.write(answer.write, 1, text="Een late vuurtoren", by="noor", now=MONDAY + 11 * DAY)
    await desk.store.write(restore.hold, MONDAY)
    done = await retire(desk, MONDAY + 500 * DAY)
    assert (done["cases"], done["messages"]) == (0, 0)
    assert found_in(await everything(desk.store), *WORDS) == list(WORDS)


async def test_what_waits_for_triage_is_not_retired_nor_its_case(desk):
    await truus_writes(desk)
    await desk.sweep(MONDAY + 10 * DAY)
    await desk.accept(said("m1", "vergeetmijniet?", MONDAY), dm("wamid.1", "Laat maar, vuurtoren", MONDAY + HOUR))
    done = await retire(desk, MONDAY + 500 * DAY)
    assert (done["cases"], done["messages"]) == (0, 0)
    assert found_in(await everything(desk.store), "vergeetmijniet", *WORDS) == ["vergeetmijniet", *WORDS]


async def test_a_body_that_nobody_has_read_is_kept_whatever_its_age(desk):
    await keep_body(desk, {"a": 1}, state=BodyState.NEW)
    assert (await retire(desk, MONDAY + 500 * DAY))["bodies"] == 0
    assert len(await desk.rows(tables.raw_body)) == 1


async def test_a_shorter_term_counts_for_what_is_there_already(desk):
    class Shorter(Terms):
        raw_bodies = DAY

    await keep_body(desk, {"a": 1})
    assert (await forget.retention(desk.store, Shorter(), FakeClock(MONDAY + 2 * DAY)))["bodies"] == 1


async def test_old_lines_of_the_audit_go(desk):
    await desk.store.write(audit.note, at=MONDAY, by="noor", what="erase", data={})
    assert (await retire(desk, MONDAY + 799 * DAY))["audit"] == 0
    assert (await retire(desk, MONDAY + 801 * DAY))["audit"] == 1
    assert [line["what"] for line in await desk.store.read(audit.lines)] == ["retention"]


async def test_many_go_in_batches_between_which_others_write(desk, monkeypatch):
    monkeypatch.setattr(forget, "MESSAGES", 3)
    for n in range(10):
        await desk.hear(said(f"m{n}", f"talk {n}", MONDAY, by=f"c{n % 2}"))
    written = []
    write = desk.store.write

    async def counting(unit, *args, **kwargs):
        written.append(unit.__name__)
        return await write(unit, *args, **kwargs)

    monkeypatch.setattr(desk.store, "write", counting)
    assert (await forget.retention(desk.store, Terms(), FakeClock(MONDAY + 500 * DAY)))["messages"] == 10
    assert written.count("forget_messages") == 4


async def test_deleting_bodies_does_not_read_all_messages(desk):
    """Without an index on the body that a message came in, each of thousands of bodies was looked for in every message."""
    if desk.store.dialect == "sqlite":
        plan = await desk.store.read(
            lambda conn: str(conn.exec_driver_sql("EXPLAIN QUERY PLAN UPDATE message SET raw=NULL WHERE raw=1").all())
        )
        assert "ix_message_raw" in plan
    number = await keep_body(desk, {"a": 1})
    await desk.store.write(lambda conn: heard_in(conn, number))
    await forget.retention(desk.store, Terms(), FakeClock(MONDAY + 20 * DAY))
    assert [row["raw"] for row in await desk.rows(tables.message)] == [None]
    assert await desk.store.read(lambda conn: conn.execute(select(func.count()).select_from(tables.raw_body)).scalar_one()) == 0


async def test_a_database_that_forgot_nobody_asks_for_no_secret(desk):
    await desk.hear(said("m1", "Where?", MONDAY))
    assert await desk.store.read(notes.read, "forget_salt") is None
