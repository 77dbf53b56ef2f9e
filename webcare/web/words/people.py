"""The words of the page of people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleWords:
    title: str
    lead: str
    off: str
    invited: str
    no_login: str
    active: str
    seen: str
    signature: str
    contacts: str
    no_contacts: str
    details: Mapping[str, str]
    change: str
    id: str
    id_hint: str
    name: str
    role: str
    language: str
    zone: str
    mail: str
    save: str
    add: str
    add_submit: str
    link: str
    link_shown: str
    turn_off: str
    turn_on: str
    contact_name: str
    target: str
    target_hint: str
    detail: str
    contact_add: str
    up: str
    down: str
    remove: str
    saved: str
    refused: Mapping[str, str]


NL = PeopleWords(
    title="Mensen",
    lead="Wie hier werkt, en hoe een melding bij hen komt.",
    off="uitgeschakeld",
    invited="heeft nog geen wachtwoord",
    no_login="kan niet inloggen",
    active="heeft een wachtwoord",
    seen="gezien {moment}",
    signature="ondertekent met {text}",
    contacts="Contactmethoden, in volgorde",
    no_contacts="Geen contactmethode: niemand kan deze persoon waarschuwen.",
    details={"facts": "alleen feiten", "line": "met naam en een regel"},
    change="Wijzig {name}",
    id="Inlognaam",
    id_hint="Letters, cijfers en . _ - @ +. Verandert later niet meer.",
    name="Naam",
    role="Rol",
    language="Taal",
    zone="Tijdzone",
    mail="E-mail voor meldingen",
    save="Bewaar",
    add="Iemand toevoegen",
    add_submit="Voeg toe",
    link="Nieuwe eenmalige link",
    link_shown="Geef deze link aan {name}. Hij staat hier één keer en werkt tot {moment}:",
    turn_off="Schakel uit",
    turn_on="Schakel in",
    contact_name="Naam van de methode",
    target="Adres",
    target_hint="Zoals mailto:naam@example.org. Na het bewaren is het niet meer te zien.",
    detail="Wat erin staat",
    contact_add="Voeg methode toe",
    up="Eerder",
    down="Later",
    remove="Verwijder",
    saved="Bewaard.",
    refused={
        "id": "Inlognaam: gebruik letters, cijfers en . _ - @ +.",
        "taken": "Inlognaam: die is al in gebruik.",
        "name": "Naam: schrijf één regel.",
        "role": "Rol: kies een rol uit de lijst.",
        "language": "Taal: kies een taal uit de lijst.",
        "zone": "Tijdzone: schrijf een zone zoals Europe/Amsterdam.",
        "mail": "E-mail: schrijf een adres zoals naam@example.org.",
        "self": "Jezelf uitschakelen kan niet.",
        "last_admin": "Dit is de laatste beheerder. Maak eerst iemand anders beheerder.",
        "off": "Deze persoon is uitgeschakeld. Schakel de persoon eerst in.",
        "no_login": "Deze persoon kan al niet inloggen.",
        "contact_name": "Naam van de methode: schrijf één regel.",
        "contact_twice": "Naam van de methode: die is al in gebruik.",
        "target": "Adres: schrijf iets zoals mailto:naam@example.org of pover://…",
        "scheme": "Adres: naar dit soort adres mag geen melding.",
        "detail": "Wat erin staat: kies uit de lijst.",
        "too_many": "Meer dan tien methoden kan niet.",
        "no_contact": "Deze methode is er niet meer.",
        "quiet": "Rusttijden: schrijf twee verschillende tijden zoals 22:30, of laat beide leeg.",
        "too_fast": "Er zijn net al tests verstuurd. Wacht een minuut.",
    },
)

EN = PeopleWords(
    title="People",
    lead="Who works here, and how an alert reaches them.",
    off="disabled",
    invited="has no password yet",
    no_login="cannot log in",
    active="has a password",
    seen="seen {moment}",
    signature="signs with {text}",
    contacts="Contact methods, in their order",
    no_contacts="No contact method: nobody can alert this person.",
    details={"facts": "facts only", "line": "with name and a line"},
    change="Change {name}",
    id="Login name",
    id_hint="Letters, digits and . _ - @ +. It never changes later.",
    name="Name",
    role="Role",
    language="Language",
    zone="Time zone",
    mail="Mail for alerts",
    save="Save",
    add="Add somebody",
    add_submit="Add",
    link="New one-time link",
    link_shown="Hand this link to {name}. It stands here once and works until {moment}:",
    turn_off="Disable",
    turn_on="Enable",
    contact_name="Name of the method",
    target="Address",
    target_hint="Like mailto:name@example.org. Once saved it is not shown again.",
    detail="What it says",
    contact_add="Add method",
    up="Earlier",
    down="Later",
    remove="Remove",
    saved="Saved.",
    refused={
        "id": "Login name: use letters, digits and . _ - @ +.",
        "taken": "Login name: it is in use.",
        "name": "Name: write one line.",
        "role": "Role: choose one of the list.",
        "language": "Language: choose one of the list.",
        "zone": "Time zone: write a zone like Europe/Amsterdam.",
        "mail": "Mail: write an address like name@example.org.",
        "self": "You cannot disable yourself.",
        "last_admin": "This is the last administrator. Make somebody else administrator first.",
        "off": "This person is disabled. Enable them first.",
        "no_login": "This person cannot log in as it is.",
        "contact_name": "Name of the method: write one line.",
        "contact_twice": "Name of the method: it is in use.",
        "target": "Address: write something like mailto:name@example.org or pover://…",
        "scheme": "Address: no alert may go to this kind.",
        "detail": "What it says: choose from the list.",
        "too_many": "There cannot be more than ten methods.",
        "no_contact": "This method is not there any more.",
        "quiet": "Quiet hours: write two different times like 22:30, or leave both empty.",
        "too_fast": "Tests went out just now. Wait a minute.",
    },
)
