"""The words of the page of the rota."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class RotaWords:
    title: str
    lead: str
    other_zone: str
    now: str
    week: str
    columns: Mapping[str, str]
    levels: Mapping[str, str]
    until: str
    always: str
    then: str
    nobody: str
    all_day: str
    is_now: str
    today: str
    reached: str
    missed: str
    untried: str
    no_contact: str
    check: str
    hole: str
    unreachable: str
    closed: str
    more: str
    fine: str
    no_levels: str
    previous: str
    next: str
    quiet: str
    after_quiet: str
    no_quiet: str
    urgent: str
    urgent_passes: str
    change: str
    change_level: str
    turn: str
    no_turn: str
    rhythm: str
    rhythms: Mapping[str, str]
    handovers: str
    handovers_hint: str
    anchor: str
    anchor_hint: str
    zone: str
    look: str
    save: str
    preview: str
    saved: str
    stale: str
    flaws: Mapping[str, str]
    back: str
    swap: str
    replace: str
    fill: str
    fill_vh: str
    all_quiet: str
    on_holiday: str
    holiday: str
    holidays: str
    no_holidays: str
    overrides: str
    no_overrides: str
    override_by: str
    remove_override: str
    asked_of_you: str
    drop: str
    drop_lead: str
    drop_heir: str
    drop_nobody: str
    drop_overrides: str
    dropped: str
    made: str
    removed: str


NL = RotaWords(
    title="Dienst",
    lead="Wie een melding krijgt als een klok ver is. Tijden in {zone}.",
    other_zone="Jouw tijden staan elders in {zone}.",
    now="Nu, {moment}",
    week="Week {n}",
    columns={"level": "Niveau", "who": "Wie", "how": "Hoe", "state": "Stand"},
    levels={"oncall": "Niveau 1", "next": "Niveau 2", "lead": "Niveau 3"},
    until="tot {moment}",
    always="altijd",
    then=", dan ",
    nobody="niemand",
    all_day="hele dag",
    is_now="nu",
    today="vandaag",
    reached="bereikt {moment}",
    missed="niet bereikt {moment}",
    untried="nog nooit gewaarschuwd",
    no_contact="geen contactmethode",
    check="Controle, 14 dagen vooruit",
    hole="Niemand op {level}: {spans}.",
    unreachable="{name} heeft geen contactmethode. Dienst op {level}: {spans}.",
    closed="{name} kan niet meer inloggen. Dienst op {level}: {spans}.",
    more="en nog {n}",
    fine="Elk niveau is bezet.",
    no_levels="Er is nog geen rooster: elke melding gaat naar het laatste redmiddel.",
    previous="Vorige week",
    next="Volgende week",
    quiet="Rusttijden",
    after_quiet="daarna één bundel",
    no_quiet="Niemand heeft rusttijden.",
    urgent="Spoed",
    urgent_passes="gaat altijd door",
    change="Wijzig {level}",
    change_level="{level} wijzigen",
    turn="Beurt {n}",
    no_turn="geen beurt",
    rhythm="Ritme",
    rhythms={"weekly": "elke week", "daily": "elke dag"},
    handovers="Overdracht",
    handovers_hint="Zoals 08:00. Bij elke dag mogen het er meer zijn: 08:00 22:00.",
    anchor="Begint op",
    anchor_hint="Dan heeft beurt 1 dienst. Een week begint op deze weekdag.",
    zone="Tijdzone",
    look="Bekijk",
    save="Bewaar",
    preview="Zo wordt het, de komende 14 dagen",
    saved="Bewaard. Het geldt vanaf nu.",
    stale="Iemand heeft dit niveau intussen gewijzigd. Hieronder staat wat er nu geldt; jouw versie staat nog in het formulier.",
    flaws={
        "rotation": "Beurten: noem minstens één persoon.",
        "person": "Beurten: deze persoon is er niet.",
        "rhythm": "Ritme: kies elke week of elke dag.",
        "handovers": "Overdracht: schrijf tijden zoals 08:00; bij elke week één.",
        "anchor": "Begint op: schrijf een datum.",
        "zone": "Tijdzone: schrijf een zone zoals Europe/Amsterdam.",
    },
    back="Terug naar de dienst",
    swap="Ruil",
    replace="Vervang iemand",
    fill="Vul in",
    fill_vh="{level}, {spans}",
    all_quiet="Iedereen heeft rusttijd: {spans}. Alleen spoed gaat door.",
    on_holiday="{text} Feestdag: {name}.",
    holiday="feestdag",
    holidays="Feestdagen",
    no_holidays="De kalenders in de regels kennen geen feestdag in de komende 60 dagen.",
    overrides="Vervangingen",
    no_overrides="Er staat geen vervanging.",
    override_by="door {name}",
    remove_override="Haal weg",
    asked_of_you="{name} vraagt of je een dienst overneemt.",
    drop="Haal {level} weg",
    drop_lead="Het niveau verdwijnt meteen, met zijn beurten. Je kunt het later opnieuw maken.",
    drop_heir="Wat {level} zou krijgen, gaat naar {heir}.",
    drop_nobody="Dan is er geen niveau meer: elke melding gaat naar het laatste redmiddel.",
    drop_overrides="De vervangingen op dit niveau gaan ook weg.",
    dropped="Het niveau is weg. Meldingen gaan vanaf nu naar het volgende.",
    made="De vervanging staat.",
    removed="De vervanging is weg. Het rooster geldt weer.",
)

EN = RotaWords(
    title="On call",
    lead="Who is alerted when a clock has run far. Times in {zone}.",
    other_zone="Elsewhere your times are in {zone}.",
    now="Now, {moment}",
    week="Week {n}",
    columns={"level": "Level", "who": "Who", "how": "How", "state": "State"},
    levels={"oncall": "Level 1", "next": "Level 2", "lead": "Level 3"},
    until="until {moment}",
    always="always",
    then=", then ",
    nobody="nobody",
    all_day="all day",
    is_now="now",
    today="today",
    reached="reached {moment}",
    missed="not reached {moment}",
    untried="never alerted yet",
    no_contact="no contact method",
    check="Check, 14 days ahead",
    hole="Nobody on {level}: {spans}.",
    unreachable="{name} has no contact method. On {level}: {spans}.",
    closed="{name} cannot log in any more. On {level}: {spans}.",
    more="and {n} more",
    fine="Every level is covered.",
    no_levels="There is no rota yet: every alert goes to the last resort.",
    previous="Previous week",
    next="Next week",
    quiet="Quiet hours",
    after_quiet="then one bundle",
    no_quiet="Nobody has quiet hours.",
    urgent="Urgent",
    urgent_passes="always passes",
    change="Change {level}",
    change_level="Change {level}",
    turn="Turn {n}",
    no_turn="no turn",
    rhythm="Rhythm",
    rhythms={"weekly": "every week", "daily": "every day"},
    handovers="Hand-over",
    handovers_hint="Like 08:00. With every day there may be several: 08:00 22:00.",
    anchor="Begins on",
    anchor_hint="Turn 1 is on call then. A week begins on this weekday.",
    zone="Time zone",
    look="Preview",
    save="Save",
    preview="This is how the next 14 days become",
    saved="Saved. It holds from now on.",
    stale="Somebody has changed this level meanwhile. Below stands what holds now; your version is still in the form.",
    flaws={
        "rotation": "Turns: name at least one person.",
        "person": "Turns: this person is not there.",
        "rhythm": "Rhythm: choose every week or every day.",
        "handovers": "Hand-over: write times like 08:00; with every week one.",
        "anchor": "Begins on: write a date.",
        "zone": "Time zone: write a zone like Europe/Amsterdam.",
    },
    back="Back to the rota",
    swap="Swap",
    replace="Replace somebody",
    fill="Fill",
    fill_vh="{level}, {spans}",
    all_quiet="Everybody has quiet hours: {spans}. Only urgent alerts pass.",
    on_holiday="{text} Holiday: {name}.",
    holiday="holiday",
    holidays="Holidays",
    no_holidays="The calendars of the policies know no holiday in the next 60 days.",
    overrides="Overrides",
    no_overrides="There is no override.",
    override_by="by {name}",
    remove_override="Remove",
    asked_of_you="{name} asks whether you take a shift.",
    drop="Remove {level}",
    drop_lead="The level goes at once, with its turns. You can make it again later.",
    drop_heir="What {level} would get goes to {heir}.",
    drop_nobody="Then no level is left: every alert goes to the last resort.",
    drop_overrides="The overrides of this level go as well.",
    dropped="The level is gone. From now on alerts go to the next one.",
    made="The override stands.",
    removed="The override is gone. The rotation holds again.",
)
