"""The words of what can be done to a customer's message: what it is called, how it stands, and why it cannot be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class DeedsWords:
    """Each mapping is by deed, or by the pair that it belongs to; `reasons` are ours, a platform's own are shown as it gave them."""

    more: str
    more_of: str
    do: Mapping[str, str]
    hints: Mapping[str, str]
    not_here: Mapping[str, str]
    private: str
    stands: Mapping[str, str]
    waits: Mapping[str, str]
    stopped: str
    refused: Mapping[str, str]
    reasons: Mapping[str, str]
    done: Mapping[str, str]


NL = DeedsWords(
    more="Meer",
    more_of="met dit bericht van {name}",
    do={"hide": "Verberg", "unhide": "Toon weer", "like": "Vind leuk", "unlike": "Haal vind-ik-leuk weg"},
    hints={
        "hide": "Dan staat het niet meer voor iedereen open. Dat sluit geen zaak en stopt geen klok.",
        "like": "Dit is geen antwoord en stopt geen klok.",
    },
    not_here={
        "hide": "Verbergen kan niet: {channel} laat ons dat van hieruit niet doen.",
        "unhide": "Weer tonen kan niet: {channel} laat ons dat van hieruit niet doen.",
        "like": "Leuk vinden kan niet: {channel} laat ons dat van hieruit niet doen.",
        "unlike": "Een vind-ik-leuk weghalen kan niet: {channel} laat ons dat van hieruit niet doen.",
    },
    private="Leuk vinden en verbergen kan niet: dit bericht is privé.",
    stands={"hide": "verborgen door {name} {moment}", "like": "vind-ik-leuk van {name} {moment}"},
    waits={
        "hide": "wordt verborgen",
        "unhide": "wordt weer getoond",
        "like": "krijgt een vind-ik-leuk",
        "unlike": "vind-ik-leuk wordt weggehaald",
    },
    stopped="Het kanaal is losgekoppeld: dit gebeurt zodra het weer verbonden is.",
    refused={
        "hide": "Het bericht is niet verborgen.",
        "unhide": "Het bericht is nog verborgen.",
        "like": "Het bericht kreeg geen vind-ik-leuk.",
        "unlike": "De vind-ik-leuk staat er nog.",
    },
    reasons={
        "restored": "De database is teruggezet voor het gebeurde. Kijk op het platform hoe het staat.",
        "gone": "Het bericht is verwijderd.",
        "tired": "{channel} gaf twee uur lang geen antwoord.",
    },
    done={
        "hide": "Het bericht wordt verborgen.",
        "unhide": "Het bericht wordt weer getoond.",
        "like": "Het bericht krijgt een vind-ik-leuk.",
        "unlike": "De vind-ik-leuk wordt weggehaald.",
    },
)

EN = DeedsWords(
    more="More",
    more_of="with this message of {name}",
    do={"hide": "Hide", "unhide": "Show again", "like": "Like", "unlike": "Remove the like"},
    hints={
        "hide": "Then it does not stand open to everybody any more. That closes no case and stops no clock.",
        "like": "This is no answer and stops no clock.",
    },
    not_here={
        "hide": "It cannot be hidden: {channel} does not let us do that from here.",
        "unhide": "It cannot be shown again: {channel} does not let us do that from here.",
        "like": "It cannot be liked: {channel} does not let us do that from here.",
        "unlike": "The like cannot be removed: {channel} does not let us do that from here.",
    },
    private="It can be neither liked nor hidden: this message is private.",
    stands={"hide": "hidden by {name} {moment}", "like": "liked by {name} {moment}"},
    waits={
        "hide": "is being hidden",
        "unhide": "is being shown again",
        "like": "is being liked",
        "unlike": "its like is being removed",
    },
    stopped="The channel is disconnected: this happens as soon as it is connected again.",
    refused={
        "hide": "The message is not hidden.",
        "unhide": "The message is still hidden.",
        "like": "The message was not liked.",
        "unlike": "The like is still there.",
    },
    reasons={
        "restored": "The database was restored before it happened. See on the platform how it stands.",
        "gone": "The message is deleted.",
        "tired": "{channel} gave no answer for two hours.",
    },
    done={
        "hide": "The message is being hidden.",
        "unhide": "The message is being shown again.",
        "like": "The message is being liked.",
        "unlike": "The like is being removed.",
    },
)
