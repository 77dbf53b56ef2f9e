"""What becomes of messages that are known: edited, deleted, echoed, failed, named. In whichever order it is heard."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes import DAY, HOUR, MONDAY, US, FakeClock, receipt
from hearsay import WORDS, Ears, account, deleted, echoed, edited, failed, item, real_account, wrote

from webcare.domain.message import Author, Kind
from webcare.ports.connector import Sort
from webcare.services import answer, forget
from webcare.store import customers, early_statuses, house_tables, outbox, tables

TEN = MONDAY + HOUR
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
DM = {"kind": Kind.DM, "conversation_id": "dm"}
RUNNING = [("first_response", "running", MONDAY, MONDAY + DAY, None)]
ASKED = wrote("m1", "Where is it?", MONDAY)


def met(at):
    return [("first_response", "met", MONDAY, MONDAY + DAY, at)]


@pytest.fixture
def ears(desk):
    return Ears(desk)


async def types(desk, case=1):
    return [line[0] for line in await desk.log(case)]


# --- the same again


@pytest.mark.parametrize("shift", [timedelta(0), timedelta(milliseconds=-450), timedelta(milliseconds=450), HOUR])
async def test_a_message_heard_twice_is_one_also_where_the_platform_names_its_time_differently(desk, ears, shift):
    """A webhook names milliseconds and a poll whole seconds: each poll made an edit of the message, and its case an exchange."""
    await ears.hear(ASKED, at=TEN)
    await ears.hear(wrote("m1", "Where is it?", MONDAY + shift), at=TEN + HOUR)
    row = (await ears.messages())["m1"]
    assert (row["created_at"], row["edited_at"]) == (MONDAY, None)
    assert await desk.log() == [("inbound", MONDAY, "m1")]


async def test_a_poll_after_an_edit_does_not_date_the_edit_back(desk, ears):
    """The webhook said when the text changed, the next poll gives the new text the time of the message: its need is as old as the edit."""
    await ears.hear(wrote("m1", "Nice shop", MONDAY), at=MONDAY)
    await ears.hear(edited("m1", "Nice shop, but where is my parcel?", TEN), at=TEN)
    await ears.hear(wrote("m1", "Nice shop, but where is my parcel?", MONDAY), at=TEN + MINUTE)
    assert await desk.clocks() == [("first_response", "running", TEN, TEN + DAY, None)]
    assert await types(desk) == ["inbound", "edit"]


async def test_a_message_without_a_time_is_not_new_each_time(ears):
    for at in (MONDAY, TEN):
        await ears.hear(wrote("m1", "Where is it?", None), at=at)
    row = (await ears.messages())["m1"]
    assert (row["created_at"], row["edited_at"]) == (MONDAY, None)


# --- edits


async def test_an_edit_counts_from_when_the_platform_says_that_it_was_made(desk, ears):
    """Facebook keeps the time of the comment in its edits; when it was edited stands beside it."""
    await ears.hear(wrote("m1", "Nice shop", MONDAY), at=MONDAY)
    await ears.hear(edited("m1", "Where is my parcel?", MONDAY, note=f"edited_at={TEN.isoformat()}"), at=TEN)
    assert await desk.clocks() == [("first_response", "running", TEN, TEN + DAY, None)]
    assert (await ears.messages())["m1"]["edited_at"] == TEN


async def test_an_edit_whose_message_we_never_saw_is_the_message(desk, ears):
    await ears.hear(edited("m1", "Where is my parcel?", TEN), at=TEN)
    assert await desk.clocks() == [("first_response", "running", TEN, TEN + DAY, None)]


async def test_an_edit_that_does_not_say_the_text_changes_nothing(ears):
    await ears.hear(ASKED, at=MONDAY)
    await ears.hear(edited("m1", None, TEN), at=TEN)
    assert (await ears.messages())["m1"]["text"] == "Where is it?"
    assert (await ears.bodies())[-1] == ("ignored", "an edit that does not say what the text is now")


AGAIN = item(Sort.EDIT, external_id="m1b", target_id="m1", text="Where is it now?", created_at=MONDAY + MINUTE)


@pytest.mark.parametrize("order", ["edit first", "answer first"])
async def test_an_answer_to_an_edit_that_has_an_id_of_its_own_answers_the_message(desk, ears, order):
    """On X an edit is another post: who answers the post that is to be seen answers one that we keep as a text of the first."""
    heard = [AGAIN, echoed("a1", TEN, "m1b")]
    await ears.hear(ASKED, at=MONDAY)
    for one in heard if order == "edit first" else reversed(heard):
        await ears.hear(one, at=TEN)
    assert await desk.clocks() == met(TEN)
    assert list(await ears.messages()) == ["m1", "a1"]


@pytest.mark.parametrize("order", ["edit first", "deletion first"])
async def test_who_deletes_an_edit_that_has_an_id_of_its_own_deletes_the_message(desk, ears, order):
    heard = [AGAIN, deleted("m1b", TEN)]
    await ears.hear(ASKED, at=MONDAY)
    for one in heard if order == "edit first" else reversed(heard):
        await ears.hear(one, at=TEN)
    assert [c[1] for c in await desk.clocks()] == ["dropped"]
    assert (await ears.messages())["m1"]["text"] == ""


async def test_the_edit_chain_of_x_is_one_message(desk):
    """The connector names the first post of a chain as the message, in whichever of its texts it is met."""
    ears = Ears(desk, accounts=[real_account("twitter:45102")])
    post = {"author_id": "7", "conversation_id": "1990800000000000801", "created_at": "2026-11-23T09:00:00.000Z"}
    for nth, text in ((1, "@us where is it"), (3, "@us where is it?"), (2, "@us where is id?")):
        chain = [f"199080000000000080{n}" for n in range(1, nth + 1)]
        at = f"2026-11-23T09:0{nth}:00.000Z"
        body = {"data": [{**post, "id": chain[-1], "text": text, "created_at": at, "edit_history_tweet_ids": chain}]}
        await ears.keep(body, TEN, channel="twitter:45102")
    await ears.work(TEN)
    ((id_, row),) = (await ears.messages()).items()
    assert (id_, row["text"]) == ("1990800000000000801", "@us where is it?")


# --- deleted


async def test_a_message_deleted_before_it_was_due_is_forgotten_and_drops_its_clock(desk, ears):
    await ears.hear(wrote("m1", f"Where is it? {WORDS}", MONDAY), at=MONDAY)
    await ears.hear(edited("m1", f"And when? {WORDS}", MONDAY + MINUTE), at=MONDAY + MINUTE)
    for _ in range(2):
        await ears.hear(deleted("m1", TEN), at=TEN + MINUTE)
    row = (await ears.messages())["m1"]
    assert (row["text"], row["attachments"], row["deleted_at"], row["author_id"]) == ("", [], TEN, "anna")
    assert await desk.rows(tables.version) == []
    assert await desk.clocks() == [("first_response", "dropped", MONDAY, None, TEN)]
    assert (await desk.case())["state"] == "closed"
    assert (await types(desk)).count("delete") == 1


async def test_a_message_deleted_after_it_was_due_stays_missed(desk, ears):
    await ears.hear(ASKED, at=MONDAY)
    await ears.hear(deleted("m1", MONDAY + 2 * DAY), at=MONDAY + 2 * DAY)
    assert [c[1] for c in await desk.clocks()] == ["missed"]


async def test_what_is_deleted_before_we_hear_of_it_is_never_shown(desk, ears):
    await ears.hear(deleted("m1", TEN), at=TEN)
    await ears.hear(ASKED, at=TEN + MINUTE)
    row = (await ears.messages())["m1"]
    assert (row["text"], row["deleted_at"]) == ("", TEN)
    assert await desk.cases() == []
    assert await desk.rows(house_tables.early_status) == []


async def test_what_is_deleted_does_not_come_back(ears):
    """The platform delivers again what it delivered before, and an edit that was on its way."""
    await ears.hear(ASKED, at=MONDAY)
    await ears.hear(deleted("m1", TEN), at=TEN)
    await ears.hear(ASKED, edited("m1", "Where is it now?", MONDAY + MINUTE), at=TEN + HOUR)
    assert (await ears.messages())["m1"]["text"] == ""


async def test_what_was_deleted_before_it_was_classified_opens_nothing(desk, ears):
    await ears.keep({"items": [ASKED]}, MONDAY)
    await ears.keep({"items": [deleted("m1", TEN)]}, TEN)
    await ears.work(TEN)
    assert await desk.cases() == []


async def test_a_deletion_that_names_the_time_of_the_message_counts_from_when_we_hear_of_it(desk, ears):
    await ears.hear(ASKED, at=MONDAY)
    await ears.hear(deleted("m1", MONDAY), at=MONDAY + 2 * DAY)
    assert [c[1] for c in await desk.clocks()] == ["missed"]


async def test_an_answer_of_ours_that_is_deleted_was_given_all_the_same(desk, ears):
    await ears.hear(ASKED, at=MONDAY)
    await ears.hear(echoed("a1", TEN, "m1"), at=TEN)
    await ears.hear(deleted("a1", TEN + HOUR), at=TEN + HOUR)
    row = (await ears.messages())["a1"]
    assert (row["text"], row["deleted_at"]) == ("Here you are.", TEN + HOUR)
    assert await desk.clocks() == met(TEN)


async def test_an_answer_of_ours_that_is_gone_before_we_hear_of_it_was_given_all_the_same(desk, ears):
    await ears.hear(ASKED, deleted("a1", TEN + MINUTE), at=TEN + MINUTE)
    await ears.hear(echoed("a1", TEN, "m1"), at=TEN + HOUR)
    assert (await ears.messages())["a1"]["deleted_at"] == TEN + MINUTE
    assert await desk.clocks() == met(TEN)


# --- who wrote it


MENTION = wrote("m1", "Where is it?", MONDAY, kind=Kind.MENTION, author=Author(id="unknown:m1"))
BY_ANNA = {**MENTION, "author": {"id": "anna", "name": "Anna", "handle": None}}


@pytest.mark.parametrize("text", ["Where is it?", "Nice shop"], ids=["in a case", "in none"])
async def test_a_mention_gets_its_author_when_somebody_names_them(desk, ears, text):
    await ears.hear({**MENTION, "text": text}, at=MONDAY)
    await ears.hear({**BY_ANNA, "text": text}, at=TEN)
    row = (await ears.messages())["m1"]
    assert (row["author_id"], row["author_name"]) == ("anna", "Anna")
    assert [(c["customer_id"], c["customer_name"]) for c in await desk.cases()] == ([("anna", "Anna")] if "?" in text else [])
    await ears.hear({**MENTION, "text": text}, at=TEN + HOUR)  # the mention again
    assert (await ears.messages())["m1"]["author_id"] == "anna"


async def test_an_author_who_has_a_case_of_their_own_there_stays_unknown_in_the_other(desk, ears):
    """A customer has one open case in a conversation; two of them cannot become one."""
    await ears.hear(MENTION, wrote("m2", "Hello?", MONDAY), at=MONDAY)
    await ears.hear(BY_ANNA, at=TEN)
    assert sorted(c["customer_id"] for c in await desk.cases()) == ["anna", "unknown:m1"]
    assert (await ears.messages())["m1"]["author_id"] == "unknown:m1"


async def test_a_name_that_comes_later_is_noted(desk, ears):
    await ears.hear(wrote("m1", "Where is it?", MONDAY, author=Author(id="anna")), at=MONDAY)
    await ears.hear(wrote("m1", "Where is it?", MONDAY, author=Author(id="anna", name="Anna", handle="anna1")), at=TEN)
    row = (await ears.messages())["m1"]
    assert (row["author_name"], row["author_handle"]) == ("Anna", "anna1")
    assert (await desk.case())["customer_name"] == "Anna"


async def test_a_handle_that_comes_later_is_noted_where_there_are_no_names(desk, ears):
    await ears.hear(wrote("m1", "Where is it?", MONDAY, author=Author(id="anna")), at=MONDAY)
    await ears.hear(wrote("m1", "Where is it?", MONDAY, author=Author(id="anna", handle="anna1")), at=TEN)
    assert (await ears.messages())["m1"]["author_handle"] == "anna1"
    assert (await desk.case())["customer_name"] == "anna1"


@pytest.mark.parametrize(("text", "early"), [("@anna Here you are.", 0), ("Here you are.", 9)], ids=["handles", "another clock"])
async def test_what_we_wrote_is_not_edited_by_how_the_platform_shows_it(desk, ears, text, early):
    await ears.hear(ASKED, echoed("a1", TEN, "m1"), at=TEN)
    await ears.hear(echoed("a1", TEN - early * MINUTE, "m1", text=text), at=TEN)
    row = (await ears.messages())["a1"]
    assert (row["text"], row["edited_at"]) == ("Here you are.", None)
    assert await desk.clocks() == met(TEN)


# --- was it a person


async def test_an_echo_is_a_persons_answer(desk, ears):
    await ears.hear(ASKED, at=MONDAY)
    for _ in range(2):
        await ears.hear(echoed("a1", TEN, "m1"), at=TEN)
    assert await desk.clocks() == met(TEN)
    assert await types(desk) == ["inbound", "answer"]
    assert (await ears.messages())["a1"]["automatic"] is None


BY_APP = echoed("a1", TEN, "m1", app_id="mailbot")
PROMPT = echoed("a1", MONDAY + 5 * SECOND, "m1")


@pytest.mark.parametrize(
    ("echo", "why"), [(BY_APP, "sent by the automation mailbot"), (PROMPT, "sent 5 s after the customer wrote")]
)
@pytest.mark.parametrize("order", ["message first", "echo first", "one body"])
async def test_what_a_machine_sent_stops_no_clock(desk, ears, echo, why, order):
    ears.accounts = [account(automations=frozenset({"mailbot"}))]
    heard = [echo, ASKED] if order == "echo first" else [ASKED, echo]
    if order == "one body":
        await ears.hear(*heard, at=TEN)
    else:
        for one in heard:
            await ears.hear(one, at=TEN)
    assert (await ears.messages())["a1"]["automatic"] == why
    assert sorted(await types(desk)) == ["bot", "inbound"]
    assert await desk.clocks() == RUNNING


async def test_what_a_machine_sent_opens_no_case(desk, ears):
    """A person's answer to what nobody had recognised opens one; that of a machine says nothing about what is needed."""
    await ears.hear(wrote("m1", "lol", MONDAY), PROMPT, at=MONDAY + MINUTE)
    assert await desk.cases() == []
    assert (await ears.messages())["a1"]["case"] is None


