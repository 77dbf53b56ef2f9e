"""What people do with a case: who has it, what is noted, put off, corrected, closed, blocked; and two people on one case."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from fakes import CHANNEL, HOUR, MONDAY, Desk, ours, said
from staff import staff

from webcare.domain.case import ImpossibleMove, Refusal
from webcare.domain.message import Direction, Kind
from webcare.domain.rota import Role
from webcare.domain.sla.events import EventType
from webcare.domain.verdict import Intent, Sentiment
from webcare.services import answer, canned, presence, thread, views
from webcare.services import desk as moves
from webcare.services.correct import Correction, correct, open_for
from webcare.services.desk import Action, may
from webcare.services.queue import Filters
from webcare.store import tables

DUE = MONDAY + 24 * HOUR


@pytest.fixture
async def desk(store):
    """Anna asks at nine: case 1."""
    opened = await Desk.open(store)
    await opened.hear(said("m1", "hello?", MONDAY))
    return opened


async def do(desk, unit, *args, case=1, by="noor", at=HOUR, **changes):
    return await desk.store.write(unit, case, *args, by=by, rules=desk.rules, now=MONDAY + at, **changes)


async def refused(desk, unit, *args, **changes):
    with pytest.raises(ImpossibleMove) as caught:
        await do(desk, unit, *args, **changes)
    return caught.value.why, caught.value.who


async def claims(desk):
    return [row["claimed_by"] for row in await desk.cases()]


# --- who has it


async def test_a_claim_is_logged_once_and_stops_no_clock(desk):
    await do(desk, moves.claim)
    row = await do(desk, moves.claim, at=2 * HOUR)
    assert (row.claimed_by, row.due_at) == ("noor", DUE)
    assert (await desk.log())[1:] == [("claim", MONDAY + HOUR, "noor")]


async def test_the_last_of_two_hears_who_was_first(desk):
    found = await asyncio.gather(*(do(desk, moves.claim, by=by) for by in ("noor", "daan")), return_exceptions=True)
    (lost,) = [one for one in found if isinstance(one, ImpossibleMove)]
    assert [lost.who] == await claims(desk)
    assert lost.why is Refusal.TAKEN
    assert len(await desk.log()) == 2


async def test_only_who_has_it_gives_it_back(desk):
    assert await refused(desk, moves.release) == (Refusal.NOT_YOURS, None)
    await do(desk, moves.claim)
    assert await refused(desk, moves.release, by="daan") == (Refusal.NOT_YOURS, "noor")
    await do(desk, moves.release)
    assert await claims(desk) == [None]


async def test_a_case_is_handed_over(desk):
    await desk.staff(staff())
    await do(desk, moves.hand_over, to="daan")
    assert await claims(desk) == ["daan"]
    assert await refused(desk, moves.hand_over, to="lena") == (Refusal.TAKEN, "daan")
    await do(desk, moves.hand_over, to="lena", others=True)
    assert await claims(desk) == ["lena"]
    assert [type_ for type_, _, _ in await desk.log()] == ["inbound", "claim", "unclaim", "claim"]
    assert await refused(desk, moves.hand_over, by="lena", to="nobody") == (Refusal.NO_SUCH_PERSON, "nobody")
    await do(desk, moves.close)
    assert await refused(desk, moves.hand_over, by="lena", to="daan") == (Refusal.CLOSED, None)


# --- closed, open, noted


async def test_a_note_is_for_us_and_stops_nothing(desk):
    row = await do(desk, moves.note, text="  called the carrier ")
    assert row.due_at == DUE
    shown = await desk.store.read(thread.thread, 1)
    assert [(e.type, e.by, e.data["text"]) for e in shown.entries if isinstance(e, thread.Happened)] == [
        (EventType.NOTE, "noor", "called the carrier")
    ]
    assert await refused(desk, moves.note, text=" \n") == (Refusal.NOTHING_SAID, None)


async def test_closed_and_opened_again_the_clock_goes_on_without_the_time_between(desk):
    await do(desk, moves.claim)
    row = await do(desk, moves.close)
    assert (row.state, row.claimed_by, row.due_at) == ("closed", None, None)
    for unit in (moves.close, moves.claim, moves.spam):
        assert await refused(desk, unit) == (Refusal.CLOSED, None)
    row = await do(desk, moves.reopen, at=3 * HOUR)
    assert (row.state, row.due_at) == ("open", DUE + 2 * HOUR)
    assert await refused(desk, moves.reopen) == (Refusal.OPEN_ALREADY, None)


async def test_a_case_beside_a_newer_one_stays_closed(desk):
    await do(desk, moves.close)
    await desk.hear(said("m2", "another thing?", MONDAY + timedelta(days=9)))
    assert await refused(desk, moves.reopen, at=timedelta(days=9, hours=1)) == (Refusal.NEWER_CASE, None)


async def test_a_case_that_is_not_there(desk):
    for unit in (moves.claim, moves.close):
        assert await refused(desk, unit, case=9) == (Refusal.NO_CASE, None)


# --- later


async def test_a_snooze_hides_no_unanswered_customer_and_ends_by_itself(desk):
    row = await do(desk, moves.snooze, until=MONDAY + 5 * HOUR)
    assert (row.snoozed_until, row.due_at) == (MONDAY + 5 * HOUR, DUE)
    assert await moves.wake_due(desk.store, desk.rules, MONDAY + 4 * HOUR) == 0
    assert await moves.wake_due(desk.store, desk.rules, MONDAY + 6 * HOUR) == 1
    assert await moves.wake_due(desk.store, desk.rules, MONDAY + 6 * HOUR) == 0
    assert (await desk.case())["snoozed_until"] is None
    assert (await desk.log())[-1] == ("state", MONDAY + 5 * HOUR, "machine")


async def test_a_case_that_cannot_be_woken_does_not_keep_the_others_asleep(desk, monkeypatch):
    await desk.hear(said("m2", "hello?", MONDAY, by="bert"), said("m3", "hello?", MONDAY, by="cato"))
    for case in (1, 2, 3):
        await do(desk, moves.snooze, until=MONDAY + 5 * HOUR, case=case)

    def broken(conn, row, *rest, **changes):
        if row.id == 2:
            raise ZeroDivisionError
        return log(conn, row, *rest, **changes)

    log = moves._log
    with monkeypatch.context() as patched:
        patched.setattr(moves, "_log", broken)
        with pytest.raises(ZeroDivisionError):
            await moves.wake_due(desk.store, desk.rules, MONDAY + 6 * HOUR)
    assert [row["snoozed_until"] for row in await desk.cases()] == [None, MONDAY + 5 * HOUR, None]
    assert await moves.wake_due(desk.store, desk.rules, MONDAY + 6 * HOUR) == 1


async def test_a_promise_sleeps_with_its_case_to_the_second(desk):
    spoken = {"by": "noor", "at": MONDAY + HOUR, "rules": desk.rules, "now": MONDAY + HOUR, "promise": 4 * HOUR}
    await desk.store.write(answer.declared, 1, **spoken)
    assert (await desk.case())["due_at"] == MONDAY + 5 * HOUR
    row = await do(desk, moves.snooze, until=MONDAY + 10 * HOUR, at=2 * HOUR)
    assert row.due_at is None
    await desk.store.write(moves.wake, desk.rules, MONDAY + 11 * HOUR)  # the daemon was down for an hour
    row = await desk.case()
    assert (row["due_clock"], row["due_at"]) == ("keep_in_loop", MONDAY + 13 * HOUR)


async def test_a_message_does_not_end_a_snooze(desk):
    """What may be hidden is the policy's business (SLA.md 14): the clock of the new message runs."""
    await desk.hear(ours("a1", MONDAY + HOUR, "m1"))
    await do(desk, moves.snooze, until=MONDAY + 30 * HOUR, at=2 * HOUR)
    await desk.hear(said("m2", "and?", MONDAY + 3 * HOUR))
    row = await desk.case()
    assert (row["snoozed_until"], row["due_at"]) == (MONDAY + 30 * HOUR, MONDAY + 27 * HOUR)


