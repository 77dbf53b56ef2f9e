"""What the daemon listens on: the internet's webhooks, people's pages, and our own monitoring, each on an address of its own."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from webcare.lines import CannotStart
from webcare.notify.apprise_notifier import SCHEMES
from webcare.notify.router import LINES, MAIL
from webcare.services.measure import measure
from webcare.services.passwords import Passwords
from webcare.services.receive import Hook, Receiver
from webcare.services.sign_in import SignIn
from webcare.store.errors import StoreError
from webcare.web.apps import create_hooks_app, create_metrics_app, create_site_app
from webcare.web.metrics import Metrics
from webcare.web.parts import Inbox, Parts
from webcare.web.remote import networks
from webcare.web.serve import CannotListen, Listener, Place

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from webcare.house import House
    from webcare.ports.channel import ChannelAccount
    from webcare.web.health import Health
    from webcare.web.stage import Stage


@asynccontextmanager
async def listeners(
    house: House, health: Health, wake: Callable[[str], None], *, stage: Stage | None = None
) -> AsyncIterator[Listener]:
    """Listen on the three addresses of the settings; `stage` is the demo's.

    Raises:
        CannotStart: one of them cannot be used.
    """
    web, store, clock = house.settings.web, house.store, house.clock
    passwords = Passwords()
    knocked = {number: _hook(house, account) for number, account in house.hooks.items()}
    parts = Parts(
        clock=clock,
        health=health,
        receiver=Receiver(store, clock, knocked, on_kept=lambda: wake("collect"), keep_for=house.settings.retention.raw_bodies),
        metrics=Metrics(lambda: measure(store, clock), health, clock, house.judge.judging),
        inbox=_inbox(house, passwords, wake, stage),
        trusted=networks(web.trusted_proxies),
    )
    places = [
        Place(setting="[web] hooks_listen", address=web.hooks_listen, app=create_hooks_app(parts)),
        Place(setting="[web] listen", address=web.listen, app=create_site_app(parts)),
        Place(setting="[web] metrics_listen", address=web.metrics_listen, app=create_metrics_app(parts)),
    ]
    try:
        listener = await Listener.start(places)
    except CannotListen as error:
        raise CannotStart(str(error)) from None
    try:
        yield listener
    finally:
        await listener.stop()
        passwords.close()


def _inbox(house: House, passwords: Passwords, wake: Callable[[str], None], stage: Stage | None) -> Inbox:
    return Inbox(
        door=house.store,
        sign_in=SignIn(house.store, house.clock, passwords),
        rules=lambda: house.rules,
        channels=lambda: house.accounts,
        wake=wake,
        trouble=StoreError,
        brand=house.settings.house.brand,
        zone=house.settings.house.zone,
        language=house.settings.house.language,
        home=house.settings.web.public_url,
        stage=stage,
        schemes=_schemes(house),
        explain=house.judge.explain,
    )


def _schemes(house: House) -> frozenset[str]:
    alerts = house.settings.alerts
    named = SCHEMES if alerts.schemes is None else [scheme.lower() for scheme in alerts.schemes]
    return frozenset((*named, *([MAIL] if house.settings.smtp else []), *([LINES] if alerts.lines_in else [])))


def _hook(house: House, account: ChannelAccount) -> Hook:
    """Return an app's door; its secrets are asked of the house, which renews them."""

    async def current() -> Mapping[str, str]:
        return house.secrets.get(account.app) or {}

    secrets: Callable[[], Awaitable[Mapping[str, str]]] = current
    return Hook(spec=account.spec, app=account.app, brand=account.brand, secrets=secrets)
