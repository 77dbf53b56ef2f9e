"""X, Facebook, Instagram and WhatsApp as their simulators play them, each on a port of this machine; and what people do there."""

from __future__ import annotations

from base64 import b64encode
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from connectors.facebook.simulator import app as facebook_app
from connectors.facebook.simulator.keys import WORLD as FACEBOOK
from connectors.facebook.simulator.world import APP_SECRET, PAGE, PAGE_TOKEN, VERIFY_TOKEN, us
from connectors.instagram.simulator import app as instagram_app
from connectors.instagram.simulator.keys import WORLD as INSTAGRAM
from connectors.instagram.simulator.world import ACCOUNT
from connectors.instagram.simulator.world import APP_SECRET as INSTAGRAM_SECRET
from connectors.instagram.simulator.world import PAGE_TOKEN as INSTAGRAM_TOKEN
from connectors.instagram.simulator.world import VERIFY_TOKEN as INSTAGRAM_VERIFY
from connectors.instagram.simulator.world import us as instagram_us
from connectors.twitter.simulator import WORLD as TWITTER
from connectors.twitter.simulator import app as twitter_app
from connectors.twitter.simulator.world import KEYS, US
from connectors.whatsapp.simulator import create_app as whatsapp_app
from connectors.whatsapp.simulator.keys import WORLD as WHATSAPP
from webcare.demo.loopback import Loopback
from webcare.demo.scenes import MIME, picture
from webcare.demo.town import STORY
from webcare.domain import gaps

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from webcare.demo.town import Customer, Line, Post, Town
    from webcare.ports.clock import Clock

NUMBER: Final = "106500000000001"  # of ours on WhatsApp
SECRETS: Final = {
    "x": KEYS,
    "facebook": {"access_token": PAGE_TOKEN, "app_secret": APP_SECRET, "verify_token": VERIFY_TOKEN},
    "instagram": {"access_token": INSTAGRAM_TOKEN, "app_secret": INSTAGRAM_SECRET, "verify_token": INSTAGRAM_VERIFY},
    "whatsapp": {"access_token": "sim-token", "app_secret": "whatsapp-app-secret", "verify_token": "whatsapp-verify-token"},
}
ACCOUNTS: Final = {
    "twitter": f"twitter:{US}",
    "facebook": f"facebook:{PAGE}",
    "instagram": f"instagram:{ACCOUNT}",
    "whatsapp": f"whatsapp:{NUMBER}",
}
ELSEWHERE: Final = "post"  # on X: it speaks of us and does not name us
TAGGED: Final = "mention"  # on Instagram: a picture of their own, with us in it
PATIENCE: Final = ClientTimeout(total=60)


class CannotPlay(Exception):  # noqa: N818 - it is what happened
    """A simulator did not do what the town's people asked of it. The message names the step, and nobody's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A text of ours that a platform took."""

    key: str
    channel: str
    to: str
    text: str
    state: str | None = None


