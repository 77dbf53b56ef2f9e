"""Asking platforms for messages by their ids: roots once and as context, withheld words, deletions, all within the budget."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from fakes import CHANNEL, DAY, HOUR, MONDAY, FakeClock, said
from hearsay import Ears, account, deleted, echoed, spec, wrote

from webcare.domain.message import Attachment, Author, Kind
from webcare.domain.rulebook import Lookup, parse_rulebook
from webcare.domain.sla.events import EventType
from webcare.ports.connector import Batch, Capability
from webcare.ports.errors import AuthFailed, RateLimited, Unavailable
from webcare.services.conversation import conversation
from webcare.services.forget import erase
from webcare.services.look_up import look_up, see_deleted
from webcare.services.poll import Running
from webcare.store import cases, context, read_costs, tables
from webcare.store.conversation_tables import context as context_table
from webcare.store.customers import Customer

FORTNIGHT, MINUTE = timedelta(days=14), timedelta(minutes=1)
BERT = Author(id="bert", name="Bert")
LONG_AGO = MONDAY - 30 * DAY


def _read(element, _me):
    item = element.value
    if "attachments" not in item:
        return spec().read(element, _me)
    (heard,) = spec().read(element, _me)
    return [replace(heard, attachments=tuple(Attachment(type=one) for one in item["attachments"]))]


class Platform:
    """What is asked by its id is answered from `held`, or with `errors`, one a call."""

    def __init__(self, *items, errors=(), more=False):
        self.held = {item.get("external_id") or item["target_id"]: item for item in items}
        self.errors, self.more = list(errors), more
        self.asked = []

    async def look_up(self, ids, _now):
        self.asked.append(list(ids))
        if self.errors:
            raise self.errors.pop(0)
        found = [self.held[one] for one in ids if one in self.held]
        return Batch(bodies=({"items": found},), cursor=None, cost=len(found), costs={"post": len(found)}, more=self.more)


class House:
    def __init__(self, desk, platform, **changes):
        capable = replace(spec(read=_read), capabilities=frozenset({Capability.LOOK_UP}))
        self.account = account(spec_=capable, **changes)
        self.desk, self.platform, self.clock = desk, platform, FakeClock(MONDAY + HOUR)
        self.ears = Ears(desk, accounts=[self.account])
        self.running = [Running(account=self.account, client=platform)]

    async def beat(self, **options):
        done = await look_up(self.desk.store, self.running, self.clock, "one", keep_for=FORTNIGHT, **options)
        await self.ears.work(self.clock.at)
        return done

    async def see_deleted(self):
        done = await see_deleted(self.desk.store, self.running, self.clock, "one", keep_for=FORTNIGHT)
        await self.ears.work(self.clock.at)
        return done

    def pass_time(self, span):
        self.clock.at += span
        self.clock.at_machine += span

    async def hear(self, *items, at=MONDAY):
        await self.ears.hear(*items, at=at)

    async def around(self):
        return {row["external_id"]: row for row in await self.desk.rows(context_table)}

    async def root(self, case=1):
        row = await self.desk.store.read(cases.get, case)
        return (await self.desk.store.read(conversation, row, set())).root


def a_root(at=LONG_AGO, **fields):
    return wrote("thread", "Ons net is vernieuwd", at, author=BERT, reply_to=None, kind=Kind.POST, **fields)


async def test_the_root_of_a_new_case_is_asked_for_once_and_stands_around_it(desk):
    house = House(desk, Platform(a_root()))
    await house.hear(wrote("m1", "Where?", MONDAY, reply_to="thread"))
    assert await house.beat() == 1
    assert house.platform.asked == [["thread"]]
    assert [row["external_id"] for row in await desk.rows(tables.message)] == ["m1"]
    assert len(await desk.cases()) == 1
    root = await house.root()
    assert (root.author, root.text, root.is_ours, root.at) == ("Bert", "Ons net is vernieuwd", False, LONG_AGO)
    assert await desk.store.read(read_costs.of_month, CHANNEL, "2026-11") == read_costs.Cost(resources=1, polls=0)
    await house.hear(wrote("m2", "Where?", MONDAY + HOUR, author=Author(id="carl")))
    assert await house.beat() == 0
    assert house.platform.asked == [["thread"]]


async def test_what_was_replied_to_is_asked_for_too_and_helps_to_judge(desk):
    parent = wrote("m0", "Is it still out?", LONG_AGO, author=BERT)
    house = House(desk, Platform(a_root(), parent))
    await house.hear(wrote("m1", "Where?", MONDAY, reply_to="m0"))
    assert await house.beat() == 2
    assert set(await house.around()) == {"thread", "m0"}
    await house.hear(wrote("m2", "Same", MONDAY + HOUR, reply_to="m0", author=Author(id="carl")))
    asked = desk.classifier.asked[-1]
    assert (asked.replied_to.text, asked.replied_to.by_us) == ("Is it still out?", False)
    await house.hear(wrote("m3", "Same", MONDAY + HOUR, reply_to="unknown", author=Author(id="dirk")))
    assert desk.classifier.asked[-1].replied_to.text == "Ons net is vernieuwd"


async def test_a_post_of_ours_that_was_found_late_lets_answers_to_it_be_read_again(desk):
    ours = echoed("thread", LONG_AGO, text="Which phone?", kind=Kind.POST)
    house = House(desk, Platform(ours))
    await house.hear(wrote("m1", "Where?", MONDAY), wrote("m2", "Fairphone", MONDAY, reply_to="thread", author=BERT))
    before = len(desk.classifier.asked)
    assert await house.beat() == 1
    (again,) = desk.classifier.asked[before:]
    assert (again.id, again.replied_to.text, again.replied_to.by_us) == ("m2", "Which phone?", True)
    assert (await house.root()).is_ours


async def test_a_root_that_can_still_be_answered_in_time_is_a_message_like_any_other(desk):
    root = wrote("thread", "What now?", MONDAY - HOUR, author=BERT, reply_to=None)
    house = House(desk, Platform(root))
    await house.hear(wrote("m1", "Where?", MONDAY))
    assert await house.beat() == 1
    assert await house.around() == {}
    assert [row["customer_id"] for row in await desk.cases()] == ["anna", "bert"]


@pytest.mark.parametrize(("languages", "customers"), [({CHANNEL: "en"}, ["anna", "bert"]), ({}, ["anna"])])
async def test_what_time_a_root_has_is_said_by_the_policy_of_its_channels_language(desk, languages, customers):
    """Nobody has read it yet, so that it shows no language of its own."""
    usual = {"first_response": "PT1H", "next_response": "PT1H", "ladder": [{"share": 1, "step": "breach"}]}
    english = {**usual, "name": "british", "when": {"language": "en"}, "first_response": "P3D"}
    book = parse_rulebook({"policy": [english, {**usual, "name": "default"}]}, Lookup(holidays=lambda *_: lambda _day: None))
    desk.rules = replace(desk.rules, book=book, languages=languages)
    house = House(desk, Platform(wrote("thread", "What now?", MONDAY - DAY, author=BERT, reply_to=None)))
    await house.hear(wrote("m1", "Where?", MONDAY))
    assert await house.beat() == 1
    assert [row["customer_id"] for row in await desk.cases()] == customers


@pytest.mark.parametrize(
    "items",
    [
        [wrote("thread", "Where?", MONDAY, conversation_id="thread")],
        [wrote("d1", "Where?", MONDAY, kind=Kind.DM, conversation_id="anna")],
        [wrote("m1", "lovely day", MONDAY, reply_to="thread")],
        [echoed("thread", MONDAY, kind=Kind.POST), wrote("m1", "Where?", MONDAY, reply_to="thread")],
    ],
    ids=["the root itself", "private", "no case", "known"],
)
async def test_nothing_is_asked_where_no_root_is_missing(desk, items):
    house = House(desk, Platform())
    await house.hear(*items)
    assert await house.beat() == 0
    assert house.platform.asked == []


async def test_roots_can_be_switched_off_and_are_not_asked_where_the_platform_cannot(desk):
    house = House(desk, Platform(a_root()))
    await house.hear(wrote("m1", "Where?", MONDAY))
    assert await house.beat(roots=False) == 0
    assert await look_up(desk.store, [Running(account=account(), client=house.platform)], house.clock, "one", keep_for=DAY) == 0
    assert house.platform.asked == []


async def test_words_that_were_kept_back_are_asked_for_at_once_and_come_as_an_edit(desk):
    told = wrote("m1", "", MONDAY, kind=Kind.MENTION, author=None, attachments=["unavailable"])
    words = wrote("m1", "Where is my parcel?", MONDAY - MINUTE, kind=Kind.MENTION, author=BERT)
    house = House(desk, Platform(words))
    await house.hear(told)
    assert await house.beat(roots=False) == 1
    assert house.platform.asked == [["m1"]]
    (message,) = await desk.rows(tables.message)
    assert (message["text"], message["author_id"], message["attachments"]) == ("Where is my parcel?", "bert", [])
    assert desk.classifier.asked[-1].text == "Where is my parcel?"
    assert len(await desk.cases()) == 1
    assert await house.beat(roots=False) == 0


async def test_words_that_are_not_given_leave_the_message_as_it_is(desk):
    house = House(desk, Platform(deleted("m1", None)))
    await house.hear(wrote("m1", "", MONDAY, kind=Kind.MENTION, attachments=["unavailable"]))
    assert await house.beat(roots=False) == 1
    (message,) = await desk.rows(tables.message)
    assert message["deleted_at"] is None
    house.pass_time(2 * HOUR)
    assert await house.see_deleted() == 0


# --- what may be spent, and what goes wrong


async def test_what_the_budget_does_not_hold_waits(desk):
    house = House(desk, Platform(a_root()), monthly_reads=1000)
    await house.hear(wrote("m1", "Where?", MONDAY))
    await desk.store.write(read_costs.add, CHANNEL, day="2026-11-20", resources=1000)
    assert await house.beat() == 0
    assert house.platform.asked == []
    house.clock.at += 8 * DAY  # December
    assert await house.beat() == 1


@pytest.mark.parametrize(
    ("error", "rests"),
    [(Unavailable("down"), 5 * MINUTE), (RateLimited(MONDAY + HOUR + 7 * MINUTE), 7 * MINUTE), (AuthFailed("dead"), HOUR)],
)
async def test_whatever_goes_wrong_rests_the_channel_and_is_tried_again(desk, error, rests):
    house = House(desk, Platform(a_root(), errors=[error]))
    await house.hear(wrote("m1", "Where?", MONDAY))
    assert await house.beat() == 0
    house.pass_time(rests - MINUTE)
    assert await house.beat() == 0
    assert len(house.platform.asked) == 1
    house.pass_time(MINUTE)
    assert await house.beat() == 1
    assert set(await house.around()) == {"thread"}


async def test_what_failed_together_is_asked_for_one_by_one_and_given_up(desk):
    house = House(desk, Platform(errors=[Unavailable("down")] * 20))
    await house.hear(*(wrote(f"m{n}", "?", MONDAY, conversation_id=f"t{n}", author=Author(id=f"a{n}")) for n in (1, 2)))
    for _ in range(15):
        await house.beat()
        house.pass_time(5 * MINUTE)
    assert house.platform.asked[:3] == [["t1", "t2"], ["t1"], ["t2"]]
    assert len(house.platform.asked) == 1 + 2 * 4


# --- deletions


async def test_what_is_gone_from_the_platform_is_deleted_here(desk):
    house = House(desk, Platform(wrote("m1", "Where?", MONDAY), deleted("m2", None)))
    await house.hear(wrote("m1", "Where?", MONDAY), wrote("m2", "And why?", MONDAY + MINUTE), echoed("a1", MONDAY, "m1"))
    assert await house.see_deleted() == 2
    assert house.platform.asked == [["m2", "m1"]]
    found = await house.ears.messages()
    assert (found["m1"]["text"], found["m1"]["edited_at"], found["m1"]["deleted_at"]) == ("Where?", None, None)
    assert (found["m2"]["text"], found["m2"]["deleted_at"]) == ("", MONDAY + HOUR)
    assert (EventType.DELETE.value, MONDAY + HOUR, "m2") in await desk.log()


async def test_messages_are_asked_for_each_hour_of_a_day_and_then_daily(desk):
    house = House(desk, Platform(wrote("m1", "Where?", MONDAY)))
    await house.hear(wrote("m1", "Where?", MONDAY))
    asked = []
    for hour in range(1, 80):
        house.clock.at = house.clock.at_machine = MONDAY + hour * HOUR
        if await house.see_deleted():
            asked.append(hour)
        assert await house.see_deleted() == 0
    assert asked == [*range(1, 24), 47, 71]


@pytest.mark.parametrize("what", ["private", "no case", "spent"])
async def test_some_messages_are_not_asked_for(desk, what):
    private = {"kind": Kind.DM, "conversation_id": "anna"} if what == "private" else {}
    house = House(desk, Platform(deleted("m1", None)), monthly_reads=1000 if what == "spent" else 0)
    await house.hear(wrote("m1", "lovely" if what == "no case" else "Where?", MONDAY, **private))
    if what == "spent":  # more than the month's share so far: what is left is for polls
        await desk.store.write(read_costs.add, CHANNEL, day="2026-11-20", resources=800)
    house.clock.at += DAY
    assert await house.see_deleted() == 0
    assert house.platform.asked == []


async def test_an_edit_that_was_not_told_is_found_on_the_way(desk):
    house = House(desk, Platform(wrote("m1", "Where and when?", MONDAY)))
    await house.hear(wrote("m1", "Where?", MONDAY))
    assert await house.see_deleted() == 1
    assert (await house.ears.messages())["m1"]["text"] == "Where and when?"


# --- whose it is


async def test_what_stands_around_goes_with_its_author_and_with_its_time(desk):
    house = House(desk, Platform(a_root()))
    await house.hear(wrote("m1", "Where?", MONDAY))
    await house.beat()
    assert [row.text for row in await desk.store.read(context.of_author, "twitter", "bert")] == ["Ons net is vernieuwd"]
    clock = FakeClock(MONDAY + DAY)
    await erase(desk.store, Customer(kind="twitter", author_id="bert"), by="noor", rules_of=lambda *_: desk.rules, clock=clock)
    assert await house.around() == {}
    await house.beat()
    assert house.platform.asked == [["thread"]]
    await desk.store.write(context.keep, said("x", "old", LONG_AGO), LONG_AGO)
    await desk.store.write(context.expire, MONDAY - DAY)
    assert await house.around() == {}
