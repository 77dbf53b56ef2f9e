"""The words of tags, of the group of a customer, of help from another customer, and of other rules for a case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggingWords:
    """`terms` name what a policy says, `because` why another one fits; changes are `{name}`, `{was}` and `{now}`."""

    title: str
    no_tags: str
    take_off: str
    add: str
    add_label: str
    add_hint: str
    group: str
    no_group: str
    group_label: str
    group_hint: str
    group_save: str
    others: str
    helped: str
    helped_by: str
    helped_not: str
    done: Mapping[str, str]
    tag_added: str
    tag_removed: str
    group_set: str
    group_gone: str
    help_gone: str
    new_book: str
    other_policy: str
    because: Mapping[str, str]
    target: str
    target_gone: str
    target_new: str
    changed: str
    terms: Mapping[str, str]
    book: str
    bulk: str
    bulk_to: str


NL = TaggingWords(
    title="Labels",
    no_tags="Deze zaak heeft geen labels.",
    take_off="Haal {tag} weg",
    add="Voeg toe",
    add_label="Nieuw label",
    add_hint="Kies een bekend label of schrijf een nieuw.",
    group="Klantgroep",
    no_group="Geen groep",
    group_label="Groep van deze klant",
    group_hint="Geldt voor alle zaken van deze klant op dit soort kanaal. Leeg: geen groep.",
    group_save="Bewaar groep",
    others="Anderen in dit gesprek, sindsdien",
    helped="Een andere klant heeft geholpen",
    helped_by="{name} zegt dat dit bericht hielp.",
    helped_not="Hielp toch niet",
    done={
        "tag": "Het label staat erbij.",
        "untag": "Het label is weg.",
        "group": "De groep is bewaard.",
        "helped": "Genoteerd dat een andere klant hielp.",
        "helped-not": "Het bericht telt niet meer als hulp.",
    },
    tag_added="{by} gaf het label „{tag}”",
    tag_removed="{by} haalde het label „{tag}” weg",
    group_set="{by} zette de klant in de groep „{group}”",
    group_gone="{by} haalde de klant uit de groep „{group}”",
    help_gone="{by} zegt dat een andere klant toch niet hielp",
    new_book="Regelboek {was} → {now}: regel „{policy}”",
    other_policy="Regel „{policy}” in plaats van „{before}”, door {because}",
    because={
        "tag": "een label",
        "customer_group": "de klantgroep",
        "urgency": "de spoed",
        "intent": "het oordeel van een mens",
        "rule_book": "het nieuwe regelboek",
    },
    target="{name} {now} in plaats van {was}",
    target_gone="{name} vervalt",
    target_new="{name} {now}",
    changed="{name} is veranderd",
    terms={
        "calendar": "de openingstijd",
        "staffed": "de bezetting",
        "ladder": "de ladder",
        "pause_states": "wat pauzeert",
        "pause_hides_unanswered": "wat een pauze verbergt",
        "reply_window": "de antwoordtermijn van het kanaal",
        "community_relax": "de tijd voor hulp van een ander",
        "close_after": "het vanzelf sluiten",
        "reopen_within": "het heropenen",
        "early": "het eerste uur na opening",
    },
    book="regelboek {revision}",
    bulk="Label",
    bulk_to="Geef de gekozen zaken een label",
)

EN = TaggingWords(
    title="Tags",
    no_tags="This case has no tags.",
    take_off="Remove {tag}",
    add="Add",
    add_label="New tag",
    add_hint="Choose a known tag or write a new one.",
    group="Customer group",
    no_group="No group",
    group_label="Group of this customer",
    group_hint="Holds for all cases of this customer on this kind of channel. Empty: no group.",
    group_save="Save group",
    others="Others in this conversation, since",
    helped="Another customer helped",
    helped_by="{name} says that this message helped.",
    helped_not="Did not help after all",
    done={
        "tag": "The tag is added.",
        "untag": "The tag is removed.",
        "group": "The group is saved.",
        "helped": "Noted that another customer helped.",
        "helped-not": "The message no longer counts as help.",
    },
    tag_added="{by} added the tag “{tag}”",
    tag_removed="{by} removed the tag “{tag}”",
    group_set="{by} put the customer into the group “{group}”",
    group_gone="{by} took the customer out of the group “{group}”",
    help_gone="{by} says that another customer did not help after all",
    new_book="Rule book {was} → {now}: policy “{policy}”",
    other_policy="Policy “{policy}” instead of “{before}”, because of {because}",
    because={
        "tag": "a tag",
        "customer_group": "the customer group",
        "urgency": "its urgency",
        "intent": "a person's verdict",
        "rule_book": "the new rule book",
    },
    target="{name} {now} instead of {was}",
    target_gone="no {name} any more",
    target_new="{name} {now}",
    changed="{name} changed",
    terms={
        "calendar": "opening hours",
        "staffed": "staffed hours",
        "ladder": "the ladder",
        "pause_states": "what pauses",
        "pause_hides_unanswered": "what a pause hides",
        "reply_window": "the reply window of the channel",
        "community_relax": "time for help from others",
        "close_after": "closing by itself",
        "reopen_within": "reopening",
        "early": "the first hour after opening",
    },
    book="rule book {revision}",
    bulk="Tag",
    bulk_to="Give the chosen cases a tag",
)
