"""From what a platform says to cases: each message once, in whatever order and however often it arrives."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from fakes import CHANNEL, DAY, HOUR, MONDAY, US, Desk, FakeClassifier, FakeClock, ours, said
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from webcare.domain.message import Attachment, Direction, Kind
from webcare.domain.rulebook import Lookup, parse_rulebook
from webcare.house_work import HouseWork
from webcare.services.accept import accept
from webcare.services.triage import BATCH, PUT_OFF, triage, way_of
from webcare.store import messages, tables
from webcare.store.door import open_store
from webcare.store.messages import Kept
from webcare.store.rulebooks import newest_revision, read_revision, store_revision

MINUTE = timedelta(minutes=1)
TEN = MONDAY + HOUR  # 10:00


async def shown(desk, external_id):
    return (await desk.store.read(messages.find, CHANNEL, external_id)).message


# --- accept


async def test_a_message_is_stored_once_however_often_it_arrives(desk):
    again = said("m1", "Where is my parcel?", MONDAY)
    assert await desk.hear(again, again) == {Kept.NEW: 1, Kept.DUPLICATE: 1}
    assert await desk.hear(again, now=TEN) == {Kept.DUPLICATE: 1}
    assert len(await desk.rows(tables.message)) == 1
    assert await desk.log() == [("inbound", MONDAY, "m1")]


async def test_one_id_on_two_accounts_is_two_messages(desk):
    await desk.hear(said("m1", "Hello?", MONDAY), said("m1", "Hello?", MONDAY, channel="facebook:9"))
    assert [c["channel"] for c in await desk.cases()] == [CHANNEL, "facebook:9"]


async def test_the_cursor_moves_with_what_it_stands_for(store):
    """The cursor is in the transaction of its messages: neither runs ahead of the other when the process dies."""
    await store.write(accept, [said("m1", "?", MONDAY)], brand="b", now=MONDAY, cursor=(CHANNEL, "mentions", "17"))
    assert await store.read(messages.read_cursor, CHANNEL, "mentions") == "17"
    with pytest.raises(IntegrityError):  # there is no such raw body
        await store.write(accept, [said("m2", "?", MONDAY)], brand="b", now=MONDAY, cursor=(CHANNEL, "mentions", "18"), raw=99)
    assert await store.read(messages.read_cursor, CHANNEL, "mentions") == "17"


async def test_what_is_found_late_is_marked(desk):
    await desk.hear(said("m1", "?", MONDAY), now=MONDAY + 15 * MINUTE)
    await desk.hear(said("m2", "?", MONDAY, by="bert"), now=MONDAY + 16 * MINUTE)
    assert [m["late_ingest"] for m in await desk.rows(tables.message)] == [False, True]
    assert [c["opened_at"] for c in await desk.cases()] == [MONDAY, MONDAY]  # the platform's time decides


# --- edits


async def test_an_edit_is_another_text_of_the_same_message(desk):
    await desk.hear(said("m1", "Where is it?", MONDAY))
    assert await desk.hear(said("m1", "Where is my parcel?", TEN)) == {Kept.EDIT: 1}
    assert (await shown(desk, "m1")).text == "Where is my parcel?"
    assert await desk.log() == [("inbound", MONDAY, "m1"), ("edit", TEN, "m1")]
    assert await desk.clocks() == [("first_response", "running", MONDAY, MONDAY + DAY, None)]


async def test_an_old_text_delivered_again_after_an_edit_changes_nothing(desk):
    original, edited = said("m1", "Where is it?", MONDAY), said("m1", "Found it, thanks", TEN)
    await desk.hear(original)
    await desk.hear(edited)
    assert await desk.hear(original, now=TEN + HOUR) == {Kept.DUPLICATE: 1}
    assert (await shown(desk, "m1")).text == "Found it, thanks"
    assert len(await desk.log()) == 2


async def test_an_original_that_arrives_after_its_edit_moves_the_start(desk):
    await desk.hear(said("m1", "Where is my parcel?", TEN))
    assert await desk.hear(said("m1", "Where is it?", MONDAY), now=TEN + HOUR) == {Kept.EDIT: 1}
    assert (await shown(desk, "m1")).text == "Where is my parcel?"
    assert (await shown(desk, "m1")).created_at == MONDAY
    assert (await desk.case())["opened_at"] == MONDAY
    assert await desk.clocks() == [("first_response", "running", MONDAY, MONDAY + DAY, None)]


async def test_the_verdict_in_force_is_that_of_the_text_shown(desk):
    """The original that came after its edit was classified last, and its verdict replaced that of the text that people see."""
    await desk.hear(said("m1", "So angry!", TEN))
    await desk.hear(said("m1", "thanks", MONDAY), now=TEN + HOUR)
    (row,) = await desk.rows(tables.message)
    (verdict,) = [v for v in await desk.rows(tables.verdict) if v["id"] == row["verdict"]]
    assert (row["text"], verdict["intents"]) == ("So angry!", ["complaint"])


async def test_of_two_texts_of_one_instant_the_later_delivered_is_shown(desk):
    """Platforms with times in whole seconds: the correction of a typing error had the time of its original, and was kept unseen."""
    await desk.hear(said("m1", "Where is my parsel?", MONDAY))
    assert await desk.hear(said("m1", "Where is my parcel?", MONDAY)) == {Kept.EDIT: 1}
    assert (await shown(desk, "m1")).text == "Where is my parcel?"


async def test_a_need_that_an_edit_adds_starts_at_the_edit(desk):
    await desk.hear(said("m1", "Nice shop", MONDAY))
    assert await desk.cases() == []
    await desk.hear(said("m1", "Nice shop, but where is my parcel?", TEN))
    assert await desk.clocks() == [("first_response", "running", TEN, TEN + DAY, None)]
    assert await desk.log() == [("inbound", MONDAY, "m1"), ("edit", TEN, "m1")]


async def test_a_need_that_an_edit_takes_away_stays(desk):
    await desk.hear(said("m1", "Where is my parcel?", MONDAY))
    await desk.hear(said("m1", "Never mind", TEN))
    assert await desk.clocks() == [("first_response", "running", MONDAY, MONDAY + DAY, None)]


async def test_an_edit_of_our_own_answer_is_no_second_answer(desk):
    await desk.hear(said("m1", "Where is it?", MONDAY))
    await desk.hear(ours("a1", TEN, "m1"))
    await desk.hear(ours("a1", TEN + HOUR, "m1", text="Here you are, with the link."))
    assert await desk.log() == [("inbound", MONDAY, "m1"), ("answer", TEN, "a1")]


# --- what opens a case, and what joins one


async def test_the_context_of_a_message_reaches_the_classifier(desk):
    await desk.hear(said("m1", "Where is it?", MONDAY))
    await desk.hear(ours("a1", TEN, "m1", text="On its way."))
    await desk.hear(said("m2", "thanks", TEN + HOUR, reply_to="a1"))
    request = desk.classifier.asked[-1]
    assert (request.replied_to.text, request.replied_to.by_us, request.we_spoke_last) == ("On its way.", True, True)
    assert request.earlier == (("question",),)


async def test_a_courtesy_joins_and_opens_nothing(desk):
    await desk.hear(said("m0", "thanks for the nice shop", MONDAY, by="bert"))
    await desk.hear(said("m1", "Where is it?", MONDAY))
    await desk.hear(ours("a1", TEN, "m1"))
    await desk.hear(said("m2", "thanks", TEN + HOUR, reply_to="a1"))
    assert (await desk.case())["customer_id"] == "anna"
    assert [line[0] for line in await desk.log()] == ["inbound", "answer", "inbound"]
    assert await desk.clocks() == [("first_response", "met", MONDAY, MONDAY + DAY, TEN)]


async def test_a_courtesy_with_a_but_opens_the_next_exchange(desk):
    await desk.hear(said("m1", "Where is it?", MONDAY))
    await desk.hear(ours("a1", TEN, "m1"))
    await desk.hear(said("m2", "thanks, but when?", TEN + HOUR, reply_to="a1"))
    assert ("next_response", "running", TEN + HOUR, TEN + HOUR + DAY, None) in await desk.clocks()


async def test_noise_in_public_opens_nothing_and_in_private_asks_for_a_look(desk):
    await desk.hear(said("m1", "lol", MONDAY, by="bert"))
    await desk.hear(said("m2", "lol", MONDAY, kind=Kind.DM, conversation_id="dm"))
    row = await desk.case()
    assert (row["conversation_id"], row["unsure"], row["queue"]) == ("dm", True, "check")
    assert await desk.clocks() == [("first_response", "running", MONDAY, MONDAY + DAY, None)]


async def test_a_picture_without_a_word_in_private_asks_for_a_look(desk):
    await desk.hear(said("m1", "", MONDAY, kind=Kind.DM, attachments=(Attachment(type="image", id="7"),)))
    assert (await desk.case())["unsure"]


async def test_private_courtesy_and_automatic_mail_open_nothing(desk):
    await desk.hear(said("m1", "thanks", MONDAY, kind=Kind.DM), said("m2", "Out of office until Monday", MONDAY, kind=Kind.DM))
    assert await desk.cases() == []


async def test_what_was_to_be_checked_becomes_plain_with_the_next_message(desk):
    await desk.hear(said("m1", "hm maybe", MONDAY))
    assert (await desk.case())["unsure"]
    await desk.hear(said("m2", "so where is it?", TEN))
    assert not (await desk.case())["unsure"]


async def test_a_later_urgent_message_raises_the_case(desk):
    await desk.hear(said("m1", "Where is it?", MONDAY))
    await desk.hear(said("m2", "My meter is on fire!", TEN))
    assert (await desk.case())["urgency"] == "high"


async def test_ten_customers_under_one_post_are_ten_cases(desk):
    await desk.hear(ours("post", MONDAY, text="Our new shop is open"))
    await desk.hear(*[said(f"m{n}", "When?", TEN, by=f"c{n}", reply_to="post") for n in range(10)])
    assert [c["customer_id"] for c in await desk.cases()] == [f"c{n}" for n in range(10)]
    await desk.hear(ours("a3", TEN + HOUR, "m3"))
    assert [c for c in range(1, 11) if (await desk.clocks(c))[0][1] == "met"] == [4]


async def test_a_public_post_of_ours_that_replies_to_nobody_stops_none(desk):
    await desk.hear(said("m1", "Where is it?", MONDAY))
    await desk.hear(ours("post", TEN, text="There is a delay"))
    await desk.hear(ours("more", TEN + MINUTE, "post", text="Sorry about that"))
    assert await desk.clocks() == [("first_response", "running", MONDAY, MONDAY + DAY, None)]


async def test_impatient_messages_are_one_wait(desk):
    await desk.hear(*[said(f"m{n}", "Hello?", MONDAY + n * HOUR) for n in range(4)])
    assert await desk.clocks() == [("first_response", "running", MONDAY, MONDAY + DAY, None)]
    await desk.hear(ours("a1", TEN + 4 * HOUR, "m1"))
    assert [c[1] for c in await desk.clocks()] == ["met"]


async def test_a_message_from_the_future_starts_when_it_is_there(desk):
    """The platform's clock runs two minutes ahead of ours: nothing is due before that, and nothing is forgotten."""
    await desk.hear(said("m1", "Where is it?", MONDAY + 2 * MINUTE), now=MONDAY)
    assert await desk.clocks() == []
    assert (await desk.sweep(MONDAY + MINUTE)).cases == 0
    assert (await desk.sweep(MONDAY + 2 * MINUTE)).cases == 1
    assert await desk.clocks() == [("first_response", "running", MONDAY + 2 * MINUTE, MONDAY + 2 * MINUTE + DAY, None)]


