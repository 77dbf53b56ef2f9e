"""From evidence to a verdict: a few sums, each turned into a probability.

Every tag of the word lists speaks for or against some labels, by the factors in `_SPEAKS`. For one label the strongest evidence
counts in full, the second by half, the third by a quarter: ten angry words are not ten proofs. What two facts mean together
(thanks *and* a fault, praise *and* a slow clap) is settled in small steps of their own. The figures were set by hand on the
development sentences beside the tests; the guide for annotators says what is right.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from webcare.domain.message import Kind

if TYPE_CHECKING:
    from sentiment.rules.context import Context
    from sentiment.rules.evidence import Evidence
    from sentiment.rules.text import Reading

QUESTION, COMPLAINT, PRAISE, COURTESY = "question", "complaint", "praise", "courtesy"
NEGATIVE, POSITIVE, URGENT = "negative", "positive", "urgent"

# tag -> (label, share of the tag's weight)
_SPEAKS: dict[str, tuple[tuple[str, float], ...]] = {
    "fault": ((COMPLAINT, 1.0), (NEGATIVE, 0.2)),
    "blame": ((COMPLAINT, 0.95), (NEGATIVE, 1.1)),
    "gripe": ((COMPLAINT, 0.7), (NEGATIVE, 0.9)),
    "neg": ((COMPLAINT, 0.8), (NEGATIVE, 0.95)),
    "badpos": ((COMPLAINT, 1.0), (NEGATIVE, 1.0)),
    "irony": ((COMPLAINT, 1.0), (NEGATIVE, 1.2), (PRAISE, -1.0), (POSITIVE, -1.0)),
    "rhet": ((COMPLAINT, 0.95), (NEGATIVE, 0.9), (QUESTION, -0.5)),
    "insult": ((COMPLAINT, 0.35), (NEGATIVE, 1.2)),
    "no": ((COMPLAINT, 0.6),),
    "leaving": ((COMPLAINT, 0.75), (NEGATIVE, 0.75)),
    "threat": ((COMPLAINT, 0.6), (NEGATIVE, 0.5)),
    "urgent": ((COMPLAINT, 0.65), (URGENT, 1.0)),
    "stranded": ((COMPLAINT, 0.3),),
    "fraud": ((COMPLAINT, 0.15), (QUESTION, 0.3)),
    "ask": ((QUESTION, 1.0),),
    "asks": ((QUESTION, 1.0),),
    "wish": ((QUESTION, 1.0),),
    "cannot": ((QUESTION, 1.05), (COMPLAINT, -0.2)),
    "praise": ((PRAISE, 1.0), (POSITIVE, 1.0)),
    "pos": ((PRAISE, 1.0), (POSITIVE, 1.0)),
    "goodneg": ((PRAISE, 1.3), (POSITIVE, 1.3)),
    "warm": ((POSITIVE, 1.3),),
    "emojipositive": ((PRAISE, 0.75), (POSITIVE, 1.0)),
    "emojinegative": ((COMPLAINT, 0.8), (NEGATIVE, 0.95)),
    "emojihelp": ((QUESTION, 1.0),),
}
_BIAS = {QUESTION: -1.9, COMPLAINT: -1.9, PRAISE: -1.9, URGENT: -3.2}
_NEUTRAL = 1.5
_DECIDED = 0.5
_NOISE = ("advert", "news", "auto")
_ROLES = {"advert": 0.9, "news": 0.95, "auto": 1.3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    word: str
    label: str
    weight: float


@dataclass(slots=True, kw_only=True)
class Sums:
    """The sums while they are being made; nobody outside this module keeps one."""

    label: dict[str, float] = field(default_factory=dict)
    tag: dict[str, float] = field(default_factory=dict)
    why: list[Contribution] = field(default_factory=list)

    def add(self, label: str, weight: float, word: str) -> None:
        if weight:
            self.label[label] = self.label.get(label, 0.0) + weight
            self.why.append(Contribution(word=word, label=label, weight=round(weight, 2)))

    def has(self, *tags: str) -> bool:
        return any(self.tag.get(tag, 0.0) > 0 for tag in tags)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    question: float
    complaint: float
    praise: float
    courtesy: float
    needs: float
    urgent: float
    negative: float
    neutral: float
    positive: float
    why: tuple[Contribution, ...]


def decide(reading: Reading, evidence: Evidence, context: Context) -> Scores:
    sums = _sum(evidence)
    if sums.has("no"):
        sums.add(COMPLAINT, (2.0 if context.we_checked else 0.0) - (2.0 if context.we_closed else 0.0), "no")
    _turn_irony(sums, evidence)
    _add_tone(sums, reading)
    _take_off_noise(sums, reading, evidence, context)
    question, complaint, praise = (_logistic(_BIAS[x] + sums.label.get(x, 0.0)) for x in (QUESTION, COMPLAINT, PRAISE))
    courtesy = _courtesy(sums, reading, evidence, context) * (1 - max(question, complaint))
    if courtesy > _DECIDED:
        praise *= 0.3
    praise *= 1 - courtesy * 0.5
    negative, neutral, positive = _feeling(sums, evidence, courtesy=courtesy, complaint=complaint, praise=praise)
    return Scores(
        question=question,
        complaint=complaint,
        praise=praise,
        courtesy=courtesy,
        needs=_needs(sums, reading, evidence, context, question=question, complaint=complaint, praise=praise, courtesy=courtesy),
        urgent=_urgent(sums, evidence, complaint=complaint),
        negative=negative,
        neutral=neutral,
        positive=positive,
        why=tuple(sums.why),
    )


def _sum(evidence: Evidence) -> Sums:
    spoken: dict[str, list[tuple[float, str]]] = defaultdict(list)
    tags: dict[str, list[float]] = defaultdict(list)
    for mark in evidence.marks:
        tags[mark.tag].append(mark.weight)
        for label, share in _SPEAKS.get(mark.tag, ()):
            weight = mark.weight * share
            if evidence.before_but and not mark.after_but and label == POSITIVE:
                weight *= 0.6
            spoken[label].append((weight, mark.word))
    sums = Sums(tag={tag: sum(weights) for tag, weights in tags.items()})
    for label, found in spoken.items():
        for group in (sorted((f for f in found if f[0] > 0), reverse=True), sorted(f for f in found if f[0] < 0)):
            for rank, (weight, word) in enumerate(group[:6]):
                sums.add(label, weight * 0.5**rank, word)
    return sums


def _turn_irony(sums: Sums, evidence: Evidence) -> None:
    """Praise beside a slow clap or beside a fault with a "weer" means its opposite."""
    praised = sums.has("praise", "pos", "emojipositive")
    blamed = sums.has("fault", "gripe", "blame", "neg", "badpos")
    if sums.has("irony"):
        sums.add(PRAISE, -2.0, "irony")
        sums.add(POSITIVE, -2.0, "irony")
    elif praised and sums.has("emojiironic") and sums.has("fault", "gripe"):
        sums.add(COMPLAINT, 1.5, "irony")
        sums.add(NEGATIVE, 2.4, "irony")
        sums.add(PRAISE, -3.0, "irony")
        sums.add(POSITIVE, -3.0, "irony")
    elif praised and blamed and not evidence.before_but and not sums.has("praise"):
        sums.add(PRAISE, -0.8, "mixed")


def _add_tone(sums: Sums, reading: Reading) -> None:
    if sums.label.get(NEGATIVE, 0.0) > 0 or sums.label.get(COMPLAINT, 0.0) > 0:
        if reading.shouts:
            sums.add(NEGATIVE, 1.4, "CAPITALS")
        if reading.bangs > 1:
            sums.add(NEGATIVE, 0.5, "!!")
    if sums.has("thanks") and (reading.bangs > 1 or sums.has("emojipositive")):
        sums.add(POSITIVE, 1.6 if sums.has("emojipositive", "warm") else 0.6, "!!")
    if reading.has_quote and not sums.has("praise", "ask"):
        sums.add(COMPLAINT, 0.9, "quote")  # who cites the brand mostly holds it to its word
        sums.add(NEGATIVE, 0.9, "quote")


def _take_off_noise(sums: Sums, reading: Reading, evidence: Evidence, context: Context) -> None:
    noise = min(sum(sums.tag.get(tag, 0.0) * _ROLES[tag] for tag in _NOISE), 7.0)
    if not sums.has("auto"):
        if {"me", "brandyou"} & evidence.classes:
            noise *= 0.45 if evidence.classes >= {"me", "brandyou"} or sums.has("fault", "ask") else 0.7
        if context.kind is Kind.DM:
            noise *= 0.5
        if reading.urls and noise:
            noise += 0.8
    if reading.is_retweet:
        noise += 5.0
    chat = 0.0
    if "brandyou" not in evidence.classes:
        chat += sums.tag.get("friends", 0.0) + 0.4 * min(sums.tag.get("chatter", 0.0), 3.0) + 0.6 * sums.tag.get("third", 0.0)
    advises = sums.has("advice") and not evidence.speaks_to_us and not context.answers_us
    if context.answers_customer:
        chat += 2.5 if advises else 0.4 if evidence.speaks_to_us or sums.has("ask", "wish", "fault", "blame") else 1.2
    if advises and (context.kind is not Kind.DM or context.answers_customer):
        chat += 0.6 * sums.tag["advice"]
    for label, factor in ((QUESTION, 1.0), (COMPLAINT, 1.0), (PRAISE, 0.9), (URGENT, 0.9), (NEGATIVE, 0.6), (POSITIVE, 0.6)):
        sums.add(label, -factor * (noise + (chat if label != PRAISE else 0.5 * chat)), "noise")


def _courtesy(sums: Sums, reading: Reading, evidence: Evidence, context: Context) -> float:
    """A message that only closes: words of thanks, and nearly nothing that is not one."""
    closing = max(sums.tag.get("thanks", 0.0), sums.tag.get("ack", 0.0), sums.tag.get("bye", 0.0), sums.tag.get("warm", 0.0))
    approve = sums.tag.get("emojiapprove", 0.0)
    if not closing and not (approve and not evidence.rest):
        return 0.03
    score = -1.2 + min(closing + approve, 4.0) - 0.8 * evidence.rest
    score += 1.0 if context.answers_us or context.we_spoke_last else 0.0
    score += 0.8 if sums.has("thanks", "bye") and evidence.rest else 0.0
    score -= 1.0 * sums.tag.get("praise", 0.0) if evidence.rest else 0.6 * sums.tag.get("praise", 0.0)
    score -= 4.0 if sums.has(*_NOISE) or reading.is_retweet else 0.0
    score -= 2.0 if sums.has("insult", "irony") or (sums.has("no") and not context.we_closed) else 0.0
    if context.we_asked and not (context.we_checked or context.we_closed) and not sums.has("thanks", "warm", "bye"):
        score -= 4.0  # "ja" is the answer to what we asked, not the end
    return _logistic(score)


def _feeling(sums: Sums, evidence: Evidence, *, courtesy: float, complaint: float, praise: float) -> tuple[float, float, float]:
    negative = sums.label.get(NEGATIVE, 0.0)
    positive = sums.label.get(POSITIVE, 0.0)
    if courtesy > _DECIDED:
        positive = min(positive, 3.4) if sums.has("warm", "emojipositive") else 0.25 * positive
    elif praise < _DECIDED:
        positive *= 0.5
    if complaint < _DECIDED and not sums.has("insult"):
        negative *= 0.6
    if complaint >= _DECIDED and praise >= _DECIDED and evidence.before_but:
        positive *= 0.5
    if complaint >= _DECIDED and praise >= _DECIDED and "staff" in evidence.classes:
        negative += 1.4
    neg, neu, pos = math.exp(1.25 * negative), math.exp(1.25 * _NEUTRAL), math.exp(1.25 * positive)
    total = neg + neu + pos
    return neg / total, neu / total, pos / total


def _needs(
    sums: Sums,
    reading: Reading,
    evidence: Evidence,
    context: Context,
    *,
    question: float,
    complaint: float,
    praise: float,
    courtesy: float,
) -> float:
    """Questions and complaints, and what only the conversation makes plain: an answer to our question, a greeting in private."""
    spoken = 1 - (1 - _above(question, QUESTION)) * (1 - _above(complaint, COMPLAINT))
    silent = _silent(sums, reading, evidence, context) * (1 - courtesy) * (1 - 0.75 * praise)
    return 1 - (1 - spoken) * (1 - silent)


def _above(score: float, label: str) -> float:
    """What the evidence adds to the score that a message without any would have."""
    nothing = _logistic(_BIAS[label])
    return max(0.0, (score - nothing) / (1 - nothing))


def _silent(sums: Sums, reading: Reading, evidence: Evidence, context: Context) -> float:
    if sums.has("auto") or reading.is_retweet:
        return 0.0
    if context.answers_us:
        if evidence.words or reading.emoji or reading.urls:
            return context.waits(said_no=sums.has("no"), acknowledges=sums.has("ack"))
        return 0.1
    if context.kind is Kind.DM and not evidence.rest and (sums.has("hello") or reading.mentions):
        return 0.8
    if not evidence.words:
        return 0.02
    score = -2.7
    score += {Kind.DM: 1.4, Kind.MENTION: 0.6, Kind.POST: -0.6}.get(context.kind, 0.0) if context.kind else 0.2
    score += 0.6 * (reading.mentions > 0 and evidence.rest > 1) + 0.4 * (evidence.rest > 3)  # noqa: PLR2004 - more than a remark
    score += 0.7 * ("brandyou" in evidence.classes) + 0.4 * ("me" in evidence.classes) + 0.5 * ("service" in evidence.classes)
    score += 0.5 * ("negator" in evidence.classes)
    score -= 0.8 * sum(sums.tag.get(tag, 0.0) > 0 for tag in (*_NOISE, "friends", "chatter", "third", "advice"))
    score -= (2.0 if sums.has("advice") else 0.5) * context.answers_customer
    return _logistic(score)


def _urgent(sums: Sums, evidence: Evidence, *, complaint: float) -> float:
    tag = sums.tag
    score = _BIAS[URGENT] + min(tag.get("urgent", 0.0), 7.0)
    score += min(tag.get("fraud", 0.0), 5.0) + (0.8 if sums.has("fraud") and sums.has("now") else 0.0)
    score += min(tag.get("threat", 0.0), 5.0) * (1.0 if complaint > _DECIDED or "me" in evidence.classes else 0.5)
    score += min(tag.get("leaving", 0.0), 5.0)
    stranded = tag.get("stranded", 0.0)
    if stranded:
        score += stranded + 1.9 * (sums.has("night") + sums.has("vulnerable") + sums.has("longwait"))
    if sums.has("vulnerable") and sums.has("vital") and (sums.has("fault") or "negator" in evidence.classes):
        score += 4.0
    score += tag.get("recovered", 0.0)
    score += min(sums.label.get(URGENT, 0.0) - tag.get("urgent", 0.0), 0.0) if sums.has(*_NOISE) else 0.0
    return _logistic(score)


def _logistic(score: float) -> float:
    return 1 / (1 + math.exp(-max(min(score, 30.0), -30.0)))