async def test_in_private_an_answer_within_seconds_is_a_machines(desk, ears):
    await ears.hear(wrote("m1", "Where is it?", MONDAY, **DM), at=MONDAY)
    await ears.hear(echoed("a1", MONDAY + 10 * SECOND, **DM), at=MONDAY + MINUTE)
    assert await desk.clocks() == RUNNING
    await ears.hear(echoed("a2", MONDAY + MINUTE, text="Hi Anna, tomorrow.", **DM), at=MONDAY + MINUTE)
    assert await desk.clocks() == met(MONDAY + MINUTE)


async def test_an_answer_that_seems_older_than_its_question_is_a_persons(desk, ears):
    """One clock of the platform is off; what was written before the customer wrote is no automatic reply to it."""
    await ears.hear(wrote("m1", "Where is it?", TEN), echoed("a1", MONDAY, "m1"), at=TEN)
    assert (await ears.messages())["a1"]["automatic"] is None


async def test_one_text_that_went_to_three_others_at_once_is_a_machines(desk, ears):
    for n in range(4):
        thread = {"kind": Kind.DM, "conversation_id": f"dm{n}"}
        at = MONDAY + n * HOUR
        await ears.hear(wrote(f"m{n}", "Where is it?", at, author=Author(id=f"c{n}"), **thread), at=at)
        await ears.hear(
            echoed(f"a{n}", at + 40 * SECOND, text=f"@c{n} Thank you for your message! ^NB", **thread), at=at + MINUTE
        )
    found = await ears.messages()
    assert [found[f"a{n}"]["automatic"] is None for n in range(4)] == [True, True, True, False]
    assert [(await desk.clocks(n + 1))[0][1] for n in range(4)] == ["met", "met", "met", "running"]


