"""The inbox on a real socket over a real database, and somebody who uses it with a browser's manners: what the tests of its pages share."""

from __future__ import annotations

import re
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from argon2 import PasswordHasher
from fakes import CHANNEL, MONDAY, Desk, FakeClock, account, spec
from multidict import CIMultiDict
from webs import FakeHealth

from webcare.domain.rota import Role
from webcare.ports.connector import Limits
from webcare.services import sign_in
from webcare.services.measure import measure
from webcare.services.passwords import Passwords
from webcare.services.receive import Receiver
from webcare.services.sign_in import SignIn
from webcare.store import users
from webcare.store.errors import StoreError
from webcare.web.apps import create_site_app
from webcare.web.metrics import Metrics
from webcare.web.parts import Inbox, Parts
from webcare.web.remote import networks
from webcare.web.serve import Listener, Place

PASSWORD = "vier woorden zijn genoeg"  # noqa: S105 - of nobody
TOKEN = re.compile(r'name="csrf" value="([^"]+)"')
QUICK = {"time_cost": 1, "memory_cost": 8, "parallelism": 1}  # the parameters are tested where passwords are


class Person:
    """One browser: its own cookies, and forms that carry the token of the page that they stand on."""

    def __init__(self, base, session, headers=()):
        self.base, self.session = base, session
        self.headers = CIMultiDict(headers)
        self.page = ""
        self.answer = None

    async def get(self, path, **headers):
        return await self._ask("GET", path, headers)

    async def post(self, path, *, token=None, origin=True, **form):
        """Send a form; `token` in place of that of the last page, None takes it from there."""
        headers = {"Sec-Fetch-Site": "same-origin", "Origin": self.origin} if origin else {}
        found = TOKEN.search(self.page)
        form["csrf"] = (found[1] if found else "") if token is None else token
        return await self._ask("POST", path, headers, data=form)

    @property
    def origin(self):
        scheme = self.headers.get("X-Forwarded-Proto", "http")
        return f"{scheme}://{self.headers.get('Host', self.base.removeprefix('http://'))}"

    async def _ask(self, method, path, headers, **more):
        merged = {**self.headers, **headers}
        async with self.session.request(method, self.base + path, headers=merged, allow_redirects=False, **more) as answer:
            text = await answer.text()
            if method == "GET" or "csrf" in text:
                self.page = text
            self.answer, self.text = answer, text
            return answer.status

    @property
    def to(self):
        return self.answer.headers.get("Location")

    async def log_in(self, name="noor", password=PASSWORD, to=""):
        await self.get("/login" + (f"?next={to}" if to else ""))
        return await self.post("/login", name=name, password=password, next=to)


@dataclass
class Inboxes:
    store: object
    desk: Desk
    base: str = ""
    clock: FakeClock = field(default_factory=lambda: FakeClock(MONDAY))
    woken: list = field(default_factory=list)
    channels: list = field(default_factory=lambda: [account(spec=spec(limits=Limits(length=280)))])
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def serve(self, trusted=(), home=None, stage=None):
        passwords = Passwords(PasswordHasher(**QUICK))
        self.stack.callback(passwords.close)
        self.sign_in = SignIn(self.store, self.clock, passwords)
        self.passwords = passwords
        inbox = Inbox(
            door=self.store,
            sign_in=self.sign_in,
            rules=lambda: self.desk.rules,
            channels=lambda: self.channels,
            wake=self.woken.append,
            trouble=StoreError,
            brand="Meerkoet",
            zone="Europe/Amsterdam",
            language="nl",
            home=home,
            stage=stage,
            explain=lambda request: self.desk.classifier.classify([request])[0],
        )
        health = FakeHealth()
        parts = Parts(
            clock=self.clock,
            health=health,
            receiver=Receiver(self.store, self.clock, {}, on_kept=lambda: None),
            metrics=Metrics(lambda: measure(self.store, self.clock), health, self.clock),
            inbox=inbox,
            trusted=networks(trusted),
        )
        self.listener = await Listener.start([Place(setting="site", address="127.0.0.1:0", app=create_site_app(parts))])
        self.stack.push_async_callback(self.listener.stop)
        host, port = self.listener.addresses("site")[0]
        self.base = f"http://{host}:{port}"

    async def hire(self, name, role=Role.AGENT, *, called=None, password=PASSWORD, language="nl"):
        """Let somebody work here, with a password."""
        values = {
            "id": name,
            "name": called or name.title(),
            "role": role.value,
            "zone": "Europe/Amsterdam",
            "language": language,
        }
        await self.store.write(users.add_person, values, mail=None)
        await self.store.write(sign_in.invite, name, f"link-{name}", by="test", machine=self.clock.machine())
        if password is not None:
            hashed = await self.passwords.hash(password)
            await self.store.write(users.set_password, name, hashed)

    async def browser(self, **headers):
        session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        await self.stack.enter_async_context(session)
        return Person(self.base, session, {name.replace("_", "-"): value for name, value in headers.items()})

    async def somebody(self, name="noor", role=Role.AGENT, **hired):
        """Hire somebody and log them in."""
        await self.hire(name, role, **hired)
        who = await self.browser()
        assert await who.log_in(name) == 303
        return who


@asynccontextmanager
async def open_inbox(store, **served):
    inbox = Inboxes(store, await Desk.open(store))
    async with inbox.stack:
        await inbox.serve(**served)
        yield inbox


__all__ = ["CHANNEL", "MONDAY", "PASSWORD", "Inboxes", "Person", "open_inbox"]
