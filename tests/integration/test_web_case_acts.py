"""What people do with a case on its page, over real HTTP and often with two of them: hand over, put off, promise, record, block, correct,
and hear of each other before both answer."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from fakes import HOUR, MONDAY, FakeSender, ours, receipt, said
from inboxes import open_inbox
from staff import staff

from webcare.domain.message import Kind
from webcare.domain.rota import Role
from webcare.services import presence
from webcare.store import audit, cases, people, tables, users
from webcare.store.door import open_store
from webcare.web.words import EN, NL

DAY = 24 * HOUR


@pytest.fixture
async def inbox(store):
    async with open_inbox(store) as opened:
        yield opened


@pytest.fixture
async def light(sqlite_url):
    store = open_store(sqlite_url)
    async with open_inbox(store) as opened:
        yield opened
    await store.close()


async def ask(inbox, *, name="anna", text="Waar is mijn pakket?", at=MONDAY, **changes):
    """Let a customer write; returns the number of the case."""
    number = len(await inbox.desk.cases()) + 1
    await inbox.desk.hear(said(f"m{number}", text, at, by=name, **changes))
    inbox.clock.at = max(inbox.clock.at, at)
    return number


async def press(who, act, *, case=1, **form):
    """Open a case and send a form of it."""
    await who.get(f"/cases/{case}")
    return await who.post(f"/cases/{case}/{act}", **form)


async def lines(inbox, case=1):
    return [(line.event.type.value, line.event.by, line.data) for line in await inbox.store.read(cases.log, case)]


def clock_of(found, name):
    return [(state, due) for clock, state, _, due, _ in found if clock == name]


# --- who has it


async def test_a_case_is_given_to_a_colleague_and_taken_back_by_a_lead_only(inbox):
    await ask(inbox)
    noor, daan = await inbox.somebody(), await inbox.somebody("daan")
    lena = await inbox.somebody("lena", Role.LEAD)
    assert await press(noor, "hand-over", to="daan") == 303
    await noor.get(noor.to)
    assert "De zaak is toegewezen." in noor.text
    assert re.search(r'class="has-it">.*?Daan</span></span>', noor.text)
    assert 'action="/cases/1/claim"' not in noor.text
    assert "De zaak is van Daan. Vraag om hem over te nemen" in noor.text
    assert 'name="to"' not in noor.text
    assert await press(noor, "hand-over", to="noor") == 409
    assert "De zaak is van Daan." in noor.text
    assert await press(lena, "hand-over", to="lena") == 303
    assert (await inbox.desk.case())["claimed_by"] == "lena"
    assert await press(daan, "hand-over", to="noor") == 409


async def test_those_who_answer_customers_are_offered_whoever_is_on_call_first(light):
    rota = staff()
    await light.store.write(people.seed, (), rota.levels)
    for name, role in (("zoe", Role.AGENT), ("ada", Role.AUDITOR), ("weg", Role.AGENT)):
        await light.hire(name, role)
    await light.store.write(users.disable, "weg", MONDAY)
    await ask(light)
    daan = await light.somebody("daan")
    noor = await light.somebody()
    await noor.get("/cases/1")
    assert re.findall(r'name="to" value="(\w+)"', noor.text) == ["noor", "daan", "zoe"]
    assert "Noor (jij)</span> <small>heeft dienst</small>" in noor.text
    for nobody in ("ada", "weg", "niemand", "", "x" * 5000):
        assert await press(daan, "hand-over", to=nobody) == 409, nobody
        assert "Deze persoon beantwoordt geen klanten." in daan.text


# --- later


async def test_a_case_is_put_off_by_a_press_and_woken(inbox):
    await ask(inbox)
    who = await inbox.somebody()
    await who.get("/cases/1")
    offered = dict(re.findall(r'name="when" value="([^"]+)"[^>]*><span>([^<]+)', who.text.partition('id="more"')[0]))
    assert offered == {  # Monday, ten o'clock in Amsterdam
        "PT1H": "1 uur",
        "2026-11-23T18:00:00Z": "Vanavond",
        "2026-11-24T08:00:00Z": "Morgenochtend",
        "2026-11-30T08:00:00Z": "Maandagochtend",
    }
    assert "De klok van een klant die op antwoord wacht, loopt door." in who.text
    assert await who.post("/cases/1/snooze", when="2026-11-24T08:00:00Z") == 303
    await who.get(who.to)
    assert "Sluimert tot morgen 09:00" in who.text
    assert clock_of(await inbox.desk.clocks(), "first_response") == [("running", MONDAY + DAY)]
    assert await press(who, "snooze", when="PT1H") == 303
    assert (await inbox.desk.case())["snoozed_until"] == MONDAY + HOUR
    assert await press(who, "awake") == 303
    assert (await inbox.desk.case())["snoozed_until"] is None
    assert await press(who, "awake") == 409
    assert "De zaak sluimert niet." in who.text


@pytest.mark.parametrize(
    ("own", "until"),
    [
        ("2026-11-25T09:30", datetime(2026, 11, 25, 8, 30, tzinfo=UTC)),
        ("2027-03-28T02:30", datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),  # skipped: the clocks go from two to three
        ("2027-07-01T09:00", datetime(2027, 7, 1, 7, 0, tzinfo=UTC)),
        ("2027-10-31T02:30", datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),  # shown twice: the first
    ],
)
async def test_a_day_and_time_are_those_of_the_persons_own_clock(light, own, until):
    await ask(light)
    who = await light.somebody()
    assert await press(who, "snooze", own=own) == 303
    assert (await light.desk.case())["snoozed_until"] == until


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"own": "2026-11-23T09:59"}, "Dit tijdstip is al voorbij."),
        ({"when": "2020-01-01T00:00:00Z"}, "Dit tijdstip is al voorbij."),
        ({"when": "-PT1H"}, "Kies een dag en een tijd."),
        ({"when": "PT0S"}, "Dit tijdstip is al voorbij."),
        ({"own": "2028-01-01T00:00"}, "Dit is te ver weg."),
        ({"when": "P999999D"}, "Dit is te ver weg."),
        ({"own": "9999-12-31T23:59"}, "Kies een dag en een tijd."),
        ({"own": "0001-01-01T00:00"}, "Kies een dag en een tijd."),
        ({"own": "morgen"}, "Kies een dag en een tijd."),
        ({"own": "2026-11-25T09:30+05:00"}, "Kies een dag en een tijd."),
        ({}, "Kies een dag en een tijd."),
    ],
)
@pytest.mark.parametrize("act", ["snooze", "promise"])
async def test_a_time_that_cannot_be_is_refused_in_words(light, act, form, why):
    await ask(light)
    who = await light.somebody()
    assert await press(who, act, **form) == 409
    assert why in who.text
    assert len(await light.desk.log()) == 1


# --- promised, and answered elsewhere


async def test_a_promise_starts_a_clock_that_the_page_shows(inbox):
    await ask(inbox)
    who = await inbox.somebody()
    assert await press(who, "promise", own="2026-11-24T12:00") == 303
    await who.get(who.to)
    assert "De belofte staat bij de klokken." in who.text
    noon = datetime(2026, 11, 24, 11, tzinfo=UTC)
    assert clock_of(await inbox.desk.clocks(), "keep_in_loop") == [("running", noon)]
    assert "Waarom morgen 12:00?" in who.text
    assert await press(who, "promise", when="PT4H") == 303
    assert clock_of(await inbox.desk.clocks(), "keep_in_loop")[-1] == ("running", MONDAY + 4 * HOUR)


async def test_an_answer_given_elsewhere_stops_the_clock_when_it_was_given(inbox):
    await ask(inbox)
    who = await inbox.somebody()
    inbox.clock.at = MONDAY + 30 * HOUR
    assert await press(who, "declared", at="2026-11-23T15:20", how="Gebeld, <b>komt</b> goed") == 303
    await who.get(who.to)
    assert "Het antwoord is vastgelegd." in who.text
    assert "Noor antwoordde buiten webcare" in who.text
    assert "Gebeld, &lt;b&gt;komt&lt;/b&gt; goed" in who.text
    given = datetime(2026, 11, 23, 14, 20, tzinfo=UTC)
    assert [(c[1], c[4]) for c in await inbox.desk.clocks()] == [("met", given)]
    assert (await lines(inbox))[-1] == (
        "answer",
        "noor",
        {"declared": True, "how": "Gebeld, <b>komt</b> goed", "ref": "declared:2"},
    )


async def test_who_recorded_an_answer_takes_it_back_and_nobody_else(inbox):
    await ask(inbox, name="anna")
    await ask(inbox, name="bert")
    noor, daan = await inbox.somebody(), await inbox.somebody("daan")
    inbox.clock.at = MONDAY + HOUR
    assert await press(noor, "declared", at="2026-11-23T10:30", how="Verkeerde zaak") == 303
    await noor.get("/cases/1")
    ref = re.search(r'name="ref" value="([^"]+)"', noor.text)[1]
    await daan.get("/cases/1")
    assert "/undeclare" not in daan.text
    assert await daan.post("/cases/1/undeclare", ref=ref) == 409
    assert "Alleen Noor kan dit terugnemen." in daan.text
    for case, other in ((2, ref), (1, "m1"), (1, "declared:99"), (1, "")):
        assert await press(noor, "undeclare", case=case, ref=other) == 409, other
    assert await press(noor, "undeclare", ref=ref) == 303
    await noor.get(noor.to)
    assert "Het antwoord telt niet meer." in noor.text
    assert "teruggenomen" in noor.text
    assert "Noor nam een antwoord buiten webcare terug" in noor.text
    assert "/undeclare" not in noor.text
    assert [(c[1], c[3]) for c in await inbox.desk.clocks()] == [("running", MONDAY + DAY)]
    assert await noor.post("/cases/1/undeclare", ref=ref) == 409


@pytest.mark.parametrize(
    ("at", "how", "why"),
    [
        ("2026-11-23T11:01", "Gebeld", "Kies een tijd tussen het begin van de zaak en nu."),
        ("2026-11-23T09:59", "Gebeld", "Kies een tijd tussen het begin van de zaak en nu."),
        ("", "Gebeld", "Kies een dag en een tijd."),
        ("2026-11-23T10:30", "  ", "Schrijf eerst iets."),
    ],
)
async def test_an_answer_elsewhere_needs_a_time_that_can_be_and_a_word(light, at, how, why):
    await ask(light)
    who = await light.somebody()
    light.clock.at = MONDAY + HOUR
    assert await press(who, "declared", at=at, how=how) == 409
    assert why in who.text
    assert [c[1] for c in await light.desk.clocks()] == ["running"]


async def test_an_answer_in_the_minute_of_the_question_came_after_it(light):
    asked = MONDAY + timedelta(seconds=40)
    await ask(light, at=asked)
    light.clock.at = MONDAY + timedelta(seconds=55)
    who = await light.somebody()
    assert await press(who, "declared", at="2026-11-23T10:00", how="Stond voor me") == 303
    assert [(c[1], c[4]) for c in await light.desk.clocks()] == [("met", asked)]


# --- nothing to answer


async def test_spam_is_closed_without_a_miss(light):
    await ask(light)
    who = await light.somebody()
    assert await press(who, "spam") == 303
    assert (await light.desk.case())["state"] == "closed"
    assert [c[1] for c in await light.desk.clocks()] == ["dropped"]
    assert await press(who, "spam") == 409
    assert "De zaak is gesloten. Heropen hem eerst." in who.text


async def test_a_lead_blocks_with_a_reason_and_lets_go_again(inbox):
    await ask(inbox)
    noor, lena = await inbox.somebody(), await inbox.somebody("lena", Role.LEAD)
    await noor.get("/cases/1")
    assert "/cases/1/block" not in noor.text
    assert await noor.post("/cases/1/block", reason="scheldt") == 403
    assert await press(lena, "block", reason=" ") == 409
    assert "Schrijf eerst iets." in lena.text
    assert await press(lena, "block", reason="scheldt") == 303
    assert (await inbox.desk.case())["state"] == "closed"
    await noor.get("/cases/1")
    assert "Geblokkeerd door Lena" in noor.text
    assert await noor.post("/cases/1/unblock") == 403
    assert await press(lena, "block", reason="nog eens") == 409
    assert "Lena heeft deze afzender al geblokkeerd." in lena.text
    assert await press(lena, "unblock") == 303
    await lena.get(lena.to)
    assert "Geblokkeerd door" not in lena.text
    assert await press(lena, "unblock") == 409
    assert [line["what"] for line in await inbox.store.read(audit.lines)][-2:] == ["block", "unblock"]


# --- put right


async def test_a_verdict_is_put_right_and_says_by_whom(inbox):
    await ask(inbox)
    who = await inbox.somebody()
    await who.get("/cases/1")
    assert re.search(r'value="question" checked>vraag', who.text)
    assert re.search(r'name="needs" value="1" checked>nodig', who.text)
    assert re.search(r'name="urgency" value="normal" checked>gewoon', who.text)
    form = {"message": "1", "intent": "complaint", "sentiment": "negative", "needs": "1", "urgency": "high"}
    assert await who.post("/cases/1/verdict", **form) == 303
    await who.get(who.to)
    assert "gezegd door Noor" in who.text
    assert re.search(r'value="complaint" checked>klacht', who.text)
    assert re.search(r'value="question">vraag', who.text)
    assert re.search(r'name="urgency" value="high" checked>spoed', who.text)
    assert (await inbox.desk.case())["urgency"] == "high"
    assert len(await inbox.desk.log()) == 1  # the need is as it was: no clock hears of it
    assert await who.post("/cases/1/verdict", **{**form, "needs": "0"}) == 303
    assert [c[1] for c in await inbox.desk.clocks()] == ["dropped"]
    assert (await lines(inbox))[1][:2] == ("verdict", "noor")


async def test_what_the_machine_was_not_sure_of_is_sure_when_somebody_has_looked(light):
    await ask(light, text="maybe")
    who = await light.somebody()
    await who.get("/cases/1")
    assert "kijk even" in who.text
    assert await who.post("/cases/1/verdict", message="1", sentiment="neutral", needs="1") == 303
    assert (await light.desk.case())["unsure"] is False
    assert (await light.desk.rows(tables.verdict))[-1]["by"] == "noor"


async def test_who_puts_only_the_tone_right_of_an_unsure_message_does_not_close_its_case(light):
    """Its form had "no answer" filled in, by what the machine had held for likelier: sent along, it closed the case."""
    await ask(light, text="maybe")
    who = await light.somebody()
    await who.get("/cases/1")
    assert re.findall(r'radio" name="needs" value="(\d)"( \w+)?>', who.text) == [("1", " required"), ("0", " required")]


async def test_an_unsure_message_is_called_either_way_with_one_press(light):
    await ask(light, text="maybe")
    who = await light.somebody()
    await who.get("/cases/1")
    assert re.findall(r'name="needs" value="(\d)"><button type="submit" class="text-btn"( data-key="g")?', who.text) == [
        ("1", ""),
        ("0", ' data-key="g"'),
    ]
    assert await who.post("/cases/1/needs", message="1", needs="0") == 303
    assert [c[1] for c in await light.desk.clocks()] == ["dropped"]


async def test_what_looks_like_noise_in_private_is_called_either_way_with_one_press(light):
    """The machine was sure that "Hm." needs nothing, and its case was to be checked all the same: there was no way to say "nothing"."""
    await ask(light, text="Hm.", kind=Kind.DM)
    assert (await light.desk.rows(tables.verdict))[0]["unsure"] is False
    assert (await light.desk.case())["unsure"] is True
    who = await light.somebody()
    await who.get("/cases/1")
    assert re.findall(r'radio" name="needs" value="(\d)"( \w+)?>', who.text) == [("1", " required"), ("0", " required")]
    assert re.findall(r'name="needs" value="(\d)"><button type="submit" class="text-btn"( data-key="g")?', who.text) == [
        ("1", ""),
        ("0", ' data-key="g"'),
    ]
    assert await who.post("/cases/1/needs", message="1", needs="0") == 303
    assert [c[1] for c in await light.desk.clocks()] == ["dropped"]
    assert (await light.desk.case())["state"] == "closed"
    await who.get("/cases/1")
    assert not re.search(r'name="needs" value="\d" required', who.text), "somebody has looked"


async def test_the_form_says_nothing_too_of_what_looks_like_noise_in_private(light):
    """Whoever saved it with "no" ended the mark alone: the case stayed open, and its clock ran on to an alert."""
    await ask(light, text="Hm.", kind=Kind.DM)
    who = await light.somebody()
    assert await press(who, "verdict", message="1", sentiment="neutral", needs="0") == 303
    assert [c[1] for c in await light.desk.clocks()] == ["dropped"]
    assert (await light.desk.case())["state"] == "closed"


async def test_the_key_g_is_for_the_newest_message_alone(light):
    await ask(light)
    await light.desk.hear(said("m2", "Hallo?", MONDAY + HOUR))
    who = await light.somebody()
    await who.get("/cases/1")
    keyed = re.findall(
        r'name="message" value="(\d+)"><input type="hidden" name="needs" value="0"><button[^>]*data-key="g"', who.text
    )
    assert keyed == ["2"]


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"message": "2"}, 409),
        ({"message": "99"}, 409),
        ({"message": "x"}, 400),
        ({"message": "٣"}, 400),
        ({"message": "9" * 19}, 400),
        ({"message": "1", "intent": "x"}, 400),
        ({"message": "1", "sentiment": "x"}, 400),
        ({"message": "1", "needs": "2"}, 400),
        ({"message": "1", "urgency": "x"}, 400),
        ({}, 400),
    ],
)
async def test_a_message_of_another_case_and_a_label_that_is_none_are_refused(light, form, status):
    await ask(light, name="anna")
    await ask(light, name="bert")
    who = await light.somebody()
    assert await press(who, "verdict", **form) == status
    assert {row["by"] for row in await light.desk.rows(tables.verdict)} == {"machine"}


# --- two people


async def test_who_looks_and_types_is_seen_and_gone_when_they_leave(inbox):
    await ask(inbox)
    noor, daan = await inbox.somebody(), await inbox.somebody("daan")
    assert await press(daan, "presence", typing="0") == 200
    assert "Daan" not in daan.text
    await noor.get("/cases/1")
    assert '<span class="says">Daan kijkt mee</span>' in noor.text
    assert f'data-every="{presence.EVERY.seconds}000"' in noor.text
    assert await press(daan, "presence", typing="1") == 200
    assert await press(noor, "presence", typing="0") == 200
    assert "Daan typt" in noor.text
    assert "Noor" not in noor.text
    zoe = await inbox.somebody("zoe", language="en")
    await zoe.get("/cases/1")
    assert "Daan is typing" in zoe.text
    assert await press(daan, "presence?left") == 204
    await zoe.get("/cases/1")
    assert "Noor is looking too" in zoe.text
    assert await press(daan, "presence", typing="0") == 200
    await zoe.get("/cases/1")
    assert "Daan and 1 more are looking too" in zoe.text
    inbox.clock.at_machine += presence.GONE_AFTER
    await zoe.get("/cases/1")
    assert "looking too" not in zoe.text
    assert await noor.post("/cases/77/presence", typing="0") == 404


def seen_on(page):
    return re.search(r'name="seen" value="([^"]*)"', page)[1]


async def test_an_answer_of_a_colleague_meanwhile_is_said_and_sending_asks_once_more(inbox):
    await ask(inbox)
    noor, daan = await inbox.somebody(), await inbox.somebody("daan")
    await noor.get("/cases/1")
    await daan.get("/cases/1")
    page, seen = daan.page, seen_on(daan.page)
    assert await noor.post("/cases/1/answer", text="Het komt morgen.", seen=seen_on(noor.page)) == 303
    assert await daan.post("/cases/1/presence", typing="1", seen=seen) == 200
    assert "Noor heeft geantwoord terwijl je hier was." in daan.text
    daan.page = page
    assert await daan.post("/cases/1/answer", text="Ik zoek het <uit>.", seen=seen) == 409
    assert "Noor heeft intussen geantwoord." in daan.text
    assert "Ik zoek het &lt;uit&gt;.</textarea>" in daan.text
    assert "Het komt morgen." in daan.text
    assert len(await inbox.desk.replies()) == 1
    assert await daan.post("/cases/1/answer", text="Ik zoek het <uit>.", seen=seen_on(daan.page)) == 303
    assert [reply["by"] for reply in await inbox.desk.replies()] == ["noor", "daan"]


async def test_an_answer_from_the_platforms_own_app_is_one_too_and_ones_own_is_not(light):
    await ask(light)
    who = await light.somebody()
    await who.get("/cases/1")
    seen = seen_on(who.page)
    assert await who.post("/cases/1/answer", text="Het komt morgen.", seen=seen) == 303
    await light.desk.send(light.desk.post(sender=FakeSender(receipt("r1", MONDAY))), light.clock)
    assert await who.post("/cases/1/answer", text="En wel om tien uur.", seen=seen) == 303  # after one's own
    await light.desk.hear(ours("a1", MONDAY + HOUR, "m1", author=said("x", "", MONDAY, by="meerkoet").author))
    assert await who.post("/cases/1/answer", text="Of elf.", seen=seen) == 409
    assert "Meerkoet heeft intussen geantwoord." in who.text


async def test_a_mark_that_is_none_holds_nobody_up(light):
    await ask(light)
    who = await light.somebody()
    for mark in ("", "x", "1.", "1.x", "9" * 30 + ".1", "-1.-1"):
        await who.get("/cases/1")
        assert await who.post("/cases/1/answer", text=f"Morgen {mark}", seen=mark) == 303, mark


# --- refusals, rights, words

EVERY_ACT = {
    "seen": {},
    "hand-over": {"to": "daan"},
    "snooze": {"when": "PT1H"},
    "awake": {},
    "promise": {"when": "PT1H"},
    "declared": {"at": "2026-11-23T10:00", "how": "Gebeld"},
    "undeclare": {"ref": "declared:2"},
    "spam": {},
    "block": {"reason": "scheldt"},
    "unblock": {},
    "verdict": {"message": "1", "needs": "0"},
    "presence": {"typing": "1"},
}
NOT_ON_A_CLOSED_CASE = ("seen", "hand-over", "snooze", "awake", "promise", "declared", "spam")


async def test_what_a_closed_case_cannot_take_is_refused_in_words_and_not_offered(light):
    await ask(light)
    daan, who = await light.somebody("daan"), await light.somebody()
    assert await press(daan, "close") == 303
    await who.get("/cases/1")
    for act in NOT_ON_A_CLOSED_CASE:
        assert f"/cases/1/{act}" not in who.text, act
    for act in NOT_ON_A_CLOSED_CASE:
        assert await press(who, act, **EVERY_ACT[act]) == 409, act
        assert "De zaak is gesloten. Heropen hem eerst." in who.text, act


async def test_an_auditor_is_offered_nothing_and_may_do_nothing(light):
    await ask(light)
    daan, ada = await light.somebody("daan"), await light.somebody("ada", Role.AUDITOR)
    await press(daan, "presence", typing="1")
    await ada.get("/cases/1")
    assert "<form" not in ada.text
    assert "popover" not in ada.text
    assert "case_acts" not in ada.text
    assert "Daan" not in ada.text
    await ada.get("/me")
    for act, form in EVERY_ACT.items():
        assert await ada.post(f"/cases/1/{act}", **form) == 403, act
    assert len(await light.desk.log()) == 1


async def test_every_act_needs_a_token_and_a_case(light):
    await ask(light)
    who = await light.somebody("lena", Role.LEAD)
    await who.get("/cases/1")
    for act, form in EVERY_ACT.items():
        assert await who.post(f"/cases/1/{act}", token="none", **form) == 403, act  # noqa: S106 - one that is none
    for act, form in EVERY_ACT.items():
        await who.get("/cases/1")
        assert await who.post(f"/cases/77/{act}", **form) == 404, act


async def test_the_acts_in_english(light):
    await ask(light)
    who = await light.somebody("lena", Role.LEAD, language="en")
    await who.get("/cases/1")
    for words in ("Assign", "Snooze", "Promise", "Answered outside webcare", "Close as spam", "Block the sender", "Not right?"):
        assert words in who.text, words
    assert await who.post("/cases/1/snooze", own="2020-01-01T00:00") == 409
    assert "This time has passed already." in who.text


def test_every_act_has_a_word_for_its_end():
    for words in (NL, EN):
        assert {*EVERY_ACT} - {"presence"} == {*words.acts.done}