# --- answers seen on the platform


async def test_an_answer_stops_the_clock_at_the_platforms_time(desk):
    await desk.hear(said("m1", "Where is it?", MONDAY))
    await desk.hear(ours("a1", TEN, "m1"), now=TEN + 20 * HOUR)
    assert await desk.clocks() == [("first_response", "met", MONDAY, MONDAY + DAY, TEN)]


async def test_an_answer_to_what_nobody_had_recognised_opens_a_case_found_by_the_agent(desk):
    """A person who answers says that an answer was needed: the log has the verdict before the answer, and nobody is alerted."""
    await desk.hear(said("m1", "lol", MONDAY))
    await desk.hear(ours("a1", MONDAY + 2 * DAY, "m1"))
    row = await desk.case()
    assert (row["found_by"], row["opened_at"], row["state"]) == ("agent", MONDAY, "open")
    assert await desk.log() == [
        ("inbound", MONDAY, "m1"),
        ("verdict", MONDAY + 2 * DAY, "m1"),
        ("answer", MONDAY + 2 * DAY, "a1"),
    ]
    assert await desk.clocks() == [("first_response", "missed", MONDAY, MONDAY + DAY, MONDAY + 2 * DAY)]
    await desk.sweep(MONDAY + 2 * DAY)
    assert await desk.alerts() == []


