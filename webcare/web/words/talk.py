"""The words of the conversation on the page of a case: what stands around it, what is no longer there, and what came with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.letters.words import Plural

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkWords:
    context: Plural
    context_more: Plural
    hidden: Plural
    show_all: str
    earlier_text: Plural
    said_first: str
    gone: str
    late: str
    of_case: str
    attachments: Mapping[str, str]
    attachment: str
    there: str
    media: Mapping[str, str]
    media_why: Mapping[str, str]
    picture: str
    download: str


NL = TalkWords(
    context=Plural(one="Openbaar gesprek met {n} bericht van anderen", other="Openbaar gesprek met {n} berichten van anderen"),
    context_more=Plural(one="Nog {n} ander bericht staat alleen daar.", other="Nog {n} andere berichten staan alleen daar."),
    hidden=Plural(one="Nog {n} eerder bericht", other="Nog {n} eerdere berichten"),
    show_all="Toon het hele gesprek",
    earlier_text=Plural(one="Eerdere tekst", other="{n} eerdere teksten"),
    said_first="{moment}:",
    gone="staat niet meer op {channel}",
    late="later binnengekomen",
    of_case="zaak {case}",
    attachments={
        "image": "foto",
        "photo": "foto",
        "animated_gif": "gif",
        "gif": "gif",
        "video": "video",
        "audio": "geluid",
        "voice": "spraakbericht",
        "document": "document",
        "file": "bestand",
        "sticker": "sticker",
        "location": "locatie",
        "contact": "contactkaart",
        "link": "link",
        "share": "link",
        "fallback": "link",
        "poll": "peiling",
        "order": "bestelling",
        "product": "product",
    },
    attachment="bijlage",
    there="te zien op {channel}",
    media={"wanted": "wordt opgehaald", "gone": "niet meer op te halen: {why}", "refused": "niet bewaard: {why}"},
    media_why={
        "platform": "het platform geeft het niet",
        "late": "een week lang niet gelukt",
        "size": "te groot",
        "kind": "dit soort bestand bewaren we niet",
        "broken": "niet te lezen",
    },
    picture="{what} van {name}",
    download="Download {what}, {size}",
)

EN = TalkWords(
    context=Plural(one="Public conversation with {n} message of others", other="Public conversation with {n} messages of others"),
    context_more=Plural(one="{n} more message is only there.", other="{n} more messages are only there."),
    hidden=Plural(one="{n} earlier message", other="{n} earlier messages"),
    show_all="Show the whole conversation",
    earlier_text=Plural(one="Earlier text", other="{n} earlier texts"),
    said_first="{moment}:",
    gone="no longer on {channel}",
    late="came in later",
    of_case="case {case}",
    attachments={
        "image": "photo",
        "photo": "photo",
        "animated_gif": "gif",
        "gif": "gif",
        "video": "video",
        "audio": "sound",
        "voice": "voice message",
        "document": "document",
        "file": "file",
        "sticker": "sticker",
        "location": "location",
        "contact": "contact card",
        "link": "link",
        "share": "link",
        "fallback": "link",
        "poll": "poll",
        "order": "order",
        "product": "product",
    },
    attachment="attachment",
    there="to be seen on {channel}",
    media={"wanted": "is being fetched", "gone": "cannot be fetched any more: {why}", "refused": "not kept: {why}"},
    media_why={
        "platform": "the platform does not give it",
        "late": "a week without success",
        "size": "too large",
        "kind": "this kind of file is not kept",
        "broken": "unreadable",
    },
    picture="{what} from {name}",
    download="Download {what}, {size}",
)
