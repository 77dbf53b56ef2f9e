"""The words of the page on which people look at what the machine let pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.letters.words import Plural

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecksWords:
    """`{share}`, `{low}` and `{high}` are per cents with their sign."""

    title: str
    lead: str
    week: str
    waiting: Plural
    all_done: str
    nothing_drawn: str
    nothing_drawn_todo: str
    rightly: str
    missed: str
    still_missed: str
    saw: str
    gone: Plural
    done_title: str
    answers: Mapping[str, str]
    answered: str
    to_case: str
    done: Mapping[str, str]
    refused: str
    estimate: str
    estimate_said: Plural
    estimate_of_all: Plural
    estimate_whole: Plural
    estimate_none: str
    how: str
    weeks: str
    columns: Mapping[str, str]
    between: str
    per_cent: str


NL = ChecksWords(
    title="Nakijken",
    lead="Elke maandag kiest webcare willekeurig {n} berichten van vorige week die geen antwoord nodig leken te hebben. Klopt dat?",
    week="Week van {day}",
    waiting=Plural(one="Nog {n} bericht na te kijken", other="Nog {n} berichten na te kijken"),
    all_done="Alles van deze week is nagekeken.",
    nothing_drawn="Er is nog niets na te kijken",
    nothing_drawn_todo="De eerste berichten staan hier als er een week voorbij is.",
    rightly="Geen antwoord nodig",
    missed="Had antwoord nodig",
    still_missed="Had toch antwoord nodig",
    saw="Webcare zag:",
    gone=Plural(
        one="{n} bericht is inmiddels gewist en telt niet mee.", other="{n} berichten zijn inmiddels gewist en tellen niet mee."
    ),
    done_title="Nagekeken",
    answers={"rightly": "Geen antwoord nodig", "missed": "Gemist"},
    answered="{name}, {moment}",
    to_case="Open zaak {case}",
    done={"rightly": "Genoteerd: geen antwoord nodig.", "missed": "Genoteerd, en de zaak staat open."},
    refused="Dit bericht is niet meer na te kijken.",
    estimate="Hoeveel mist webcare?",
    estimate_said=Plural(
        one="Naar schatting {share} van wat geen antwoord nodig leek: tussen {low} en {high}. Geteld over {n} nagekeken bericht.",
        other="Naar schatting {share} van wat geen antwoord nodig leek: tussen {low} en {high}. Geteld over {n} nagekeken berichten.",
    ),
    estimate_of_all=Plural(
        one="In die weken leek {n} bericht geen antwoord nodig te hebben; gemist zijn er dan tussen {low} en {high}.",
        other="In die weken leken {n} berichten geen antwoord nodig te hebben; gemist zijn er dan tussen {low} en {high}.",
    ),
    estimate_whole=Plural(
        one="{share} van wat geen antwoord nodig leek: het ene bericht van de laatste vier weken is nagekeken.",
        other="{share} van wat geen antwoord nodig leek: alle {n} berichten van de laatste vier weken zijn nagekeken.",
    ),
    estimate_none="Nog niet te zeggen: er is niets nagekeken.",
    how="Over de laatste vier weken. In 95 van de 100 zulke steekproeven ligt het echte aandeel tussen die twee.",
    weeks="Per week",
    columns={
        "week": "Week van",
        "population": "Geen antwoord",
        "looked_at": "Nagekeken",
        "missed": "Gemist",
        "share": "Naar schatting",
    },
    between="{low} tot {high}",
    per_cent="{n} %",
)

EN = ChecksWords(
    title="Checks",
    lead="Every Monday webcare picks {n} messages of last week at random that seemed to need no answer. See whether that is right.",
    week="Week of {day}",
    waiting=Plural(one="{n} message left to check", other="{n} messages left to check"),
    all_done="All of this week has been checked.",
    nothing_drawn="There is nothing to check yet",
    nothing_drawn_todo="The first messages are here once a week is over.",
    rightly="Needs no answer",
    missed="Needed an answer",
    still_missed="Needed an answer after all",
    saw="Webcare saw:",
    gone=Plural(
        one="{n} message has been erased since and does not count.", other="{n} messages have been erased since and do not count."
    ),
    done_title="Checked",
    answers={"rightly": "Needed no answer", "missed": "Missed"},
    answered="{name}, {moment}",
    to_case="Open case {case}",
    done={"rightly": "Noted: no answer needed.", "missed": "Noted, and the case is open."},
    refused="This message can no longer be checked.",
    estimate="How much does webcare miss?",
    estimate_said=Plural(
        one="An estimated {share} of what seemed to need no answer: between {low} and {high}. Counted over {n} checked message.",
        other="An estimated {share} of what seemed to need no answer: between {low} and {high}. Counted over {n} checked messages.",
    ),
    estimate_of_all=Plural(
        one="In those weeks {n} message seemed to need no answer, so that between {low} and {high} were missed.",
        other="In those weeks {n} messages seemed to need no answer, so that between {low} and {high} were missed.",
    ),
    estimate_whole=Plural(
        one="{share} of what seemed to need no answer: the one message of the last four weeks was checked.",
        other="{share} of what seemed to need no answer: all {n} messages of the last four weeks were checked.",
    ),
    estimate_none="Not to be said yet: nothing was checked.",
    how="Over the last four weeks. In 95 of 100 such samples the real share lies between the two.",
    weeks="By week",
    columns={"week": "Week of", "population": "No answer", "looked_at": "Checked", "missed": "Missed", "share": "Estimate"},
    between="{low} to {high}",
    per_cent="{n}%",
)
