"""The words of the risk that a case is missed: the column of the queue, and the reasons on the page of a case."""

from __future__ import annotations

from dataclasses import dataclass

from webcare.letters.words import Plural


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskWords:
    title: str
    spoken: str  # before the figure, for who hears the page
    low: str
    missed: str
    unknown: str
    percent: str
    sort: str
    by_time: str
    by_risk: str
    by_time_link: str
    by_risk_link: str
    likely_today: str
    likely: str
    chance: str
    chance_low: str
    why: str
    none_ahead: str
    ahead: Plural
    in_hand: Plural
    today: Plural
    weekday: str
    days: str
    pace: str
    left: str
    turn: str
    limits: str
    too_little: str


NL = RiskWords(
    title="Risico",
    spoken="Kans dat het te laat wordt:",
    low="laag",
    missed="gemist",
    unknown="geen schatting",
    percent="{n} %",
    sort="Volgorde",
    by_time="tijd over",
    by_risk="risico",
    by_time_link="Sorteer op tijd over",
    by_risk_link="Sorteer op risico",
    likely_today="Waarschijnlijk gemist om {moment} ({percent} %)",
    likely="Waarschijnlijk gemist: {moment} ({percent} %)",
    chance="Kans dat het te laat wordt: {percent} %",
    chance_low="Kans dat het te laat wordt: laag, onder 10 %",
    why="Waarom?",
    none_ahead="Er gaat geen zaak voor.",
    ahead=Plural(one="{n} zaak gaat voor.", other="{n} zaken gaan voor."),
    in_hand=Plural(one="Iemand heeft {n} daarvan al genomen.", other="Iemand heeft {n} daarvan al genomen."),
    today=Plural(one="Vandaag: {n} antwoord in {span} open tijd.", other="Vandaag: {n} antwoorden in {span} open tijd."),
    weekday="Op een {day} is het meestal {pace} per open uur (laatste {weeks} weken).",
    days="Meestal is het {pace} per open uur (laatste {days} dagen).",
    pace="Samen geeft dat {pace} antwoorden per open uur.",
    left="Er is nog {span} open tijd tot {moment}.",
    turn="In dit tempo is deze zaak aan de beurt: {moment}.",
    limits="Dit is een schatting: collega's komen en gaan, en nieuwe zaken met minder tijd gaan voor.",
    too_little="Nog geen schatting: daarvoor zijn 20 antwoorden op 3 dagen nodig.",
)

EN = RiskWords(
    title="Risk",
    spoken="Chance of being late:",
    low="low",
    missed="missed",
    unknown="no estimate",
    percent="{n} %",
    sort="Order",
    by_time="time left",
    by_risk="risk",
    by_time_link="Sort by time left",
    by_risk_link="Sort by risk",
    likely_today="Likely missed at {moment} ({percent} %)",
    likely="Likely missed: {moment} ({percent} %)",
    chance="Chance of being late: {percent} %",
    chance_low="Chance of being late: low, under 10 %",
    why="Why?",
    none_ahead="No case goes first.",
    ahead=Plural(one="{n} case goes first.", other="{n} cases go first."),
    in_hand=Plural(one="Somebody has {n} of them already.", other="Somebody has {n} of them already."),
    today=Plural(one="Today: {n} answer in {span} of open time.", other="Today: {n} answers in {span} of open time."),
    weekday="On a {day} it is usually {pace} per open hour (last {weeks} weeks).",
    days="It is usually {pace} per open hour (last {days} days).",
    pace="Together that makes {pace} answers per open hour.",
    left="There is {span} of open time left until {moment}.",
    turn="At this pace the turn of this case comes: {moment}.",
    limits="This is an estimate: colleagues come and go, and new cases with less time go first.",
    too_little="No estimate yet: it takes 20 answers on 3 days.",
)
