"""The words of the files that go with a reply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.letters.words import Plural

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadsWords:
    add: str
    hint: str
    sent: Plural
    refused: Mapping[str, str]
    nameless: str


NL = UploadsWords(
    add="Stuur bestanden mee",
    hint="Hooguit {most}, elk hooguit {mb} MB: JPEG, PNG, GIF, WebP of PDF.",
    sent=Plural(one="{n} bestand", other="{n} bestanden"),
    refused={
        "too_many": "Er gaan hooguit {most} bestanden mee. Er is niets verstuurd; kies ze opnieuw.",
        "too_large": "{name} is groter dan {mb} MB. Er is niets verstuurd; kies je bestanden opnieuw.",
        "empty": "{name} is leeg. Er is niets verstuurd; kies je bestanden opnieuw.",
        "kind": "{name} is geen JPEG, PNG, GIF, WebP of PDF. Er is niets verstuurd; kies je bestanden opnieuw.",
        "not_here": "Dit kanaal neemt geen bestanden mee. Er is niets verstuurd.",
        "same_words": "Deze tekst is al onderweg, met andere bestanden. Wacht tot hij aankomt, of schrijf iets anders.",
    },
    nameless="Een bestand",
)

EN = UploadsWords(
    add="Send files along",
    hint="At most {most}, each at most {mb} MB: JPEG, PNG, GIF, WebP or PDF.",
    sent=Plural(one="{n} file", other="{n} files"),
    refused={
        "too_many": "At most {most} files go along. Nothing was sent; choose them again.",
        "too_large": "{name} is larger than {mb} MB. Nothing was sent; choose your files again.",
        "empty": "{name} is empty. Nothing was sent; choose your files again.",
        "kind": "{name} is no JPEG, PNG, GIF, WebP or PDF. Nothing was sent; choose your files again.",
        "not_here": "This channel takes no files along. Nothing was sent.",
        "same_words": "This text is on its way already, with other files. Wait until it arrives, or write something else.",
    },
    nameless="A file",
)
