"""The words of the page of channels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.letters.words import Plural

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelsWords:
    """`standings` say what is wrong in a sentence, `todos` what follows from it; `short` has room for two words."""

    title: str
    all_well: str
    some_wrong: Plural
    clock_runs: str
    none: str
    none_todo: str
    standings: Mapping[str, str]
    todos: Mapping[str, str]
    short: Mapping[str, str]
    states: Mapping[str, str]
    since: str
    late_by: str
    reason: str
    told: str
    connect: str
    caption: str
    columns: Mapping[str, str]
    never: str
    ago: str
    unknown: str
    of_budget: str
    forecast: str
    no_end: str
    ended: str
    waiting: Plural
    held: Plural
    nothing: str
    unread_title: str
    unread: Plural
    unread_none: str
    unread_more: str
    strangers: Plural
    show: str
    nobodys: str
    whole_body: str
    backlog: str
    warning: str  # before the names, for who hears the menu
    model_short: str
    model_rules: str
    model_kept: str
    model_todo: str


NL = ChannelsWords(
    title="Kanalen",
    all_well="Alle kanalen werken.",
    some_wrong=Plural(one="Met één kanaal is iets mis.", other="Met {n} kanalen is iets mis."),
    clock_runs="De klok loopt vanaf het moment dat de klant schreef, ook als wij het later zien.",
    none="Er is nog geen kanaal",
    none_todo="Elk kanaal is een tabel [[channel]] in de instellingen.",
    standings={
        "stopped": "{name} is gestopt sinds {moment}.",
        "spent": "Het leesbudget van {name} is op sinds {moment}.",
        "failing": "{name} is niet bereikbaar sinds {moment}.",
        "silent": "{name} is stil sinds {moment}.",
        "partly": "Een deel van {name} wordt niet gelezen sinds {moment}.",
        "few": "Sinds {moment} komt er op {name} veel minder binnen dan normaal: in twee uur {seen} van zo'n {usual} berichten.",
        "behind": "{name} loopt achter.",
        "expiring": "De sleutel van {name} loopt af: {moment}.",
    },
    todos={
        "stopped": "Er wordt niets gelezen en niets verzonden; antwoorden wachten.",
        "spent": "Er wordt niets gelezen tot de nieuwe maand begint.",
        "failing": "We proberen het steeds opnieuw.",
        "silent": "Zo lang is het daar op dit uur anders nooit stil. Kijk op het platform zelf of er berichten zijn.",
        "partly": "De rest komt gewoon binnen. We proberen het steeds opnieuw.",
        "few": "Misschien raakt een deel onderweg kwijt. Kijk op het platform zelf of er meer staat.",
        "behind": "Berichten komen later binnen dan ze geschreven zijn.",
        "expiring": "Daarna stopt het kanaal.",
    },
    short={
        "stopped": "{name} gestopt",
        "spent": "{name}: budget op",
        "failing": "{name} onbereikbaar",
        "silent": "{name} stil",
        "partly": "{name} deels niet gelezen",
        "few": "{name}: veel minder dan normaal",
        "behind": "{name} loopt achter",
        "expiring": "{name}: sleutel loopt af",
    },
    states={
        "stopped": "gestopt",
        "spent": "budget op",
        "failing": "niet bereikbaar",
        "silent": "ongewoon stil",
        "partly": "deels niet gelezen",
        "few": "minder dan normaal",
        "behind": "loopt achter",
        "expiring": "sleutel loopt af",
        "unknown": "nog niet bekeken",
        "works": "werkt",
    },
    since="sinds {moment}",
    late_by="Het laatste bericht was er pas na {span}.",
    reason="Reden: {reason}.",
    told="Om {moment} is iemand gewaarschuwd.",
    connect="Koppel opnieuw met",
    caption="Stand van elk kanaal",
    columns={
        "channel": "Kanaal",
        "state": "Stand",
        "heard": "Laatste bericht",
        "success": "Laatste contact",
        "lag": "Achterstand",
        "cost": "Gelezen deze maand",
        "token": "Sleutel",
        "unread": "Onleesbaar",
        "replies": "Antwoorden",
    },
    never="nog nooit",
    ago="{span} geleden",
    unknown="onbekend",
    of_budget="van {budget}",
    forecast="verwacht {forecast}",
    no_end="geen einde",
    ended="verlopen",
    waiting=Plural(one="{n} wacht", other="{n} wachten"),
    held=Plural(one="{n} vastgehouden", other="{n} vastgehouden"),
    nothing="geen",
    unread_title="Onleesbaar",
    unread=Plural(
        one="{n} onderdeel van wat er binnenkwam kon niet worden gelezen.",
        other="{n} onderdelen van wat er binnenkwam konden niet worden gelezen.",
    ),
    unread_none="Alles wat binnenkwam is gelezen.",
    unread_more="Niets wordt stil weggegooid.",
    strangers=Plural(one="{n} daarvan hoort bij geen kanaal.", other="{n} daarvan horen bij geen kanaal."),
    show="Toon de nieuwste",
    nobodys="geen kanaal",
    whole_body="het geheel",
    backlog="Wat binnenkomt wacht al {span} tot het wordt gelezen. Draait webcare?",
    warning="let op:",
    model_short="model werkt niet",
    model_rules="Het model werkt niet op {machine} sinds {moment}: de woordregels antwoorden.",
    model_kept="Het nieuwe model laadt niet op {machine} sinds {moment}: het oude antwoordt.",
    model_todo="We proberen het elk kwartier opnieuw; wat de woordregels beoordeelden, wordt dan nagelezen.",
)

EN = ChannelsWords(
    title="Channels",
    all_well="All channels work.",
    some_wrong=Plural(one="Something is wrong with one channel.", other="Something is wrong with {n} channels."),
    clock_runs="The clock runs from the moment the customer wrote, also when we see it later.",
    none="There is no channel yet",
    none_todo="Each channel is a table [[channel]] in the settings.",
    standings={
        "stopped": "{name} has been stopped since {moment}.",
        "spent": "The reading budget of {name} has been spent since {moment}.",
        "failing": "{name} cannot be reached since {moment}.",
        "silent": "{name} has been silent since {moment}.",
        "partly": "A part of {name} is not read since {moment}.",
        "few": "Since {moment} far fewer messages than usual come in on {name}: {seen} of some {usual} in two hours.",
        "behind": "{name} is behind.",
        "expiring": "The key of {name} ends: {moment}.",
    },
    todos={
        "stopped": "Nothing is read and nothing is sent; answers wait.",
        "spent": "Nothing is read until the new month begins.",
        "failing": "We keep trying.",
        "silent": "It is never that silent there at this hour. See on the platform itself whether there are messages.",
        "partly": "The rest comes in as usual. We keep trying.",
        "few": "A part of them may be lost on the way. See on the platform itself whether there are more.",
        "behind": "Messages come in later than they were written.",
        "expiring": "The channel stops then.",
    },
    short={
        "stopped": "{name} stopped",
        "spent": "{name}: budget spent",
        "failing": "{name} not reachable",
        "silent": "{name} silent",
        "partly": "{name} partly not read",
        "few": "{name}: far fewer than usual",
        "behind": "{name} behind",
        "expiring": "{name}: key ends",
    },
    states={
        "stopped": "stopped",
        "spent": "budget spent",
        "failing": "not reachable",
        "silent": "unusually silent",
        "partly": "partly not read",
        "few": "fewer than usual",
        "behind": "behind",
        "expiring": "key ends soon",
        "unknown": "not looked at yet",
        "works": "works",
    },
    since="since {moment}",
    late_by="The newest message came only after {span}.",
    reason="Reason: {reason}.",
    told="Somebody was alerted at {moment}.",
    connect="Connect again with",
    caption="How each channel fares",
    columns={
        "channel": "Channel",
        "state": "State",
        "heard": "Last message",
        "success": "Last contact",
        "lag": "Behind by",
        "cost": "Read this month",
        "token": "Key",
        "unread": "Unreadable",
        "replies": "Answers",
    },
    never="never",
    ago="{span} ago",
    unknown="unknown",
    of_budget="of {budget}",
    forecast="{forecast} expected",
    no_end="no end",
    ended="ended",
    waiting=Plural(one="{n} waits", other="{n} wait"),
    held=Plural(one="{n} held", other="{n} held"),
    nothing="none",
    unread_title="Unreadable",
    unread=Plural(one="{n} part of what came in could not be read.", other="{n} parts of what came in could not be read."),
    unread_none="All that came in was read.",
    unread_more="Nothing is thrown away in silence.",
    strangers=Plural(one="{n} of them belongs to no channel.", other="{n} of them belong to no channel."),
    show="Show the newest",
    nobodys="no channel",
    whole_body="all of it",
    backlog="What comes in has been waiting for {span} to be read. Is webcare running?",
    warning="attention:",
    model_short="model does not work",
    model_rules="The model does not work on {machine} since {moment}: the word rules answer.",
    model_kept="The new model does not load on {machine} since {moment}: the old one answers.",
    model_todo="We try again every 15 minutes; what the word rules judged is then read again.",
)
