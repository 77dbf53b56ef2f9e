"""A platform's reply window holds for private conversations of its kind, whichever database keeps the case, and after a restart."""

from __future__ import annotations

import pytest
from fakes import DAY, HOUR, MONDAY, Desk, ours, said

from webcare.country_days import LOOKUP
from webcare.domain.message import Kind
from webcare.domain.rulebook import parse_rulebook
from webcare.services.explain import explain

WINDOW = {"length": "PT24H", "margin": "PT1H"}
BOOK = parse_rulebook({"policy": "shipped", "windows": {"whatsapp": WINDOW}}, LOOKUP)


@pytest.mark.parametrize(
    ("channel", "kind", "due"),
    [
        ("whatsapp:1", Kind.DM, 23 * HOUR),
        ("whatsapp:1", Kind.COMMENT, DAY),
        ("twitter:1", Kind.DM, DAY),
        ("twitter:1", Kind.MENTION, DAY),
    ],
)
async def test_only_a_private_case_of_that_kind_of_channel_is_due_before_its_window_closes(store, channel, kind, due):
    desk = await Desk.open(store, BOOK)
    await desk.hear(said("m1", "where is it?", MONDAY, channel=channel, kind=kind))
    case = await desk.case()
    assert (case["kind"], case["due_at"] - MONDAY) == (kind.value, due)


async def test_the_sweep_keeps_to_the_window_and_why_says_so(store):
    desk = await Desk.open(store, BOOK)
    await desk.hear(said("m1", "where is it?", MONDAY, channel="whatsapp:1", kind=Kind.DM))
    await desk.sweep(MONDAY + 23 * HOUR)
    steps = {(clock, rung) for clock, rung, _ in await desk.steps()}
    assert ("reply_window", "breach@1") in steps  # said when it closes; no miss yet
    facts = await store.read(explain, 1, desk.rules, MONDAY + 23 * HOUR)
    assert facts["next_due"] == {"clock": "reply_window", "at": "2026-11-24T08:00:00Z"}


async def test_another_message_of_the_customer_opens_the_window_again(store):
    desk = await Desk.open(store, BOOK)
    dm = {"channel": "whatsapp:1", "kind": Kind.DM}
    await desk.hear(said("m1", "where is it?", MONDAY, **dm))
    await desk.hear(said("m2", "hello?", MONDAY + 10 * HOUR, **dm))
    assert (await desk.case())["due_at"] == MONDAY + DAY  # the window is no longer what runs out first
    await desk.hear(ours("m3", MONDAY + 12 * HOUR, **dm))
    assert (await desk.case())["due_at"] is None


async def test_a_policy_with_a_window_of_its_own_wins(store):
    book = parse_rulebook(
        {"policy": [{"name": "a", "reply_window": {"length": "PT10H", "margin": "PT2H"}}], "windows": {"whatsapp": WINDOW}},
        LOOKUP,
    )
    desk = await Desk.open(store, book)
    await desk.hear(said("m1", "where is it?", MONDAY, channel="whatsapp:1", kind=Kind.DM))
    assert (await desk.case())["due_at"] == MONDAY + 8 * HOUR
