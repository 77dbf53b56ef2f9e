"""What is trained on: labels that a source does not give stay unknown, the held-out year stays out, and variation keeps the meaning."""

import json
import lzma
import random
from pathlib import Path
from typing import Any

import pytest

from sentiment.encoding import BRAND, PRIVATE
from sentiment.train import corpora, readings
from sentiment.train.card import write_card

WEIGHTS = Path(corpora.__file__).parents[1] / "weights"
SHARED = Path(__file__).parents[4] / "shared" / "data"


def write(folder: Path, source: str, *rows: dict[str, Any]) -> None:
    plain = {"sentiment": None, "intent": None, "label_raw": "", "lang": "en", "quality": "gold", "source": source}
    with lzma.open(folder / f"{source}.jsonl.xz", "wt", encoding="utf-8") as out:
        for number, row in enumerate(rows):
            out.write(json.dumps(plain | {"id": f"{source}:{number}"} | row) + "\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(
        tmp_path,
        "semeval2017_task4a",
        {"text": "Great day at the zoo @anna!", "sentiment": "positive", "label_raw": "2013train:positive"},
        {"text": "Same words in two years", "sentiment": "neutral", "label_raw": "2015test:neutral"},
        {"text": "Same words in two years!", "sentiment": "neutral", "label_raw": "2016test:neutral"},
        {"text": "Only in the last year", "sentiment": "negative", "label_raw": "2016test:negative"},
    )
    write(tmp_path, "banking77", {"text": "Where is my card 4111111111111111", "intent": "question"})
    write(tmp_path, "multidogo", {"text": "thanks, bye", "intent": "other"})
    write(tmp_path, "of_nobody_knows_what", {"text": "never read"})
    return tmp_path


def test_the_held_out_year_is_not_trained_on_and_neither_is_what_it_shares(folder: Path) -> None:
    assert [e.text for e in corpora.public(folder) if e.source.startswith("semeval")] == ["Great day at the zoo [user] !"]
    assert [e.raw["text"] for e in corpora.held_out(folder)] == ["Only in the last year"]


def test_what_a_source_does_not_say_is_not_taught(folder: Path) -> None:
    by_source = {e.source: e for e in corpora.public(folder)}
    assert by_source["banking77"].labels == {"language": 1, "question": 1, "courtesy": 0, "needs": 1}
    assert by_source["multidogo"].labels == {"language": 1, "question": 0, "complaint": 0, "praise": 0}
    assert "of_nobody_knows_what" not in by_source


def test_the_few_angry_tweets_of_the_large_set_weigh_more_than_the_others(tmp_path: Path) -> None:
    write(
        tmp_path,
        "semeval2017_task4a",
        {"text": "Terrible night at the stadium", "sentiment": "negative", "label_raw": "2013train:negative"},
        {"text": "Lovely night at the stadium too", "sentiment": "positive", "label_raw": "2013train:positive"},
    )
    angry, glad = corpora.public(tmp_path)
    assert angry.weight > glad.weight


def test_numbers_and_names_are_masked_before_training(folder: Path) -> None:
    texts = " ".join(e.text for e in corpora.public(folder))
    assert "@anna" not in texts
    assert "4111" not in texts


def test_varied_messages_keep_what_their_label_hangs_on() -> None:
    supply = next(e for e in corpora.own("train") if e.labels["needs"] and not e.raw["intents"] and e.raw.get("context"))
    for seed in range(200):
        varied = corpora.varied(supply, random.Random(seed))
        assert BRAND in varied.around  # without our question a bare answer would need none
        assert varied.labels == supply.labels
        assert varied.text


def test_our_messages_carry_where_they_were_said() -> None:
    private = next(e for e in corpora.own("dev") if e.raw["kind"] == "dm")
    assert PRIVATE in private.around


def test_labels_of_real_tweets_can_be_read() -> None:
    said = readings.labelled(corpora.OWN / "real.en.txt")
    assert len(said) == 420
    assert all(row["needs_response"] or not {"question", "complaint"} & set(row["intents"]) for row in said.values())


@pytest.mark.skipif(not (SHARED / "train").is_dir(), reason="the public texts lie beside this checkout, and are not there")
@pytest.mark.slow
def test_the_public_texts_give_each_head_something_to_learn() -> None:
    taught = [head for e in corpora.public(SHARED / "train") for head in e.labels]
    assert {head for head in set(taught) if taught.count(head) < 1000} == set()
    assert {"sentiment", "question", "complaint", "praise", "needs"} <= set(taught)
    assert len(corpora.held_out(SHARED / "train")) > 20_000


def test_the_card_says_what_was_measured(tmp_path: Path) -> None:
    marks = {"needs_response": 0.9, "intents": 0.8, "sentiment": 0.7, "caught": 1.0, "complaint_recall": None, "n": 3}
    at = {
        "n": 10,
        "needs_response": {
            "recall": 0.971,
            "precision": 0.88,
            "precision_sure": 0.95,
            "caught": 0.993,
            "unsure": 0.08,
            "cost": 0.1,
        },
        "f1": {"question": 0.91, "complaint": 0.9, "praise": 0.88, "courtesy": 0.87},
        "sentiment_macro_f1": 0.82,
        "urgency_f1": None,
        "ece": {"needs": 0.02},
    }
    found = {
        "test": {"languages": {"nl": at, "en": at}, "traps": {"irony": marks | {"complaint_recall": 0.812}}},
        "semeval": {"n": 20_000, "macro_recall": 0.705},
    }
    thresholds = {"nl": {"needs": 0.5, "unsure_from": 0.03, "unsure_to": 0.8}}
    (tmp_path / "model.json").write_text(json.dumps({"name": "webcare-9", "taught": 4321, "thresholds": thresholds}))
    way = {"needs precision at recall 0.96": 0.8, "complaint": 0.8, "question": 0.8, "sentiment": 0.8}
    ways = {"bag of words": {"nl": way, "en": way, "semeval macro recall": 0.627}}
    write_card(tmp_path, found, ways=ways, times={"base": 900, "labels": 1800})
    card = (tmp_path / "CARD.md").read_text(encoding="utf-8")
    for fact in (
        "webcare-9",
        "taught 4321",
        "| needs_response recall | 0.96 | 0.971 | 0.971 |",
        "| irony | 3 | 0.900",
        "macro recall 0.705 (must 0.677:",
        "Complaints in irony: recall 0.812 (must 0.75)",
        "unsure from 0.030 to 0.800",
    ):
        assert fact in card


def test_texts_that_nobody_labelled_are_parts_of_two_of_ours_in_one_language() -> None:
    own = [
        corpora.Example(
            id=f"{lang}{at}", text=f"{lang}{at} komt. {lang}{at} ziet! {lang}{at} wint.", lang=lang, labels={"needs": 1}
        )
        for lang in ("nl", "en")
        for at in range(4)
    ]
    found = corpora.mixed(300, random.Random(2), own)
    assert sum(e.lang == "nl" for e in found) == 200
    assert len({e.text for e in found}) > 60
    for example in found:
        first, last = example.text.split()[0], example.text.split()[-2]
        assert first != last
        assert first[:2] == last[:2] == example.lang
        assert example.text.startswith(f"{first} komt.")
        assert example.text.endswith(f"{last} wint.")
        assert example.labels == {}