# --- our own replies


@pytest.fixture
async def written(desk, ears):
    """Anna asked at nine; a reply was written at once and is on its way."""
    await ears.hear(ASKED, at=MONDAY)
    await desk.store.write(answer.write, 1, text="Tomorrow.", by=US, now=MONDAY)
    return ears


def accept(ears, at=TEN):
    """Note the platform's receipt, which may be the last that we hear of it."""
    return ears.desk.store.write(answer.accepted, 1, receipt("a1", at), ears.desk.rules, TEN + HOUR)


@pytest.mark.parametrize("is_routed", [True, False], ids=["routed", "not routed yet"])
async def test_a_persons_reply_whose_echo_came_first_is_an_answer_whatever_it_looked_like(desk, written, is_routed):
    """A canned reply sent within seconds: its echo was a machine's, until the receipt said whose it was."""
    await written.keep({"items": [echoed("a1", MONDAY + 5 * SECOND, "m1", text="Tomorrow.")]}, MONDAY + MINUTE)
    await (written.work if is_routed else written.collect)(MONDAY + MINUTE)
    assert (await written.messages())["a1"]["automatic"] is not None
    assert [c[:2] for c in await desk.clocks()] == [("first_response", "running")]
    for _ in range(2):
        await accept(written, at=MONDAY + 6 * SECOND)
    await written.work(TEN)
    assert (await written.messages())["a1"]["automatic"] is None
    assert await desk.clocks() == met(MONDAY + 5 * SECOND)
    assert (await types(desk)).count("answer") == 1