@dataclass(slots=True, kw_only=True)
class Platforms:
    """The four of them. `ids` is what a platform calls each line of the town that was said there."""

    town: Town
    clock: Clock
    session: ClientSession
    apps: dict[str, web.Application]
    at: dict[str, str]
    ids: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # of people, by what a platform calls them

    async def play(self, platform: str, step: str, **asked: Any) -> dict[str, Any]:
        """Make something happen on a platform and return what its simulator answers.

        Raises:
            CannotPlay: it would not.
        """
        try:
            async with self.session.post(f"{self.at[platform]}/_sim/{step}", json=asked) as answer:
                if not answer.ok:
                    raise CannotPlay(f"{platform} {step}: {answer.status}")
                found: dict[str, Any] = await answer.json()
                return found
        except (ClientError, TimeoutError) as error:
            raise CannotPlay(f"{platform} {step}: {type(error).__name__}") from error

    async def prepare(self, hooks: str, numbers: dict[str, str]) -> None:
        """Tell the platforms who we are and where our webhooks are."""
        await self.play("twitter", "person", id=US, name=self.town.brand, username=self.town.handle)
        for name in ("facebook", "instagram"):
            if not (await self.play(name, "hook", url=f"{hooks}/hooks/{numbers[name]}"))["subscribed"]:
                raise CannotPlay(f"{name} hook")
        secrets = {name: SECRETS["whatsapp"][name] for name in ("app_secret", "verify_token")}
        await self.play("whatsapp", "hooks", url=f"{hooks}/hooks/{numbers['whatsapp']}", **secrets)
        for one in self.town.templates:
            await self.play("whatsapp", "templates", name=one["name"], language=one["language"], gaps=gaps.count(one["text"]))

    async def pass_time(self) -> None:
        """Let X's time, which only moves when told, catch up with the world's."""
        world = self.apps["twitter"][TWITTER]
        ahead = (self.clock.now() - world.now).total_seconds()
        if ahead > 0:
            await self.play("twitter", "clock", seconds=ahead)

    def mark_of_polled(self) -> tuple[int, ...]:
        """Return what changes whenever something happens that no webhook tells: on X, or in pictures of others on Instagram."""
        world = self.apps["twitter"][TWITTER]
        return len(world.posts), len(world.messages), len(world.gone), len(self.apps["instagram"][INSTAGRAM].media)

    async def settle(self) -> None:
        """Wait until what WhatsApp has to tell us was told."""
        await self.play("whatsapp", "settle")

    # --- what people do ---

    async def post(self, post: Post) -> None:
        """Put something on our page, as the brand does it itself."""
        asked: dict[str, Any] = {"caption": post.text} if post.channel == "instagram" else {"text": post.text}
        step = "media" if post.channel == "instagram" else "post"
        self.ids[post.id] = (await self.play(post.channel, step, **asked))["id"]

    async def say(self, line: Line) -> None:
        await self.pass_time()
        do = {
            "twitter": self._on_x,
            "facebook": self._on_facebook,
            "instagram": self._on_instagram,
            "whatsapp": self._on_whatsapp,
        }
        self.ids[line.id] = await do[line.channel](line)

    async def _on_x(self, line: Line) -> str:
        author = _number_of(line.who)
        self.names[author] = line.who.name
        if line.delete_of is not None:
            await self.play("twitter", "delete", id=self.ids[line.delete_of])
            return self.ids[line.delete_of]
        if line.edit_of is not None:
            found = await self.play("twitter", "edit", id=self.ids[line.edit_of], text=self._called(line.text))
            return str(found["id"])
        await self.play("twitter", "person", id=author, name=line.who.name, username=line.who.handle)
        if line.is_private:
            return str((await self.play("twitter", "message", sender=author, text=line.text))["id"])
        more: dict[str, Any] = {}
        if line.picture is not None:
            more["media"] = [f"3_{len(self.ids) + 1}"]
            await self.play("twitter", "picture", key=more["media"][0], content=_shown(line.picture))
        if line.reply_to in self.ids:
            more["reply_to"] = self._below(self.ids[line.reply_to or ""], author)
        text = line.text if line.kind == ELSEWHERE else self._called(line.text)
        return str((await self.play("twitter", "post", author=author, text=text, **more))["id"])

    def _below(self, post: str, author: str) -> str:
        """Return under which post somebody goes on: under our answer, if it is their own that we answered."""
        posts = self.apps["twitter"][TWITTER].posts
        if posts[post].author != author:
            return post
        return next((one.id for one in posts.values() if one.author == US and one.reply_to == post), post)

    def _called(self, text: str) -> str:
        """Return a post that names us: what does not, X never shows us."""
        return text if f"@{self.town.handle}".lower() in text.lower() else f"@{self.town.handle} {text}"

    async def _on_facebook(self, line: Line) -> str:
        person = _number_of(line.who)
        self.names[person] = line.who.name
        author = {"id": person, "name": line.who.name}
        if line.delete_of is not None:
            await self.play("facebook", "remove", id=self.ids[line.delete_of])
            return self.ids[line.delete_of]
        if line.edit_of is not None:
            return str((await self.play("facebook", "edit", id=self.ids[line.edit_of], text=line.text))["id"])
        if line.is_private:
            return str((await self.play("facebook", "message", person=person, name=line.who.name, text=line.text))["id"])
        if line.kind == "post":
            return str((await self.play("facebook", "post", author=author, text=line.text))["id"])
        on = self.ids.get(line.reply_to or "") or self.ids[line.on_post or ""]
        more = {} if line.picture is None else {"files": [{"type": "image", "content": _shown(line.picture), "mime": MIME}]}
        return str((await self.play("facebook", "comment", on=on, author=author, text=line.text, **more))["id"])

    async def _on_instagram(self, line: Line) -> str:
        person = _number_of(line.who)
        self.names[person] = line.who.name
        author = {"id": person, "username": line.who.handle}
        if line.is_private:
            more: dict[str, Any] = {"username": line.who.handle}
            if line.picture is not None:
                more |= {"content": _shown(line.picture), "is_story": line.kind == STORY}
            return str((await self.play("instagram", "message", person=person, text=line.text, **more))["id"])
        if line.kind == TAGGED:
            return str((await self.play("instagram", "media", author=author, caption=line.text, tags_us=True))["id"])
        on = self.ids.get(line.reply_to or "") or self.ids[line.on_post or ""]
        return str((await self.play("instagram", "comment", on=on, author=author, text=line.text))["id"])

    async def _on_whatsapp(self, line: Line) -> str:
        number = line.who.phone
        self.names[number] = line.who.name
        await self.play("whatsapp", "customers", number=number, name=line.who.name)
        asked: dict[str, Any] = {"number": number, "text": line.text}
        if line.picture is not None:
            part = {"mime_type": MIME} | ({"caption": line.text} if line.text else {})
            asked = {"number": number, "type": "image", "part": part, "content": _shown(line.picture)}
        if line.age:
            asked["stamp"] = (self.clock.now() - line.age).isoformat()
        if line.reply_to in self.ids:
            asked["reply_to"] = self.ids[line.reply_to or ""]
        return str((await self.play("whatsapp", "messages", **asked))["id"])

    # --- what they hold of ours ---

    def sent(self) -> list[Sent]:
        """Return the texts that the platforms took from us, of each the oldest first."""
        x, facebook = self.apps["twitter"][TWITTER], self.apps["facebook"][FACEBOOK]
        found = [
            Sent(key=f"twitter:{one.id}", channel=ACCOUNTS["twitter"], to=self._answered_on_x(one.reply_to), text=one.text)
            for one in x.posts.values()
            if one.author == US
        ]
        found += [
            Sent(key=f"twitter:{one.id}", channel=ACCOUNTS["twitter"], to=self._name(one.recipient), text=one.text)
            for one in x.messages
            if one.sender == US
        ]
        found += [
            Sent(
                key=f"facebook:{one.id}",
                channel=ACCOUNTS["facebook"],
                to=self._answered_on_facebook(one.parent or one.root),
                text=one.text,
            )
            for one in facebook.comments.values()
            if one.author == us()
        ]
        found += [
            Sent(key=f"facebook:{one.id}", channel=ACCOUNTS["facebook"], to=self._name(one.root), text=one.text)
            for one in facebook.messages.values()
            if one.author == us()
        ]
        found += self._sent_on_instagram()
        for whole in self.apps["whatsapp"][WHATSAPP].sent:
            text = _said_on_whatsapp(whole.body)
            state = whole.states[-1] if whole.states else None
            found.append(Sent(key=whole.wamid, channel=ACCOUNTS["whatsapp"], to=self._name(whole.to), text=text, state=state))
        return found

    def _sent_on_instagram(self) -> list[Sent]:
        world, channel = self.apps["instagram"][INSTAGRAM], ACCOUNTS["instagram"]
        found = []
        for one in world.comments.values():
            if one.author == instagram_us():
                answered = world.comments.get(one.parent or "")
                to = "?" if answered is None else self._name(answered.author["id"])
                found.append(Sent(key=f"instagram:{one.id}", channel=channel, to=to, text=one.text))
        found += [
            Sent(key=f"instagram:{one.id}", channel=channel, to=self._name(one.person), text=one.text)
            for one in world.messages.values()
            if one.is_ours
        ]
        return found

    def _name(self, id_: str) -> str:
        customer = self.apps["whatsapp"][WHATSAPP].customer(id_)
        return self.names.get(id_) or (customer.name if customer is not None else id_)

    def _answered_on_x(self, post: str | None) -> str:
        answered = self.apps["twitter"][TWITTER].posts.get(post or "")
        return "?" if answered is None else self._name(answered.author)

    def _answered_on_facebook(self, on: str | None) -> str:
        world = self.apps["facebook"][FACEBOOK]
        answered = world.comments.get(on or "") or world.posts.get(on or "")
        return answered.author["name"] if answered is not None and answered.author is not None else "?"