async def test_a_snooze_is_ended_by_hand_moved_and_refused(desk):
    assert await refused(desk, moves.snooze, until=MONDAY + HOUR) == (Refusal.NOT_AHEAD, None)
    assert await refused(desk, moves.awake) == (Refusal.NOT_SNOOZED, None)
    await do(desk, moves.snooze, until=MONDAY + 5 * HOUR)
    assert (await do(desk, moves.snooze, until=MONDAY + 9 * HOUR)).snoozed_until == MONDAY + 9 * HOUR
    assert (await do(desk, moves.awake, at=2 * HOUR)).snoozed_until is None
    await do(desk, moves.snooze, until=MONDAY + 5 * HOUR, at=3 * HOUR)
    assert (await do(desk, moves.close, at=4 * HOUR)).snoozed_until is None


async def test_a_promise_starts_its_clock_and_a_new_one_takes_its_place(desk):
    await desk.hear(ours("a1", MONDAY + HOUR, "m1"))
    assert (await do(desk, moves.promise, within=4 * HOUR)).due_at == MONDAY + 5 * HOUR
    row = await do(desk, moves.promise, within=2 * HOUR, at=2 * HOUR)
    assert (row.due_clock, row.due_at) == ("keep_in_loop", MONDAY + 4 * HOUR)
    assert await refused(desk, moves.promise, within=timedelta(0)) == (Refusal.NOT_AHEAD, None)