@pytest.mark.parametrize("first", ["echo", "receipt"])
async def test_a_receipt_that_we_sent_stops_no_clock(desk, written, first):
    await desk.store.write(outbox.set_reply, 1, automatic=True)
    if first == "receipt":
        await accept(written)
    await written.hear(echoed("a1", TEN, "m1", text="Tomorrow."), at=TEN)
    for _ in range(2):
        await accept(written)
    assert await desk.clocks() == RUNNING
    assert (await types(desk)).count("bot") == 1
    assert (await written.messages())["a1"]["automatic"] == "a receipt that we sent ourselves"


@pytest.mark.parametrize("order", ["receipt first", "status first"])
async def test_a_reply_that_failed_is_withdrawn_also_when_we_hear_of_that_first(desk, written, order):
    steps = [accept(written), written.hear(failed("a1", TEN + MINUTE), at=TEN + MINUTE)]
    for step in steps if order == "receipt first" else reversed(steps):
        await step
    assert await desk.clocks() == RUNNING
    ((state, reason),) = [(row["state"], row["reason"]) for row in await desk.replies()]
    assert (state, reason) == ("withdrawn", "131047: too late")
    assert await desk.rows(house_tables.early_status) == []
    await written.hear(failed("a1", TEN + MINUTE), at=TEN + HOUR)
    assert await types(desk) == ["inbound", "answer", "withdrawn"]


