"""What the daily letter tells of the machine: a model that learned, one that somebody chose, and how much is missed by what was checked."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from webcare.domain import learning
from webcare.domain.checks import Checked
from webcare.domain.digest import Facts, Period, digest_of
from webcare.domain.digest_record import freeze, thaw, to_json
from webcare.domain.learning import Learning
from webcare.domain.model_choice import Change, ModelKind, ModelNote
from webcare.letters.digest import letter
from webcare.letters.learning_words import EN, NL
from webcare.letters.words import Plural

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MONDAY = Period(day=date(2026, 11, 23), zone="Europe/Amsterdam")
NOW = datetime(2026, 11, 24, 7, tzinfo=UTC)
AT = datetime(2026, 11, 23, 14, tzinfo=UTC)
FIGURES = {"corrections": 140, "caught_before": 0.981, "caught_after": 0.994, "cost_before": 0.412, "cost_after": 0.3}


def note(change=Change.LEARNED, kind=ModelKind.REFIT, **figures):
    return ModelNote(at=AT, by="sanne", kind=kind, change=change, figures={**FIGURES, **figures})


def digest(*notes, checked=None, waiting=0):
    return digest_of(MONDAY, Facts(learning=Learning(notes=notes, checked=checked, waiting=waiting)))


def told(found, language="nl"):
    said = letter(found, language=language, zone=AMSTERDAM, now=NOW, public_url=None)
    flat = " ".join(said.text.replace("\N{NO-BREAK SPACE}", " ").split())
    html = re.sub(r"<[^>]+>", " ", said.html)
    return flat, " ".join(html.replace("&nbsp;", " ").replace("\N{NO-BREAK SPACE}", " ").split())


def test_a_model_that_learned_is_told_with_what_it_finds_before_and_after():
    text, html = told(digest(note()))
    assert "WAT WEBCARE LEERT" in text
    sentence = (
        "Het model heeft geleerd van 140 berichten die jullie verbeterden, en antwoordt sinds gisteren 15:00 zo. "
        "Van wie antwoord nodig heeft, vindt het er nu 99,4 % in plaats van 98,1 %. "
        "Wat fouten kosten, per bericht en geteld in valse meldingen: 0,3, was 0,41."
    )
    assert sentence in text
    assert sentence in html


def test_what_decided_is_said():
    text, html = told(digest(note(better_sentiment=1, better_intents=1)), "en")
    assert "On what you corrected last it is better at: sentiment, question, complaint, praise or courtesy." in text
    assert "better at: sentiment" in html
    text, _ = told(digest(note(Change.NOT_BETTER, worse_caught=1, worse_cost=1, worse_complaint_f1=1, worse_ece=1)))
    assert "Slechter zou zijn: wie antwoord nodig heeft, vraag, klacht, lof of beleefdheid, hoe zeker het is." in text


def test_where_nobody_waits_nothing_is_said_of_them():
    without = {name: value for name, value in FIGURES.items() if not name.startswith("caught")}
    text, _ = told(digest(ModelNote(at=AT, by="sanne", kind=ModelKind.REFIT, change=Change.LEARNED, figures=without)), "en")
    assert "140 messages" in text
    assert "who need an answer" not in text


def test_who_finds_as_many_as_before_says_so():
    for after in (0.981, 0.98104):  # what the letter rounds away it does not tell as a change
        text, _ = told(digest(note(caught_after=after)), "en")
        assert "it still finds 98.1 %" in text
    assert "it now finds" not in text


@pytest.mark.parametrize(
    ("change", "kind", "said"),
    [
        (Change.NOT_BETTER, ModelKind.REFIT, "did not become better. The old one stays."),
        (
            Change.OUTDATED,
            ModelKind.REFIT,
            "What the model learned from you counts no more: an upgrade brought a new model.",
        ),
        (Change.BACK, ModelKind.BUILTIN, "sanne put the previous model back (yesterday 15:00): that of webcare itself."),
        (Change.CHOSEN, ModelKind.RULES, "sanne chose another model (yesterday 15:00): the word rules, without a model."),
        (Change.CHOSEN, ModelKind.FOLDER, "a model of your own"),
    ],
)
def test_every_choice_is_told(change, kind, said):
    text, html = told(digest(note(change, kind)), "en")
    assert said in text
    assert said in html


def test_what_was_checked_is_an_estimate_with_an_interval():
    text, _ = told(digest(checked=Checked(population=1600, drawn=80, looked_at=80, missed=2), waiting=3))
    assert (
        "Van wat geen antwoord nodig leek, is naar schatting 2,5 % gemist: 0,7 % tot 8,4 %, over 80 berichten in vier weken. "
        "3 berichten van vorige week zijn nog na te kijken."
    ) in text


def test_what_was_all_checked_is_no_estimate():
    text, _ = told(digest(checked=Checked(population=40, drawn=40, looked_at=40, missed=1)), "en")
    assert "Of what seemed to need no answer 2.5 % was missed: all 40 messages of four weeks were checked." in text


def test_who_can_check_is_led_there():
    found = digest(checked=Checked(population=40, drawn=20, looked_at=0, missed=0), waiting=20)
    said = letter(found, language="en", zone=AMSTERDAM, now=NOW, public_url="https://webcare.example")
    assert "https://webcare.example/checks" in said.text
    assert "https://webcare.example/checks" in said.html


def test_before_anybody_looked_nothing_is_estimated():
    text, _ = told(digest(checked=Checked(population=40, drawn=20, looked_at=0, missed=0), waiting=20), "en")
    assert "How much is missed cannot be said" in text
    assert "20 messages of last week are left to check." in text


def test_a_day_without_anything_to_tell_has_no_such_part():
    text, html = told(digest())
    assert NL.title.upper() not in text
    assert NL.title not in html


def test_nobodys_name_breaks_the_letter():
    odd = ModelNote(at=AT, by="x\n<b>", kind=ModelKind.RULES, change=Change.CHOSEN)
    text, html = told(digest(odd), "en")
    assert "x <b> chose" in text
    assert "<b> chose" not in html


def test_what_a_letter_said_is_kept_and_comes_back():
    weeks = (Checked(population=9, drawn=9, looked_at=4, missed=1), Checked(population=900, drawn=20, looked_at=20, missed=0))
    found = digest(note(), checked=weeks[0] + weeks[1], waiting=5)
    assert thaw(freeze(found)).learning == found.learning
    old = freeze(found)
    del old["learning"]["checked"]["weeks"]
    assert thaw(old).learning.checked.missed == 1, "one from before weeks were kept apart"
    del old["learning"]
    assert thaw(old).learning is None


def test_json_tells_only_what_there_is():
    assert "model" not in to_json(digest())
    assert "checked" not in to_json(digest())
    found = to_json(digest(note(), checked=Checked(population=1600, drawn=80, looked_at=80, missed=2), waiting=3))
    assert found["model"][0] | {"figures": {}} == {
        "at": "2026-11-23T14:00:00Z",
        "by": "sanne",
        "kind": "refit",
        "change": "learned",
        "figures": {},
    }
    assert found["checked"]["share"] == 0.025
    assert found["checked"]["interval"] == [0.0071, 0.0844]
    assert found["checked"]["waiting"] == 3
    assert learning.thaw(None) is None


def test_both_languages_say_the_same_values_and_nobody_shouts():
    for one in fields(NL):
        pairs = [(getattr(NL, one.name), getattr(EN, one.name))]
        if isinstance(pairs[0][0], Plural):
            pairs = [(getattr(pairs[0][0], form), getattr(pairs[0][1], form)) for form in ("one", "other")]
        for dutch, english in pairs:
            assert sorted(re.findall(r"{(\w+)}", dutch)) == sorted(re.findall(r"{(\w+)}", english)), one.name
            assert "!" not in dutch + english
    assert {kind.value for kind in ModelKind} <= {one.name for one in fields(NL)}
