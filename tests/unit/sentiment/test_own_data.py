"""The messages that we wrote: what the annotation guide asks of them holds for each line, and no test line is trained on."""

import json
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sentiment.train import duplicates, readings

DATA = Path(__file__).parents[3] / "sentiment" / "data"
SPLITS = ("train", "dev", "test")
TRAPS = {
    *(
        "irony",
        "negation",
        "thanks-but",
        "rhetorical",
        "no-question-mark",
        "typing",
        "shouting",
        "slang",
        "flemish",
        "code-switching",
    ),
    *(
        "emoji",
        "several",
        "long",
        "short",
        "handle",
        "numbers",
        "quoted",
        "common-word",
        "two-brands",
        "other-customer",
        "headline",
    ),
    *("automatic", "insult", "praise-in-complaint"),
}
KINDS = {"post", "comment", "mention", "dm", "review"}

Row = dict[str, Any]


def rows(split: str) -> list[Row]:
    return [
        json.loads(line)
        for file in sorted(DATA.glob(f"{split}.*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]


@pytest.fixture(scope="module")
def own() -> dict[str, list[Row]]:
    return {split: rows(split) for split in SPLITS}


@pytest.fixture(scope="module")
def everything(own: dict[str, list[Row]]) -> list[Row]:
    return [row for split in SPLITS for row in own[split]]


def test_there_are_as_many_as_promised(everything: list[Row]) -> None:
    dutch = [row for row in everything if row["lang"] == "nl"]
    assert len(dutch) >= 8000
    assert sum(row["id"].startswith("be") or "flemish" in row["traps"] for row in dutch) >= len(dutch) / 5
    assert sum(row["lang"] == "en" for row in everything) >= 3000
    assert len({row["id"] for row in everything}) == len(everything)


def test_each_trap_of_the_guide_occurs_at_least_sixty_times(everything: list[Row]) -> None:
    found = Counter(trap for row in everything for trap in row["traps"])
    assert {trap: found[trap] for trap in TRAPS if found[trap] < 60} == {}


def test_labels_do_not_contradict_the_guide(everything: list[Row]) -> None:
    for row in everything:
        intents, needs = set(row["intents"]), row["needs_response"]
        assert row["kind"] in KINDS, row["id"]
        assert row["sentiment"] in {"negative", "neutral", "positive"}, row["id"]
        assert intents <= {"question", "complaint", "praise", "courtesy"}, row["id"]
        assert len(intents) == len(row["intents"]), row["id"]
        assert intents == {"courtesy"} or "courtesy" not in intents, row["id"]
        if intents & {"question", "complaint"}:
            assert needs, row["id"]
        elif intents:
            assert not needs, row["id"]
        else:  # an answer to our question, or a greeting in private
            answers = row.get("context", {}).get("by") == "brand" or "supply" in row["traps"]
            assert not needs or row["kind"] == "dm" or answers, row["id"]
        assert row["urgency"] == "normal" or needs, row["id"]


def test_hard_pairs_are_told_apart_by_their_labels(everything: list[Row]) -> None:
    by_pair: dict[str, list[Row]] = {}
    for row in everything:
        for trap in row["traps"]:
            if re.fullmatch(r"pair-\w+-p\d+", trap):
                by_pair.setdefault(trap, []).append(row)
    pairs = [found for found in by_pair.values() if len(found) > 1]
    told_apart = [found for found in pairs if any(readings.reading(a) != readings.reading(b) for a, b in pairwise(found))]
    assert len(told_apart) >= 500
    assert len(told_apart) >= 0.9 * len(pairs)


def test_a_writing_batch_is_in_one_split_only(own: dict[str, list[Row]]) -> None:
    batches = {split: {row["batch"] for row in found} for split, found in own.items()}
    assert not batches["train"] & batches["test"]
    assert not batches["train"] & batches["dev"]
    assert not batches["dev"] & batches["test"]


@pytest.mark.slow
def test_no_message_says_nearly_what_another_says(everything: list[Row]) -> None:
    def allowed(one: Row, other: Row) -> bool:
        pair = {trap for trap in one["traps"] if trap.startswith("pair-")} & set(other["traps"])
        return bool(pair) or one.get("context") != other.get("context")

    found = [
        (everything[a]["id"], everything[b]["id"])
        for a, b, _ in duplicates.near([row["text"] for row in everything])
        if not allowed(everything[a], everything[b])
    ]
    assert found == []


def test_a_filled_in_template_is_seen_as_a_near_duplicate() -> None:
    texts = [
        "Wanneer komt mijn pakket van vorige week eindelijk?",
        "Mooi weer hè",
        "Wanneer komt mijn bestelling van vorige week eindelijk?",
    ]
    assert [(a, b) for a, b, _ in duplicates.near(texts)] == [(2, 0)]


def test_two_readers_agree_and_the_figures_can_be_made_again(everything: list[Row]) -> None:
    said = readings.read(DATA / "readings.txt")
    assert {row["id"] for row in everything} - set(said) == set()
    figures = readings.agreement(list(said.values()))
    assert figures["needs_response"][1] > 0.9
    assert figures["complaint"][1] > 0.85
    for row in everything:  # where both said the same, that is the label
        first, second = said[row["id"]]
        assert first != second or readings.reading(row) == first, row["id"]


def test_agreement_by_chance_counts_for_nothing() -> None:
    figures = readings.agreement([("0..n", "0..n"), ("-.cy", "-.cy"), ("0..n", "-.cy"), ("-.cy", "0..n")])
    assert figures["needs_response"] == (0.5, 0.0)