# --- put right


async def verdicts(desk):
    return [(r["by"], r["needs_response"], r["intents"]) for r in await desk.rows(tables.verdict)]


async def test_needs_no_answer_drops_the_clock_and_closes_what_is_over(desk):
    row = await do(desk, correct, Correction(needs_response=False))
    assert (row.state, row.due_at) == ("closed", None)
    assert [(clock, state) for clock, state, *_ in await desk.clocks()] == [("first_response", "dropped")]
    assert (await verdicts(desk))[-1] == ("noor", False, ["question"])


async def test_a_miss_stays_a_miss(desk):
    await do(desk, correct, Correction(needs_response=False), at=25 * HOUR)
    assert [(clock, state) for clock, state, *_ in await desk.clocks()] == [("first_response", "missed")]


async def test_the_case_goes_on_while_somebody_waits(desk):
    await desk.hear(said("m2", "and the other thing?", MONDAY + HOUR))
    row = await do(desk, correct, Correction(needs_response=False), message=1, at=2 * HOUR)
    assert (row.state, row.due_at) == ("open", DUE + HOUR)


async def test_a_mistake_is_taken_back(desk):
    await do(desk, correct, Correction(needs_response=False))
    row = await do(desk, correct, Correction(needs_response=True), at=2 * HOUR)
    assert (row.state, row.due_at) == ("open", DUE + HOUR)


async def test_a_machine_does_not_undo_a_person(desk):
    await do(desk, correct, Correction(needs_response=False))
    await desk.hear(said("m1", "hello?", MONDAY))
    await desk.hear(said("m2", "thanks", MONDAY + 2 * HOUR))
    assert (await desk.case())["state"] == "closed"


async def test_a_doubt_is_ended_by_whatever_a_person_says(desk):
    await desk.hear(said("u1", "maybe", MONDAY, by="bob"))
    row = await do(desk, correct, Correction(needs_response=True), case=2)
    assert (row.unsure, row.due_at) == (False, DUE)
    assert (await desk.log(2))[-1] == ("verdict", MONDAY + HOUR, "u1")
    await do(desk, correct, Correction(needs_response=True), case=2)
    assert len(await desk.log(2)) == 2  # said once


async def test_labels_change_no_clock(desk):
    await do(desk, correct, Correction(intents=(Intent.COMPLAINT,), sentiment=Sentiment.NEGATIVE))
    assert await verdicts(desk) == [("machine", True, ["question"]), ("noor", True, ["complaint"])]
    assert len(await desk.log()) == 1
    (message,) = await desk.rows(tables.message)
    assert message["verdict"] == 2


async def test_only_a_customers_message_of_this_case_is_corrected(desk):
    await desk.hear(said("x1", "mine?", MONDAY, by="bob"), ours("a1", MONDAY + HOUR, "m1"))
    for message in (2, 3, 99):
        assert await refused(desk, correct, Correction(needs_response=False), message=message) == (Refusal.NO_SUCH_MESSAGE, None)


async def test_a_message_that_was_passed_over_opens_a_case_from_when_it_was_written(desk):
    await desk.hear(said("q1", "no words for it", MONDAY, by="bob"))
    number = await desk.store.write(open_for, 2, by="noor", rules=desk.rules, now=MONDAY + 3 * HOUR)
    row = (await desk.cases())[-1]
    assert (row["id"], row["found_by"], row["due_at"]) == (number, "agent", DUE)
    with pytest.raises(ImpossibleMove, match="case 2"):
        await desk.store.write(open_for, 2, by="noor", rules=desk.rules, now=MONDAY + 3 * HOUR)


# --- not to be answered


