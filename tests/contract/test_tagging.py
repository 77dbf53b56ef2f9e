"""Tags, groups of customers and help from another customer: what people say of a case, and what it does to clocks that run."""

import json
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from tests.contract.test_rejudge import DAYLONG, by, parse, ruled
from tests.fakes import DAY, HOUR, MONDAY, Desk, FakeClock, ours, said
from webcare.domain.calendar import Calendar
from webcare.domain.case import ImpossibleMove
from webcare.domain.verdict import Intent, Urgency
from webcare.services import desk as acts
from webcare.services.correct import Correction, correct
from webcare.services.export import export
from webcare.services.forget import erase
from webcare.services.settle import read
from webcare.services.tagging import LONGEST, MOST, helped, helped_not, labels, put_into_group, tag, untag
from webcare.store import cases, tables, tags
from webcare.store.customers import Customer
from webcare.store.label_tables import case_tag, customer_group

TEN = MONDAY + HOUR
PRESS = {"name": "press", "when": {"tag": ["Pers", "krant"]}, "first_response": "PT2H"}
VIP = {"name": "vip", "when": {"customer_group": "vip"}, "first_response": "PT3H"}
BOOK = {"policy": [PRESS, VIP, *DAYLONG["policy"]]}


@pytest.fixture
async def desk(store):
    return Desk(store, await by(store, BOOK))


async def do(desk, unit, case=1, now=TEN, **more):
    return await desk.store.write(unit, case, by="noor", rules=desk.rules, now=now, **more)


async def shown(desk, case=1):
    row = await desk.store.read(cases.get, case)
    return await desk.store.read(labels, row)


async def test_a_tag_is_kept_in_small_letters_and_suggested_for_other_cases(desk):
    await desk.hear(said("m1", "?", MONDAY), said("m2", "?", MONDAY, by="bert"))
    await do(desk, tag, name="  Levering   te laat ")
    await do(desk, tag, name="levering te laat")
    assert (await shown(desk)).tags == ("levering te laat",)
    assert (await shown(desk, 2)).known_tags == ("levering te laat",)
    assert [line[0] for line in await desk.log()] == ["inbound", "tag"]


async def test_a_tag_that_no_case_has_any_more_is_forgotten(desk):
    await desk.hear(said("m1", "?", MONDAY))
    await do(desk, tag, name="typo")
    await do(desk, untag, name="Typo")
    await do(desk, untag, name="typo")
    found = await shown(desk)
    assert (found.tags, found.known_tags) == ((), ())
    assert [line[0] for line in await desk.log()] == ["inbound", "tag", "tag"]


async def test_a_tag_brings_a_case_under_the_policy_that_asks_for_it_and_back(desk):
    await desk.hear(said("m1", "?", MONDAY))
    await do(desk, tag, name="PERS")
    row = await desk.case()
    assert (row["policy"], row["due_at"]) == ("press", MONDAY + 2 * HOUR)
    assert "tag is pers" in row["policy_why"]
    await do(desk, untag, name="pers", now=TEN + HOUR / 2)
    assert ((await desk.case())["policy"], (await desk.case())["due_at"]) == ("public", MONDAY + DAY)
    assert [(who, data["because"], data["policy"]) for _, who, data in await ruled(desk)] == [
        ("noor", "tag", "press"),
        ("noor", "tag", "public"),
    ]


async def test_a_corrected_verdict_brings_a_case_under_the_policy_for_its_kind(store):
    complaint = {"name": "complaint", "when": {"intent": "complaint"}, "first_response": "PT2H"}
    desk = Desk(store, await by(store, {"policy": [complaint, *DAYLONG["policy"]]}))
    await desk.hear(said("m1", "?", MONDAY))
    assert (await desk.case())["policy"] == "public"
    await do(desk, correct, said=Correction(intents=(Intent.COMPLAINT,)))
    row = await desk.case()
    assert (row["policy"], row["due_at"]) == ("complaint", MONDAY + 2 * HOUR)
    assert [(who, data["because"]) for _, who, data in await ruled(desk)] == [("noor", "intent")]


async def test_a_person_makes_a_case_urgent_and_takes_that_back(store):
    urgent = {"name": "urgent", "when": {"urgency": "high"}, "first_response": "PT2H"}
    desk = Desk(store, await by(store, {"policy": [urgent, *DAYLONG["policy"]]}))
    await desk.hear(said("m1", "?", MONDAY))
    for urgency, policy, due in ((Urgency.HIGH, "urgent", 2 * HOUR), (Urgency.NORMAL, "public", DAY)):
        await do(desk, correct, said=Correction(urgency=urgency))
        row = await desk.case()
        assert (row["urgency"], row["policy"], row["due_at"]) == (urgency.value, policy, MONDAY + due)
    assert [(who, data["because"], data["policy"]) for _, who, data in await ruled(desk)] == [
        ("noor", "urgency", "urgent"),
        ("noor", "urgency", "public"),
    ]


