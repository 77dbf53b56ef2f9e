"""The words of the case page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.letters.words import Plural

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseWords:
    number: str
    of_nobody: str
    of_you: str
    of: str
    claim: str
    release: str
    close: str
    reopen: str
    talk: str
    public: str
    private: str
    edited: str
    deleted: str
    automatic: str
    elsewhere: str
    on_behalf: str
    attachments: Plural
    open_there: str
    verdict: str
    needs: str
    needs_not: str
    say_needs: str
    say_needs_not: str
    by_person: str
    no_verdict: str
    note: str
    note_hint: str
    note_new: str
    note_add: str
    clocks: str
    no_clock: str
    why_until: str
    why: str
    ended_after: str
    stands_still: str
    began: str
    starts: Mapping[str, str]
    counts_from: str
    within: str
    not_counted: str
    stretches: Mapping[str, str]
    reply_left: str
    knows: str
    knows_nobody: str
    shown_only: str
    opened: str
    rules: str
    log: str
    customer: str
    identity: str
    composer: str
    to_public: str
    to_private: str
    send_public: str
    send_private: str
    length: str
    too_long: str
    text_empty: str
    reply_todo: Mapping[str, str]
    reason: str
    send_again: str
    cannot_send: str
    is_closed: str
    is_read_only: str
    done: Mapping[str, str]
    refused: Mapping[str, str]
    refused_otherwise: str
    events: Mapping[str, str]
    by_policy: str
    new_message: str


NL = CaseWords(
    number="zaak {case}",
    of_nobody="van niemand",
    of_you="van jou",
    of="van {name}",
    claim="Neem",
    release="Geef terug",
    close="Sluit",
    reopen="Heropen",
    talk="Gesprek",
    public="openbaar",
    private="privé",
    edited="bewerkt {moment}",
    deleted="verwijderd door de klant",
    automatic="automatisch",
    elsewhere="buiten webcare geschreven",
    on_behalf="namens {brand}",
    attachments=Plural(one="{n} bijlage", other="{n} bijlagen"),
    open_there="Open op {channel}",
    verdict="Oordeel van de machine:",
    needs="antwoord nodig",
    needs_not="geen antwoord nodig",
    say_needs="Antwoord is nodig",
    say_needs_not="Geen antwoord nodig",
    by_person="gezegd door {name}",
    no_verdict="nog niet beoordeeld",
    note="Notitie van {name}",
    note_hint="De klant ziet dit niet",
    note_new="Schrijf een notitie",
    note_add="Bewaar notitie",
    clocks="Klokken",
    no_clock="Er loopt geen klok.",
    why_until="Waarom {moment}?",
    why="Waarom?",
    ended_after="na {span}",
    stands_still="staat stil",
    began="Begon {moment}: {starts}.",
    starts={
        "first_response": "het eerste bericht dat een antwoord wil",
        "next_response": "het eerste bericht na ons laatste antwoord",
        "resolution": "de zaak ging open",
        "keep_in_loop": "we beloofden terug te komen",
        "reply_window": "het laatste bericht van de klant",
    },
    counts_from="Toen was het gesloten; telt vanaf {moment}.",
    within="Regel „{policy}”: binnen {span}.",
    not_counted="{start} tot {end} telt niet mee: {why}.",
    stretches={
        "closed: outside opening hours": "buiten openingstijd",
        "closed: holiday": "feestdag",
        "closed: weekend": "weekend",
        "closed: no opening hours": "dan zijn we niet open",
        "paused": "gepauzeerd",
        "case closed": "de zaak was gesloten",
    },
    reply_left="nog {span}",
    knows="Wie het weet",
    knows_nobody="Er is nog niemand gewaarschuwd.",
    shown_only="Opgelicht in de wachtrij",
    opened="Geopend {moment}",
    rules="Regel „{policy}”",
    log="Wat er gebeurde",
    customer="Klant",
    identity="{channel}: {id}",
    composer="Antwoord",
    to_public="Openbaar antwoord aan {name}",
    to_private="Privéantwoord aan {name}",
    send_public="Verstuur openbaar",
    send_private="Verstuur privé",
    length="{used} van {most}",
    too_long="{over} te lang voor {channel}. Maak het korter; je tekst staat er nog.",
    text_empty="Schrijf eerst een antwoord.",
    reply_todo={
        "refused": "De klant wacht nog, en de klok loopt door. Pas je antwoord aan, of zoek een andere weg.",
        "unconfirmed": "Niemand kan zeggen of het is aangekomen. Kijk op het platform of het er staat voordat je het opnieuw verstuurt.",
        "withdrawn": "Het platform nam het aan en kon het niet bezorgen. De klant wacht nog.",
    },
    reason="Reden: {reason}",
    send_again="Verstuur opnieuw",
    cannot_send="Dit kanaal kan van hieruit niet antwoorden.",
    is_closed="Deze zaak is gesloten.",
    is_read_only="Je rol leest mee.",
    done={
        "claim": "De zaak is van jou.",
        "release": "De zaak is weer van niemand.",
        "close": "De zaak is gesloten.",
        "reopen": "De zaak is weer open.",
        "note": "De notitie is bewaard.",
        "needs": "Je oordeel is bewaard.",
        "answer": "Je antwoord wordt verstuurd.",
        "again": "Je antwoord wordt opnieuw verstuurd.",
    },
    refused={
        "no_case": "Deze zaak is er niet meer.",
        "not_a_persons": "Dit doet webcare zelf.",
        "open_already": "De zaak is al open.",
        "closed": "De zaak is gesloten. Heropen hem eerst.",
        "taken": "De zaak is van {who}. Vraag om hem over te nemen.",
        "not_yours": "De zaak is niet van jou.",
        "newer_case": "De klant heeft in dit gesprek een nieuwere open zaak.",
        "no_such_person": "Deze persoon beantwoordt geen klanten.",
        "no_such_message": "Dit bericht hoort niet bij deze zaak.",
        "in_a_case": "Dit bericht hoort al bij een zaak.",
        "not_snoozed": "De zaak sluimert niet.",
        "not_ahead": "Dit tijdstip is al voorbij.",
        "too_far": "Dit is te ver weg. Kies een tijd binnen een jaar.",
        "no_time": "Kies een dag en een tijd.",
        "not_then": "Kies een tijd tussen het begin van de zaak en nu.",
        "not_open": "Tussen nu en dan zijn we niet open. Kies een later tijdstip.",
        "not_by_you": "Alleen {who} kan dit terugnemen.",
        "answered": "{who} heeft intussen geantwoord. Je tekst staat er nog: verstuur je nog eens, dan gaat die ook weg.",
        "nothing_said": "Schrijf eerst iets.",
        "blocked_already": "{who} heeft deze afzender al geblokkeerd.",
        "not_blocked": "Deze afzender is niet geblokkeerd.",
        "too_many_tags": "Een zaak heeft ten hoogste 20 labels. Haal er eerst een weg.",
        "too_long": "Kies een kortere naam, van ten hoogste 50 tekens.",
        "too_many_names": "Een klant heeft ten hoogste 30 namen. Haal er eerst een af.",
        "passed_on": "Je gaf dit al door aan {who}.",
        "not_told": "Over deze zaak kreeg je geen melding.",
        "unreachable": "{who} hoort het nu niet. Kies iemand anders.",
        "no_way": "Zo kan dit bericht niet worden beantwoord. Kies een andere weg; je tekst staat er nog.",
        "way_closed": "Deze weg is intussen dicht. Kies een andere; je tekst staat er nog.",
        "no_parts": "Hier kan maar één antwoord weg. Maak je tekst korter.",
    },
    refused_otherwise="Dit kan nu niet. Herlaad de pagina om te zien wat er intussen is gebeurd.",
    events={
        "inbound": "De klant schreef",
        "answer": "{by} antwoordde",
        "withdrawn": "Een antwoord kwam toch niet aan",
        "promise": "{by} beloofde terug te komen",
        "community_answer": "Iemand anders antwoordde",
        "note": "{by} schreef een notitie",
        "bot": "Automatisch bericht",
        "state": "{by} veranderde de toestand",
        "close": "{by} sloot de zaak",
        "reopen": "{by} heropende de zaak",
        "edit": "De klant veranderde een bericht",
        "delete": "De klant verwijderde een bericht",
        "verdict": "{by} verbeterde het oordeel",
        "ack": "{by} zag de melding",
        "claim": "{by} nam de zaak",
        "unclaim": "{by} gaf de zaak terug",
        "idle": "{by} deed te lang niets met de zaak: die is weer van niemand",
        "shift_end": "De dienst van {by} is voorbij: de zaak is weer van niemand",
    },
    by_policy="De regel",
    new_message="nieuw bericht",
)

EN = CaseWords(
    number="case {case}",
    of_nobody="nobody's",
    of_you="yours",
    of="{name}'s",
    claim="Take",
    release="Give back",
    close="Close",
    reopen="Reopen",
    talk="Conversation",
    public="public",
    private="private",
    edited="edited {moment}",
    deleted="deleted by the customer",
    automatic="automatic",
    elsewhere="written outside webcare",
    on_behalf="for {brand}",
    attachments=Plural(one="{n} attachment", other="{n} attachments"),
    open_there="Open on {channel}",
    verdict="What the machine says:",
    needs="needs an answer",
    needs_not="needs no answer",
    say_needs="Needs an answer",
    say_needs_not="Needs no answer",
    by_person="said by {name}",
    no_verdict="not judged yet",
    note="Note by {name}",
    note_hint="The customer does not see this",
    note_new="Write a note",
    note_add="Save note",
    clocks="Clocks",
    no_clock="No clock is running.",
    why_until="Why {moment}?",
    why="Why?",
    ended_after="after {span}",
    stands_still="stands still",
    began="Began {moment}: {starts}.",
    starts={
        "first_response": "the first message that wants an answer",
        "next_response": "the first message after our last answer",
        "resolution": "the case opened",
        "keep_in_loop": "we promised to come back",
        "reply_window": "the customer's last message",
    },
    counts_from="We were closed then; counts from {moment}.",
    within="Rule “{policy}”: within {span}.",
    not_counted="{start} to {end} does not count: {why}.",
    stretches={
        "closed: outside opening hours": "outside opening hours",
        "closed: holiday": "holiday",
        "closed: weekend": "weekend",
        "closed: no opening hours": "we are not open then",
        "paused": "paused",
        "case closed": "the case was closed",
    },
    reply_left="{span} left",
    knows="Who knows",
    knows_nobody="Nobody has been told yet.",
    shown_only="Highlighted in the queue",
    opened="Opened {moment}",
    rules="Rule “{policy}”",
    log="What happened",
    customer="Customer",
    identity="{channel}: {id}",
    composer="Answer",
    to_public="Public answer to {name}",
    to_private="Private answer to {name}",
    send_public="Send publicly",
    send_private="Send privately",
    length="{used} of {most}",
    too_long="{over} too long for {channel}. Shorten it; your text is still there.",
    text_empty="Write an answer first.",
    reply_todo={
        "refused": "The customer still waits, and the clock runs on. Change your answer, or find another way.",
        "unconfirmed": "Nobody can say whether it arrived. Look on the platform whether it is there before you send it again.",
        "withdrawn": "The platform took it and could not deliver it. The customer still waits.",
    },
    reason="Reason: {reason}",
    send_again="Send again",
    cannot_send="This channel cannot be answered from here.",
    is_closed="This case is closed.",
    is_read_only="Your role reads along.",
    done={
        "claim": "The case is yours.",
        "release": "The case is nobody's again.",
        "close": "The case is closed.",
        "reopen": "The case is open again.",
        "note": "The note is saved.",
        "needs": "Your verdict is saved.",
        "answer": "Your answer is being sent.",
        "again": "Your answer is being sent again.",
    },
    refused={
        "no_case": "This case is not there any more.",
        "not_a_persons": "Webcare does this by itself.",
        "open_already": "The case is open already.",
        "closed": "The case is closed. Reopen it first.",
        "taken": "The case is {who}'s. Ask to take it over.",
        "not_yours": "The case is not yours.",
        "newer_case": "The customer has a newer open case in this conversation.",
        "no_such_person": "This person does not answer customers.",
        "no_such_message": "This message is not of this case.",
        "in_a_case": "This message belongs to a case already.",
        "not_snoozed": "The case is not snoozed.",
        "not_ahead": "This time has passed already.",
        "too_far": "This is too far away. Choose a time within a year.",
        "no_time": "Choose a day and a time.",
        "not_then": "Choose a time between the beginning of the case and now.",
        "not_open": "We are not open between now and then. Choose a later time.",
        "not_by_you": "Only {who} can take this back.",
        "answered": "{who} has answered meanwhile. Your text is still there: send again and it goes out too.",
        "nothing_said": "Write something first.",
        "blocked_already": "{who} has blocked this sender already.",
        "not_blocked": "This sender is not blocked.",
        "too_many_tags": "A case has 20 tags at most. Remove one first.",
        "too_long": "Choose a shorter name, of 50 characters at most.",
        "too_many_names": "A customer has 30 names at most. Take one off first.",
        "passed_on": "You passed this on to {who} already.",
        "not_told": "You had no alert about this case.",
        "unreachable": "{who} would not hear of it now. Choose somebody else.",
        "no_way": "This message cannot be answered like that. Choose another way; your text is still there.",
        "way_closed": "This way has closed meanwhile. Choose another; your text is still there.",
        "no_parts": "Only one answer can be sent here. Shorten your text.",
    },
    refused_otherwise="This cannot be done now. Reload the page to see what has happened meanwhile.",
    events={
        "inbound": "The customer wrote",
        "answer": "{by} answered",
        "withdrawn": "An answer did not arrive after all",
        "promise": "{by} promised to come back",
        "community_answer": "Somebody else answered",
        "note": "{by} wrote a note",
        "bot": "Automatic message",
        "state": "{by} changed the state",
        "close": "{by} closed the case",
        "reopen": "{by} reopened the case",
        "edit": "The customer changed a message",
        "delete": "The customer deleted a message",
        "verdict": "{by} corrected the verdict",
        "ack": "{by} saw the alert",
        "claim": "{by} took the case",
        "unclaim": "{by} gave the case back",
        "idle": "{by} did nothing with the case for too long: it is nobody's again",
        "shift_end": "The shift of {by} is over: the case is nobody's again",
    },
    by_policy="The rule",
    new_message="new message",
)
