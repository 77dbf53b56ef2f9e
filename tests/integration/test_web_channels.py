"""The page of channels over real HTTP: what is wrong in a sentence, every figure, and what only some may see."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from fakes import CHANNEL, DAY, HOUR, MONDAY, account, said, spec
from inboxes import open_inbox
from sqlalchemy import insert, update

from webcare.domain.budget import day_of, forecast, month_end
from webcare.domain.rota import Role
from webcare.ports.connector import Limits
from webcare.services import answer, desk
from webcare.services.channels_view import Standing
from webcare.store import channel_state, messages, model_state, read_costs, restore, unreadable
from webcare.store.channel_state import Fares
from webcare.store.raw_bodies import BodyState
from webcare.store.tables import raw_body
from webcare.store.unreadable import Unread
from webcare.web.words import EN, NL

SCRIPT = "<script>alert(1)</script>"
FACEBOOK = "facebook:meerkoet"


@pytest.fixture
async def inbox(store):
    async with open_inbox(store) as opened:
        yield opened


async def fares(inbox, channel=CHANNEL, **values):
    """Let a channel be so."""
    machine = inbox.clock.at_machine

    def note(conn):
        messages.ensure_channel(conn, channel, brand="meerkoet", now=machine)
        channel_state.ensure(conn, channel, machine)
        if values:
            channel_state.change(conn, channel, **values)

    await inbox.store.write(note)


async def arrives(inbox, body, *, channel=CHANNEL, unread=(), state=BodyState.UNREADABLE, at=MONDAY):
    """Let a body come that nobody can read."""
    row = {"brand": "meerkoet", "channel": channel, "received_at": at, "headers": {}, "body": body, "state": state.value}
    row.update(delete_after=at + 7 * DAY, reason="our own mistake: KeyError")

    def keep(conn):
        number = conn.execute(insert(raw_body).values(row).returning(raw_body.c.id)).scalar_one()
        unreadable.keep(conn, number, unread, at)

    await inbox.store.write(keep)


async def open_page(inbox, role=Role.AGENT, **hired):
    inbox.clock.at_machine = inbox.clock.at
    who = await inbox.somebody(role=role, **hired)
    assert await who.get("/channels") == 200
    return who


def row_of(page, name="Meerkoet"):
    """The row of a channel, without its tags."""
    (found,) = [row for row in re.findall(r"<tr>(<th scope=\"row\".*?)</tr>", page, re.DOTALL) if name in row]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found))


async def test_all_is_well_says_so_and_every_figure_stands_in_its_row(inbox):
    await inbox.desk.hear(said("m1", "Waar?", MONDAY), now=MONDAY + timedelta(minutes=4))
    inbox.channels = [account(spec=spec(limits=Limits(length=280)), monthly_reads=10_000, prices={"post": 0.005})]
    inbox.clock.at = MONDAY + HOUR
    await fares(inbox, polled_at=MONDAY + timedelta(minutes=58), expires_at=MONDAY + HOUR + 41 * DAY)
    for _ in range(12):
        await inbox.store.write(read_costs.add, CHANNEL, day=day_of(MONDAY), resources=100, kinds={"post": 100})
    who = await open_page(inbox)
    assert NL.channels.all_well in who.text
    row = row_of(who.text)
    for figure in ("werkt", "10:00", "2 min geleden", "4 min", "1.200", "van 10.000", "US$ 6,00, verwacht", "41 dagen", "geen"):
        assert figure in row, figure
    assert f"verwacht {forecast(cost=1200, polls=12, now=inbox.clock.at):,}".replace(",", ".") in row
    assert 'rect width="12.0"' in who.text
    assert 'class="dot mark' not in who.text


async def test_what_is_wrong_stands_first_in_a_sentence_and_in_the_menu_of_every_page(inbox):
    await inbox.desk.hear(said("m1", "Waar?", MONDAY))
    inbox.clock.at = inbox.clock.at_machine = MONDAY + timedelta(hours=10)
    await fares(inbox, silent_since=inbox.clock.at, heard_at=MONDAY, polled_at=inbox.clock.at)
    who = await open_page(inbox)
    assert "X is stil sinds 10:00." in who.text
    assert "Met één kanaal is iets mis." in who.text
    assert 'class="call bad"' in who.text
    assert who.text.index("is stil sinds") < who.text.index("<table")
    assert "ongewoon stil" in row_of(who.text)
    for path in ("/", "/sent", "/me", "/channels"):
        await who.get(path)
        assert re.search(r'class="dot mark"><span class="vh">let op: X stil</span>', who.text), path
    await who.get("/")
    assert re.search(r'<a href="/channels"><span class="state stop">.*?X stil</span></a>', who.text, re.DOTALL)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"state": Fares.STOPPED, "reason": "the token is dead"}, "X is gestopt sinds 09:30. Reden: the token is dead."),
        ({"state": Fares.SPENT}, "Het leesbudget van X is op sinds 09:30."),
        ({"state": Fares.FAILING}, "X is niet bereikbaar sinds 09:30."),
        ({"expires_at": MONDAY + 6 * DAY}, "De sleutel van X loopt af: zo 10:00."),
        ({"next_poll_at": MONDAY - HOUR}, "X loopt achter."),
        (
            {"partly_since": MONDAY - HOUR, "partly_reason": "search storing: X refuses it (400)", "reason": "noted"},
            "Een deel van X wordt niet gelezen sinds 09:00. Reden: search storing: X refuses it (400).",
        ),
        (
            {"few_since": MONDAY - HOUR, "few_seen": 2, "few_usual": 40},
            "Sinds 09:00 komt er op X veel minder binnen dan normaal: in twee uur 2 van zo&#39;n 40 berichten.",
        ),
    ],
)
async def test_each_trouble_has_its_sentence(inbox, values, sentence):
    await fares(inbox, **{**values, "since": MONDAY - timedelta(minutes=30)})
    who = await open_page(inbox)
    assert sentence in re.sub(r"</?b>", "", who.text)


async def test_texts_that_come_late_are_a_backlog_for_an_hour(inbox):
    await inbox.desk.hear(said("m1", "Waar?", MONDAY), now=MONDAY + timedelta(minutes=76))
    inbox.clock.at = MONDAY + timedelta(minutes=80)
    await fares(inbox)
    who = await open_page(inbox)
    assert "Het laatste bericht was er pas na 1 u 16." in who.text
    inbox.clock.at = inbox.clock.at_machine = MONDAY + timedelta(minutes=140)
    await who.get("/channels")
    assert NL.channels.all_well in who.text


async def test_the_worst_comes_first_and_a_reason_is_masked_and_harmless(inbox):
    facebook = account(spec=spec(kind="facebook"), name="meerkoet")
    inbox.channels = [account(), facebook]
    await fares(inbox, expires_at=MONDAY + DAY)
    await fares(inbox, FACEBOOK, state=Fares.STOPPED, reason=f"{SCRIPT} jan@example.org said 0612345678", told_at=MONDAY)
    who = await open_page(inbox, role=Role.LEAD)
    assert who.text.index("is gestopt sinds") < who.text.index("De sleutel van")
    assert "Om 10:00 is iemand gewaarschuwd." in who.text
    assert "<code>webcare channels connect Meerkoet</code>" in who.text
    assert "<script>alert" not in who.text
    assert "jan@example.org" not in who.text
    assert "0612345678" not in who.text


async def test_answers_that_wait_and_that_are_held_are_counted(inbox):
    await inbox.desk.hear(said("m1", "Waar?", MONDAY))
    await fares(inbox)
    await inbox.store.write(desk.claim, 1, by="noor", rules=inbox.desk.rules, now=MONDAY)
    for _ in range(2):
        await inbox.store.write(answer.write, 1, text="Hier.", by="noor", now=MONDAY)
    await inbox.store.write(restore.hold, MONDAY)
    await inbox.store.write(answer.write, 1, text="En daar.", by="noor", now=MONDAY)
    who = await open_page(inbox)
    assert "1 wacht, 2 vastgehouden" in row_of(who.text)


async def test_what_nobody_could_read_is_counted_for_all_and_shown_to_who_leads(inbox):
    await fares(inbox)
    quoted = [Unread(channel=CHANNEL, kind="twitter", where=f"entry[{n}]", reason=f"KeyError: {SCRIPT}") for n in range(2)]
    await arrives(inbox, f'{{"text": "{SCRIPT}"}}'.encode(), unread=quoted)
    await arrives(inbox, b"\xff\x00 no text at all \x1b[31m", channel=None)
    await arrives(inbox, b"read", state=BodyState.READ)
    lead = await open_page(inbox, Role.LEAD)
    assert "3 onderdelen van wat er binnenkwam konden niet worden gelezen. 1 daarvan hoort bij geen kanaal." in lead.text
    assert "entry[1]" in lead.text
    assert "&lt;script&gt;" in lead.text
    assert "<script>alert" not in lead.text
    assert "no text at all" in lead.text
    assert "\x1b" not in lead.text
    for name, role in (("daan", Role.AGENT), ("ans", Role.AUDITOR)):
        who = await inbox.somebody(name, role)
        await who.get("/channels")
        assert "3 onderdelen" in who.text
        assert "entry[1]" not in who.text
        assert "no text at all" not in who.text


async def test_bodies_that_nobody_reads_are_said(inbox):
    await arrives(inbox, b"{}", state=BodyState.NEW, at=MONDAY - HOUR)
    who = await open_page(inbox)
    assert "wacht al 1 u 00 tot het wordt gelezen" in who.text
    await inbox.store.write(lambda conn: conn.execute(update(raw_body).values(state=BodyState.READ.value)).rowcount)
    await who.get("/channels")
    assert "tot het wordt gelezen" not in who.text


async def test_no_channel_and_one_that_nobody_has_looked_at(inbox):
    who = await open_page(inbox)
    assert NL.channels.states["unknown"] in row_of(who.text)
    inbox.channels = []
    await who.get("/channels")
    assert NL.channels.none in who.text


async def test_english(inbox):
    await fares(inbox, state=Fares.FAILING, since=MONDAY)
    who = await open_page(inbox, language="en")
    assert "X cannot be reached since 10:00." in who.text
    assert EN.channels.columns["lag"] in who.text


async def test_nobody_who_is_not_logged_in_sees_it(inbox):
    stranger = await inbox.browser()
    assert await stranger.get("/channels") == 303
    assert "/login" in stranger.to


def test_a_month_is_forecast_from_what_has_passed_of_it():
    now = MONDAY.replace(day=16, hour=0, minute=0)
    assert forecast(cost=500, polls=100, now=now) == 1000
    assert forecast(cost=500, polls=9, now=now) is None
    assert forecast(cost=500, polls=100, now=month_end(now) + HOUR) is None


def test_the_words_of_every_state_are_there():
    for words in (NL.channels, EN.channels):
        assert set(words.states) == {one.value for one in Standing}
        for named in (words.short, words.standings, words.todos):
            assert set(named) == {one.value for one in Standing if one.is_trouble}


async def test_two_accounts_of_one_platform_are_told_apart(inbox):
    inbox.channels = [account(), account("waterhoen")]
    await fares(inbox, "twitter:waterhoen", state=Fares.STOPPED)
    who = await open_page(inbox)
    assert "<b>X Waterhoen is gestopt sinds 10:00.</b>" in who.text
    assert "let op: X Waterhoen gestopt" in who.text


@pytest.mark.parametrize(("is_stand_in", "said_"), [(True, NL.channels.model_rules), (False, NL.channels.model_kept)])
async def test_a_model_that_does_not_load_is_told_there_and_in_the_menu_of_every_page(inbox, is_stand_in, said_):
    why = f"the model folder /srv/{SCRIPT} is damaged"
    state = {"machine": "one", "model": "rules-1", "is_stand_in": is_stand_in, "trouble": why, "since": MONDAY, "seen_at": MONDAY}
    await inbox.store.write(model_state.put, model_state.ModelState(**state))
    noor = await open_page(inbox)
    assert said_.format(machine="one", moment="10:00") in noor.text
    assert "is damaged" in noor.text
    assert SCRIPT not in noor.text
    assert NL.channels.model_todo in noor.text
    await noor.get("/")
    assert NL.channels.model_short in noor.text
    await inbox.store.write(model_state.put, model_state.ModelState(**{**state, "trouble": None}))
    inbox.clock.at_machine += timedelta(seconds=11)
    await noor.get("/channels")
    assert NL.channels.model_todo not in noor.text
    await noor.get("/")
    assert NL.channels.model_short not in noor.text
