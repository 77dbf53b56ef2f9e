"""The encoder and its heads learn the labels, our own messages and public ones together.

An epoch holds all of our own, each as it may look elsewhere, and a slice of each public source. Some texts have words exchanged for
those of the other language by the lexicon, so that what is learned of a word in one language holds in the other. What is kept of
a pass is the mean of its last steps, which is steadier than the last one.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import structlog
import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import BertModel

from sentiment.train import corpora, teachers, vocabulary
from sentiment.train.batches import batches, pace, tensors, tokenise
from sentiment.train.device import half
from sentiment.train.export import blended, mean_of
from sentiment.train.network import SPANS, Network

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from transformers import PreTrainedTokenizerFast

    from sentiment.train.corpora import Example

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """Some epochs: how often each shows our own texts, how many tweets of the large set, which share of the other sources' slices.

    `exchanged` is the share of our own texts that mix languages, `deeper` how fast a layer learns beside the one above it: what lies deep
    knows language, and is to keep it.
    """

    epochs: int
    rate: float
    own: int
    tweets: int
    others: float
    exchanged: float
    deeper: float = 0.75


PASSES: Final = (
    Pass(epochs=3, rate=4e-4, own=1, tweets=14_400, others=0.8, exchanged=0.0),
    Pass(epochs=2, rate=1.5e-4, own=1, tweets=28_900, others=0.8, exchanged=0.25),
    Pass(epochs=1, rate=1e-4, own=1, tweets=14_400, others=0.4, exchanged=0.1),
)
ONWARD: Final = (  # from a model that knows the labels already
    Pass(epochs=3, rate=2e-4, own=1, tweets=14_400, others=0.8, exchanged=0.1),
    Pass(epochs=1, rate=1e-4, own=1, tweets=14_400, others=0.4, exchanged=0.1),
)
TOKENS: Final = 4096
_HEADS_FASTER: Final = 5.0
_LAYERS = 6
_LAYER: Final = re.compile(r"encoder\.layer\.(\d+)")
_WEIGHT: Final = {"needs": 1.5, "praise": 1.5, "urgency": 0.7, "language": 0.3}  # of a head beside the others
_SMOOTH: Final = 0.02  # labels are not certain
_BESIDE: Final = 0.5  # what a label weighs beside the teachers, who weigh 1
_SOFTER: Final = 2.0  # by this what teachers say is divided, so that how sure they are shows
_HEARD: Final = tuple(head for head in SPANS if head != "language")  # which is known of every text
_MEAN_FROM, _MEAN_EACH, _MEAN_SHARE = 0.55, 10, 0.07
_WORD: Final = re.compile(r"(?<![\[\w@])[A-Za-z]+(?![\w\]])")  # markers like [user] stay
_EXCHANGED: Final = 0.25  # of public texts in English
_TWEETS: Final = "semeval2017_task4a"
SLICE: Final = {  # of the other public sources, an epoch
    "goemotions": 2500,
    "multidogo": 1200,
    "clinc150": 700,
    "banking77": 800,
    "nlupp": 500,
    "cesamard_aspect": 1200,
    "hu_liu_product_reviews": 700,
    "tweet_acts_tac": 900,
    "bitext_customer_service": 300,
    "xed_en": 400,
    "xed_nl": 800,
    "xed_de": 350,
    "xed_fr": 350,
    "multilingual_hatecheck_nl": 400,
    "multilingual_hatecheck_de": 250,
    "multilingual_hatecheck_fr": 250,
    corpora.MIXED: 12_000,
}


class Lessons:
    """What an epoch is made of."""

    def __init__(self, public: Sequence[Example], lexicon: Mapping[str, Sequence[str]], *, seed: int) -> None:
        self._dice = random.Random(seed)
        self._own = corpora.own("train")
        self._public: dict[str, list[Example]] = defaultdict(list)
        for example in public:
            self._public[example.source].append(example)
        for examples in self._public.values():
            self._dice.shuffle(examples)
        english: dict[str, list[str]] = defaultdict(list)
        for word, meanings in lexicon.items():
            for meaning in meanings:
                if " " not in meaning:
                    english[meaning.lower()].append(word)
        self._words: dict[str, Mapping[str, Sequence[str]]] = {"nl": lexicon, "en": english}

    @property
    def were_heard(self) -> bool:
        return corpora.MIXED in self._public

    def hear(self, folders: Sequence[Path], passes: Sequence[Pass], *, device: torch.device) -> None:
        """Let the models in the folders say what they think of every text that the passes show, and of texts that nobody labelled."""
        most = max(of.epochs * self._shown(corpora.MIXED, of) for of in passes)
        self._public[corpora.MIXED] = corpora.mixed(most, self._dice, self._own)
        reached = {
            source: min(len(examples), max(of.epochs * self._shown(source, of) for of in passes))
            for source, examples in self._public.items()
        }
        told = teachers.heard(
            [*self._own, *(e for source, end in reached.items() for e in self._public[source][:end])], folders, device
        )
        self._own, at = told[: len(self._own)], len(self._own)
        for source, end in reached.items():
            self._public[source][:end] = told[at : at + end]
            at += end

    def _shown(self, source: str, of: Pass) -> int:
        """Return how many texts of a public source an epoch shows, where it has as many."""
        return of.tweets if source == _TWEETS else int(SLICE.get(source, len(self._public[source])) * of.others)

    def epoch(self, number: int, of: Pass) -> list[Example]:
        own = [corpora.varied(example, self._dice) for _ in range(of.own) for example in self._own]
        found = [self._exchanged(example, of.exchanged) for example in own]
        for source, examples in self._public.items():
            size = min(self._shown(source, of), len(examples))
            shown = [examples[(number * size + at) % len(examples)] for at in range(size)]
            found += [self._exchanged(example, _EXCHANGED) if example.lang == "en" else example for example in shown]
        return found

    def _exchanged(self, example: Example, chance: float) -> Example:
        words = self._words.get(example.lang)
        if not words or self._dice.random() > chance:
            return example
        share = self._dice.uniform(0.4, 1.0)

        def other(found: re.Match[str]) -> str:
            word = found[0]
            if self._dice.random() > share or not (meanings := words.get(word.lower())):
                return word
            meaning = self._dice.choice(meanings)
            return meaning.capitalize() if word[0].isupper() else meaning

        labels = {head: label for head, label in example.labels.items() if head != "language"}
        return replace(example, text=_WORD.sub(other, example.text), around=_WORD.sub(other, example.around), labels=labels)


def supervise(
    starts: Sequence[Path], lessons: Lessons, *, device: torch.device, passes: Sequence[Pass] = PASSES, seed: int = 1
) -> tuple[Network, Tokenizer]:
    """Return the trained network, on its device: the mean of the passes' ends, which is better calibrated.

    It starts from an encoder that knows no labels, or from model folders, which do, and then from the mean of their weights.
    """
    torch.manual_seed(seed)
    network, words = blended(starts) if all(map(is_model, starts)) else _untaught(starts[0])
    network.to(device)
    ends = []
    for number, of in enumerate(passes):
        _teach(network, vocabulary.wrap(words), lessons, of, random.Random(seed + number))
        ends.append({name: value.detach().clone().cpu() for name, value in network.state_dict().items()})
    network.load_state_dict(mean_of(ends))
    return network, words


def is_model(folder: Path) -> bool:
    """Return whether it is a model folder rather than one with an encoder alone."""
    return (folder / "heads.npz").exists()


def _untaught(folder: Path) -> tuple[Network, Tokenizer]:
    encoder = BertModel.from_pretrained(folder, add_pooling_layer=False, attn_implementation="eager", local_files_only=True)
    return Network(encoder), Tokenizer.from_file(str(folder / "tokenizer.json"))


def _teach(network: Network, tokenizer: PreTrainedTokenizerFast, lessons: Lessons, of: Pass, dice: random.Random) -> None:
    """Train the network in place, on the device that it is on."""
    groups = [
        {"params": [parameter], "lr": of.rate * _pace_of(name, of.deeper)} for name, parameter in network.named_parameters()
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01, fused=True)
    rates = [group["lr"] for group in optimizer.param_groups]
    mean, step, total = None, 0, 0
    for number in range(of.epochs):
        examples = lessons.epoch(number, of)
        encoded = tokenise(tokenizer, [e.text for e in examples], [e.around for e in examples])
        plan = batches(encoded, TOKENS, dice)
        total = total or len(plan) * of.epochs
        network.train()
        for places in plan:
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * pace(min(1.0, step / total), 0.06)
            with half(network.device):
                logits = network(*tensors(encoded, places, network.device))
            loss = _loss(logits.float(), [examples[place] for place in places])
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            step += 1
            if step > total * _MEAN_FROM and step % _MEAN_EACH == 0:
                mean = _blend(mean, network)
            if step % 100 == 0:
                log.info("train.labels", epoch=number, step=step, of=total, loss=round(loss.item(), 3))
    if mean is not None:
        network.load_state_dict(mean)


def _pace_of(name: str, deeper: float) -> float:
    """Return how fast a parameter learns beside those of the top layer."""
    if name.startswith("heads"):
        return _HEADS_FASTER
    layer = _LAYER.search(name)
    return float(deeper ** (_LAYERS - 1 - int(layer[1]) if layer else _LAYERS))


def _blend(mean: dict[str, torch.Tensor] | None, network: Network) -> dict[str, torch.Tensor]:
    now = {name: value.detach().clone() for name, value in network.state_dict().items()}
    if mean is None:
        return now
    return {
        name: torch.lerp(value, now[name], _MEAN_SHARE) if value.is_floating_point() else now[name]
        for name, value in mean.items()
    }


def _loss(logits: torch.Tensor, examples: Sequence[Example]) -> torch.Tensor:
    """Return the mean over the batch of the weighted losses of the heads that each example has a label for, or teachers."""
    device = logits.device
    weights = torch.tensor([e.weight * (_BESIDE if e.heard else 1.0) for e in examples], device=device)
    total = _unlike_teachers(logits, examples)
    for head, (begin, end) in SPANS.items():
        places = [at for at, e in enumerate(examples) if head in e.labels]
        if not places:
            continue
        truth = torch.tensor([examples[at].labels[head] for at in places], device=device)
        found = logits[places, begin:end]
        if end - begin > 1:
            losses = nn.functional.cross_entropy(found, truth, reduction="none", label_smoothing=_SMOOTH)
        else:
            soft = truth.float() * (1 - 2 * _SMOOTH) + _SMOOTH
            losses = nn.functional.binary_cross_entropy_with_logits(found[:, 0], soft, reduction="none")
        total = total + (losses * weights[places]).sum() * _WEIGHT.get(head, 1.0)
    return total / len(examples)


def _unlike_teachers(logits: torch.Tensor, examples: Sequence[Example]) -> torch.Tensor:
    """Return the sum of how far the logits are from the teachers', where there are any."""
    total = torch.zeros((), device=logits.device)
    places = [at for at, e in enumerate(examples) if e.heard]
    if not places:
        return total
    told = torch.tensor([examples[at].heard for at in places], device=logits.device) / _SOFTER
    found = logits[places] / _SOFTER
    for head in _HEARD:
        begin, end = SPANS[head]
        if end - begin > 1:
            losses = nn.functional.cross_entropy(found[:, begin:end], told[:, begin:end].softmax(1), reduction="sum")
        else:
            losses = nn.functional.binary_cross_entropy_with_logits(found[:, begin], told[:, begin].sigmoid(), reduction="sum")
        total = total + losses * _WEIGHT.get(head, 1.0) * _SOFTER**2
    return total