async def test_spam_closes_without_a_miss(desk):
    await desk.hear(said("m2", "buy now!", MONDAY + HOUR))
    row = await do(desk, moves.spam, at=2 * HOUR)
    assert (row.state, row.due_at) == ("closed", None)
    assert [(clock, state) for clock, state, *_ in await desk.clocks()] == [("first_response", "dropped")]
    await desk.sweep(MONDAY + 48 * HOUR)
    assert await desk.steps() == []


async def test_a_blocked_author_gets_no_clock_and_no_alert_and_is_kept(desk):
    await desk.hear(said("m2", "you!", MONDAY + HOUR, conversation_id="elsewhere", channel="twitter:other"))
    assert await do(desk, moves.block, reason="house rule 3", at=2 * HOUR) == 2
    assert [row["state"] for row in await desk.cases()] == ["closed", "closed"]
    await desk.hear(said("m3", "you again!", MONDAY + 3 * HOUR), said("m4", "bob too?", MONDAY + 3 * HOUR, by="bob"))
    assert [(row["customer_id"], row["state"]) for row in await desk.cases()][2:] == [("bob", "open")]
    assert len(await desk.rows(tables.message)) == 4
    assert await refused(desk, moves.block, reason="again") == (Refusal.BLOCKED_ALREADY, "noor")
    assert await refused(desk, moves.block, case=3, reason=" ") == (Refusal.NOTHING_SAID, None)
    assert await desk.store.read(moves.blocked_by, 1) == "noor"


async def test_who_is_no_longer_blocked_is_heard_again(desk):
    await do(desk, moves.block, reason="house rule 3")
    await desk.store.write(moves.unblock, 1, by="noor", now=MONDAY + 2 * HOUR)
    await desk.hear(said("m2", "sorry, a question?", MONDAY + 3 * HOUR))
    assert (await desk.case())["state"] == "open"
    with pytest.raises(ImpossibleMove, match="not blocked"):
        await desk.store.write(moves.unblock, 1, by="noor", now=MONDAY + 2 * HOUR)


# --- rights


@pytest.mark.parametrize(
    ("role", "actions"),
    [
        (Role.AUDITOR, {Action.READ, Action.AUDIT}),
        (Role.AGENT, {Action.READ, Action.WORK, Action.SWAP}),
        (Role.LEAD, set(Action) - {Action.PEOPLE, Action.AUDIT}),
        (Role.ADMIN, set(Action)),
    ],
)
def test_who_may_do_what(role, actions):
    assert {action for action in Action if may(role, action)} == actions


# --- who looks


async def test_who_looks_is_known_for_seconds(desk):
    at = MONDAY
    await desk.staff(staff())
    await desk.store.write(presence.looking, 1, "noor", at)
    await desk.store.write(presence.looking, 1, "guest", at, is_typing=True)
    shown = await desk.store.read(presence.who_looks, 1, at)
    assert {(one.person, one.name, one.is_typing) for one in shown} == {("noor", "Noor", False), ("guest", "guest", True)}
    await desk.store.write(presence.looking, 1, "noor", at + presence.EVERY)
    later = at + presence.GONE_AFTER
    assert [one.person for one in await desk.store.read(presence.who_looks, 1, later)] == ["noor"]
    await desk.store.write(presence.left, 1, "noor")
    assert await desk.store.read(presence.who_looks, 1, later) == []


# --- said often


async def test_canned_replies_by_language_and_channel(desk):
    values = {"by": "lead", "now": MONDAY}
    rows = [
        ("nl", None, "Welkom", "Hoi {name}!"),
        ("nl", "twitter", "Kort", "DM ons"),
        ("en", None, "Hi", "Hi {name}, {agent} here"),
    ]
    for language, channel, name, text in rows:
        await desk.store.write(canned.add, language=language, channel=channel, name=name, text=text, **values)

    async def names(*where):
        return [one.name for one in await desk.store.read(canned.canned, *where)]

    assert await names("nl", CHANNEL) == ["Kort", "Welkom"]
    assert await names("nl", "whatsapp:31") == ["Welkom"]
    assert await names("en") == ["Hi"]
    assert len(await names()) == 3
    assert await desk.store.write(canned.edit, 2, language="nl", channel=None, name="Anders", text="Bel ons", **values)
    assert await names("nl", "whatsapp:31") == ["Anders", "Welkom"]
    assert await desk.store.write(canned.remove, 2)
    assert not await desk.store.write(canned.remove, 2)


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("", "x", ("name", "missing")),
        ("x", " ", ("text", "missing")),
        ("x" * 101, "x", ("name", "too_long")),
        ("x", "Hi {nme}", ("text", "unknown_place")),
    ],
)
async def test_a_canned_reply_that_cannot_work_is_refused(desk, name, text, why):
    with pytest.raises(canned.Unusable) as caught:
        await desk.store.write(canned.add, language="nl", channel=None, name=name, text=text, by="lead", now=MONDAY)
    assert (caught.value.field, caught.value.why) == why