async def test_an_answer_that_arrives_before_its_message_waits_for_it(desk):
    await desk.hear(ours("a1", TEN, "m1"))
    assert await desk.cases() == []
    await desk.hear(said("m1", "Where is it?", MONDAY), now=TEN + HOUR)
    assert (await desk.case())["found_by"] == "classifier"
    assert await desk.clocks() == [("first_response", "met", MONDAY, MONDAY + DAY, TEN)]


async def test_an_answer_in_one_batch_before_its_message_is_not_a_miss_of_the_classifier(desk):
    """Both arrived in one poll, the newest first: the answer opened a case `found_by: agent` before anybody had classified the
    question, and the classifier was blamed for it."""
    await desk.hear(ours("a1", TEN, "m1"), said("m1", "Where is it?", MONDAY), now=TEN + HOUR)
    assert (await desk.case())["found_by"] == "classifier"
    assert [line[0] for line in await desk.log()] == ["inbound", "answer"]


async def test_an_answer_in_one_batch_before_noise_is_found_by_the_agent(desk):
    await desk.hear(ours("a1", TEN, "m1"), said("m1", "lol", MONDAY), now=TEN + HOUR)
    assert (await desk.case())["found_by"] == "agent"
    assert [line[0] for line in await desk.log()] == ["inbound", "verdict", "answer"]


