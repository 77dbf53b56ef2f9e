"""Customers: what they say on each platform, as its simulator wants to be told."""

from __future__ import annotations

TWITTER, FACEBOOK, WHATSAPP = PLATFORMS = ("twitter", "facebook", "whatsapp")
WEIGHTS = (15, 15, 70)
PEOPLE = {TWITTER: 60, FACEBOOK: 60, WHATSAPP: 250}
POSTS = 4

NEEDS = (
    "Waar blijft mijn bestelling?",
    "De verbinding ligt er al de hele dag uit, wanneer is dit opgelost?",
    "Mijn factuur klopt niet. Kunnen jullie dat nakijken?",
    "Hoe kan ik mijn abonnement opzeggen?",
    "Ik wacht al drie weken op antwoord, dit is echt te gek voor woorden!",
)
NOISE = ("Dank je wel!", "Top geregeld, bedankt.", "Fijne dag nog.")


class Crowd:
    """People on all three platforms, who write in an order that is drawn."""

    def __init__(self, platforms, word, rng):
        self._platforms, self._word, self._rng = platforms, word, rng
        self._posts = []
        self._said = 0

    async def gather(self):
        for nth in range(PEOPLE[TWITTER]):
            await self._platforms.play(TWITTER, "person", id=str(990_000 + nth), name=f"Klant {nth}", username=f"klant{nth}")
        for nth in range(POSTS):
            self._posts.append((await self._platforms.play(FACEBOOK, "post", text=f"Nieuws van Meerkoet, deel {nth}"))["id"])

    async def say_something(self):
        """Let somebody write and return the channel and the platform's id of what was written."""
        channel = self._rng.choices(PLATFORMS, WEIGHTS)[0]
        who = self._rng.randrange(PEOPLE[channel])
        words = self._rng.choice(NEEDS if self._rng.random() < 0.8 else NOISE)
        self._said += 1
        text = f"{words} ({self._word} {self._said})"
        if channel == TWITTER:
            found = await self._platforms.play(channel, "post", author=str(990_000 + who), text=f"@klaverenergie {text}")
        elif channel == FACEBOOK:
            author = {"id": str(8_800_000 + who), "name": f"Klant {who}"}
            found = await self._platforms.play(channel, "comment", on=self._rng.choice(self._posts), author=author, text=text)
        else:
            found = await self._platforms.play(channel, "messages", number=str(31_600_000_000 + who), text=text)
        return channel, found["id"]
