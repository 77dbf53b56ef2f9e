"""A working day at Meerkoet, a provider that does not exist: its staff, and customers in Dutch and English who wait for an answer."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from fakes import BRAND, DAY, HOUR, MONDAY, FakeSender, account, receipt, said, spec
from sqlalchemy import update
from staff import staff

from sentiment.rules import RuleClassifier
from webcare.demo.scenes import picture
from webcare.domain.case import ImpossibleMove
from webcare.domain.checks import Answer
from webcare.domain.message import Attachment, Author, Kind
from webcare.domain.rota import Role
from webcare.ports.channel import Approved
from webcare.ports.connector import Capability, Deed, Fetched, Limits, WayKind, Words
from webcare.ports.connector import Way as AnswerWay
from webcare.services import alert_link, compose, desk, media, peak, risk
from webcare.services import staff as staff_of
from webcare.services.summarize import summarize
from webcare.store import checks as kept_checks
from webcare.store import messages, people
from webcare.store import risk as kept_risk
from webcare.store.house_tables import contact
from webcare.web.stage import Told, Way

NOW = MONDAY + timedelta(hours=5, minutes=12)
EIGHT = MONDAY + DAY - 2 * HOUR  # Tuesday, 08:00 in Amsterdam
CHANNELS = {"x": "twitter:meerkoet", "fb": "facebook:meerkoet", "wa": "whatsapp:meerkoet", "ig": "instagram:meerkoet"}
LENGTHS = {"twitter": 280, "facebook": 8000, "whatsapp": 4096}

# hours ago, channel, kind, who, what
SAID = [
    (
        25.9,
        "x",
        Kind.MENTION,
        "Marit de Groot",
        "Sinds gisterochtend geen internet en niemand die iets laat weten. Wanneer is het opgelost?",
    ),
    (
        24.2,
        "fb",
        Kind.COMMENT,
        "Tom Verbeek",
        "Lekker bezig weer, drie kwartier in de wacht en dan opgehangen. Geweldige service hoor!",
    ),
    (23.4, "wa", Kind.DM, "Fatima el Amrani", "Mijn factuur is dit keer dubbel afgeschreven. Kunnen jullie dat terugboeken?"),
    (23.1, "x", Kind.MENTION, "Jelle Postma", "Modem knippert rood na jullie update. Wat moet ik doen?"),
    (22.5, "fb", Kind.DM, "Olivia Marsh", "Hi, I am moving on the 1st. How do I take my connection with me?"),
    (
        21.0,
        "x",
        Kind.MENTION,
        "Ruben van Dalen",
        "Glasvezel zou maandag komen, monteur is niet geweest. Dit is de tweede keer! Ik wil een nieuwe afspraak.",
    ),
    (18.5, "fb", Kind.COMMENT, "Ingrid Bos", "Hoe zeg ik mijn tv-pakket op zonder het internet kwijt te raken?"),
    (
        17.0,
        "wa",
        Kind.DM,
        "Daniel O'Connor",
        "My landline has been dead for three days and my mother needs it. Please help, this is urgent.",
    ),
    (15.2, "x", Kind.MENTION, "Kees Jonker", "Is er een storing in Leiden? Alles ligt plat hier."),
    (13.0, "fb", Kind.REVIEW, "Sandra Wolters", "Al tien jaar klant, nog nooit zo slecht geholpen. Ik ga weg."),
    (11.6, "x", Kind.MENTION, "Priya Nair", "Why did my bill go up by 4 euros without any notice?"),
    (9.5, "wa", Kind.DM, "Bram Hoekstra", "Kan ik het bedrag in twee keer betalen? Deze maand lukt het niet."),
    (
        8.1,
        "fb",
        Kind.COMMENT,
        "Lotte Smeets",
        "Bedankt voor de snelle reactie gisteren, maar het werkt nog steeds niet. Kijken jullie er nog naar?",
    ),
    (7.0, "x", Kind.MENTION, "Yusuf Demir", "Waar vind ik mijn klantnummer?"),
    (6.2, "fb", Kind.DM, "Hannah Pierce", "The app logs me out every five minutes. Is that a known problem?"),
    (5.5, "wa", Kind.DM, "Willem Kuipers", "Moet ik morgen thuis zijn voor de monteur of kan de buurvrouw opendoen?"),
    (4.8, "x", Kind.MENTION, "Nora Visser", "Al een uur geen beeld tijdens de wedstrijd. Schandalig."),
    (4.0, "fb", Kind.COMMENT, "Peter Claes", "Werkt de wifi-versterker ook met een oudere modem?"),
    (3.1, "x", Kind.MENTION, "Sofie Martens", "Hoe lang duurt de storing in Gent nog?"),
    (2.4, "wa", Kind.DM, "Amber de Wit", "Ik heb per ongeluk twee keer besteld. Kunnen jullie er één annuleren?"),
    (1.7, "fb", Kind.COMMENT, "Mehmet Kaya", "Top geholpen door jullie monteur, dank!"),
    (1.2, "x", Kind.MENTION, "Eva Lindqvist", "Do you deliver modems abroad?"),
    (0.6, "fb", Kind.DM, "Joost Brandsma", "Wachtwoord van mijn mail kwijt. Hoe kom ik er weer in?"),
    (0.2, "x", Kind.MENTION, "Claire Dubois", "Mijn internet valt steeds weg. Kan iemand meekijken?"),
]
CLAIMED = {"Jelle Postma": "noor", "Ruben van Dalen": "daan", "Bram Hoekstra": "noor"}
STAFF = [("noor", Role.AGENT), ("daan", Role.AGENT), ("sanne", Role.LEAD), ("ilse", Role.ADMIN), ("ada", Role.AUDITOR)]
MOST_URGENT = "Marit de Groot"  # waits longest
TAKEN_NEXT = "Daniel O'Connor"  # is in distress: "take the next one" weighs that


class Stage:
    """A demo's outbox with one text of each way, so that its page is among the others."""

    speed, visitor, is_halted = 60.0, "noor", False

    def halt(self):
        self.is_halted = True

    def go(self):
        self.is_halted = False

    def told(self):
        way = {
            Way.ALERT: ("Noor", "push", "Nog 54 min", "X, noemt ons. Open zaak 4."),
            Way.MAIL: ("Sanne", "mail", "Gisteren kreeg 95,5 % op tijd antwoord", "Goedemorgen Sanne."),
            Way.CUSTOMER: ("Jelle Postma", CHANNELS["x"], "", "Dag Jelle, we kijken mee. ^NO"),
        }
        return [
            Told(key=f"{kind.value}-1", at=MONDAY, way=kind, to=to, by=by, subject=subject, text=text, html=None)
            for kind, (to, by, subject, text) in way.items()
        ]