async def test_whether_a_case_is_urgent_moves_its_next_rung(desk):
    office = Calendar(zone=ZoneInfo("UTC"), hours=(((480, 960),),) * 7)
    book = desk.rules.book
    staffed = [replace(rule, policy=replace(rule.policy, staffed=office)) for rule in book.rules]
    desk.rules = replace(desk.rules, book=replace(book, rules=staffed))
    await desk.hear(said("m1", "?", MONDAY))
    before = (await desk.case())["next_check_at"]
    assert before <= MONDAY.replace(hour=16), "while somebody is there to hear of it"
    await do(desk, correct, said=Correction(urgency=Urgency.HIGH))
    assert (await desk.case())["next_check_at"] > MONDAY.replace(hour=16)
    await do(desk, correct, said=Correction(urgency=Urgency.NORMAL))
    assert (await desk.case())["next_check_at"] == before


async def test_a_case_is_urgent_as_long_as_one_of_its_messages_is(desk):
    await desk.hear(said("m1", "fire?", MONDAY), said("m2", "and fire, too?", MONDAY + HOUR / 2))
    await do(desk, correct, said=Correction(urgency=Urgency.NORMAL), message=1)
    assert (await desk.case())["urgency"] == "high"
    await do(desk, correct, said=Correction(urgency=Urgency.NORMAL), message=2)
    assert (await desk.case())["urgency"] == "normal"


async def test_what_needs_no_answer_makes_no_case_urgent_and_keeps_none_so(desk):
    await desk.hear(said("m1", "?", MONDAY), said("m2", "thanks", MONDAY + HOUR / 2))
    await do(desk, correct, said=Correction(needs_response=False, urgency=Urgency.HIGH), message=2)
    assert (await desk.case())["urgency"] == "normal"
    await do(desk, correct, said=Correction(urgency=Urgency.HIGH), message=1)
    assert (await desk.case())["urgency"] == "high"
    await do(desk, correct, said=Correction(urgency=Urgency.NORMAL), message=1)
    assert (await desk.case())["urgency"] == "normal"


async def test_what_was_over_before_the_tag_stays(desk):
    await desk.hear(said("m1", "?", MONDAY))
    await desk.hear(ours("a1", MONDAY + 5 * HOUR, "m1"))
    before = await desk.clocks()
    await do(desk, tag, name="pers", now=MONDAY + 6 * HOUR)
    assert await desk.clocks() == before


async def test_a_closed_case_takes_tags_and_opens_again_by_the_policy_for_them(desk):
    await desk.hear(said("m1", "?", MONDAY))
    await do(desk, acts.close, now=TEN)
    await do(desk, tag, name="pers", now=TEN)
    assert await desk.clocks() == [("first_response", "dropped", MONDAY, None, TEN)]
    await do(desk, acts.reopen, now=TEN + HOUR)
    assert await desk.clocks() == [("first_response", "running", MONDAY, MONDAY + 3 * HOUR, None)]


@pytest.mark.parametrize(("name", "why"), [("  ", "nothing_said"), ("x" * (LONGEST + 1), "too_long")])
async def test_a_tag_without_a_name_or_with_a_long_one_is_refused(desk, name, why):
    await desk.hear(said("m1", "?", MONDAY))
    with pytest.raises(ImpossibleMove) as refused:
        await do(desk, tag, name=name)
    assert refused.value.why == why


async def test_a_case_has_so_many_tags_and_no_more(desk):
    await desk.hear(said("m1", "?", MONDAY))
    for n in range(MOST):
        await do(desk, tag, name=f"t{n}")
    with pytest.raises(ImpossibleMove, match="20 tags"):
        await do(desk, tag, name="one more")


async def test_a_customer_in_a_group_has_it_in_every_open_case_and_in_the_next_one(desk):
    await desk.hear(said("m1", "?", MONDAY), said("m2", "?", MONDAY, conversation_id="other"), said("m3", "?", MONDAY, by="bert"))
    await do(desk, put_into_group, name="VIP")
    assert [row["policy"] for row in await desk.cases()] == ["vip", "vip", "public"]
    assert {row["due_at"] for row in await desk.cases()} == {MONDAY + 3 * HOUR, MONDAY + DAY}
    await desk.hear(said("m4", "?", MONDAY + 2 * HOUR, conversation_id="third"))
    assert (await desk.cases())[-1]["policy"] == "vip"
    assert (await shown(desk)).known_groups == ("vip",)
    await do(desk, put_into_group, name=" ", now=TEN + HOUR)
    assert {row["policy"] for row in await desk.cases()} == {"public"}
    assert (await shown(desk)).group is None