@pytest.mark.parametrize("order", [("echo", "failed", "receipt"), ("failed", "echo", "receipt"), ("failed", "receipt", "echo")])
async def test_neither_does_its_echo_save_it(desk, written, order):
    steps = {
        "echo": lambda: written.hear(echoed("a1", TEN, "m1", text="Tomorrow."), at=TEN + MINUTE),
        "failed": lambda: written.hear(failed("a1", TEN + SECOND), at=TEN + MINUTE),
        "receipt": lambda: accept(written),
    }
    for name in order:
        await steps[name]()
    assert await desk.clocks() == RUNNING
    assert [row["state"] for row in await desk.replies()] == ["withdrawn"]


@pytest.mark.parametrize("order", [("ASKED", "echo", "failed"), ("echo", "failed", "ASKED"), ("failed", "echo", "ASKED")])
async def test_what_somebody_wrote_in_the_app_and_did_not_arrive_is_no_answer(desk, ears, order):
    heard = {"ASKED": ASKED, "echo": echoed("a1", TEN, "m1"), "failed": failed("a1", TEN + SECOND)}
    for name in order:
        await ears.hear(heard[name], at=TEN + MINUTE)
    assert await desk.clocks() == RUNNING


async def test_notes_of_messages_that_never_come_go_after_a_time(desk, ears):
    await ears.hear(deleted("gone", MONDAY), failed("never", TEN), at=TEN)
    assert await desk.store.write(early_statuses.expire, TEN) == 1
    assert [row["external_id"] for row in await desk.rows(house_tables.early_status)] == ["never"]


