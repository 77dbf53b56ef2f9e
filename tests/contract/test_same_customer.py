"""One customer under several names, on both databases: linked by people, suggested by evidence, forgotten with the person."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest
from fakes import CHANNEL, DAY, HOUR, MONDAY, FakeClock, said
from sqlalchemy import func, select

from webcare.domain.case import ImpossibleMove, Refusal
from webcare.domain.identities import MOST, Evidence, Identity, Link
from webcare.domain.message import Attachment, Author, Direction, Kind
from webcare.services import desk as desk_acts
from webcare.services import forget, same_customer, search, thread
from webcare.services.export import export
from webcare.store import audit, other_names, same_marks, tables
from webcare.store import same_customer as kept
from webcare.store.customers import Customer
from webcare.store.same_customer_tables import not_same, same_mark
from webcare.store.same_customer_tables import same_customer as links

WHATSAPP, FACEBOOK, PHONE = "whatsapp:100", "facebook:200", "31612345678"
ON_X, ON_WA, ON_FB = Identity("twitter", "marit-op-x"), Identity("whatsapp", PHONE), Identity("facebook", "fb-klant")
ORDER, MAIL = "MK-20264311", "marit.privee@example.nl"


class Terms:
    raw_bodies, messages, audit = timedelta(days=14), 100 * DAY, 800 * DAY


def on_x(id_, text, at, **changes):
    author = Author(id="marit-op-x", name="Marit de Groot", handle="marit_dg")
    return said(id_, text, at, **{"conversation_id": f"x{id_}", "author": author, **changes})


def on_whatsapp(id_, text, at, **changes):
    values = {"channel": WHATSAPP, "conversation_id": PHONE, "kind": Kind.DM, "author": Author(id=PHONE, name="M. de Groot")}
    return said(id_, text, at, **{**values, **changes})


def on_facebook(id_, text, at, **changes):
    author = Author(id="fb-klant", name="Marit", handle="Marit_DG")
    return said(id_, text, at, **{"channel": FACEBOOK, "conversation_id": f"fb{id_}", "author": author, **changes})


async def marit_writes(desk):
    """Case 1 on X, 2 by WhatsApp about the same order, 3 on Facebook about something else."""
    await desk.hear(on_x("m1", f"Where is order {ORDER}?", MONDAY))
    await desk.hear(on_whatsapp("w1", f"Where is my parcel, bestelnummer {ORDER}?", MONDAY + HOUR))
    await desk.hear(on_facebook("f1", "Where is the nearest shop?", MONDAY + 2 * HOUR))
    while await search.index(desk.store):
        pass


async def message(desk, external_id):
    rows = await desk.rows(tables.message, tables.message.c.external_id == external_id)
    return rows[0]["id"]


async def link(desk, case, external_id, by="noor"):
    number = await message(desk, external_id)
    await desk.store.write(same_customer.link, case, message=number, by=by, now=MONDAY + 3 * HOUR)


async def unlink(desk, case, identity, by="daan"):
    await desk.store.write(same_customer.unlink, case, identity=identity, by=by, now=MONDAY + 4 * HOUR)


async def company(desk, case, **asked):
    return await desk.store.read(same_customer.company, case, **asked)


async def group(desk, identity):
    return await desk.store.read(kept.group_of, identity)


async def suggested(desk, case):
    return [(one.spoke.identity, one.evidence) for one in (await company(desk, case)).suggested]


# --- linking


async def test_a_link_makes_one_history_of_all_channels_and_the_numbers_count_all(desk):
    await marit_writes(desk)
    assert await desk.store.read(thread.history, 1) == []
    await link(desk, 1, "w1")
    await link(desk, 2, "f1")  # said in another case: whoever can be reached is one
    for case in (1, 2, 3):
        row = await desk.store.read(lambda conn, case=case: thread.thread(conn, case).case)
        known = await desk.store.read(thread.customer, row)
        assert [one.case for one in known.earlier] == [number for number in (3, 2, 1) if number != case]
        assert (known.cases, known.messages, known.since) == (3, 3, MONDAY)
    members = (await company(desk, 1)).members
    assert [(one.identity, one.case, one.by) for one in members] == [(ON_FB, 3, "noor"), (ON_WA, 2, "noor")]


async def test_who_is_taken_out_is_out_alone_and_the_others_stay_together(desk):
    await marit_writes(desk)
    await link(desk, 1, "w1")
    await link(desk, 2, "f1")
    await unlink(desk, 1, ON_WA)  # the one in the middle
    assert await group(desk, ON_X) == {ON_X, ON_FB}
    assert await group(desk, ON_WA) == {ON_WA}
    assert await suggested(desk, 1) == []  # though the order number is still the same
    await link(desk, 1, "w1")
    assert await group(desk, ON_WA) == {ON_X, ON_FB, ON_WA}
    assert await desk.rows(not_same) == []


async def test_every_act_is_in_the_audit_once_by_numbers_that_name_nobody(desk):
    await marit_writes(desk)
    for _ in range(2):
        await link(desk, 1, "w1")
    for _ in range(2):
        await unlink(desk, 1, ON_WA)
    for _ in range(2):
        await desk.store.write(same_customer.dismiss, 1, message=await message(desk, "f1"), by="noor", now=MONDAY + 5 * HOUR)
    told = [(line["what"], line["by"], line["data"]) for line in await desk.store.read(audit.lines)]
    numbers = [await message(desk, one) for one in ("w1", "w1", "f1")]
    assert told == [
        ("same_customer", "noor", {"case": 1, "message": numbers[0]}),
        ("not_same_customer", "daan", {"case": 1, "message": numbers[1]}),
        ("not_same_customer", "noor", {"case": 1, "message": numbers[2]}),
    ]


async def test_two_people_who_link_and_unlink_at_once_end_as_one_after_the_other(desk):
    await marit_writes(desk)
    await asyncio.gather(
        link(desk, 1, "w1", "noor"), link(desk, 2, "f1", "daan"), link(desk, 3, "m1", "yara"), link(desk, 2, "m1")
    )
    assert await group(desk, ON_X) == {ON_X, ON_WA, ON_FB}
    await asyncio.gather(unlink(desk, 1, ON_WA), unlink(desk, 3, ON_WA), unlink(desk, 2, ON_X))
    assert await group(desk, ON_WA) == {ON_WA}
    assert await group(desk, ON_X) in ({ON_X, ON_FB}, {ON_X})  # the third found them linked, or came too late to
    lines = [line["what"] for line in await desk.store.read(audit.lines)]
    assert lines.count("same_customer") == 2  # the others found it done


async def test_what_is_no_customers_message_links_nobody(desk):
    await marit_writes(desk)
    await desk.hear(said("o1", "Here it is", MONDAY + 3 * HOUR, by="us", direction=Direction.OUTBOUND, conversation_id="xm1"))
    for number in (99_999, await message(desk, "o1")):
        with pytest.raises(LookupError):
            await desk.store.write(same_customer.link, 1, message=number, by="noor", now=MONDAY)
    with pytest.raises(LookupError):
        await desk.store.write(same_customer.link, 99, message=1, by="noor", now=MONDAY)
    await unlink(desk, 1, Identity("twitter", "nobody"))
    assert await desk.store.read(audit.lines) == []


async def test_nobody_has_more_names_than_one_person_could(desk):
    await marit_writes(desk)

    def crowd(conn):
        for n in range(MOST - 1):
            kept.add(conn, Link(one=ON_X, other=Identity("twitter", f"u{n}"), by="noor", at=MONDAY))

    await desk.store.write(crowd)
    with pytest.raises(ImpossibleMove) as refused:
        await link(desk, 1, "w1")
    assert refused.value.why is Refusal.TOO_MANY_NAMES


async def test_what_came_with_the_messages_of_all_names_is_there(desk):
    picture = (Attachment(type="image", id="i1", url="https://cdn.example/a.jpg"),)
    await desk.hear(on_whatsapp("w1", "Where is this?", MONDAY, attachments=picture))
    await desk.hear(on_x("m1", "Where is it?", MONDAY + HOUR))
    await link(desk, 2, "w1")
    row = await desk.store.read(lambda conn: thread.thread(conn, 2).case)
    known = await desk.store.read(thread.customer, row)
    assert [(one.case, one.channel, one.attachments[0].type) for one in known.brought] == [(1, WHATSAPP, "image")]


async def test_a_block_of_another_name_is_seen(desk):
    await marit_writes(desk)
    await link(desk, 1, "w1")
    await desk.store.write(desk_acts.block, 2, by="sanne", reason="threats", rules=desk.rules, now=MONDAY + 4 * HOUR)
    (member,) = (await company(desk, 1)).members
    assert member.blocked_by == "sanne"
    assert (await company(desk, 2)).members[0].blocked_by is None


async def test_a_link_moves_with_a_name_to_the_key_that_the_platform_keeps(desk):
    await marit_writes(desk)
    await link(desk, 1, "w1")
    await desk.store.write(other_names.note, WHATSAPP, PHONE, "NL.99")
    assert await group(desk, ON_X) == {ON_X, Identity("whatsapp", "NL.99")}


# --- suggestions


async def test_the_same_order_number_suggests_and_the_same_handle_does_so_weakly(desk):
    await marit_writes(desk)
    assert await suggested(desk, 1) == [(ON_WA, Evidence.ORDER), (ON_FB, Evidence.HANDLE)]
    assert await suggested(desk, 2) == [(ON_X, Evidence.ORDER)]
    assert await suggested(desk, 3) == [(ON_X, Evidence.HANDLE)]
    assert await group(desk, ON_X) == {ON_X}  # nobody was linked by that


async def test_who_is_linked_brings_what_they_have_in_common_with_others(desk):
    await marit_writes(desk)
    await link(desk, 1, "f1")
    assert await suggested(desk, 3) == [(ON_WA, Evidence.ORDER)]


async def test_a_telephone_number_leads_to_whoever_writes_from_it(desk):
    await desk.hear(on_whatsapp("w1", "Where is my parcel?", MONDAY))
    await desk.hear(on_x("m1", "Call me at 06 12345678, where is it?", MONDAY + HOUR))
    while await search.index(desk.store):
        pass
    assert await suggested(desk, 2) == [(ON_WA, Evidence.PHONE)]
    assert await suggested(desk, 1) == [(ON_X, Evidence.PHONE)]


async def test_a_dismissed_suggestion_does_not_come_back(desk):
    await marit_writes(desk)
    await desk.store.write(same_customer.dismiss, 1, message=await message(desk, "w1"), by="noor", now=MONDAY)
    assert await suggested(desk, 1) == [(ON_FB, Evidence.HANDLE)]
    assert await suggested(desk, 2) == []
    await desk.hear(on_whatsapp("w2", f"Where is {ORDER} now?", MONDAY + DAY))
    await search.index(desk.store)
    assert await suggested(desk, 1) == [(ON_FB, Evidence.HANDLE)]


async def test_what_a_message_no_longer_says_is_no_evidence(desk):
    await marit_writes(desk)
    assert len(await desk.rows(same_mark)) == 3  # the order twice, and the number that WhatsApp knows Marit by
    await desk.hear(on_whatsapp("w1", "Where is my parcel?", MONDAY + HOUR), now=MONDAY + 3 * HOUR)
    while await search.index(desk.store):
        pass
    assert await suggested(desk, 1) == [(ON_FB, Evidence.HANDLE)]


async def test_marks_show_neither_what_was_written_nor_the_same_in_another_database(desk):
    await marit_writes(desk)
    told = " ".join(str(dict(row)) for row in await desk.rows(same_mark))
    assert ORDER not in told
    assert ORDER.replace("-", "") not in told
    assert await desk.store.read(
        lambda conn: conn.execute(select(tables.site.c.value).where(tables.site.c.key == same_marks.KEY)).scalar()
    )


async def test_people_are_looked_up_by_name_handle_and_number_and_not_by_what_they_said(desk):
    await marit_writes(desk)
    for asked, who in (
        ("marit_dg", [ON_FB]),
        ("M. de Gro", [ON_WA]),
        ("#2", [ON_WA]),
        (PHONE, [ON_WA]),
        ("parcel", []),
        ("%", []),
    ):
        found = (await company(desk, 1, asked=asked)).found
        assert [one.identity for one in found] == who, asked
    assert (await company(desk, 1)).found is None


# --- forgetting


async def everything(store):
    def dump(conn):
        rows = [tuple(row) for table in tables.metadata.sorted_tables for row in conn.execute(select(table))]
        return "\n".join(repr(tuple(bytes(v) if isinstance(v, memoryview) else v for v in row)) for row in rows)

    return await store.read(dump)


async def erase(desk, identity, now=MONDAY + 5 * HOUR):
    who = Customer(kind=identity.kind, author_id=identity.author_id)
    rules_of = lambda _conn, _revision: desk.rules  # noqa: E731
    return await forget.erase(desk.store, who, by="noor", rules_of=rules_of, clock=FakeClock(now))


async def test_nothing_of_an_erased_identity_is_left_in_any_table(desk):
    await marit_writes(desk)
    await link(desk, 1, "w1")
    await link(desk, 2, "f1")
    await desk.hear(said("b1", f"My mail is {MAIL}, order {ORDER}, where is it?", MONDAY + 4 * HOUR, by="bert7"))
    while await search.index(desk.store):
        pass
    await desk.store.write(same_customer.dismiss, 2, message=await message(desk, "b1"), by="noor", now=MONDAY + 4 * HOUR)
    assert PHONE in await everything(desk.store)
    await erase(desk, ON_WA)
    left = await everything(desk.store)
    assert [word for word in (PHONE, "M. de Groot", "parcel") if word in left] == []
    assert await group(desk, ON_X) == {ON_X, ON_FB}
    assert {row["author_id"] for row in await desk.rows(same_mark)} == {"marit-op-x", "bert7"}
    others = {name for row in await desk.rows(not_same) for name in (row["author_id"], row["other_id"])}
    assert others == {"bert7", "marit-op-x", "fb-klant"}  # that bert is none of the others still holds
    await erase(desk, ON_X)
    await erase(desk, ON_FB)
    assert await desk.rows(links) == []
    assert await desk.rows(not_same) == []
    left = await everything(desk.store)
    assert [word for word in ("marit-op-x", "fb-klant", "marit_dg", "Marit") if word in left] == []


async def test_retention_unlinks_whoever_left_no_message_and_keeps_the_others_together(desk):
    await marit_writes(desk)
    await link(desk, 1, "w1")
    await link(desk, 2, "f1")
    await desk.hear(on_x("m2", "And where is it now?", MONDAY + 99 * DAY), on_facebook("f2", "Where then?", MONDAY + 99 * DAY))
    for case in await desk.rows(tables.case):
        if case["state"] == "open" and case["opened_at"] < MONDAY + DAY:
            await desk.store.write(desk_acts.close, case["id"], by="noor", rules=desk.rules, now=MONDAY + DAY)
    await forget.retention(desk.store, Terms, FakeClock(MONDAY + 102 * DAY))
    assert await group(desk, ON_X) == {ON_X, ON_FB}
    assert await desk.store.read(lambda conn: conn.execute(select(func.count()).select_from(links)).scalar()) == 1
    assert await desk.store.read(kept.without_messages) == (
        [],
        await desk.store.read(lambda conn: conn.execute(select(func.max(tables.message.c.id))).scalar()),
    )


async def test_who_writes_again_while_retention_runs_stays_linked(desk):
    await marit_writes(desk)
    ghost = Identity("twitter", "2002")
    await desk.store.write(lambda conn: kept.add(conn, Link(one=ON_X, other=ghost, by="noor", at=MONDAY)))
    gone, newest = await desk.store.read(kept.without_messages)
    assert gone == [ghost]
    await desk.hear(said("g1", "Where is it?", MONDAY + DAY, by="2002"))
    assert await desk.store.write(kept.forget_all, gone, newest) == 0
    assert await group(desk, ON_X) == {ON_X, ghost}


async def test_an_export_says_who_was_linked_since_when_and_holds_the_others_when_asked(desk):
    await marit_writes(desk)
    await link(desk, 1, "w1")
    who = Customer(kind="twitter", author_id="marit-op-x")
    alone = await export(desk.store, who, by="noor", now=MONDAY + DAY)
    assert PHONE not in json.dumps(alone)
    whole = await export(desk.store, who, by="noor", now=MONDAY + DAY, linked=True)
    assert whole["same_customer"] == [
        {"one": "twitter:marit-op-x", "other": f"whatsapp:{PHONE}", "at": "2026-11-23T12:00:00Z", "case": 1, "by": "staff"}
    ]
    (other,) = whole["linked"]
    assert other["person"] == f"whatsapp:{PHONE}"
    assert [one["text"] for one in other["messages"]] == [f"Where is my parcel, bestelnummer {ORDER}?"]
    assert CHANNEL in json.dumps(whole)
