"""The daily letter as people read it: the verdict first, the same in text and HTML, in both languages, and no customer in it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from zoneinfo import ZoneInfo

import pytest
from test_alert import Reader

from webcare.domain.digest import (
    AlertFact,
    ChannelTrouble,
    ClockFact,
    Correction,
    Facts,
    MessageFact,
    Period,
    digest_of,
    summed_up,
)
from webcare.domain.message import Kind
from webcare.domain.misses import Later, Reason, Why
from webcare.domain.sla.promise import Clock, State
from webcare.domain.verdict import Intent
from webcare.letters.digest import SPELLED_OUT, letter
from webcare.letters.speech import LANGUAGES
from webcare.notify.envelope import Envelope
from webcare.notify.smtp_notifier import compose

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MONDAY = Period(day=date(2026, 11, 23), zone="Europe/Amsterdam")
NOW = datetime(2026, 11, 24, 7, tzinfo=UTC)  # Tuesday, 08:00
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
URL = "https://webcare.example.nl"


def at(text):
    return datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=UTC)


def clock(state, case, *, late=HOUR, answered=True, channel="facebook:9", **changes):
    """A first response that was decided on Monday, or runs out on Tuesday."""
    values = {
        State.MET: {"due_at": at("24T09:00"), "answered_at": at("23T12:00"), "elapsed": 3 * HOUR},
        State.MISSED: {
            "due_at": at("23T20:40"),
            "answered_at": at("23T21:52") if answered else None,
            "elapsed": 24 * HOUR + late,
        },
        State.RUNNING: {"due_at": at("24T18:30"), "answered_at": None, "elapsed": HOUR},
    }[state]
    fixed = {"case": str(case), "channel": channel, "kind": Kind.DM, "clock": Clock.FIRST_RESPONSE, "state": state}
    return ClockFact(**{**fixed, "started_at": at("22T20:40"), "target": 24 * HOUR, **values, **changes})


def heard(channel="facebook:9", kind=Kind.DM, **changes):
    return MessageFact(channel=channel, kind=kind, intents=(Intent.COMPLAINT,), at=at("23T12:00"), inbound=True, **changes)


FULL = Facts(
    clocks=[
        *(clock(State.MET, n) for n in range(64)),
        clock(State.MISSED, 4790, late=72 * MINUTE, why=Why(reason=Reason.NOT_ACKNOWLEDGED, at=at("23T14:40"))),
        clock(
            State.MISSED,
            4801,
            late=26 * MINUTE,
            channel="twitter:5",
            why=Why(reason=Reason.FOUND_LATE, at=at("23T10:15"), trouble_since=at("23T01:10")),
        ),
        clock(State.MISSED, 4811, late=8 * MINUTE, answered=False, why=Why(reason=Reason.NOBODY_TOLD)),
        *(clock(State.RUNNING, 5000 + n, claimed=n < 7) for n in range(14)),
        *(clock(State.RUNNING, 6000 + n, due_at=at("24T08:30")) for n in range(3)),
    ],
    messages=[heard(), heard(kind=Kind.COMMENT, unsure=True), heard(channel="twitter:5", kind=Kind.MENTION, corrected=True)],
    alerts=[AlertFact(person="noor", sent_at=at("23T14:40"), acknowledged_at=at("23T14:44"))],
    troubles=[
        ChannelTrouble(channel="twitter:5", what="failing", since=at("23T01:10"), until=at("23T10:15")),
        ChannelTrouble(channel="instagram:7", what="expiring", since=at("22T12:00"), until=at("29T12:00")),
        ChannelTrouble(channel="facebook:9", what="on fire", since=at("23T12:00")),
    ],
    corrections=[
        Correction(
            case="4711",
            channel="twitter:5",
            clock=Clock.FIRST_RESPONSE,
            due_at=at("16T12:00"),
            day=date(2026, 11, 16),
            was=State.MISSED,
            now=State.MET,
            learned_at=at("23T12:00"),
            why=Later.IN_TIME,
        )
    ],
    previous=summed_up(16, 15, [HOUR] * 16),
    four_weeks=summed_up(100, 95, [2 * HOUR] * 100),
    brands=("lindewaard",),
)


def told(facts=FULL, language="nl", now=NOW, url=URL, period=MONDAY, zone=AMSTERDAM, **changes):
    return letter(digest_of(period, facts), language=language, zone=zone, now=now, public_url=url, **changes)


def test_the_verdict_is_the_subject_and_the_first_sentence():
    said = told()
    assert said.subject == "Gisteren 95,5 % op tijd, 3 gemist. Vandaag lopen er 17 af".replace(" %", "\N{NO-BREAK SPACE}%")
    lines = said.text.replace("\N{NO-BREAK SPACE}", " ").splitlines()
    assert lines[0] == "Lindewaard webcare · dagbrief van dinsdag 24 november"
    assert lines[2] == "Gisteren kreeg 95,5 % op tijd antwoord."
    assert " ".join(lines[3:5]) == (
        "64 van de 67 klanten kregen op tijd een eerste antwoord. 3 keer lukte het niet. "
        "Vandaag lopen er 17 af, de meeste tussen 19 en 20 uur."
    )


def test_the_same_in_english():
    said = told(language="en")
    text = said.text.replace("\N{NO-BREAK SPACE}", " ")
    assert said.subject.replace("\N{NO-BREAK SPACE}", " ") == "Yesterday 95.5 % in time, 3 missed. 17 run out today"
    assert "Yesterday 95.5 % were answered in time." in text
    assert re.search(r"half within +previous Monday 1 h +4 weeks 2 h", text)


def test_every_miss_has_its_reason_and_leads_to_its_case():
    text = " ".join(told().text.split())
    assert (
        "* 1 u 12 min te laat, Facebook. Wachtte sinds zo 22 nov 21:40. De melding van gisteren 15:40 is niet bevestigd. "
        "Beantwoord gisteren 22:52. Zaak 4790: https://webcare.example.nl/cases/4790"
    ) in text
    assert "Pas gisteren 11:15 gevonden. Het kanaal had storing sinds gisteren 02:10." in text
    assert "* Nog open, 8 min te laat, Facebook." in text
    assert "* X, ma 16 nov: stond als gemist en was toch op tijd. Zaak 4711: https://webcare.example.nl/cases/4711" in text


def test_what_runs_out_is_a_bar_for_each_hour_and_shows_what_is_nobodys():
    said = told()
    bars = said.text.replace("\N{EN DASH}", "-")
    assert "  09-10      3            3  oooooo\n  19-20     14            7  ###############ooooooooooooooo" in bars
    assert 'class="b" width="50%"' in said.html
    assert 'class="b2" width="21%"' in said.html


def test_channels_say_how_much_of_what_came_and_what_was_wrong():
    text = told().text.replace("\N{NO-BREAK SPACE}", " ")
    assert re.search(r"Facebook +2 +66 +96,9 % +storing sinds gisteren 13:00", text)
    assert "    openbare reactie 1, privébericht 1\n" in text
    assert re.search(r"X +1 +1 +0 % +geen verbinding, 9 u 5 min", text)
    assert re.search(r"Instagram +0 +0 +\S +toegang verloopt zo 29 nov 13:00", text)
    assert "1 melding verstuurd, 1 bevestigd, helft binnen 4 min." in text
    assert "De machine twijfelde bij 1 van de 3 berichten. Jullie verbeterden er 1." in text


def test_two_accounts_on_one_platform_are_told_apart():
    facts = Facts(messages=[heard(), heard(channel="facebook:7")])
    assert {"Facebook 9", "Facebook 7"} <= {re.sub(r" {2,}.*", "", line.strip()) for line in told(facts).text.splitlines()}


def words_of(said):
    """The words of the text without its links and its bars, and its links. A title is in capitals there."""
    links = re.findall(r"https://\S+", said.text)
    bare = re.sub(r":? *\n? *https://\S+", "", said.text)
    bare = re.sub(r"^\* |  [#o]+$", "", bare, flags=re.MULTILINE)
    return bare.lower().split(), links


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("url", [URL, None])
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize(
    "facts",
    [
        FULL,
        Facts(),
        Facts(messages=[heard()]),
        Facts(clocks=[clock(State.MISSED, n) for n in range(SPELLED_OUT + 2)]),
        Facts(
            clocks=[
                clock(State.MISSED, 1, clock=which, closed=True, answered=False)
                for which in (Clock.RESOLUTION, Clock.NEXT_RESPONSE)
            ]
        ),
        Facts(clocks=[clock(State.MISSED, 1, why=Why(reason=reason, at=at("23T12:00"))) for reason in Reason]),
        replace(FULL, corrections=[replace(FULL.corrections[0], why=why) for why in Later]),
    ],
)
def test_text_and_html_say_the_same(facts, language, url, late):
    said = told(facts, language, url=url, late=late)
    words, links = words_of(said)
    shown = Reader(said.html)
    assert [word.lower() for word in shown.words] == words
    assert shown.links == links
    assert "{" not in said.text + said.subject


@pytest.mark.parametrize(
    ("facts", "dutch", "english"),
    [
        (
            Facts(),
            "Gisteren kwam er niets binnen. Vandaag loopt er niets af",
            "Yesterday nothing came in. Nothing runs out today",
        ),
        (
            Facts(clocks=[clock(State.RUNNING, 1)]),
            "Gisteren kwam er niets binnen. Vandaag loopt er 1 af",
            "Yesterday nothing came in. 1 runs out today",
        ),
        (
            Facts(messages=[heard()]),
            "Gisteren 1 bericht, niets gemist. Vandaag loopt er niets af",
            "Yesterday 1 message, nothing missed. Nothing runs out today",
        ),
        (
            Facts(clocks=[clock(State.MISSED, 1, clock=Clock.NEXT_RESPONSE)]),
            "Gisteren 0 berichten, 1 gemist. Vandaag loopt er niets af",
            "Yesterday 0 messages, 1 missed. Nothing runs out today",
        ),
        (
            Facts(clocks=[clock(State.MET, 1)]),
            "Gisteren 100 % op tijd, niets gemist. Vandaag loopt er niets af",
            "Yesterday 100 % in time, nothing missed. Nothing runs out today",
        ),
    ],
)
def test_what_a_quiet_day_says(facts, dutch, english):
    assert told(facts).subject.replace("\N{NO-BREAK SPACE}", " ") == dutch
    assert told(facts, "en").subject.replace("\N{NO-BREAK SPACE}", " ") == english


@pytest.mark.parametrize(
    ("met", "count", "share"), [(9999, 10000, "99,9"), (2, 3, "66,6"), (1, 10000, "0"), (955, 1000, "95,5"), (7, 7, "100")]
)
def test_a_share_is_never_told_as_more_than_it_is(met, count, share):
    facts = Facts(clocks=[clock(State.MET, 1)], previous=summed_up(count, met, []))
    assert f"vorige maandag {share}\N{NO-BREAK SPACE}%" in told(facts).text


def test_a_letter_that_is_late_says_so_and_read_another_day_it_names_the_days():
    assert "Deze brief komt te laat" in told(late=True).text
    assert "Deze brief komt te laat" not in told().text
    said = told(now=NOW + timedelta(days=1))
    assert said.subject.startswith("Maandag 23 november 95,5")
    assert said.subject.endswith("Dinsdag 24 november lopen er 17 af")
    assert "WAT ER DINSDAG 24 NOVEMBER AFLOOPT" in said.text
    assert told(language="en", now=NOW + timedelta(days=1)).subject.startswith("On Monday 23 November 95.5")


def test_for_a_reader_far_away_it_is_yesterday_only_if_it_is():
    """In Auckland it is Tuesday evening: Monday was yesterday there too. In Honolulu it is still Monday."""
    assert told(zone=ZoneInfo("Pacific/Auckland")).subject.startswith("Gisteren")
    assert told(zone=ZoneInfo("Pacific/Honolulu")).subject.startswith("Maandag 23 november")


def test_moments_are_those_of_the_house_also_on_the_day_of_25_hours():
    sunday = Period(day=date(2026, 10, 25), zone="Europe/Amsterdam")
    due = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # 02:30, the second time
    facts = Facts(clocks=[clock(State.MISSED, 1, due_at=due, started_at=due - 24 * HOUR, answered_at=due + HOUR)])
    text = told(facts, period=sunday, now=datetime(2026, 10, 26, 7, tzinfo=UTC), zone=ZoneInfo("America/New_York")).text
    assert "Beantwoord gisteren 03:30." in text.replace("\n  ", " ")


def test_no_more_misses_than_a_mail_program_shows():
    said = told(Facts(clocks=[clock(State.MISSED, n, why=Why(reason=Reason.TAKEN, at=at("23T12:00"))) for n in range(500)]))
    assert f"En nog {500 - SPELLED_OUT} gemist." in said.text
    assert len(said.html.encode()) < 100_000


def test_nothing_that_others_called_themselves_writes_our_letter():
    """A brand and a channel's account come from settings and platforms; neither can add a header or a tag."""
    facts = Facts(messages=[heard(channel="x\r\nBcc: spy@example.org:<b>1</b>")], brands=("<b>\r\nBcc: spy@example.org",))
    said = told(facts)
    assert "<b>\r" not in said.html
    assert "<b>1</b>" not in said.html
    envelope = Envelope(key="webcare-letter-1", target="mailto:lena@example.org", words=said, written_at=NOW)
    read = message_from_bytes(compose(envelope, "webcare@meerkoet.example").as_bytes(), policy=policy.default)
    assert "Bcc" not in read
    assert read.defects == []
    assert not [line for line in said.text.splitlines() if line.startswith("Bcc")]


def test_a_wrong_address_of_ours_is_refused():
    with pytest.raises(ValueError, match="no http"):
        told(url="javascript:alert(1)")