# --- one customer, two names


BY_KEY = {"kind": Kind.DM, "conversation_id": "NL.7", "author": Author(id="NL.7", name="Bert")}
BY_NUMBER = {"kind": Kind.DM, "conversation_id": "31612345678", "author": Author(id="31612345678", name="Bert")}


async def test_an_answer_from_the_phone_that_names_only_the_number_stops_the_clock(desk, ears):
    """WhatsApp names the customer by user id in what they write, and by number in what we answer from the phone."""
    await ears.hear(wrote("m1", "Where is it?", MONDAY, **BY_KEY, other_author_id="31612345678"), at=MONDAY)
    await ears.hear(echoed("a1", TEN, kind=Kind.DM, conversation_id="31612345678"), at=TEN)
    assert await desk.clocks() == met(TEN)


async def test_a_thread_that_began_under_the_number_goes_on_under_the_user_id(desk, ears):
    await ears.hear(wrote("m1", "Where is it?", MONDAY, **BY_NUMBER), at=MONDAY)
    await ears.hear(wrote("m2", "Hello? Anybody?", TEN, **BY_KEY, other_author_id="31612345678"), at=TEN)
    assert (await desk.case())["customer_id"] == "NL.7"
    assert {row["conversation_id"] for row in await desk.rows(tables.message)} == {"NL.7"}
    await ears.hear(wrote("m3", "Still there?", TEN + MINUTE, **BY_NUMBER), at=TEN + MINUTE)  # an old phone, without user id
    assert (await desk.case())["conversation_id"] == "NL.7"
    assert await types(desk) == ["inbound", "inbound", "inbound"]


async def test_an_answer_that_came_before_the_question_finds_it_too(desk, ears):
    await ears.hear(echoed("a1", TEN, kind=Kind.DM, conversation_id="31612345678"), at=TEN)
    await ears.hear(wrote("m1", "Where is it?", MONDAY, **BY_KEY, other_author_id="31612345678"), at=TEN + MINUTE)
    assert await desk.clocks() == met(TEN)


async def test_two_threads_with_a_case_each_stay_two(desk, ears):
    """They were two customers to us, each waits for an answer, and neither must disappear in the other."""
    await ears.hear(wrote("m1", "Where is it?", MONDAY, **BY_NUMBER), at=MONDAY)
    await ears.hear(wrote("m2", "And my money?", MONDAY, **BY_KEY), at=MONDAY)
    await ears.hear(wrote("m3", "Well?", TEN, **BY_KEY, other_author_id="31612345678"), at=TEN)
    assert [row["customer_id"] for row in await desk.cases()] == ["31612345678", "NL.7"]


async def test_who_is_erased_is_known_by_no_other_name(desk, ears):
    await ears.hear(wrote("m1", "Where is it?", MONDAY, **BY_KEY, other_author_id="31612345678"), at=MONDAY)
    who = await desk.store.read(customers.named, "twitter:31612345678")
    assert who == customers.Customer(kind="twitter", author_id="NL.7")
    await forget.erase(desk.store, who, by="jo", rules_of=lambda *_: desk.rules, clock=FakeClock(TEN))
    assert await desk.rows(house_tables.other_name) == []
    assert await desk.store.read(customers.named, "twitter:31612345678") is None
