"""What the conversation adds: the same words after another question, in another place, with another wish to know why."""

from __future__ import annotations

import pytest
from rules_cases import answered, request

from sentiment.rules import RuleClassifier
from webcare.domain.message import Kind
from webcare.domain.verdict import Intent, Sentiment, Urgency
from webcare.ports.classifier import RepliedTo, Request


def verdict(asked: Request):
    return RuleClassifier().classify([asked])[0]


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("9711 LM 4", "Wat is je postcode en huisnummer?"),
        ("Xbox One", "Welke console gebruik je?"),
        ("8800124", "Stuur ons even je klantnummer."),
        ("Piet Jansen, 12-03-1980", "Mogen we je naam en geboortedatum?"),
        ("piet@example.org", "Met welk mailadres heb je besteld?"),
        ("Windows 11", "Which version are you on?"),
        ("In Breda", "Where are you now?"),
    ],
)
def test_what_we_asked_for_has_no_intent_and_waits_for_us(text, ours):
    got = verdict(answered(text, ours))

    assert got.intents == ()
    assert got.needs_response
    assert got.sentiment is Sentiment.NEUTRAL


@pytest.mark.parametrize("text", ["9711 LM 4", "Xbox One", "Windows 11"])
def test_the_same_words_out_of_the_blue_mean_nothing(text):
    got = verdict(request(text, kind=Kind.POST))

    assert got.intents == ()
    assert not got.needs_response


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("Xbox One, hij loopt steeds vast", "Welke console gebruik je?"),
        ("9711 LM 4, en er is hier al uren geen stroom", "Wat is je postcode?"),
        ("iPhone 12 and it keeps crashing", "Which phone do you have?"),
    ],
)
def test_an_answer_that_describes_the_fault_complains(text, ours):
    got = verdict(answered(text, ours))

    assert Intent.COMPLAINT in got.intents
    assert got.needs_response


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("0612345678, bellen graag", "Op welk nummer ben je bereikbaar?"),
        ("8800124, kunnen jullie het vandaag nog regelen?", "Wat is je klantnummer?"),
        ("order 5512, please call me", "What is your order number?"),
    ],
)
def test_an_answer_with_a_wish_asks(text, ours):
    assert Intent.QUESTION in verdict(answered(text, ours)).intents


def test_no_after_did_it_work_waits_for_us():
    assert verdict(answered("Nee", "Lukt het nu?")).needs_response
    assert verdict(answered("No", "Is it working now?")).needs_response


def test_no_after_anything_else_is_the_end():
    got = verdict(answered("Nee, bedankt", "Kan ik verder nog iets voor je doen?"))

    assert got.intents == (Intent.COURTESY,)
    assert not got.needs_response


@pytest.mark.parametrize("text", ["Hallo", "Goedemiddag!", "hoi hoi", "Hi", "Good morning", "@kpn"])
def test_a_greeting_waits_in_private_and_not_in_public(text):
    private, public = (verdict(request(text, kind=kind)) for kind in (Kind.DM, Kind.MENTION))

    assert private.needs_response
    assert not public.needs_response
    assert private.intents == public.intents == ()


@pytest.mark.parametrize("text", ["👍", "Oké", "Top, dankjewel", "ok thanks", "is goed hoor"])
def test_closing_words_after_our_answer_end_it(text):
    got = verdict(answered(text, "We hebben het voor je aangepast."))

    assert got.intents == (Intent.COURTESY,)
    assert not got.needs_response


def test_advice_from_one_customer_to_another_is_not_for_us():
    asked = Request(
        id="c1",
        text="@Ria je moet even uitloggen en weer inloggen, dan werkt hij weer",
        kind=Kind.COMMENT,
        replied_to=RepliedTo(text="Mijn app laadt niet", by_us=False),
    )

    assert not verdict(asked).needs_response


def test_a_question_to_the_brand_under_another_customers_comment_is_for_us():
    asked = Request(
        id="c2",
        text="Hier ook geen beeld, wanneer lossen jullie dit op?",
        kind=Kind.COMMENT,
        replied_to=RepliedTo(text="Al uren geen tv in Zwolle", by_us=False),
    )

    assert verdict(asked).needs_response


@pytest.mark.parametrize(
    "text",
    [
        "Mi pedido todavía no ha llegado y nadie me contesta",
        "Gdzie jest moja paczka, czekam już tydzień",
        "Siparişim hala gelmedi, kimse cevap vermiyor",
        "где моя посылка я жду уже неделю",
        "我的包裹还没有到",
    ],
)
def test_a_foreign_text_is_doubted_never_passed_over(text):
    got = verdict(request(text, kind=Kind.COMMENT))

    assert got.language == "und"
    assert got.unsure


def test_the_hint_decides_only_where_the_words_do_not():
    assert verdict(request("ok", language_hint="nl")).language == "nl"
    assert verdict(request("The parcel has not arrived yet", language_hint="nl")).language == "en"
    assert verdict(request("ok", language_hint="xx")).language == "und"


def test_why_names_the_words_that_decided():
    got = verdict(request("Mijn wasmachine is kapot en dat is schandalig", explain=True))

    complaint = {reason.word: reason.weight for reason in got.why if reason.label == "complaint"}
    assert complaint["schandalig"] > 0
    assert any("kapot" in word for word in complaint)


def test_why_is_empty_unless_asked():
    assert verdict(request("Mijn wasmachine is kapot")).why == ()


@pytest.mark.parametrize(
    ("text", "urgency"),
    [
        ("Ben gehackt, ze zitten er nu in", Urgency.HIGH),
        ("Was gehackt maar heb mijn account inmiddels terug", Urgency.NORMAL),
        ("Bus 12 is 10 minuten te laat", Urgency.NORMAL),
        ("Sta al 2 uur bij de halte met een baby", Urgency.HIGH),
        ("Mijn oma van 91 zit zonder verwarming", Urgency.HIGH),
        ("Mijn moeder van 80 vraagt hoe de app werkt", Urgency.NORMAL),
        ("Ik stap naar de ombudsman", Urgency.HIGH),
        ("Gaslucht in het trappenhuis", Urgency.HIGH),
        ("My account was hacked last year but I recovered it", Urgency.NORMAL),
        ("I smell gas in the hallway", Urgency.HIGH),
    ],
)
def test_urgency_is_high_when_waiting_hours_does_harm(text, urgency):
    assert verdict(request(text, kind=Kind.MENTION)).urgency is urgency