def _number_of(who: Customer) -> str:
    """Return what a platform that numbers people calls somebody."""
    return f"9{who.phone[-9:]}"


def _shown(scene: str) -> str:
    """Return a picture as a script carries it."""
    return b64encode(picture(scene)).decode()


def _said_on_whatsapp(body: dict[str, Any]) -> str:
    """Return what a customer reads: words, those under a file, or the name of a template and what fills its gaps."""
    template = body.get("template")
    if template is None:
        return str(body.get("text", {}).get("body") or body.get(body.get("type", ""), {}).get("caption", ""))
    filled = [str(one.get("text", "")) for part in template.get("components", ()) for one in part.get("parameters", ())]
    return ": ".join([template["name"], ", ".join(filled)]) if filled else str(template["name"])


@asynccontextmanager
async def open_platforms(town: Town, clock: Clock) -> AsyncIterator[Platforms]:
    """Serve the four platforms, as long as this lasts."""
    apps = {
        "twitter": twitter_app(clock.now() - timedelta(seconds=1)),
        "facebook": facebook_app(clock.now),
        "instagram": instagram_app(clock.now),
        "whatsapp": whatsapp_app(clock.now),
    }
    async with Loopback() as served, ClientSession(timeout=PATIENCE) as session:
        at = {name: await served.serve(app) for name, app in apps.items()}
        yield Platforms(town=town, clock=clock, session=session, apps=apps, at=at)
