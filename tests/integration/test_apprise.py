"""apprise against a receiver on this machine: what arrives, what each answer means, and what is refused before anything is sent."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestServer

from webcare import logs
from webcare.notify.apprise_notifier import DEDUPE, SCHEMES, AppriseNotifier
from webcare.notify.envelope import Envelope, Plain
from webcare.ports.errors import AuthFailed, Rejected, Unavailable

# apprise loads all of its services at once; one of them loads tweepy, whose synchronous half names a module that Python 3.13 drops.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

AT = datetime(2026, 11, 24, 19, 18, tzinfo=UTC)
TOKEN = "s3cr3t-t0ken"  # noqa: S105 - nobody's
WORDS = Plain(subject="Nog 52 min: openbare reactie", text="Nog 52 min, tot 21:10 <b>\nOpen zaak 4885")


class Receiver:
    """Keeps what it is sent and answers `status`; as long as `hold` is set it does not answer at all."""

    def __init__(self, status=200):
        self.status = status
        self.hold = None
        self.got = []

    async def take(self, request):
        self.got.append(await request.json())
        if self.hold is not None:
            await self.hold.wait()
        return web.Response(status=self.status, headers={"Location": "/again"} if self.status == 302 else None)

    @asynccontextmanager
    async def open(self):
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self.take)
        async with TestServer(app, host="127.0.0.1") as server:
            yield f"json://user:{TOKEN}@127.0.0.1:{server.port}/hook"


def notifier(**changes):
    return AppriseNotifier(**{"schemes": ("json",), "timeout": timedelta(seconds=20), **changes})


def envelope(target, **changes):
    return Envelope(**{"key": "webcare-1f", "target": target, "words": WORDS, "written_at": AT, **changes})


async def test_an_alert_arrives_once_with_its_words_unchanged():
    receiver = Receiver()
    async with receiver.open() as target:
        await notifier().carry(envelope(target))
    (got,) = receiver.got
    assert (got["title"], got["message"], got["type"]) == (WORDS.subject, WORDS.text, "warning")


async def test_a_broken_promise_is_told_as_a_failure():
    receiver = Receiver()
    async with receiver.open() as target:
        await notifier().carry(envelope(target, is_grave=True))
    assert receiver.got[0]["type"] == "failure"


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        *((401, AuthFailed), (403, AuthFailed), (400, Rejected), (404, Rejected), (410, Rejected)),
        *((429, Unavailable), (500, Unavailable), (503, Unavailable), (302, Unavailable)),
    ],
)
async def test_what_each_answer_means(status, meaning):
    receiver = Receiver(status)
    async with receiver.open() as target:
        with pytest.raises(meaning, match=str(status)):
            await notifier().carry(envelope(target))
    assert len(receiver.got) == 1  # and nothing is followed or retried behind our back


async def test_a_quiet_log_does_not_hide_what_the_receiver_answered():
    """The daemon's log kept apprise silent, so a dead token was taken for a receiver that is away, and tried for a day."""
    before = logging.getLogger().level
    logs.configure("json", "error")
    try:
        async with Receiver(401).open() as target:
            with pytest.raises(AuthFailed):
                await notifier().carry(envelope(target))
    finally:
        structlog.reset_defaults()
        logging.getLogger().setLevel(before)


async def test_what_the_address_asks_for_does_not_hide_a_failure():
    """`optional=yes` calls a failure a success, `retry` rings again without asking the outbox."""
    receiver = Receiver(500)
    async with receiver.open() as target:
        with pytest.raises(Unavailable):
            await notifier().carry(envelope(f"{target}?optional=yes&retry=5&wait=0&redirect=yes"))
    assert len(receiver.got) == 1


async def test_a_receiver_that_does_not_answer_is_given_up():
    receiver = Receiver()
    receiver.hold = asyncio.Event()
    async with receiver.open() as target:
        with pytest.raises(Unavailable):
            await notifier(timeout=timedelta(milliseconds=50)).carry(envelope(target))
        receiver.hold.set()


async def test_a_receiver_that_is_gone_is_tried_again():
    async with Receiver().open() as target:
        pass
    with pytest.raises(Unavailable):
        await notifier().carry(envelope(target))


@pytest.fixture
def logged():
    """All that reaches the root, at the most talkative level; pytest's own fixture also listens where nothing comes through."""

    class Keeper(logging.Handler):
        def emit(self, record):
            if record.name != "aiohttp.access":  # the receiver's own
                lines.append(f"{record.name} {record.getMessage()}")

    lines, root, keeper = [], logging.getLogger(), Keeper()
    level = root.level
    root.addHandler(keeper)
    root.setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(keeper)
    root.setLevel(level)


async def test_no_secret_is_logged_or_told(logged):
    receiver = Receiver(401)
    async with receiver.open() as target:
        carrier = notifier()
        with pytest.raises(AuthFailed) as refused:
            await carrier.carry(envelope(target))
        assert TOKEN not in carrier.check(target)
    assert not [line for line in logged if TOKEN in line or "/hook" in line or "zaak 4885" in line]
    assert TOKEN not in repr(refused.value)
    assert TOKEN not in repr(envelope(target))


SLACK = "T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("json://127.0.0.1/hook", "allowed"),
        ("JSON://127.0.0.1/hook", "allowed"),
        ("jsons://example.org", "allowed"),
        ("apprise://example.org/token", "allowed"),
        ("mailto://user:pass@example.org", "allowed"),
        ("ntfy://example.org/in-the-clear", "allowed"),
        ("slack://tokenless, json://127.0.0.1", "incomplete"),
        (f"slack://{SLACK}/#one/#two", "several"),
        ("tgram://123456789:abcdefg_hijklmnop/1001/1002", "several"),
        ("file:///etc/passwd", "knows"),
        ("noor", "knows"),
        ("", "knows"),
    ],
)
async def test_an_address_that_is_not_to_be_used_is_refused(target, reason):
    with pytest.raises(Rejected, match=reason):
        await AppriseNotifier().carry(envelope(target))
    with pytest.raises(Rejected, match=reason):
        AppriseNotifier().check(target)


def test_an_address_as_the_service_shows_it_is_understood():
    """People copy `https://hooks.slack.com/...` from the page of the service."""
    shown = AppriseNotifier().check(f"https://hooks.slack.com/services/{SLACK}")
    assert shown.startswith("slack://")
    assert "TIiajkdnlazkcOXrIdevi7FQ" not in shown


@pytest.mark.parametrize(
    "target",
    [
        f"pagerduty://{'a' * 32}@{'b' * 20}/webcare/inbox?dedup=always-the-same",
        f"opsgenie://{'a' * 36}/@noor?alias=always-the-same",
        f"jira://{'a' * 36}/@noor",
        "goalerts://token@goalert.example",
        f"ilert://{'a' * 32}",
        "incidentio://source/token",
        "firehydrant://token/path",
        "signl4://secret",
        f"splunk://routing@{'a' * 36}/always-the-same",
    ],
)
def test_receivers_that_drop_repeats_are_given_our_key(target):
    """Also in place of one in the address: under a fixed one the second alert would be taken for the first."""
    full = AppriseNotifier()._service(target, "webcare-1f").url()
    assert "webcare-1f" in full
    assert "always-the-same" not in full


def test_every_scheme_that_we_name_exists():
    """A library that renames one must not take a way to reach people away unseen."""
    apprise = pytest.importorskip("apprise")
    assert not [scheme for scheme in (*SCHEMES, *DEDUPE) if scheme not in apprise.plugins.N_MGR]