@pytest.mark.parametrize(
    ("text", "name", "filled"),
    [
        ("Hoi {name}, groet {agent}", "Anna", "Hoi Anna, groet Noor"),
        ("Hoi {name}, groet {agent}", None, "Hoi, groet Noor"),
        ("{name}: {agent}", r"\1{agent}", r"\1Noor: Noor"),
    ],
)
def test_names_are_put_in(text, name, filled):
    assert canned.fill(text, name=name, agent="Noor") == filled


# --- views


async def test_views_are_a_persons_own(desk):
    await desk.staff(staff())
    one, other = "noor", "daan"
    await desk.store.write(views.save, one, "Late & sure", Filters(late=True, query="a&b=c"))
    await desk.store.write(views.save, one, "Mine", Filters(claimed_by="me"))
    await desk.store.write(views.save, one, "Late & sure", Filters(late=True, channel="twitter"))
    found = await desk.store.read(views.views, one)
    assert [(view.name, view.filters) for view in found] == [
        ("Late & sure", Filters(late=True, channel="twitter")),
        ("Mine", Filters(claimed_by="me")),
    ]
    assert await desk.store.read(views.views, other) == []
    assert not await desk.store.write(views.remove, other, found[0].id)
    assert await desk.store.write(views.remove, one, found[0].id)
    with pytest.raises(ValueError, match="name"):
        await desk.store.write(views.save, one, " ", Filters())


# --- the page of a case


async def test_a_public_thread_shows_others_as_context_only(desk):
    await desk.hear(
        said("root", "Our new lamp", MONDAY - HOUR, conversation_id="root", by="page", direction=Direction.OUTBOUND),
        said("n1", "me too", MONDAY, by="bob", conversation_id="root"),
        said("n2", "where is mine?", MONDAY + HOUR, by="carla", conversation_id="root", reply_to="n1"),
        ours("a2", MONDAY + 2 * HOUR, "n2", conversation_id="root"),
        said("n3", "later", MONDAY + 3 * HOUR, by="bob", conversation_id="root"),
    )
    await do(desk, moves.claim, case=2)
    shown = await desk.store.read(thread.thread, 2)
    assert [(one.external_id, one.needs_response) for one in shown.spoken] == [("n2", True), ("a2", False)]
    assert [one.external_id for one in shown.context] == ["root", "n1"]
    assert shown.messages == 5
    assert await desk.store.read(thread.thread, 99) is None


async def test_a_thread_tells_what_became_of_each_message(desk):
    await desk.hear(said("m1", "hello? please", MONDAY + HOUR), now=MONDAY + HOUR)
    reply = await desk.store.write(answer.write, 1, text="Soon", by="noor", now=MONDAY + 2 * HOUR)
    shown = await desk.store.read(thread.thread, 1)
    (spoken,) = shown.spoken
    assert (spoken.text, spoken.edited_at, spoken.needs_response) == ("hello? please", MONDAY + HOUR, True)
    assert [(was.at, was.text) for was in spoken.earlier] == [(MONDAY, "hello?")]
    assert (spoken.judged.needs_response, spoken.judged.by, spoken.judged.intents) == (True, None, ("question",))
    (waiting,) = [one for one in shown.entries if isinstance(one, thread.Written)]
    assert (waiting.id, waiting.state, waiting.by, waiting.text) == (reply, "queued", "noor", "Soon")


async def test_history_is_the_customers_other_cases_on_this_kind_of_channel(desk):
    await desk.hear(ours("a1", MONDAY + HOUR, "m1"), now=MONDAY + HOUR)
    await desk.hear(
        said("o1", "other account?", MONDAY + 2 * HOUR, channel="twitter:other", conversation_id="x"),
        said("w1", "elsewhere?", MONDAY + 2 * HOUR, channel="whatsapp:31", conversation_id="y", kind=Kind.DM),
        said("b1", "bob?", MONDAY + 2 * HOUR, by="bob"),
    )
    found = await desk.store.read(thread.history, 2)
    assert [(one.case, one.line, one.answered_in) for one in found] == [(1, "hello?", HOUR)]
    assert await desk.store.read(thread.history, 99) == []