async def test_our_second_post_in_a_chain_of_our_own_is_in_the_case(desk):
    await desk.hear(said("m1", "Where is it?", MONDAY))
    await desk.hear(ours("a1", TEN, "m1"))
    await desk.hear(said("m2", "And the other one?", TEN + HOUR, reply_to="a1"))
    await desk.hear(ours("a2", TEN + 2 * HOUR, "a1", text="(2/2)"))
    assert [row["case"] for row in await desk.rows(tables.message)] == [1, 1, 1, 1]
    assert ("next_response", "met", TEN + HOUR, TEN + HOUR + DAY, TEN + 2 * HOUR) in await desk.clocks()


@pytest.mark.parametrize("order", [("a3", "a2", "a1", "m1"), ("a2", "a3", "m1", "a1"), ("m1", "a3", "a2", "a1")])
async def test_a_chain_of_our_own_that_arrives_the_wrong_way_round_ends_in_the_case(desk, order):
    """Only the post that names the customer's message was waited for; those that go on from it stayed outside of the case for ever."""
    chain = {
        "m1": said("m1", "Where is it?", MONDAY),
        "a1": ours("a1", TEN, "m1", text="(1/3)"),
        "a2": ours("a2", TEN + MINUTE, "a1", text="(2/3)"),
        "a3": ours("a3", TEN + 2 * MINUTE, "a2", text="(3/3)"),
    }
    for name in order:
        await desk.hear(chain[name], now=TEN + HOUR)
    assert {row["case"] for row in await desk.rows(tables.message)} == {1}
    assert sorted(line[2] for line in await desk.log()) == ["a1", "a2", "a3", "m1"]
    assert await desk.clocks() == [("first_response", "met", MONDAY, MONDAY + DAY, TEN)]


async def test_in_private_an_answer_belongs_to_what_was_written_before_it(desk):
    """The customer's newest message of the thread was taken, also one written after the answer: a back-fill in one go gave the
    answer to nobody and left the first question open."""
    dm = {"kind": Kind.DM, "conversation_id": "dm"}
    await desk.hear(
        said("m1", "Where is it?", MONDAY, **dm),
        ours("a1", TEN, **dm),
        said("m2", "And when?", TEN + HOUR, **dm),
        now=TEN + 2 * HOUR,
    )
    assert await desk.clocks() == [
        ("first_response", "met", MONDAY, MONDAY + DAY, TEN),
        ("next_response", "running", TEN + HOUR, TEN + HOUR + DAY, None),
    ]


async def test_in_private_an_answer_waits_for_a_message_found_late(desk):
    dm = {"kind": Kind.DM, "conversation_id": "dm"}
    await desk.hear(ours("a1", TEN, **dm), ours("a2", TEN + MINUTE, **dm))
    await desk.hear(said("m1", "Where is it?", MONDAY, **dm), now=TEN + HOUR)
    assert [line[2] for line in await desk.log()] == ["m1", "a1", "a2"]
    assert await desk.clocks() == [("first_response", "met", MONDAY, MONDAY + DAY, TEN)]


