"""What is trained on: our own messages, which lie in this package, and public ones, which lie outside of it and are never copied.

A label that a source does not give is None and teaches nothing. Weights follow the quality that a source claims.
"""

from __future__ import annotations

import json
import lzma
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sentiment.encoding import surroundings
from sentiment.masking import mask
from webcare.domain.message import Kind

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

SENTIMENTS: Final = ("negative", "neutral", "positive")
INTENTS: Final = ("question", "complaint", "praise", "courtesy")
LANGUAGES: Final = ("nl", "en", "other")
OWN: Final = Path(__file__).parent.parent / "data"
HELD_OUT_YEAR: Final = "2016test"
MIXED: Final = "mixed"  # the source of what nobody labelled
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|\n+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Texts are masked. `labels` hold an index (sentiment, language) or 0/1 by head; a head that is not there is not known.

    `heard` is what teachers say of the text, a logit for each column of the heads; empty where none was asked.
    """

    id: str
    text: str
    around: str = ""
    lang: str
    labels: dict[str, int]
    heard: tuple[float, ...] = ()
    weight: float = 1.0
    source: str = "own"
    traps: tuple[str, ...] = ()
    raw: dict[str, Any] = field(default_factory=dict)


def own(split: str, folder: Path = OWN) -> list[Example]:
    """Return our own messages of a split (train, dev, test)."""
    return [_own(row) for path in sorted(folder.glob(f"{split}.*.jsonl")) for row in rows(path)]


def _own(row: dict[str, Any]) -> Example:
    labels = {
        "sentiment": SENTIMENTS.index(row["sentiment"]),
        "needs": int(row["needs_response"]),
        "urgency": int(row["urgency"] == "high"),
        "language": LANGUAGES.index(row["lang"]),
    } | {intent: int(intent in row["intents"]) for intent in INTENTS}
    return Example(
        id=row["id"],
        text=mask(row["text"]),
        around=around_of(row),
        lang=row["lang"],
        labels=labels,
        traps=tuple(row.get("traps", ())),
        raw=row,
    )


def around_of(row: dict[str, Any], *, asked: bool = False) -> str:
    context = row.get("context")
    by_us = context["by"] == "brand" if context else None
    return surroundings(
        kind=Kind(row["kind"]) if row.get("kind") else None,
        said=context["text"] if context else "",
        by_us=by_us,
        we_spoke_last=bool(by_us),
        asked=asked,
    )


def varied(example: Example, dice: random.Random) -> Example:
    """Return one of our messages as it may look elsewhere: with less known about it, and typed by somebody in more of a hurry."""
    row = dict(example.raw)
    if dice.random() < 0.35:
        row.pop("kind", None)
    context = row.get("context")
    if (
        context
        and example.labels["needs"] == int(bool(row["intents"]) and row["intents"] != ["courtesy"])
        and dice.random() < 0.15
    ):
        row.pop("context")
        context = None
    asked = dice.random() < (0.6 if context and context["by"] == "brand" else 0.1)
    return replace(example, text=_retyped(example.text, dice), around=around_of(row, asked=asked))


def _retyped(text: str, dice: random.Random) -> str:
    words = text.split(" ")
    chance = dice.random()
    if chance < 0.12:
        words = [_slip(w, dice) if len(w) > 3 and w.isalpha() and dice.random() < 0.18 else w for w in words]
    elif chance < 0.20:
        words = [w.strip(".,!;:") or w if not w.startswith("[") else w for w in words]
    elif chance < 0.26:
        words = [w for w in words if len(words) < 4 or not (len(w) == 1 and ord(w) > 0x2100)]
    elif chance < 0.34 and len(words) > 5:
        words = [w for w in words if dice.random() > 0.06]
    elif chance < 0.40:
        words = [w for w in words if w != "[user]"] if "[user]" in words else ["[user]", *words]
    return " ".join(words) or text


def _slip(word: str, dice: random.Random) -> str:
    at = dice.randrange(len(word) - 1)
    kind = dice.randrange(4)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    if kind == 2:
        return word[:at] + word[at] + word[at:]
    return word[:at] + dice.choice("aeiounrstld") + word[at + 1 :]


# --- what others published ---

_WEIGHTS: Final = {
    "semeval2017_task4a": 1.0,
    "goemotions": 0.3,
    "cesamard_aspect": 0.7,
    "hu_liu_product_reviews": 0.4,
    "multidogo": 0.3,
    "banking77": 0.4,
    "clinc150": 0.3,
    "nlupp": 0.4,
    "tweet_acts_tac": 0.5,
    "bitext_customer_service": 0.4,
    "xed_nl": 0.15,
    "xed_en": 0.15,
    "xed_de": 0.1,
    "xed_fr": 0.1,
    "multilingual_hatecheck_nl": 0.15,
    "multilingual_hatecheck_de": 0.1,
    "multilingual_hatecheck_fr": 0.1,
    "xsid_nl": 0.4,
    "xsid_en": 0.3,
    "xsid_de": 0.2,
    "home_assistant_intents_nl": 0.4,
    "home_assistant_intents_en": 0.3,
    "home_assistant_intents_de": 0.2,
    "home_assistant_intents_fr": 0.2,
}


_TWEETS, _RARE = "semeval2017_task4a", 1.5  # negative ones are a sixth of them, and the ones that matter here
_TO_A_COMPANY: Final = {"banking77", "nlupp", "bitext_customer_service"}


def public(folder: Path) -> list[Example]:
    """Return the public messages, the held-out year and what is like it left out."""
    found = [example for path in sorted(folder.glob("*.jsonl.xz")) for example in _public(path)]
    held = {_bare(row["text"]) for row in _held_rows(folder)}
    return [
        e
        for e in found
        if not (e.source.startswith("semeval") and (e.raw["year"] == HELD_OUT_YEAR or _bare(e.raw["text"]) in held))
    ]


def held_out(folder: Path) -> list[Example]:
    """Return the year that nothing is trained on, without what also occurs in others."""
    path = folder / "semeval2017_task4a.jsonl.xz"
    everything = list(_public(path))
    others = {_bare(e.raw["text"]) for e in everything if e.raw["year"] != HELD_OUT_YEAR}
    return [e for e in everything if e.raw["year"] == HELD_OUT_YEAR and _bare(e.raw["text"]) not in others]


def _held_rows(folder: Path) -> list[dict[str, Any]]:
    return [r for r in rows(folder / "semeval2017_task4a.jsonl.xz") if r["label_raw"].startswith(HELD_OUT_YEAR)]


def _bare(text: str) -> str:
    return "".join(c for c in mask(text).lower() if c.isalnum())


def _public(path: Path) -> Iterator[Example]:
    source = path.name.split(".")[0]
    weight = _WEIGHTS.get(source)
    if weight is None:
        return
    for row in rows(path):
        lang = row["lang"]
        labels = {"language": LANGUAGES.index(lang if lang in LANGUAGES else "other")}
        if row["sentiment"] is not None:
            labels["sentiment"] = SENTIMENTS.index(row["sentiment"])
        labels |= _intents(source, row)
        year = row["label_raw"].split(":")[0] if row["label_raw"] else ""
        yield Example(
            id=row["id"],
            text=mask(row["text"]),
            lang=lang,
            labels=labels,
            weight=weight * (_RARE if source == _TWEETS and row["sentiment"] == "negative" else 1.0),
            source=source,
            raw={"text": row["text"], "year": year},
        )


def _intents(source: str, row: dict[str, Any]) -> dict[str, int]:
    """Return what a source's own class says of the intents: what it does not speak of stays unknown."""
    intent = row["intent"]
    if source == "cesamard_aspect":
        return {"complaint": int(intent == "complaint"), "praise": int(intent == "praise"), "courtesy": 0}
    if intent == "question":
        return {"question": 1, "courtesy": 0} | ({"needs": 1} if source in _TO_A_COMPANY else {})
    if intent == "complaint":
        return {"complaint": 1, "courtesy": 0, "needs": 1}
    if intent == "praise":
        return {"praise": 1, "complaint": 0}
    if intent == "other" and source in {"tweet_acts_tac", "multidogo"}:
        return {"question": 0, "complaint": 0, "praise": 0}
    return {}


def rows(path: Path) -> Iterator[dict[str, Any]]:
    with lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def mixed(number: int, dice: random.Random, ours: Sequence[Example]) -> list[Example]:
    """Return texts that nobody labelled: parts of two of our messages in one language as one, Dutch twice as often."""
    by_language = {lang: [e for e in ours if e.lang == lang] for lang in ("nl", "en")}
    return list(_mixed(number, dice, by_language))


def _mixed(number: int, dice: random.Random, by_language: dict[str, list[Example]]) -> Iterator[Example]:
    for at in range(number):
        lang = "en" if at % 3 == 0 else "nl"
        first, second = dice.sample(by_language[lang], 2)
        begin, end = _SENTENCE.split(first.text), _SENTENCE.split(second.text)
        kept = [*begin[: dice.randint(1, len(begin))], *end[dice.randrange(len(end)) :]]
        around = dice.choice((first, second)).around
        yield Example(id=f"mixed-{at}", text=" ".join(filter(None, kept)), around=around, lang=lang, labels={}, source=MIXED)
