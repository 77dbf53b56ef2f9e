"""The words of the card that says who a customer is."""

from __future__ import annotations

from dataclasses import dataclass

from webcare.letters.words import Plural


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerWords:
    account: str
    known_since: str
    wrote: str
    messages: Plural
    cases: Plural
    note: str
    note_from: str
    earlier: str
    answered_in: str
    unanswered: str
    is_open: str
    attachments: str
    original: str
    jump: str


NL = CustomerWords(
    account="Kanaal",
    known_since="Sinds",
    wrote="Schreef",
    messages=Plural(one="{n} bericht", other="{n} berichten"),
    cases=Plural(one="in {n} zaak", other="in {n} zaken"),
    note="Notitie",
    note_from="{name}, zaak {case}",
    earlier="Eerdere zaken",
    answered_in="in {span}",
    unanswered="zonder antwoord",
    is_open="nog open",
    attachments="Bijlagen",
    original="Origineel bericht",
    jump="In deze zaak",
)

EN = CustomerWords(
    account="Channel",
    known_since="Since",
    wrote="Wrote",
    messages=Plural(one="{n} message", other="{n} messages"),
    cases=Plural(one="in {n} case", other="in {n} cases"),
    note="Note",
    note_from="{name}, case {case}",
    earlier="Earlier cases",
    answered_in="in {span}",
    unanswered="without an answer",
    is_open="still open",
    attachments="Attachments",
    original="Original post",
    jump="In this case",
)
