"""The figures of a model as a table for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sentiment.comparison import Part

NONE: Final = "    -"
ALL: Final = "all"
NAMES: Final = {
    "caught": "who waits is caught",
    "cost": "cost a message",
    "ece": "calibration off",
    "needs_response": "needs response",
    **{f"{intent}_f1": f"{intent} F1" for intent in ("question", "complaint", "praise", "courtesy")},
    "sentiment_macro_f1": "sentiment F1",
    "urgency_f1": "urgency F1",
}


def table(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a report: a block a language, then the traps."""
    yield f"{found['model']} on {found['n']} messages"
    languages = found["languages"]
    blocks = [*languages.items(), *([(ALL, found["all"])] if len(languages) > 1 else [])]
    for language, figures in blocks:
        yield from ("", f"{language}, {figures['n']} messages", *_block(figures))
    if found["traps"]:
        yield from ("", f"{'trap':28} {'n':>5}  needs  intents  sentiment  caught  complaint")
    for name, figures in found["traps"].items():
        shares = (figures[key] for key in ("needs_response", "intents", "sentiment", "caught", "complaint_recall"))
        needs, intents, sentiment, caught, complaint = (_figure(one) for one in shares)
        yield f"{name[:28]:28} {figures['n']:5}  {needs}  {intents:>7}  {sentiment:>9}  {caught:>6}  {complaint:>9}"


def _block(figures: Mapping[str, Any]) -> Iterator[str]:
    needs, rows = figures["needs_response"], (("recall", "precision", "precision_sure"), ("caught", "unsure", "cost"))
    for title, names in zip(("needs response", ""), rows, strict=True):
        yield f"  {title:16} {_listed({name.replace('_', ', '): needs[name] for name in names})}"
    yield f"  {'F1':16} {_listed(figures['f1'])}"
    felt = {"macro-F1": figures["sentiment_macro_f1"], "macro-recall": figures["sentiment_macro_recall"]}
    yield f"  {'sentiment':16} {_listed(felt)}"
    yield f"  {'urgency':16} {_listed({'F1': figures['urgency_f1']})}"
    yield f"  {'calibration off':16} {_listed(figures['ece'])}"


def _listed(figures: Mapping[str, float | None]) -> str:
    return "   ".join(f"{name} {_figure(value)}" for name, value in figures.items())


def _figure(value: float | None) -> str:
    return NONE if value is None else f"{value:.3f}"


def named(part: str) -> str:
    """Return what a part or label of a comparison is called."""
    return NAMES.get(part, part)


def compared(title: str, parts: Sequence[Part]) -> Iterator[str]:
    """Yield the figures before and after, and what each may lose by chance."""
    yield f"{title:32} before   after  may lose"
    for one in parts:
        mark = "   worse" if one.is_worse else ""
        yield f"  {named(one.name):30} {one.before:6.3f}  {one.after:6.3f}    {one.margin:6.4f}{mark}"