async def test_another_customers_help_gives_time_where_the_policy_says_so_and_can_be_taken_back(store):
    relaxed = {**DAYLONG["policy"][0], "community_relax": "PT12H"}
    desk = Desk(store, await by(store, {"policy": [relaxed]}))
    await desk.hear(said("m1", "?", MONDAY), said("m2", "Try the other door.", TEN, by="bert"))
    helper = 2
    await do(desk, helped, message=helper, now=TEN + HOUR)
    await do(desk, helped, message=helper, now=TEN + HOUR)
    assert (await desk.clocks())[0][1:4] == ("running", MONDAY, MONDAY + DAY + 12 * HOUR)
    assert (await desk.log())[1:] == [("community_answer", TEN, "community:1")]
    await do(desk, helped_not, message=helper, now=TEN + 2 * HOUR)
    assert (await desk.clocks())[0][3] == MONDAY + DAY
    await do(desk, helped, message=helper, now=TEN + 3 * HOUR)
    assert (await desk.clocks())[0][3] == MONDAY + DAY + 12 * HOUR


@pytest.mark.parametrize("what", ["own", "elsewhere", "earlier", "ours", "none"])
async def test_what_is_no_help_of_another_customer_is_refused(desk, what):
    other = {"elsewhere": {"conversation_id": "elsewhere", "by": "bert"}, "earlier": {"by": "bert"}}.get(what, {})
    at = MONDAY - HOUR if what == "earlier" else TEN
    second = ours("m2", TEN, None) if what == "ours" else said("m2", "Try this.", at, **other)
    await desk.hear(said("m1", "?", MONDAY), now=TEN)
    await desk.hear(second, now=TEN)
    with pytest.raises(ImpossibleMove):
        await do(desk, helped, message=99 if what == "none" else 2)
    with pytest.raises(ImpossibleMove):
        await do(desk, helped_not, message=2)


def test_a_condition_is_compared_as_labels_are_kept():
    assert parse(BOOK).rules[0].conditions == {"tag": {"pers", "krant"}}


# --- whose data it is

BERT = Customer(kind="twitter", author_id="bert")


async def told_of_bert(desk):
    await desk.hear(said("m1", "?", MONDAY), said("m2", "?", MONDAY, by="bert"))
    await do(desk, tag, case=2, name="Jansen van de bakker")
    await do(desk, tag, case=2, name="pers")
    await do(desk, put_into_group, case=2, name="bakkers")


async def test_an_export_holds_tags_and_group(desk):
    await told_of_bert(desk)
    document = await export(desk.store, BERT, by="noor", now=MONDAY + DAY)
    assert document["customer_group"] == "bakkers"
    assert [case["tags"] for case in document["cases"]] == [["jansen van de bakker", "pers"]]


async def test_whoever_is_erased_leaves_no_tag_and_no_group_and_the_clocks_stay(desk):
    await told_of_bert(desk)
    await desk.hear(ours("a1", MONDAY + HOUR / 2, "m2"), now=TEN)
    await do(desk, acts.close, case=2, now=TEN + HOUR)
    before = await desk.clocks(2)
    clock = FakeClock(MONDAY + DAY)
    await erase(desk.store, BERT, by="noor", rules_of=lambda *_: desk.rules, clock=clock)
    assert await desk.clocks(2) == before
    assert [row["tag"] for row in await desk.rows(case_tag)] == []
    assert await desk.rows(customer_group) == []
    kept = json.dumps([row["data"] for row in await desk.rows(tables.case_event)])
    assert "bakker" not in kept
    row, log = await desk.store.read(cases.get, 2), await desk.store.read(cases.log, 2)
    assert read(row, log, desk.rules, clock.at).clocks["first_response"].state == "met"


async def test_a_group_ends_with_the_last_case_of_its_customer(desk):
    await told_of_bert(desk)
    long_ago = MONDAY + 400 * DAY
    assert await desk.store.write(tags.drop_groups, long_ago) == 0
    await do(desk, acts.close, case=2, now=TEN)
    await erase(desk.store, BERT, by="noor", rules_of=lambda *_: desk.rules, clock=FakeClock(MONDAY + DAY))
    await desk.store.write(tags.put, "twitter", "bert", "again", by="noor", now=TEN)
    assert await desk.store.write(tags.drop_groups, TEN) == 0
    assert await desk.store.write(tags.drop_groups, long_ago) == 1
