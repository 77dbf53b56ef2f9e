"""Dutch: short, present tense, "je", no exclamation marks, no blame."""

from __future__ import annotations

from webcare.letters.redact import Secret
from webcare.letters.words import AlertWords, HouseWords, NewsWords, Plural, TimeWords, Words

_TIME = TimeWords(
    under_a_minute="minder dan 1 min",
    minutes="{minutes} min",
    hours="{hours} u",
    hours_minutes="{hours} u {minutes} min",
    days=Plural(one="{n} dag", other="{n} dagen"),
    days_hours=Plural(one="{n} dag en {hours} u", other="{n} dagen en {hours} u"),
    yesterday="gisteren {time}",
    today="vandaag {time}",
    tomorrow="morgen {time}",
    date="EEE d MMM HH:mm",
)

_ALERT = AlertWords(
    left="nog {span}",
    late="{span} te laat",
    was_late="was {span} te laat",
    window_closes="antwoorden kan nog {span}",
    window_closed="tijd om daar te antwoorden is om",
    until="tot {moment}",
    was_until="liep tot {moment}",
    window_until="antwoord uiterlijk {moment}",
    window_was_until="kon tot {moment}",
    where="{kind} op {channel}",
    kinds={
        "post": "bericht",
        "comment": "openbare reactie",
        "mention": "vermelding",
        "dm": "privébericht",
        "review": "recensie",
    },
    any_kind="bericht",
    channels={"email": "e-mail"},
    waits={
        "first_response": "Wacht op een eerste antwoord.",
        "next_response": "Wacht op ons antwoord.",
        "resolution": "Is nog niet opgelost.",
        "keep_in_loop": "Wij zouden iets laten weten.",
        "reply_window": "Daarna kunnen we daar niet meer antwoorden.",
    },
    window_over="Probeer het meteen, of zoek een andere weg naar de klant.",
    ended="Is intussen afgehandeld.",
    also="Ook: {time}. {waits}",
    urgent="spoed",
    check="kijk even",
    said="{name}: {quoted}",
    quoted="„{line}”",
    masked={
        Secret.EMAIL: "(e-mailadres)",
        Secret.PHONE: "(telefoonnummer)",
        Secret.IBAN: "(rekeningnummer)",
        Secret.BSN: "(bsn)",
        Secret.ADDRESS: "(adres)",
        Secret.POSTCODE: "(postcode)",
        Secret.NUMBER: "(nummer)",
        Secret.LINK: "(link)",
    },
    told="Weten het ook: {names}.",
    told_nobody="Niemand anders weet dit nog.",
    told_at="{name} ({moment})",
    subject="{time}: {where}",
    subject_urgent="Spoed, {time}: {where}",
    subject_many="{cases}, {most}",
    subject_many_urgent="Spoed: {cases}, {most}",
    first_has="de eerste: {time}",
    some_late=Plural(one="{n} te laat", other="{n} te laat"),
    cases=Plural(one="{n} zaak", other="{n} zaken"),
    cases_late=Plural(one="{n} zaak te laat", other="{n} zaken te laat"),
    more=Plural(one="En nog {n} zaak.", other="En nog {n} zaken."),
    open_case="Open zaak {case}",
    open_inbox="Open de wachtrij",
    no_case="Zaak {case}",
    no_cases="Er is een melding zonder zaak. Kijk in de wachtrij.",
    claim="Neem de zaak, dan weten de anderen dat jij het doet.",
    meant_for="Bedoeld voor {name}, die niet te bereiken was.",
)

_HOUSE = HouseWords(
    reason="Reden: {reason}",
    trouble={
        "failing": NewsWords(
            subject="Geen verbinding: {name}",
            means="Nieuwe berichten komen later binnen. We blijven het proberen.",
            todo="Kijk of het platform een storing heeft, en anders naar ons eigen netwerk.",
        ),
        "stopped": NewsWords(
            subject="Toegang kwijt: {name}",
            means="Er komt niets binnen en er gaat geen antwoord uit. Antwoorden blijven bewaard tot het weer werkt.",
            todo="Vernieuw het token of de rechten. Webcare probeert het elk kwartier opnieuw.",
        ),
        "silent": NewsWords(
            subject="Ongewoon stil: {name}",
            means="Er is daar langer niets van klanten gehoord dan normaal is op dit uur.",
            todo="Schrijf daar zelf iets. Komt het niet binnen, kijk dan naar de webhook en de rechten van de app.",
        ),
        "spent": NewsWords(
            subject="Leesbudget is op: {name}",
            means="Er wordt daar deze maand (UTC) niets meer gelezen. Antwoorden gaan nog wel uit.",
            todo="Houd het platform zelf in de gaten, of verhoog het budget in de instellingen.",
        ),
        "expiring": NewsWords(
            subject="Toegang verloopt binnenkort: {name}",
            means="Daarna komt er niets meer binnen en gaat er geen antwoord meer uit.",
            todo="Vernieuw nu het token.",
        ),
        "recovered": NewsWords(
            subject="Werkt weer: {name}",
            means="Wat wachtte, wordt nu gelezen en verstuurd.",
            todo="Je hoeft niets meer te doen.",
        ),
    },
    since={
        "failing": "Sinds {moment}.",
        "stopped": "Sinds {moment}.",
        "silent": "Sinds {moment}.",
        "spent": "Sinds {moment}.",
        "expiring": "Dat is {moment}.",
        "recovered": "De storing begon {moment}.",
    },
    reply={
        "refused": NewsWords(
            subject="Antwoord niet verstuurd: zaak {case} op {channel}",
            means="De klant wacht nog, en de klok loopt door.",
            todo="Open de zaak en pas het antwoord aan, of zoek een andere weg naar de klant.",
        ),
        "withdrawn": NewsWords(
            subject="Antwoord toch niet aangekomen: zaak {case} op {channel}",
            means="Het platform nam het aan en kon het niet bezorgen. De klant wacht nog, en de klok loopt door.",
            todo="Open de zaak en verstuur het opnieuw, of zoek een andere weg naar de klant.",
        ),
        "unconfirmed": NewsWords(
            subject="Antwoord misschien niet verstuurd: zaak {case} op {channel}",
            means="Niemand kan zeggen of het is aangekomen. Het gaat niet vanzelf nog eens uit, en de klok loopt door.",
            todo="Kijk op het platform of het er staat, en zeg in de zaak of het opnieuw moet.",
        ),
    },
)

NL = Words(locale="nl_NL", time=_TIME, alert=_ALERT, house=_HOUSE)