async def test_another_customers_reply_is_no_answer(desk):
    await desk.hear(said("m1", "Where is it?", MONDAY))
    await desk.hear(said("m2", "It came late for me too", TEN, by="bert", reply_to="m1"))
    assert await desk.clocks() == [("first_response", "running", MONDAY, MONDAY + DAY, None)]


# --- closing and coming back


async def answered_and_closed(desk):
    await desk.hear(said("m1", "Where is it?", MONDAY))
    await desk.hear(ours("a1", TEN, "m1"))
    closed_at = TEN + 3 * DAY
    await desk.sweep(closed_at)
    return closed_at


async def test_a_case_closes_by_itself_and_the_log_says_so_once(desk):
    closed_at = await answered_and_closed(desk)
    await desk.sweep(closed_at)
    await desk.sweep(closed_at + DAY)
    assert (await desk.log())[2:] == [("close", closed_at, "policy")]
    row = await desk.case()
    assert (row["state"], row["closed_at"], row["next_check_at"]) == ("closed", closed_at, None)


async def test_a_close_that_nobody_looked_at_is_logged_at_its_instant(desk):
    await desk.hear(said("m1", "Where is it?", MONDAY))
    await desk.hear(ours("a1", TEN, "m1"))
    await desk.sweep(TEN + 10 * DAY)  # nobody looked for a week
    assert (await desk.log())[-1] == ("close", TEN + 3 * DAY, "policy")


@pytest.mark.parametrize(("after", "count"), [(7 * DAY, 1), (7 * DAY + timedelta(microseconds=1), 2)])
async def test_within_reopen_within_the_case_reopens_and_later_a_new_one_names_it(desk, after, count):
    closed_at = await answered_and_closed(desk)
    again = closed_at + after
    await desk.hear(said("m2", "It broke again?", again, reply_to="a1"))
    rows = await desk.cases()
    assert len(rows) == count
    assert rows[-1]["state"] == "open"
    if count == 1:
        assert ("next_response", "running", again, again + DAY, None) in await desk.clocks()
    else:
        assert (rows[0]["state"], rows[1]["previous_case"]) == ("closed", 1)
        assert await desk.clocks(2) == [("first_response", "running", again, again + DAY, None)]


async def test_a_courtesy_on_a_closed_case_does_not_reopen_it(desk):
    closed_at = await answered_and_closed(desk)
    await desk.hear(said("m2", "thanks", closed_at + HOUR))
    assert (await desk.case())["state"] == "closed"


async def test_a_message_found_late_shows_that_the_close_was_wrong(desk):
    """The policy closed the case because nothing was open; then a question turns up that was written before the close."""
    closed_at = await answered_and_closed(desk)
    asked = TEN + 2 * DAY + 12 * HOUR
    await desk.hear(said("m2", "And the other one?", asked), now=closed_at + HOUR)
    row = await desk.case()
    assert (row["state"], row["closed_at"]) == ("open", None)
    assert ("next_response", "running", asked, asked + DAY, None) in await desk.clocks()


# --- what must not stop the others


async def test_a_text_on_which_the_classifier_fails_is_for_a_person_and_stops_nobody(desk):
    """One such text kept its whole batch unclassified, again and again, and everything behind it."""
    await desk.hear(*[said(f"m{n}", "poison" if n == 7 else "Where is it?", MONDAY, by=f"c{n}") for n in range(20)])
    rows = await desk.cases()
    assert len(rows) == 20
    assert [(row["customer_id"], row["queue"]) for row in rows if row["unsure"]] == [("c7", "check")]
    assert [(line["event"], line["message"]) for line in desk.logged] == [("triage.not_classified", "m7")]


async def test_a_message_that_cannot_be_routed_waits_and_stops_nobody(desk):
    """Its error rolled back the whole batch, which came back a second later with the same message in it."""

    def fail(conn, _cursor, statement, parameters, *_):
        if statement.startswith("INSERT INTO verdict") and "unlucky" in str(parameters):
            raise ZeroDivisionError

    class Unlucky(FakeClassifier):
        def _verdict(self, text):
            verdict = super()._verdict(text)
            object.__setattr__(verdict, "language", "unlucky" if "unlucky" in text else "en")
            return verdict

    desk.classifier = Unlucky()
    event.listen(Engine, "before_cursor_execute", fail)
    try:
        await desk.hear(said("m1", "unlucky?", MONDAY), said("m2", "Where is it?", MONDAY, by="bert"))
    finally:
        event.remove(Engine, "before_cursor_execute", fail)
    assert [c["customer_id"] for c in await desk.cases()] == ["bert"]
    assert {line["event"] for line in desk.logged} == {"triage.not_routed"}
    await desk.hear(said("m3", "Hello?", TEN, by="cato"))
    assert [c["customer_id"] for c in await desk.cases()] == ["bert", "anna", "cato"]


