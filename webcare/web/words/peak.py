"""The words of peaks: what the queue says of one, and its own pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.letters.words import Plural

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakWords:
    """`{name}` is what a lead called it."""

    title: str
    explained: str
    # in the queue
    named: str
    stands: Plural
    late: Plural
    first: str
    since: str
    together: str
    apart: str
    look: str
    calm: str
    busy: str
    busy_never: str
    counted: Plural
    begin: str
    dismiss: str
    # the page of all
    none_running: str
    start: str
    earlier: str
    earlier_line: str
    # starting one
    start_explained: str
    name: str
    name_hint: str
    brand: str
    channels: str
    channels_hint: str
    filter_words: str
    words_hint: str
    reach: str
    reaches: Plural
    preview: str
    previewed: Plural
    previewed_none: str
    about_channels: str
    about_words: str
    about_counted: str
    flaws: Mapping[str, str]
    # one
    started: str
    ended: str
    belongs: str
    every_channel: str
    any_word: str
    figures: Mapping[str, str]
    oldest: str
    nothing: str
    share: str
    hours: str
    hour: str
    cases: str
    end: str
    end_sure: str
    end_explained: str
    ended_now: Plural
    ended_now_none: str
    back: str
    of_case: str


NL = PeakWords(
    title="Pieken",
    explained="Bij een storing of een rel schrijven honderden klanten over hetzelfde. In een piek staan hun zaken bij elkaar, en "
    "hoor je er samen van in plaats van elke zaak apart. De klokken lopen gewoon door.",
    named="Piek „{name}”",
    stands=Plural(one="{n} zaak open", other="{n} zaken open"),
    late=Plural(one="{n} te laat", other="{n} te laat"),
    first="eerste tot {moment}",
    since="Sinds {moment}. Spoed staat ook hieronder, en wordt apart gemeld.",
    together="Bekijk samen",
    apart="Toon de hele wachtrij",
    look="Over deze piek",
    calm="Het is al een uur rustiger. Sluit de piek af als hij voorbij is.",
    busy="{times} keer zo druk als anders op {weekday} om {hour} uur",
    busy_never="Ongewoon druk voor {weekday} om {hour} uur",
    counted=Plural(one="{n} zaak in het laatste uur", other="{n} zaken in het laatste uur"),
    begin="Start piek",
    dismiss="Geen piek",
    none_running="Er loopt geen piek.",
    start="Start een piek",
    earlier="Eerdere pieken",
    earlier_line="{start} tot {end}",
    start_explained="Wat past, hoort erbij: open zaken waarin nu of kort geleden is geschreven, en alles wat nog komt.",
    name="Naam",
    name_hint="Wat er aan de hand is, in een paar woorden. Iedereen ziet dit, ook in meldingen en in de dagbrief.",
    brand="Merk",
    channels="Kanalen",
    channels_hint="Kies er geen om alle kanalen mee te nemen.",
    filter_words="Woorden",
    words_hint="Een zaak hoort erbij als de klant een woord schrijft dat zo begint, bijvoorbeeld „pin betal”. "
    "Leeg: waar het ook over gaat.",
    reach="Zaken waarin is geschreven",
    reaches=Plural(one="in het laatste uur", other="in de laatste {n} uur"),
    preview="Bekijk hoeveel zaken dat zijn",
    previewed=Plural(one="Nu past {n} open zaak.", other="Nu passen {n} open zaken."),
    previewed_none="Er is nu geen open zaak die past. Wat komt, hoort erbij.",
    about_channels="Vooral op {names}.",
    about_words="Woorden die veel klanten schrijven: {words}.",
    about_counted="{word} ({n})",
    flaws={
        "name": "Geef de piek een naam van 1 tot 60 tekens.",
        "brand": "Kies een merk.",
        "channels": "Kies kanalen van dit merk.",
        "words": "Schrijf hooguit tien woorden, elk van twee letters of meer.",
        "reach": "Kies hoe ver de piek teruggaat.",
        "running": "Er loopt al een piek. Sluit die eerst af.",
        "gone": "Deze piek is al afgesloten, of het voorstel is al weg.",
    },
    started="Gestart door {who}, {moment}.",
    ended="Afgesloten door {who}, {moment}, na {span}.",
    belongs="Hoort erbij: {channels}, {words}, geschreven sinds {moment}.",
    every_channel="alle kanalen",
    any_word="alle onderwerpen",
    figures={
        "cases": "zaken",
        "open": "open",
        "late": "te laat",
        "urgent": "met spoed",
        "answered": "beantwoord",
        "in_time": "eerste antwoord op tijd",
        "spared": "meldingen samengevat",
    },
    oldest="De oudste open zaak is van {moment}.",
    nothing="\N{EN DASH}",
    share="{share} %",
    hours="Nieuwe zaken per uur",
    hour="Uur",
    cases="Zaken",
    end="Sluit de piek af",
    end_sure="Ja, sluit de piek af",
    end_explained="Daarna wordt elke zaak weer apart gemeld. Wie tot nu toe alleen samenvattingen kreeg, hoort eenmaal "
    "welke zaken nog open staan.",
    ended_now=Plural(
        one="De piek is afgesloten. {n} open zaak is gemeld.", other="De piek is afgesloten. {n} open zaken zijn gemeld."
    ),
    ended_now_none="De piek is afgesloten. Er was niets meer te melden.",
    back="Naar de pieken",
    of_case="Hoort bij piek „{name}”",
)

EN = PeakWords(
    title="Peaks",
    explained="When something breaks, hundreds of customers write about the same thing. In a peak their cases stand together, and "
    "you hear of them together in place of one by one. The clocks run on as ever.",
    named="Peak “{name}”",
    stands=Plural(one="{n} case open", other="{n} cases open"),
    late=Plural(one="{n} late", other="{n} late"),
    first="the first until {moment}",
    since="Since {moment}. Urgent ones also stand below, and are told of apart.",
    together="See them together",
    apart="Show the whole queue",
    look="About this peak",
    calm="It has been quieter for an hour. End the peak if it is over.",
    busy="{times} times as busy as usual on a {weekday} at {hour}:00",
    busy_never="Unusually busy for a {weekday} at {hour}:00",
    counted=Plural(one="{n} case in the last hour", other="{n} cases in the last hour"),
    begin="Start a peak",
    dismiss="No peak",
    none_running="No peak is running.",
    start="Start a peak",
    earlier="Earlier peaks",
    earlier_line="{start} to {end}",
    start_explained="What fits belongs to it: open cases in which somebody wrote now or not long ago, and whatever comes.",
    name="Name",
    name_hint="What is the matter, in a few words. Everybody sees this, also in alerts and in the daily letter.",
    brand="Brand",
    channels="Channels",
    channels_hint="Choose none to take all channels.",
    filter_words="Words",
    words_hint="A case belongs if the customer writes a word that begins like this, e.g. “pay card”. Empty: whatever it is about.",
    reach="Cases written in",
    reaches=Plural(one="in the last hour", other="in the last {n} hours"),
    preview="See how many cases that is",
    previewed=Plural(one="{n} open case fits now.", other="{n} open cases fit now."),
    previewed_none="No open case fits now. What comes belongs to it.",
    about_channels="Mostly on {names}.",
    about_words="Words that many customers write: {words}.",
    about_counted="{word} ({n})",
    flaws={
        "name": "Give the peak a name of 1 to 60 characters.",
        "brand": "Choose a brand.",
        "channels": "Choose channels of this brand.",
        "words": "Write ten words at most, each of two letters or more.",
        "reach": "Choose how far back the peak goes.",
        "running": "A peak is running already. End that one first.",
        "gone": "This peak has ended already, or the proposal is gone.",
    },
    started="Started by {who}, {moment}.",
    ended="Ended by {who}, {moment}, after {span}.",
    belongs="Belongs to it: {channels}, {words}, written since {moment}.",
    every_channel="all channels",
    any_word="any subject",
    figures={
        "cases": "cases",
        "open": "open",
        "late": "late",
        "urgent": "urgent",
        "answered": "answered",
        "in_time": "first answer in time",
        "spared": "alerts summed up",
    },
    oldest="The oldest open case is from {moment}.",
    nothing="\N{EN DASH}",
    share="{share}%",
    hours="New cases by the hour",
    hour="Hour",
    cases="Cases",
    end="End the peak",
    end_sure="Yes, end the peak",
    end_explained="Each case is told of by itself again after that. Whoever only had summaries so far hears once "
    "which cases are still open.",
    ended_now=Plural(
        one="The peak has ended. {n} open case was told of.", other="The peak has ended. {n} open cases were told of."
    ),
    ended_now_none="The peak has ended. There was nothing left to tell.",
    back="To the peaks",
    of_case="Belongs to peak “{name}”",
)
