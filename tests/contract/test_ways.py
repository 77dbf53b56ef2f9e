"""How a customer can be answered: asked of the platform's connector, kept to on the server, and carried by the reply."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes import DAY, HOUR, MONDAY, US, FakeClock, FakeNotifier, FakeSender, account, ours, receipt, said, spec
from hearsay import Ears, wrote
from staff import staff

from webcare.domain.case import ImpossibleMove, Refusal
from webcare.domain.message import Kind
from webcare.ports.connector import Capability, Limits, Template, Way, WayKind, Words
from webcare.ports.errors import RefusalCode, Rejected, Unconfirmed
from webcare.services import answer, case_file, compose, thread, ways
from webcare.services.ways import Going
from webcare.store import tables
from webcare.web.words import EN, NL

TEN = MONDAY + HOUR
SECOND = timedelta(seconds=1)
NOT_NAMED = Words(nl="De klant noemde ons niet.", en="The customer did not name us.")
RUNNING = [("first_response", "running", MONDAY, MONDAY + DAY, None)]


def once_in_private(situation, _config, now):
    """A platform where a comment is answered in public only when it names us, and in private once, within a week."""
    until = situation.last_inbound_at + timedelta(days=7)
    had = Words(nl="Dat kan één keer.", en="That can be done once.") if situation.private_replies else None
    return (
        Way(kind=WayKind.PRIVATE, until=until, refused=had, late=now - situation.last_inbound_at > DAY),
        Way(kind=WayKind.PUBLIC, refused=None if "@us" in situation.message.text else NOT_NAMED),
    )


def platform(rule=once_in_private, **limits):
    capabilities = (Capability.POLL, Capability.SEND, Capability.PREFLIGHT, Capability.PRIVATE_REPLY, Capability.TEMPLATE)
    return account(spec=spec(*capabilities, ways=rule, limits=Limits(length=280, **limits)))


@pytest.fixture
async def asked(desk):
    await desk.staff(staff(noor=("push",)))
    await desk.hear(said("m1", "Where is it?", MONDAY))
    return desk


async def write(desk, text="Tomorrow.", *, way=None, at=TEN, by=US, on=None, **going):
    going = Going(account=on or platform(), way=way, **going)
    return await desk.store.write(compose.send, 1, text=text, by=by, rules=desk.rules, now=at, going=going)


async def parts(desk, *texts, on=None, way=None, at=TEN):
    going = Going(account=on or platform(in_parts=True, rule=None), way=way)
    return await desk.store.write(compose.send_parts, 1, texts=texts, by=US, rules=desk.rules, now=at, going=going)


async def send(desk, sender, at=TEN):
    clock = FakeClock(at)
    return await desk.send(desk.post(FakeNotifier(), sender), clock)


async def states(desk):
    return [r["state"] for r in await desk.replies()]


async def ways_at(desk, at, on=None):
    return await desk.store.read(ways.of_number, 1, on or platform(), at)


# --- asking


async def test_the_connector_is_asked_with_what_is_known(asked):
    seen = []

    def rule(situation, config, now):
        seen.append((situation, config, now))
        return (Way(kind=WayKind.PUBLIC),)

    await asked.hear(said("m2", "Hello?", TEN), said("other", "Me too?", TEN + HOUR, by="bert"))
    found = await ways_at(asked, TEN + DAY, platform(rule))
    ((situation, config, now),) = seen
    assert (situation.message.external_id, situation.last_inbound_at, situation.private_replies) == ("m2", TEN, 0)
    assert (situation.account, situation.raw_type, config.account, now) == ("meerkoet", None, "meerkoet", TEN + DAY)
    assert found.is_told


async def test_what_the_platform_calls_the_message_reaches_the_connector(desk):
    """Whether a post quotes ours, or stands under a broadcast, is in no other field."""
    seen = []
    ears = Ears(desk)
    await ears.hear(wrote("m1", "Where is it?", MONDAY, raw_type="tweet+quoted"), at=MONDAY)
    await ways_at(desk, TEN, platform(lambda situation, *_more: seen.append(situation.raw_type) or ()))
    assert seen == ["tweet+quoted"]


@pytest.mark.parametrize("kind", [Kind.COMMENT, Kind.DM])
async def test_a_connector_that_does_not_say_or_stumbles_leaves_the_way_that_the_message_came(desk, kind):
    await desk.hear(said("m1", "Where is it?", MONDAY, kind=kind))
    expected = [Way(kind=WayKind.PRIVATE if kind is Kind.DM else WayKind.PUBLIC)]

    def stumbles(situation, *_more):
        raise ValueError(situation.message.text)

    for rule in (None, stumbles, lambda *_situation: ()):
        on = platform(rule)
        found = await ways_at(desk, TEN, on)
        assert (list(found.every), found.is_told) == (expected, False)
        await write(desk, f"By {rule}.", on=on)
    assert {(r["way"], r["late"]) for r in await desk.replies()} == {(None, False)}


# --- keeping to it


async def test_without_a_choice_an_answer_goes_the_best_way_that_is_open(asked):
    await write(asked)
    (row,) = await asked.replies()
    assert (row["way"], row["late"], row["to_id"]) == ("private", False, "anna")


async def test_a_way_that_is_closed_is_refused_on_the_server_too_with_its_reason(asked):
    with pytest.raises(ImpossibleMove) as refused:
        await write(asked, way=WayKind.PUBLIC)
    assert (refused.value.why, refused.value.said) == (Refusal.WAY_CLOSED, {"nl": NOT_NAMED.nl, "en": NOT_NAMED.en})
    with pytest.raises(ImpossibleMove) as refused:
        await write(asked, template=Template(name="hello", language="nl"))
    assert refused.value.why is Refusal.NO_WAY
    assert (await asked.case())["claimed_by"] is None
    assert await asked.replies() == []


async def test_a_second_private_answer_to_one_message_is_refused_as_soon_as_the_first_is_queued(asked):
    await write(asked)
    with pytest.raises(ImpossibleMove, match="refuse"):
        await write(asked, "Or Tuesday.")
    await send(asked, FakeSender(Rejected("no")))
    await write(asked, "Or Tuesday.", at=TEN + HOUR)
    await asked.hear(said("m2", "Hello?", TEN + 2 * HOUR))
    assert (await ways_at(asked, TEN + 2 * HOUR)).way(WayKind.PRIVATE)


async def test_every_refusal_has_words():
    assert set(Refusal) <= {Refusal(name) for name in NL.case.refused} == {Refusal(name) for name in EN.case.refused}


# --- leaving


async def test_a_reply_carries_its_way_to_the_sender(asked):
    await write(asked, at=MONDAY + 2 * DAY)
    sender = FakeSender(receipt("p1", MONDAY + 2 * DAY))
    await send(asked, sender, at=MONDAY + 2 * DAY)
    (sent,) = sender.sent
    assert (sent.way, sent.late, sent.to, sent.kind, sent.reply_to) == (WayKind.PRIVATE, True, "anna", Kind.COMMENT, "m1")


async def test_a_private_answer_to_a_public_comment_answers_the_public_case(asked):
    await write(asked)
    assert await asked.clocks() == RUNNING
    await send(asked, FakeSender(receipt("p1", TEN + 3 * SECOND)), at=TEN + HOUR)
    assert await asked.clocks() == [("first_response", "met", MONDAY, MONDAY + DAY, TEN + 3 * SECOND)]
    (stored,) = await asked.rows(tables.message, tables.message.c.external_id == "p1")
    assert (stored["kind"], stored["case"], stored["direction"]) == ("dm", 1, "outbound")
    assert (await asked.case())["kind"] == "comment"


async def test_a_private_answer_stands_in_no_other_customers_case_as_if_it_were_public(asked):
    await asked.hear(said("other", "Me too?", MONDAY + HOUR, by="bert"))
    await write(asked, "Your parcel lies at number 12.")
    await send(asked, FakeSender(receipt("p1", TEN)))
    await asked.hear(said("m3", "Hello?", TEN + HOUR, by="bert"))
    seen = [await asked.store.read(thread.thread, number) for number in (1, 2)]
    assert [one.text for one in seen[1].context] == ["Where is it?"]
    assert (seen[1].of_others, seen[1].hidden) == (1, 0)
    assert "Your parcel lies at number 12." in [one.text for one in seen[0].spoken]


async def test_a_public_answer_after_a_private_one_is_public_again(asked):
    await write(asked)
    await send(asked, FakeSender(receipt("p1", TEN)))
    await asked.hear(said("m2", "@us Thanks, and when?", TEN + HOUR))
    await write(asked, "At nine.", way=WayKind.PUBLIC, at=TEN + HOUR)
    await send(asked, FakeSender(receipt("a2", TEN + HOUR)), at=TEN + HOUR)
    (stored,) = await asked.rows(tables.message, tables.message.c.external_id == "a2")
    assert stored["kind"] == "comment"


async def test_its_echo_in_an_older_private_talk_does_not_keep_the_public_case_waiting(desk):
    await desk.hear(said("d1", "Are you open?", MONDAY - DAY, kind=Kind.DM, conversation_id="private"))
    await desk.hear(said("m1", "Where is it?", MONDAY))
    going = Going(account=platform())
    await desk.store.write(compose.send, 2, text="Tomorrow.", by=US, rules=desk.rules, now=TEN, going=going)
    await desk.hear(ours("p1", TEN, kind=Kind.DM, conversation_id="private"))
    await send(desk, FakeSender(receipt("p1", TEN)))
    assert [state for _, state, *_ in await desk.clocks(2)] == ["met"]


async def test_a_template_leaves_as_one_and_is_stored_as_it_reads(asked):
    def closed(*_situation):
        late = Words(nl="Te laat.", en="Too late.")
        return (Way(kind=WayKind.PRIVATE, refused=late), Way(kind=WayKind.TEMPLATE))

    template = Template(name="order", language="nl", values=("Anna", "dinsdag"))
    await write(asked, "Dag Anna, tot dinsdag.", on=platform(closed), template=template)
    sender = FakeSender(receipt("t1", TEN))
    await send(asked, sender)
    assert (sender.sent[0].template, sender.sent[0].way, sender.sent[0].text) == (
        template,
        WayKind.TEMPLATE,
        "Dag Anna, tot dinsdag.",
    )


async def test_a_refusal_that_is_known_is_kept_by_its_code(asked):
    await write(asked)
    await send(asked, FakeSender(Rejected("(#10) outside of allowed window", RefusalCode.WINDOW_CLOSED)))
    (row,) = await asked.replies()
    assert (row["state"], row["code"], row["reason"]) == ("refused", "window_closed", "(#10) outside of allowed window")
    assert {content["reply"]["code"] for _, _, content in await asked.told()} == {"window_closed"}
    await asked.store.write(answer.send_again, row["id"], now=TEN + HOUR)
    assert [(r["code"], r["way"]) for r in await asked.replies()] == [(None, "private")]


# --- parts


async def test_parts_leave_in_order_each_when_the_one_before_was_accepted(asked):
    await parts(asked, "1/3 one", "2/3 two", "3/3 three")
    sender = FakeSender(*[receipt(f"a{n}", TEN + n * SECOND) for n in range(3)])
    seen = []
    while await send(asked, sender):
        seen.append([one.text for one in sender.sent])
    assert seen == [["1/3 one"], ["1/3 one", "2/3 two"], ["1/3 one", "2/3 two", "3/3 three"]]
    assert await states(asked) == ["accepted"] * 3


async def test_a_double_click_sends_the_parts_once(asked):
    assert await parts(asked, "1/2 one", "2/2 two") == [1, 2]
    assert await parts(asked, "1/2 one", "2/2 two") == [1]
    assert await states(asked) == ["queued"] * 2
    await send(asked, FakeSender(receipt("a1", TEN)))  # the second click comes when the first part has arrived
    assert await parts(asked, "1/2 one", "2/2 two") == [2]
    assert await states(asked) == ["accepted", "queued"]


@pytest.mark.parametrize("error", [Rejected("no"), Unconfirmed("who knows")])
async def test_what_stands_behind_a_part_that_did_not_arrive_stays_here(asked, error):
    await parts(asked, "1/3 one", "2/3 two", "3/3 three")
    sender = FakeSender(error)
    while await send(asked, sender):
        pass
    assert (len(sender.sent), (await states(asked))[1:]) == (1, ["refused", "refused"])
    assert {r["code"] for r in (await asked.replies())[1:]} == {"part_before"}
    assert len({content["reply"]["what"] for _, _, content in await asked.told()}) == 1


async def test_parts_that_are_sent_again_keep_their_order_unless_their_first_will_not_go(asked):
    await parts(asked, "1/2 one", "2/2 two")
    await send(asked, FakeSender(Rejected("no")))
    for number in (1, 2):
        await asked.store.write(answer.send_again, number, now=TEN + HOUR)
    sender = FakeSender(receipt("a1", TEN), Rejected("no"), receipt("a2", TEN))
    await send(asked, sender, at=TEN + HOUR)
    assert await states(asked) == ["accepted", "queued"]
    await send(asked, sender, at=TEN + HOUR)
    assert await states(asked) == ["accepted", "refused"]
    await asked.store.write(answer.send_again, 2, now=TEN + 2 * HOUR)
    await send(asked, sender, at=TEN + 2 * HOUR)
    assert await states(asked) == ["accepted", "accepted"]


async def test_taking_back_a_part_takes_back_what_stands_behind_it_and_gives_the_words_back_whole(asked):
    await parts(asked, "1/3 one", "2/3 two", "3/3 three")
    await send(asked, FakeSender(receipt("a1", TEN)))
    await asked.store.write(case_file.take_back, 1, 2)
    assert await states(asked) == ["accepted", "taken_back", "taken_back"]
    assert (await asked.store.read(case_file.draft_of, 1, 2)).text == "two three"
    assert await send(asked, FakeSender()) == 0


async def test_parts_go_only_where_a_platform_keeps_them_and_takes_more_than_one(asked):
    for on, way in ((platform(rule=None), None), (platform(in_parts=True), WayKind.PRIVATE)):
        with pytest.raises(ImpossibleMove) as refused:
            await parts(asked, "1/2 one", "2/2 two", on=on, way=way)
        assert refused.value.why is Refusal.NO_PARTS
