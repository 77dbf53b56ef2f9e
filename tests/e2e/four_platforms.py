"""X, Facebook, Instagram and WhatsApp in this process, on a clock that the test moves, and the road between them and our door.

people --/_sim/...--> simulators --webhook--> road --> our door        two in a hundred bodies come late and out of order,
                          ^------------------ polls, answers           five in a hundred come twice, some of them batched anew
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import timedelta

from aiohttp import ClientError, ClientSession, ClientTimeout, web
from crowd import FACEBOOK, TWITTER, WHATSAPP
from settings_file import FACEBOOK_SECRETS, NUMBER, WHATSAPP_SECRETS

from connectors.facebook.simulator import app as facebook_app
from connectors.facebook.simulator.keys import DELIVERIES as FACEBOOK_DELIVERIES
from connectors.facebook.simulator.keys import WORLD as OF_FACEBOOK
from connectors.facebook.simulator.script import STEPS as FACEBOOK_STEPS
from connectors.facebook.simulator.world import PAGE
from connectors.facebook.simulator.world import us as page
from connectors.instagram.simulator import app as instagram_app
from connectors.instagram.simulator.keys import DELIVERIES as INSTAGRAM_DELIVERIES
from connectors.instagram.simulator.keys import WORLD as OF_INSTAGRAM
from connectors.instagram.simulator.script import STEPS as INSTAGRAM_STEPS
from connectors.instagram.simulator.world import ACCOUNT, APP_SECRET, PAGE_TOKEN, VERIFY_TOKEN
from connectors.instagram.simulator.world import PAGE as OWNER
from connectors.instagram.simulator.world import us as account
from connectors.twitter.simulator import WORLD as OF_TWITTER
from connectors.twitter.simulator import app as twitter_app
from connectors.twitter.simulator.world import KEYS, US
from connectors.whatsapp.simulator import create_app as whatsapp_app
from connectors.whatsapp.simulator.keys import WORLD as OF_WHATSAPP

INSTAGRAM = "instagram"
STEPS = {FACEBOOK: FACEBOOK_STEPS, INSTAGRAM: INSTAGRAM_STEPS}
DELIVERIES = {FACEBOOK: FACEBOOK_DELIVERIES, INSTAGRAM: INSTAGRAM_DELIVERIES}
PLATFORMS = (TWITTER, FACEBOOK, INSTAGRAM, WHATSAPP)
INSTAGRAM_SECRETS = {"access_token": PAGE_TOKEN, "app_secret": APP_SECRET, "verify_token": VERIFY_TOKEN}
SECRETS = {TWITTER: KEYS, FACEBOOK: FACEBOOK_SECRETS, INSTAGRAM: INSTAGRAM_SECRETS, WHATSAPP: WHATSAPP_SECRETS}
ACCOUNTS = {
    TWITTER: {"user_id": US, "direct_messages": True, "poll": "PT5M"},
    FACEBOOK: {"page_id": PAGE, "poll": "PT10M"},
    INSTAGRAM: {"account_id": ACCOUNT, "page_id": OWNER, "poll": "PT10M"},
    WHATSAPP: {"phone_number_id": NUMBER},
}
TWICE, LATE = 0.06, 0.025
BATCH = 4
PROOF = "X-Hub-Signature-256"
HANDED_ON = ("content-type", PROOF.lower(), "x-twitter-webhooks-signature", "user-agent")


@dataclass
class Road:
    """What lies between a platform and our door: it brings things late, or twice, and hears when nobody opens."""

    rng: object
    clock: object
    session: ClientSession
    door: str | None = None  # None: nobody is at home
    held: list = field(default_factory=list)  # (when, path, headers, body)
    again: dict = field(default_factory=dict)  # path -> bodies that are brought once more, together
    brought_twice: int = 0
    brought_late: int = 0
    is_calm: bool = False

    def app(self):
        app = web.Application(client_max_size=32 * 1024**2)
        app.router.add_get("/hooks/{hook}", self._ask)
        app.router.add_post("/hooks/{hook}", self._take)
        return app

    async def _ask(self, request):
        async with self.session.get(f"{self.door}{request.path}", params=request.query) as answer:
            return web.Response(status=answer.status, body=await answer.read(), content_type=answer.content_type)

    async def _take(self, request):
        body, path = await request.read(), request.path
        headers = {name: request.headers[name] for name in HANDED_ON if name in request.headers}
        drawn = 1.0 if self.is_calm or self.door is None else self.rng.random()
        if drawn < LATE:
            self.brought_late += 1
            self.held.append((self.clock.now() + timedelta(minutes=self.rng.uniform(1, 40)), path, headers, body))
            return web.Response()
        status = await self.bring(path, headers, body)
        if status == 200 and drawn < LATE + TWICE:
            self.brought_twice += 1
            if PROOF in request.headers and self.rng.random() < 0.5:
                self.again.setdefault(path, []).append(body)
            else:
                await self.bring(path, headers, body)
        return web.Response(status=status)

    async def bring(self, path, headers, body):
        if self.door is None:
            return 502
        try:
            async with self.session.post(f"{self.door}{path}", data=body, headers=headers) as answer:
                return answer.status
        except (ClientError, TimeoutError, OSError):
            return 502

    async def pass_time(self, secrets):
        """Bring what is due, the newest first, and what comes once more as another body; what nobody takes stays for later."""
        due = [one for one in self.held if one[0] <= self.clock.now() or self.is_calm]
        for one in sorted(due, key=lambda one: one[0], reverse=True):
            if await self.bring(*one[1:]) == 200:
                self.held.remove(one)
        for path, bodies in self.again.items():
            if len(bodies) < BATCH and not self.is_calm:
                continue
            whole = [json.loads(body) for body in bodies]
            entries = [entry for one in reversed(whole) for entry in one["entry"]]
            body = json.dumps({"object": whole[0]["object"], "entry": entries}).encode() if whole else b""
            if not whole or await self.bring(path, _signed(body, secrets[path]), body) == 200:
                bodies.clear()


def _signed(body, secret):
    return {"content-type": "application/json", PROOF: "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


@dataclass
class Four:
    """The four of them. `said` is what customers wrote, by platform and its id."""

    clock: object
    rng: object
    session: ClientSession
    road: Road
    apps: dict
    at: dict
    road_at: str
    paths: dict = field(default_factory=dict)  # of our doors -> the secret of its app
    said: dict = field(default_factory=dict)
    posts: dict = field(default_factory=dict)

    async def play(self, platform, step, **asked):
        """Let something happen: by the simulator's own steps where it has them by name, which is quicker than over HTTP."""
        if platform in STEPS:
            return await STEPS[platform][step](self.world(platform), self.apps[platform][DELIVERIES[platform]], asked)
        async with self.session.post(f"{self.at[platform]}/_sim/{step}", json=asked) as answer:
            assert answer.ok, (platform, step, await answer.text())
            return await answer.json()

    def world(self, platform):
        keys = {TWITTER: OF_TWITTER, FACEBOOK: OF_FACEBOOK, INSTAGRAM: OF_INSTAGRAM, WHATSAPP: OF_WHATSAPP}
        return self.apps[platform][keys[platform]]

    async def subscribe(self, hooks):
        """Tell the platforms our addresses, for the first time; `hooks` has our number of each."""
        at = {platform: f"{self.road_at}/hooks/{hooks[platform]}" for platform in PLATFORMS}
        self.paths = {f"/hooks/{hooks[one]}": SECRETS[one].get("app_secret", "") for one in PLATFORMS}
        assert (await self.play(FACEBOOK, "hook", url=at[FACEBOOK]))["subscribed"]
        assert (await self.play(INSTAGRAM, "hook", url=at[INSTAGRAM]))["subscribed"]
        assert (await self.play(TWITTER, "hook", url=at[TWITTER]))["valid"]
        names = ("app_secret", "verify_token")
        await self.play(WHATSAPP, "hooks", url=at[WHATSAPP], **{name: WHATSAPP_SECRETS[name] for name in names})

    async def pass_time(self):
        """Let what is due arrive."""
        self._follow()
        for platform in (FACEBOOK, INSTAGRAM):
            await self.play(platform, "deliver")
        await self.play(WHATSAPP, "settle")
        await self.road.pass_time(self.paths)

    def _follow(self):
        x = self.world(TWITTER)
        x.pass_time(self.clock.now() - x.now)

    # --- customers

    async def gather(self, people):
        for nth in range(people[TWITTER]):
            await self.play(TWITTER, "person", id=str(990_000 + nth), name=f"Klant {nth}", username=f"klant{nth}")
        self.posts[FACEBOOK] = [(await self.play(FACEBOOK, "post", text=f"Nieuws, deel {n}"))["id"] for n in range(6)]
        self.posts[INSTAGRAM] = [(await self.play(INSTAGRAM, "media", caption=f"Nieuws, deel {n}"))["id"] for n in range(6)]

    async def say(self, platform, who, text):
        """Let somebody write, in private or in public."""
        self._follow()
        is_private = platform == WHATSAPP or self.rng.random() < 0.3
        step = {TWITTER: self._on_x, FACEBOOK: self._on_facebook, INSTAGRAM: self._on_instagram, WHATSAPP: self._on_whatsapp}
        text = f"@klaverenergie {text}" if platform == TWITTER and not is_private else text
        self.said[platform, await step[platform](who, text, is_private)] = text

    async def _on_x(self, who, text, is_private):
        author, x = str(990_000 + who), self.world(TWITTER)
        if is_private:
            return x.whisper(author, US, text).id
        late = timedelta(seconds=self.rng.randint(30, 500)) if self.rng.random() < LATE else timedelta(0)
        said = x.say(author, text, late=late).id
        if not late and self.rng.random() < TWICE:  # a webhook tells of it too
            shape = self.rng.choice(["account", "activity"])
            await self.play(TWITTER, "announce", ids=[said], shape=shape, times=self.rng.choice([1, 2]))
        return said

    async def _on_facebook(self, who, text, is_private):
        person = str(8_800_000 + who)
        if is_private:
            return (await self.play(FACEBOOK, "message", person=person, name=f"Klant {who}", text=text))["id"]
        author = {"id": person, "name": f"Klant {who}"}
        return (await self.play(FACEBOOK, "comment", on=self.rng.choice(self.posts[FACEBOOK]), author=author, text=text))["id"]

    async def _on_instagram(self, who, text, is_private):
        person = str(6_600_000 + who)
        if is_private:
            return (await self.play(INSTAGRAM, "message", person=person, text=text))["id"]
        author = {"id": person, "username": f"klant{who}"}
        return (await self.play(INSTAGRAM, "comment", on=self.rng.choice(self.posts[INSTAGRAM]), author=author, text=text))["id"]

    async def _on_whatsapp(self, who, text, _is_private):
        return (await self.play(WHATSAPP, "messages", number=str(31_600_000_000 + who), text=text))["id"]

    # --- what they hold of ours

    def sent(self):
        """Return every text that a platform took from us, as often as it stands there."""
        x, facebook, instagram = self.world(TWITTER), self.world(FACEBOOK), self.world(INSTAGRAM)
        ours = [one.text for one in x.posts.values() if one.author == US]
        ours += [one.text for one in x.messages if one.sender == US]
        ours += [one.text for one in (*facebook.comments.values(), *facebook.messages.values()) if one.author == page()]
        ours += [one.text for one in instagram.comments.values() if one.author == account()]
        ours += [one.text for one in instagram.messages.values() if one.is_ours]
        return [*ours, *(one.body["text"]["body"] for one in self.world(WHATSAPP).sent)]


async def open_four(served, session, clock, rng):
    """Serve the four platforms and the road by `served`, and return them."""
    apps = {
        TWITTER: twitter_app(clock.now()),
        FACEBOOK: facebook_app(clock.now),
        INSTAGRAM: instagram_app(clock.now),
        WHATSAPP: whatsapp_app(clock.now),
    }
    road = Road(rng=rng, clock=clock, session=session)
    at = {name: await served.serve(app) for name, app in apps.items()}
    return Four(clock=clock, rng=rng, session=session, road=road, apps=apps, at=at, road_at=await served.serve(road.app()))


def patient():
    return ClientTimeout(total=30)
