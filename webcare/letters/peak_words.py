"""What is said of a peak, in each language: to people while it runs, and in the daily letter afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from webcare.letters.words import Plural


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakWords:
    """`{name}` is what a lead called it."""

    proposed: str
    proposed_usual: str
    proposed_never: str
    proposed_todo: str
    running: Plural
    running_none: str
    late: Plural
    first: str
    running_means: str
    running_todo: str
    calm: str
    calm_means: str
    calm_todo: str
    ended: str
    ended_left: Plural
    ended_none: str
    ended_means: str
    open_peak: str
    # the daily letter
    title: str
    hours: str
    lasts: str
    of_day: Plural
    none_decided: str
    without: Plural
    without_none: str


NL = PeakWords(
    proposed="Veel drukker dan anders: {count} zaken in het laatste uur",
    proposed_usual="Op deze dag en dit uur zijn het er anders {usual}.",
    proposed_never="Op deze dag en dit uur schrijft anders bijna niemand.",
    proposed_todo="Is er iets aan de hand? Start een piek in de wachtrij: dan horen mensen er samen van, en niet van elke zaak apart.",
    running=Plural(one="{n} open zaak van piek „{name}”{late}", other="{n} open zaken van piek „{name}”{late}"),
    running_none="Piek „{name}”: alles is beantwoord",
    late=Plural(one=", {n} te laat", other=", {n} te laat"),
    first="De eerste loopt af: {moment}.",
    running_means="Deze zaken worden samen gemeld, hooguit elk half uur. Spoed wordt apart gemeld.",
    running_todo="Hun klokken lopen door.",
    calm="Piek „{name}” lijkt voorbij",
    calm_means="Het is een uur lang weer rustiger.",
    calm_todo="Sluit de piek af als dat klopt: wat nog open staat, wordt dan weer per zaak gemeld.",
    ended="Piek „{name}” is afgesloten",
    ended_left=Plural(one="{n} zaak staat nog open{late}.", other="{n} zaken staan nog open{late}."),
    ended_none="Alle zaken ervan zijn beantwoord.",
    ended_means="Vanaf nu wordt weer elke zaak apart gemeld.",
    open_peak="Open de piek",
    title="Pieken",
    hours="{start}\N{EN DASH}{end}",
    lasts="sinds {start}",
    of_day=Plural(
        one="Piek „{name}” ({hours}): {n} zaak, {share} op tijd.", other="Piek „{name}” ({hours}): {n} zaken, {share} op tijd."
    ),
    none_decided="Piek „{name}” ({hours}): nog geen zaak beslist.",
    without=Plural(one="Zonder pieken: {share} van {n} zaak.", other="Zonder pieken: {share} van {n} zaken."),
    without_none="Zonder pieken: geen zaak.",
)

EN = PeakWords(
    proposed="Much busier than usual: {count} cases in the last hour",
    proposed_usual="On this day and at this hour it is usually {usual}.",
    proposed_never="On this day and at this hour hardly anybody writes.",
    proposed_todo="Is something the matter? Start a peak in the queue: people then hear of all of it together, and not of each case.",
    running=Plural(one="{n} open case of peak “{name}”{late}", other="{n} open cases of peak “{name}”{late}"),
    running_none="Peak “{name}”: everything is answered",
    late=Plural(one=", {n} late", other=", {n} late"),
    first="The first runs out: {moment}.",
    running_means="These cases are told of together, at most every half hour. Urgent ones are told of apart.",
    running_todo="Their clocks run on.",
    calm="Peak “{name}” seems to be over",
    calm_means="It has been quieter for an hour.",
    calm_todo="End the peak if that is so: what is still open is then told of case by case again.",
    ended="Peak “{name}” has ended",
    ended_left=Plural(one="{n} case is still open{late}.", other="{n} cases are still open{late}."),
    ended_none="All of its cases are answered.",
    ended_means="From now on each case is told of by itself again.",
    open_peak="Open the peak",
    title="Peaks",
    hours="{start}\N{EN DASH}{end}",
    lasts="since {start}",
    of_day=Plural(
        one="Peak “{name}” ({hours}): {n} case, {share} in time.", other="Peak “{name}” ({hours}): {n} cases, {share} in time."
    ),
    none_decided="Peak “{name}” ({hours}): no case decided yet.",
    without=Plural(one="Without peaks: {share} of {n} case.", other="Without peaks: {share} of {n} cases."),
    without_none="Without peaks: no case.",
)

LANGUAGES = {"nl": NL, "en": EN}