def a_channel(kind):
    return account(spec=spec(kind=kind, limits=Limits(length=LENGTHS[kind])))


REFUSED = Words(nl="De klant noemde ons niet; in de app kan het wel.", en="The customer did not name us; the app lets you.")
TOO_LATE = Words(nl="De klant schreef langer dan een dag geleden.", en="The customer wrote more than a day ago.")
APPROVED = Approved(
    name="nieuws", language="nl", text="Dag {{1}}, er is nieuws over je vraag: {{2}}. Antwoord, dan praten we verder."
)


def ways(situation, _config, _now):
    """One way is open: in private by a text of one's own below a comment, by an approved one in a conversation."""
    if situation.message.kind is Kind.DM:
        return AnswerWay(kind=WayKind.TEMPLATE), AnswerWay(kind=WayKind.PRIVATE, refused=TOO_LATE)
    return AnswerWay(kind=WayKind.PRIVATE, until=NOW + DAY), AnswerWay(kind=WayKind.PUBLIC, refused=REFUSED)


def a_channel_that_knows():
    """An account on a platform that says what it takes, with everything that a case can show of that."""
    able = (Capability.POLL, Capability.SEND, Capability.FETCH, Capability.UPLOAD, Capability.TEMPLATE, Capability.PRIVATE_REPLY)
    deeds = frozenset(Deed)
    of = spec(*able, Capability.ACT, kind="instagram", ways=ways, deeds=deeds, limits=Limits(length=1000))
    return account(spec=of, templates=(APPROVED,))


class Photos:
    """A platform that has one photo."""

    async def fetch(self, attachment, *, most):  # noqa: ARG002 - as the port has it
        return Fetched(content=picture("modem"), mime="image/jpeg")


