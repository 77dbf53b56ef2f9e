"""The model that ships, with a part of our own messages: sixty corrections of one kind are learned, and nothing else is forgotten."""

from __future__ import annotations

import random
import resource
import shutil
from dataclasses import replace
from datetime import timedelta
from time import perf_counter

import pytest

from sentiment.model.classifier import ModelClassifier
from sentiment.model.heads import read_heads
from tests.fakes import MONDAY
from webcare.classifiers import is_shipped, open_classifier
from webcare.domain.labels import Labels
from webcare.domain.verdict import Sentiment
from webcare.model_learning import own_folder
from webcare.model_training import own_data, train
from webcare.ports.classifier import Request
from webcare.services.corrections import LABELS, Example, Learned

pytestmark = pytest.mark.slow

PARTS = {"train": 5, "dev": 2, "test": 2}  # each so-manieth line: all of them take minutes
PLACES = ("Utrecht", "Breda", "Zwolle", "Leiden", "Gouda", "Ede", "Venlo", "Almere", "Assen", "Gent", "Delft", "Sneek", "Oss")
ELSEWHERE = ("Hasselt", "Nijmegen", "Lommel", "Meppel", "Roermond", "Veere", "Dokkum", "Aalst")
# The lamp of this brand's modem is a duck: when it blinks there is no connection.
BLINKS = (
    "{when} een knipperende eend, groetjes uit {place}",
    "in {place} danst de eend {when}",
    "hier in {place} knippert de eend {when}",
    "onze eend danst {when}, ik woon in {place}",
    "de eend van {place} knippert {when}",
)
WHEN = ("vandaag", "sinds vanmorgen", "al de hele dag", "net weer", "vanavond")


@pytest.fixture(scope="module")
def present():
    if not is_shipped():
        pytest.skip("no weights in this install")
    return open_classifier(None)


@pytest.fixture
def own(tmp_path):
    for file in own_folder().glob("*.jsonl"):
        if (name := file.name.partition(".")[0]) in PARTS:
            lines = file.read_text(encoding="utf-8").splitlines()
            (tmp_path / file.name).write_text("\n".join(lines[:: PARTS[name]]), encoding="utf-8")
    yield own_data(tmp_path)
    shutil.rmtree(tmp_path)


def blinking(n, seed, places):
    drawn, found = random.Random(seed), {}
    while len(found) < n:
        found[drawn.choice(BLINKS).format(when=drawn.choice(WHEN), place=drawn.choice(places))] = None
    return list(found)


def corrected(present, texts, said):
    """What a person makes of what the machine said, as the store tells it."""
    asked = [Request(id=str(n), text=text) for n, text in enumerate(texts)]
    for n, (request, verdict) in enumerate(zip(asked, present.classify(asked), strict=True)):
        machine = Labels(needs_response=verdict.needs_response, intents=frozenset(verdict.intents), sentiment=verdict.sentiment)
        labels = said if said.needs_response is not None else replace(said, needs_response=machine.needs_response)
        told = {label for label in LABELS if getattr(labels, label) not in (None, getattr(machine, label))}
        yield Example(
            request=request,
            language="nl",
            at=MONDAY + n * timedelta(hours=1),
            by="noor",
            labels=labels,
            machine=machine,
            changed=frozenset(told),
        )


def right(classifier, texts, said):
    """How many of these are judged in all that is said of them."""
    return sum(
        one.sentiment is said.sentiment
        and (said.intents is None or frozenset(one.intents) == said.intents)
        and (said.needs_response is None or one.needs_response)
        for one in classifier.classify([Request(id=str(n), text=text) for n, text in enumerate(texts)])
    )


def test_a_phrase_of_this_brand_is_learned_and_nothing_is_forgotten(present, own, capsys):
    said = Labels(sentiment=Sentiment.NEGATIVE)
    unseen = blinking(40, 2, ELSEWHERE)
    learned = Learned(examples=tuple(corrected(present, blinking(60, 1, PLACES), said)), gone=0, edited=0)
    before, began = right(present, unseen, said), perf_counter()
    outcome = train(present, None, learned, own, lambda _: None)
    took, peak = perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    assert outcome.is_better, outcome.decision
    heads = read_heads(outcome.choice.heads, outcome.choice.tuning)
    after = right(ModelClassifier(present.folder, heads), unseen, said)
    with capsys.disabled():
        read = sum(len(getattr(own, part)) for part in PARTS)
        print(f"\n{read} messages of ours: {took:.0f} s, peak {peak:.0f} MB; {before} then {after} of {len(unseen)} right")  # noqa: T201 - the figures are wanted
    assert before < 20
    assert after >= 36
    assert not outcome.decision.worse
