"""The words that the model knows as such: those of the English encoder that our texts use, and new ones for Dutch, slang and emoji.

A Dutch word that an English vocabulary cuts into five scraps means nothing to the encoder, and costs five times as much. New words begin
where what is known of them points: at their English meaning where the lexicon gives one, else at the mean of their scraps.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing
from tokenizers.trainers import WordPieceTrainer
from transformers import BertModel, PreTrainedTokenizerFast

from sentiment.encoding import SPECIAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

BERT: Final = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LENGTH: Final = 128
POSITIONS: Final = 160


def build(texts: Sequence[str], old: PreTrainedTokenizerFast, *, size: int, seldom: int, always: Iterable[str] = ()) -> Tokenizer:
    """Return a tokenizer: `size` words learned from these texts, the old ones that occur at least `seldom` times, and `always`."""
    fresh = _bare(WordPiece(unk_token="[UNK]"))
    trainer = WordPieceTrainer(vocab_size=size, min_frequency=3, special_tokens=[*BERT, *SPECIAL], show_progress=False)
    fresh.train_from_iterator(texts, trainer)
    used: Counter[str] = Counter()
    for at in range(0, len(texts), 1000):
        for found in old(list(texts[at : at + 1000]), add_special_tokens=False)["input_ids"]:
            used.update(old.convert_ids_to_tokens(found))
    letters = [t for t in old.get_vocab() if len(t.removeprefix("##")) == 1]
    words = [t for t, times in used.items() if times >= seldom and not t.startswith("[")]
    learned = [t for t, _ in sorted(fresh.get_vocab().items(), key=lambda pair: pair[1]) if t not in {*BERT, *SPECIAL}]
    kept = [letter for letter in letters if letter.isascii() or letter in used]
    order = dict.fromkeys([*BERT, *SPECIAL, *sorted(kept), *learned, *sorted(words), *always])
    return finished({word: number for number, word in enumerate(order)})


def finished(vocabulary: Mapping[str, int]) -> Tokenizer:
    tokenizer = _bare(WordPiece(vocab=dict(vocabulary), unk_token="[UNK]", max_input_chars_per_word=60))
    tokenizer.add_special_tokens([*BERT, *SPECIAL])
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])],
    )
    return tokenizer


def _bare(model: WordPiece) -> Tokenizer:
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = BertNormalizer(lowercase=True, strip_accents=True, clean_text=True, handle_chinese_chars=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    return tokenizer


def wrap(tokenizer: Tokenizer) -> PreTrainedTokenizerFast:
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), BERT, strict=True))
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=LENGTH, **names)  # type: ignore[no-untyped-call]


def carry_over(
    encoder: BertModel, old: PreTrainedTokenizerFast, new: Tokenizer, lexicon: Mapping[str, Sequence[str]]
) -> tuple[torch.Tensor, Counter[str]]:
    """Return word embeddings (words, hidden) for the new vocabulary, and how many words came from where."""
    table = encoder.embeddings.word_embeddings.weight.detach()
    known = old.get_vocab()
    mean, spread = table.mean(0), table.std(0)
    found: Counter[str] = Counter()
    rows = torch.empty(new.get_vocab_size(), table.shape[1])
    for word, number in new.get_vocab().items():
        source, pieces = _pieces(word, known, old, lexicon)
        found[source] += 1
        rows[number] = table[pieces].mean(0) if pieces else mean + torch.randn_like(mean) * spread * 0.5
    return rows, found


def _pieces(
    word: str, known: Mapping[str, int], old: PreTrainedTokenizerFast, lexicon: Mapping[str, Sequence[str]]
) -> tuple[str, list[int]]:
    glosses = [piece for gloss in lexicon.get(word, ()) for piece in old(gloss, add_special_tokens=False)["input_ids"]]
    if glosses:  # "die" is a word of both languages: it begins between its two meanings
        share = [known[word]] * len(glosses) if word in known else []
        return "lexicon", [*glosses, *share]
    if word in known:
        return "kept", [known[word]]
    if word in SPECIAL:
        meaning = _MEANS.get(word)
        return "marker", old(meaning, add_special_tokens=False)["input_ids"] if meaning else []
    bare = word.removeprefix("##")
    scraps = [p for p in old(bare, add_special_tokens=False)["input_ids"] if p != known["[UNK]"]]
    if word.startswith("##"):
        scraps = [known.get("##" + old.convert_ids_to_tokens([p])[0].removeprefix("##"), p) for p in scraps]
    return ("scraps", scraps) if scraps else ("new", [])


_MEANS: Final = {
    "[user]": "you",
    "[url]": "http",
    "[mail]": "email",
    "[phone]": "phone",
    "[nr]": "number",
    "[address]": "address",
    "[dm]": "private message",
    "[public]": "public",
    "[review]": "review",
    "[brand]": "company",
    "[customer]": "customer",
    "[asked]": "asked",
}


def read_lexicon(file: Path) -> dict[str, list[str]]:
    """Return Dutch words with their English meanings, from lines `word=meaning,meaning`; lines that begin with # are for the reader."""
    lines = [line.split("=") for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return {word: [meaning.strip() for meaning in meanings.split(",") if meaning.strip()] for word, meanings in lines}