@dataclass
class Day:
    """What the tests ask of it: who is which case, and what happens next."""

    inbox: Any
    cases: dict[str, int] = field(default_factory=dict)
    sender: FakeSender = field(default_factory=FakeSender)
    letter_number: int = 0
    alert_path: str = ""
    peak_number: int = 0
    ways_number: int = 0
    template_number: int = 0

    @classmethod
    async def of(cls, inbox):
        day = cls(inbox)
        inbox.desk.classifier = RuleClassifier()
        inbox.channels[:] = [a_channel(kind) for kind in LENGTHS]
        rota = staff(language="nl")
        await inbox.desk.staff(
            replace(rota, people=[replace(one, language="en" if one.id == "daan" else "nl") for one in rota.people])
        )
        for name, role in STAFF:
            await inbox.hire(name, role, language="en" if name == "daan" else "nl")
        for hours, channel, kind, who, text in SAID:
            await day.hear(who, text, channel=channel, kind=kind, at=NOW - timedelta(hours=hours))
        for who, by in CLAIMED.items():
            await day.act(desk.claim, who, by=by)
        await day.hear(
            "Jelle Postma", "Foto erbij, hij staat naast de meterkast.", at=NOW - timedelta(minutes=50), has_photo=True
        )
        await day.act(
            desk.note, "Jelle Postma", by="noor", text="Firmware van het weekend, hangt samen met de update in de regio."
        )
        await day.later(timedelta(0))
        await day.estimate()
        await day.look_back()
        return day

    @property
    def now(self):
        return self.inbox.clock.at

    async def hear(self, who, text, *, channel="x", kind=Kind.MENTION, at=None, has_photo=False):
        """Let a customer write; who wrote before goes on in the same conversation. Returns the number of the case."""
        at = at or self.now
        known = {name: (c, k) for _, c, k, name, _ in SAID}
        channel, kind = known.get(who, (channel, kind))
        id_ = who.lower().replace(" ", "-").replace("'", "")
        number = await self._messages() + 1
        message = said(
            f"m{number}",
            text,
            at,
            channel=CHANNELS[channel],
            conversation_id=f"thread-{id_}",
            kind=kind,
            author=Author(id=id_, name=who, handle=id_.replace("-", "")),
            attachments=(Attachment(type="image", mime="image/jpeg", id="photo" if channel == "ig" else None),)
            if has_photo
            else (),
            permalink=None if kind is Kind.DM else f"https://social.example/meerkoet/{number}",
        )
        await self.inbox.desk.hear(message, now=at)
        self.inbox.clock.at = max(self.inbox.clock.at, at)
        if who not in self.cases:
            self.cases[who] = max(row["id"] for row in await self.inbox.desk.cases())
        return self.cases[who]

    async def _messages(self):
        return await self.inbox.store.read(lambda conn: conn.exec_driver_sql("SELECT count(*) FROM message").scalar())

    async def act(self, unit, who, **said_):
        await self.inbox.store.write(unit, self.cases[who], rules=self.inbox.desk.rules, now=self.now, **said_)

    async def later(self, span):
        """Let time pass, and look at what is due."""
        self.inbox.clock.at = max(NOW, self.inbox.clock.at) + span
        await self.inbox.desk.sweep(self.inbox.clock.at)

    async def estimate(self, an_hour=1):
        """Say how likely each is missed, at so many answers an hour as on all the days before."""
        before = [self.now.date() - timedelta(days=back) for back in range(29)]
        counted = [(one, 24 * an_hour) for one in before[1:]]
        await self.inbox.store.write(kept_risk.put_days, counted, self.now + 60 * DAY, keep_from=before[-1])
        await risk.estimate_open(self.inbox.store, self.inbox.desk.rules, self.inbox.clock, "test", zone="Europe/Amsterdam")

    async def look_back(self):
        """Let the sample of last week hold what opened no case, and what colleagues have looked at; one of those was missed."""
        store, week, seen = self.inbox.store, (self.now - 7 * DAY).date(), range(1, 19)
        found = await store.read(kept_checks.let_pass, self.now - 7 * DAY, self.now)
        await store.write(kept_checks.keep, week, population=412, numbers=[*found, *seen], now=self.now)
        for number in seen:
            answer = Answer.MISSED if number == 1 else Answer.RIGHTLY
            await store.write(kept_checks.answer, number, answer, by="noor", now=self.now)

    async def deliver(self, *answers):
        """Let the outbox do its work: each platform takes what it is handed, unless told otherwise."""
        sender = FakeSender(*(answers or [receipt(f"r{n}", self.now) for n in range(9)]))
        post = self.inbox.desk.post()
        post.senders.update(dict.fromkeys(CHANNELS.values(), sender))
        await self.inbox.desk.send(post, self.inbox.clock)
        return sender

    async def answered_until_night(self):
        """Let colleagues answer most of what waits, one case every nine minutes, and look once an hour until the next morning."""
        waiting = sorted(self.cases.items(), key=lambda one: one[1])
        for nth, (_, case) in enumerate(waiting[:-3]):
            await self.later(timedelta(minutes=9))
            by = "noor" if nth % 3 else "sanne"
            text = "We kijken het na en komen er vandaag op terug."
            with suppress(ImpossibleMove):  # nobody waits there
                await self.inbox.store.write(compose.send, case, text=text, by=by, rules=self.inbox.desk.rules, now=self.now)
            await self.deliver(*[receipt(f"answer-{nth}-{n}", self.now) for n in range(2)])
        while self.now < MONDAY + timedelta(hours=22):
            self.inbox.clock.at += timedelta(hours=1)
            await self.inbox.desk.sweep(self.now)

    async def alert(self, person="noor"):
        """Let what is due reach a person who may see a line of it, and return where the link of their message leads."""
        seen = update(contact).where(contact.c.person == person).values(detail="line", trusted=True)
        await self.inbox.store.write(lambda conn: conn.execute(seen) and None)
        self.inbox.clock.at += timedelta(minutes=2)  # what gathers for them has left
        await self.deliver()
        sent = [row for row in await self.inbox.desk.deliveries() if row["person"] == person and row["content"].get("cases")]
        who = await self.inbox.store.read(people.person, person)
        token = await alert_link.token_for(self.inbox.store, sent[-1]["key"], who, self.inbox.clock.machine())
        return f"/a/{token}"

    async def peak(self):
        """Let sanne start a peak of what was written about a breakdown; return its number."""
        wanted = peak.Wanted(name="storing Leiden", brand=BRAND, words="storing internet", reach=8)
        return await self.inbox.store.write(peak.start, wanted, by="sanne", now=self.now)

    async def ways(self):
        """Let two customers write with a photo where the platform says what it takes: a comment, and a message past its window."""
        channel = a_channel_that_knows()
        self.inbox.channels.append(channel)
        for who, kind in (("Roos Timmer", Kind.COMMENT), ("Anton Vink", Kind.DM)):
            number = await self.hear(who, "Kijk, vijf lampjes en geen internet.", channel="ig", kind=kind, has_photo=True)
            row = await self.inbox.store.read(messages.find, channel.id, f"m{await self._messages()}")
            await self.inbox.store.write(media.want, channel, row.message, self.now)
            if kind is Kind.DM:
                self.template_number = number
            else:
                self.ways_number = number
        await media.fetch(self.inbox.store, {channel.id: Photos()}, self.inbox.clock, "one", most=1_000_000)

    async def letter(self):
        """Let the digest letter of the day reach sanne the next morning; return its number."""
        said_ = {"detail": "facts", "schemes": None, "by": "ilse", "now": self.now}
        await self.inbox.store.write(staff_of.add_contact, "sanne", "mail", "mailto:sanne@meerkoet.example", **said_)
        self.inbox.clock.at = self.inbox.clock.at_machine = EIGHT
        await summarize(self.inbox.store, self.inbox.clock, zone="Europe/Amsterdam", brand=BRAND)
        await self.inbox.desk.send(self.inbox.desk.post(), self.inbox.clock)
        return next(row["id"] for row in await self.inbox.desk.deliveries() if row["kind"] == "letter")

    async def open_cases(self):
        return sum(row["state"] == "open" for row in await self.inbox.desk.cases())

    def path(self, who):
        return f"/cases/{self.cases[who]}"