async def test_more_of_them_than_a_batch_holds_do_not_silence_everybody_else(desk, monkeypatch):
    """The oldest wait in front, so a batch full of them was the batch of every second: nothing that came later was ever read."""

    def fail(conn, pending, verdict):
        if "unlucky" in pending.text:
            raise ZeroDivisionError
        return way_of(conn, pending, verdict)

    stuck = {}

    async def work_off(now):
        for _ in range(4):  # seconds
            await triage(desk.store, desk.classifier, desk.rules, now, stuck=stuck)

    with monkeypatch.context() as broken:
        broken.setattr("webcare.services.triage.way_of", fail)
        await desk.accept(*[said(f"u{n}", "unlucky?", MONDAY, by=f"u{n}") for n in range(BATCH + 8)])
        await desk.accept(said("m1", "Where is it?", MONDAY, by="bert"))
        await work_off(MONDAY)
        assert [c["customer_id"] for c in await desk.cases()] == ["bert"]
        await desk.accept(said("m2", "And mine?", TEN, by="cato"))
        await work_off(MONDAY + 2 * PUT_OFF)
        assert [c["customer_id"] for c in await desk.cases()] == ["bert", "cato"]
    assert len(stuck) == BATCH + 8
    assert [line["event"] for line in desk.logged] == ["triage.not_routed"] * len(stuck)
    await work_off(MONDAY - DAY)  # somebody set the clock back: nobody waits for that day
    assert len(await desk.cases()) == BATCH + 10
    assert stuck == {}


async def test_a_message_that_cannot_be_routed_is_said_once_and_so_is_its_end(desk, monkeypatch):
    """Each time that it was tried again its traceback stood in the log."""

    def fail(conn, pending, verdict):
        if "unlucky" in pending.text:
            raise ZeroDivisionError
        return way_of(conn, pending, verdict)

    house = SimpleNamespace(store=desk.store, judge=desk.classifier, rules=desk.rules, clock=FakeClock(MONDAY), stale=None)
    rows = {work.row.name: work for work in HouseWork(house, None).table()}
    with monkeypatch.context() as broken:
        broken.setattr("webcare.services.triage.way_of", fail)
        await desk.accept(said("m1", "unlucky?", MONDAY), said("m2", "Where is it?", MONDAY, by="bert"))
        assert [await rows["triage"].unit() for _ in range(3)] == [1, 0, 0]
        await desk.accept(said("m3", "unlucky too?", MONDAY, by="cato"))
        assert [await rows["triage"].unit() for _ in range(2)] == [0, 0]
        house.clock.at += PUT_OFF
        assert [await rows["triage"].unit() for _ in range(2)] == [0, 0]
    house.clock.at += PUT_OFF
    assert [await rows["triage"].unit() for _ in range(2)] == [2, 0]
    told = [(line["event"], line["message"], "exc_info" in line) for line in desk.logged]
    assert told == [
        ("triage.not_routed", 1, True),
        ("triage.not_routed", 3, True),
        ("triage.unstuck", 1, False),
        ("triage.unstuck", 3, False),
    ]


async def test_two_daemons_take_each_text_once(store, database_url):
    desk = await Desk.open(store)
    await desk.accept(*[said(f"m{n}", "Where is it?", MONDAY, by=f"c{n % 10}") for n in range(60)])
    other = open_store(database_url)
    try:

        async def work(door):
            while await triage(door, FakeClassifier(), desk.rules, MONDAY):
                pass

        await asyncio.gather(work(store), work(other))
    finally:
        await other.close()
    assert len(await desk.rows(tables.verdict)) == 60
    assert len(await desk.cases()) == 10
    assert [len(await desk.log(n)) for n in range(1, 11)] == [6] * 10


# --- rule books


