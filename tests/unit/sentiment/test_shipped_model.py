"""The model that ships, opened: the folder is whole, its card speaks of it, and it is as good as the card says.

All other tests run on the word rules or on a tiny model; what is in the package is seen here only.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from sentiment.evaluation import Judged, report
from sentiment.model.classifier import ModelClassifier
from sentiment.model.folder import read_folder
from webcare.domain.message import Kind
from webcare.domain.verdict import Intent
from webcare.labelled_lines import read_labelled
from webcare.ports.classifier import RepliedTo, Request

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "sentiment" / "weights"
FILES = {"encoder.onnx", "tokenizer.json", "heads.npz", "model.json", "CARD.md", "SHA256SUMS"}
SPREAD = 0.015  # other processors and other numbers of threads round differently
MUST = {
    "needs_response recall": 0.96,
    "needs_response precision": 0.86,
    "precision of the sure ones": 0.88,
    "needs_response or unsure, recall": 0.99,
    "complaint F1": 0.88,
    "question F1": 0.90,
    "praise F1": 0.85,
    "courtesy F1": 0.85,
    "sentiment macro-F1": 0.80,
}
KNOWN_SHORT = ["praise F1 in en, 0.806 instead of 0.83"]  # sentiment/README.md tells what was tried
LEAST = {"recall": 0.94, "caught": 0.97}  # whatever the card says: with less nobody can rely on it


@pytest.fixture(scope="module")
def shipped():
    return ModelClassifier(read_folder(FOLDER))  # verifies the checksums


@pytest.fixture(scope="module")
def card():
    return (FOLDER / "CARD.md").read_text(encoding="utf-8")


def table(card, title):
    """The cells of the table under a title, by the first of their row."""
    _, _, section = card.partition(f"## {title}\n")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section.partition("\n## ")[0].splitlines()
        if "|" in line
    ]
    return {row[0]: row[1:] for row in rows[2:]}


def ask(model, text, **known):
    return model.classify([Request(id="1", text=text, **known)])[0]


def test_the_folder_is_whole_and_small(shipped):
    sums = (FOLDER / "SHA256SUMS").read_text(encoding="utf-8").split()
    assert {file.name for file in FOLDER.iterdir()} == FILES
    assert {*sums[1::2]} == FILES - {"SHA256SUMS"}
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 30_000_000
    assert ask(shipped, "de app is kapot").model == shipped.name == shipped.folder.name


def test_the_card_speaks_of_this_model(shipped, card):
    assert card.startswith(f"# Model card: {shipped.name}\n")
    said = re.findall(r"^- (\w+): needs from ([\d.]+), unsure from ([\d.]+) to ([\d.]+)$", card, re.MULTILINE)
    at = {language: (one.needs, one.unsure_from, one.unsure_to) for language, one in shipped.heads.thresholds.items()}
    assert {language: tuple(numbers) for language, *numbers in said} == {
        language: tuple(f"{number:.3f}" for number in numbers) for language, numbers in at.items()
    }
    assert {*at} >= {"nl", "en", "und"}


def test_the_card_holds_what_it_must_or_says_what_it_does_not(card):
    """Dutch, and English with 0.02 less. That the model is as good as its card says is measured below."""
    rows = {name: cells for name, cells in table(card, "Results on the test split").items() if len(cells) == 3}
    must = {name: float(cells[0]) for name, cells in rows.items() if cells[0]}
    assert must == MUST
    short = [
        f"{name} in {lang}, {cells[column]} instead of {must[name] - less:.2f}"
        for name, cells in rows.items()
        for column, lang, less in ((1, "nl", 0.0), (2, "en", 0.02))
        if name in must and float(cells[column]) < round(must[name] - less, 3)
    ]
    assert [f"Falls short of what it must: {', '.join(short)}."] * bool(short) == re.findall(
        r"^Falls short.*$", card, re.MULTILINE
    )
    assert short in ([], KNOWN_SHORT)
    off = re.findall(r"^- (?:nl|en): sentiment .*$", card, re.MULTILINE)
    assert len(off) == 2
    assert max(float(figure) for line in off for figure in re.findall(r"\d\.\d{3}", line)) <= 0.05
    irony, tweets = (
        re.search(pattern, card)
        for pattern in (r"irony: recall ([\d.]+) \(must 0.75\)", r"macro recall ([\d.]+) \(must ([\d.]+)")
    )
    assert float(irony[1]) >= 0.75
    assert float(tweets[1]) >= float(tweets[2])


def test_the_card_compares_every_way_that_was_tried(card):
    ways = table(card, "Ways compared")
    assert {way.partition(",")[0] for way in ways} >= {"bag of words", "english", "from scratch", "carried over"}
    assert all(re.fullmatch(r"[01]\.\d{3}", figure) for figures in ways.values() for figure in figures)


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("3512 AB 14", "Wat is je postcode en huisnummer? Dan kijken we het na."),
        ("1017 XK", "Mag ik je postcode?"),
        ("SW1A 2AA", "What is your postcode? Then we can look it up."),
    ],
)
def test_what_only_supplies_an_answer_to_our_question_waits(shipped, text, ours):
    found = ask(shipped, text, kind=Kind.DM, replied_to=RepliedTo(text=ours, by_us=True), we_spoke_last=True)
    assert (found.needs_response, found.unsure) == (True, False)


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("Dank je wel!", "Je bestelling is vanmorgen verstuurd en komt morgen aan."),
        ("Thanks a lot!", "Your refund was sent this morning."),
    ],
)
def test_thanks_after_our_answer_wait_for_nothing(shipped, text, ours):
    found = ask(shipped, text, kind=Kind.DM, replied_to=RepliedTo(text=ours, by_us=True), we_spoke_last=True)
    assert (found.needs_response, found.unsure, found.intents) == (False, False, (Intent.COURTESY,))


@pytest.mark.parametrize("text", ["Hallo", "Goedemorgen", "Hi there"])
def test_a_bare_greeting_waits_where_nobody_else_reads_it(shipped, text):
    found = ask(shipped, text, kind=Kind.DM)
    assert (found.needs_response, found.unsure) == (True, False)
    assert found.needs_response_score > ask(shipped, text, kind=Kind.MENTION).needs_response_score


@pytest.mark.slow
@pytest.mark.parametrize(("language", "column"), [("nl", 1), ("en", 2)])
def test_it_is_as_good_as_its_card_says(shipped, card, language, column):
    """On the whole test split, asked as it was for the card: without a hint of the language."""
    lines = (ROOT / f"sentiment/data/test.{language}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [read_labelled(line) for line in lines]
    verdicts = shipped.classify([replace(row.request, language_hint=None) for row in rows])
    found = report([Judged(labels=row.labels, verdict=one, language=language) for row, one in zip(rows, verdicts, strict=True)])[
        "all"
    ]
    needs = found["needs_response"]
    figures = {
        "needs_response recall": needs["recall"],
        "needs_response precision": needs["precision"],
        "precision of the sure ones": needs["precision_sure"],
        "needs_response or unsure, recall": needs["caught"],
        **{f"{intent} F1": value for intent, value in found["f1"].items()},
        "sentiment macro-F1": found["sentiment_macro_f1"],
    }
    said = table(card, "Results on the test split")
    assert {name: value for name, value in figures.items() if value < float(said[name][column]) - SPREAD} == {}
    assert needs["unsure"] < float(said["share unsure"][column]) + SPREAD
    assert {name: needs[name] for name, least in LEAST.items() if needs[name] < least} == {}