async def test_a_rule_book_gets_a_new_number_only_when_it_changes(store):
    first, second = {"first_response": "PT24H"}, {"first_response": "PT4H"}
    numbers = [await store.write(store_revision, content, MONDAY) for content in (first, dict(first), second, second, first)]
    assert numbers == [1, 1, 2, 2, 3]  # what was in force before and is again is a new revision: the order counts
    assert await store.read(newest_revision) == 3
    assert await store.read(read_revision, 2) == second


async def test_a_case_names_the_revision_and_the_policy_that_it_was_opened_by(store):
    nothing = Lookup(holidays=lambda *_: lambda _day: None)
    await store.write(store_revision, {"policy": "shipped"}, MONDAY)
    desk = await Desk.open(store, parse_rulebook({"first_response": "PT1H"}, nothing))
    await desk.hear(said("m1", "?", MONDAY))
    row = await desk.case()
    assert (row["revision"], row["policy"]) == (1, "default")
    assert await desk.clocks() == [("first_response", "running", MONDAY, TEN, None)]


async def test_who_wrote_the_answer_is_in_the_log(desk):
    await desk.hear(said("m1", "?", MONDAY))
    await desk.hear(ours("a1", TEN, "m1"))
    (line,) = [row for row in await desk.rows(tables.case_event) if row["type"] == "answer"]
    assert line["by"] == US
    assert (await shown(desk, "a1")).direction is Direction.OUTBOUND


async def test_an_answer_to_our_question_that_came_before_it_is_judged_again(store):
    """We ask for a postcode, the customer gives it, and the platform delivers the two the wrong way round. On its own a postcode
    is noise: judged once, without our question, the customer who did as we asked was never answered again."""

    class Postcodes(FakeClassifier):
        def classify(self, requests):
            verdicts = super().classify(requests)
            asked = [r.replied_to is not None and r.replied_to.by_us for r in requests]
            return [replace(v, needs_response=True) if a else v for v, a in zip(verdicts, asked, strict=True)]

    desk = await Desk.open(store)
    desk.classifier = Postcodes()
    await desk.hear(said("m1", "Where is it?", MONDAY))
    given = said("m2", "3511 AB", MONDAY + 2 * HOUR, reply_to="a1")
    await desk.hear(given, now=MONDAY + 2 * HOUR)
    await desk.hear(ours("a1", MONDAY + HOUR, "m1", "What is your postcode?"), now=MONDAY + 3 * HOUR)
    found = {row["clock"]: (row["state"], row["started_at"]) for row in await desk.rows(tables.clock)}
    assert found == {"first_response": ("met", MONDAY), "next_response": ("running", MONDAY + 2 * HOUR)}
    assert ("verdict", MONDAY + 3 * HOUR, "m2") in await desk.log()


async def test_under_one_post_an_answer_to_somebody_else_is_no_answer_to_you(desk):
    """Ten customers under one post: our answer to the first made the classifier read the second's message as a reply to us."""
    await desk.hear(said("m1", "Where is it?", MONDAY))
    await desk.hear(said("m2", "And mine?", MONDAY + HOUR, by="bram"))
    await desk.hear(ours("a1", MONDAY + 2 * HOUR, "m1"))
    await desk.hear(said("m3", "Hello?", MONDAY + 3 * HOUR, by="bram"))
    await desk.hear(said("m4", "thanks", MONDAY + 3 * HOUR))
    asked = {request.id: request.we_spoke_last for request in desk.classifier.asked}
    assert asked == {"m1": False, "m2": False, "m3": False, "m4": True}


async def test_a_short_message_is_read_in_the_language_that_the_customer_spoke_before(store):
    """ "3511 AB" is of no language; what was said before it in the conversation is."""

    class Dutch(FakeClassifier):
        def _verdict(self, text):
            return replace(super()._verdict(text), language="nl" if "Waar" in text else "und")

    desk = await Desk.open(store)
    desk.classifier = Dutch()
    await desk.hear(said("m1", "Waar is het?", MONDAY), said("m2", "Where is mine?", MONDAY, by="bram"))
    await desk.hear(said("m3", "ok", MONDAY + HOUR))
    await desk.hear(said("m4", "3511 AB", MONDAY + 2 * HOUR), said("m5", "ok", MONDAY + 2 * HOUR, by="bram"))
    hints = {request.id: request.language_hint for request in desk.classifier.asked}
    assert hints == {"m1": None, "m2": None, "m3": "nl", "m4": "nl", "m5": None}
