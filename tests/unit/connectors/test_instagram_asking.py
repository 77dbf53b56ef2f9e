"""What is asked of an account: messages by their ids, who we are, and what hangs on a message."""

from __future__ import annotations

from datetime import UTC, datetime

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from instagram_played import DAY, MIA, NOW, SECRETS, Played, said_in

from connectors.instagram import connector
from connectors.instagram.config import Config
from connectors.instagram.simulator import app
from connectors.instagram.simulator.world import (
    ACCOUNT,
    PAGE_TOKEN,
    STRANGER_TOKEN,
    USER_TOKEN,
)
from webcare.domain.message import Attachment, Kind
from webcare.ports.connector import Sort
from webcare.ports.errors import AuthFailed, RateLimited, Rejected


@pytest.fixture
async def played():
    async with TestServer(app()) as server, aiohttp.ClientSession() as session:
        yield Played(server, session)


# --- looking up


async def test_a_mention_is_looked_up_as_what_it_is(played):
    media = await played.media("dank @meerkoet", author=MIA, names_us=True)
    comment = await played.comment(await played.media("iets", author=MIA), "@meerkoet kom op", names_us=True)
    batch = await played.client.look_up([comment, media], played.world.now)
    found = said_in(batch)
    assert [(one.external_id, one.text, one.kind) for one in found] == [
        (comment, "@meerkoet kom op", Kind.MENTION),
        (media, "dank @meerkoet", Kind.MENTION),
    ]
    assert batch.cursor is None


async def test_what_is_ours_to_see_is_looked_up_and_what_is_gone_is_said_to_be(played):
    media = await played.media()
    comment, gone = await played.comment(media), await played.comment(media, "weg")
    mid = await played.message()
    await played.sim("remove", id=gone)
    found = said_in(await played.client.look_up([media, comment, gone, mid], played.world.now))
    assert [one.sort for one in found] == [Sort.ECHO, Sort.MESSAGE, Sort.DELETE, Sort.MESSAGE]
    assert found[2].target_id == gone
    assert found[1].conversation_id == media


async def test_a_post_in_which_we_are_tagged_is_not_called_gone_because_it_is_anothers(played):
    tagged = await played.media("mooi hier", author=MIA, tags_us=True)
    gone = await played.comment(await played.media(), "weg")
    await played.sim("remove", id=gone)
    found = said_in(await played.client.look_up([tagged, gone], played.world.now))
    assert [one.target_id for one in found if one.sort is Sort.DELETE] == [gone]


async def test_a_limit_amid_a_look_up_keeps_what_came_before(played):
    media = await played.media()
    ids = [await played.comment(media, f"c{number}") for number in range(3)]
    await played.sim("limit", calls=2)
    batch = await played.client.look_up(ids, played.world.now)
    assert ([one.external_id for one in said_in(batch)], batch.more) == (ids[:2], True)
    with pytest.raises(RateLimited):
        await played.client.look_up(ids, played.world.now)


@pytest.mark.parametrize("code", [10, 200])
async def test_one_that_is_not_ours_to_see_stops_no_look_up_and_is_not_called_gone(played, code):
    """It was picked first each hour, and for that hour nothing else was asked for: neither posts above cases nor deletions."""
    media = await played.media()
    hidden, plain = await played.comment(media, "x"), await played.comment(media, "hoi")
    await played.sim("fault", kind="error", method="GET", where=f"/{hidden}", error={"code": code})
    batch = await played.client.look_up([hidden, plain], played.world.now)
    assert [(one.sort, one.text) for one in said_in(batch)] == [(Sort.IGNORED, None), (Sort.MESSAGE, "hoi")]


async def test_a_permission_that_is_gone_stops_the_look_ups(played):
    comment = await played.comment(await played.media())
    await played.sim("token", token=PAGE_TOKEN, code=200, subcode=0)
    with pytest.raises(AuthFailed, match="permission"):
        await played.client.look_up([comment], played.world.now)


async def test_nothing_is_called_gone_by_a_token_that_may_not_see_it(played):
    comment = await played.comment(await played.media())
    with pytest.raises(AuthFailed, match="not this account's"):
        await played.talk(STRANGER_TOKEN).look_up([comment], NOW)


# --- who we are


async def test_a_preflight_says_who_we_are_until_when_and_what_is_missing(played):
    health = await played.client.preflight(played.world.now)
    assert (health.account, health.problems) == (ACCOUNT, ())
    assert health.expires_at == NOW + 90 * DAY, "a page's token never dies, what it may see does"
    await played.sim("settings", token_days=9, scopes=["instagram_basic"])
    played.world.subscribed = []
    health = await played.client.preflight(played.world.now)
    assert health.expires_at == NOW + 9 * DAY
    assert "instagram_manage_comments" in health.problems[0]
    assert "not subscribed" in health.problems[1]


async def test_under_instagrams_login_the_token_lives_sixty_days_from_when_it_was_made(played):
    client = played.talk(USER_TOKEN, login="instagram", token_made=str(NOW.date() - 3 * DAY))
    health = await client.preflight(NOW)
    assert (health.account, health.problems) == (ACCOUNT, ())
    assert health.expires_at == datetime(2027, 1, 19, tzinfo=UTC)
    played.world.subscribed = ["comments"]
    problems = (await played.talk(USER_TOKEN, login="instagram").preflight(NOW)).problems
    assert "token_made" in problems[0]
    assert "mentions, messages" in problems[1]


async def test_another_accounts_token_is_noticed(played):
    assert "not this account's" in (await played.talk(STRANGER_TOKEN).preflight(NOW)).problems[0]
    health = await played.talk(STRANGER_TOKEN, login="instagram").preflight(NOW)
    assert health.account != ACCOUNT


# --- attachments


async def test_an_attachment_is_fetched_while_it_lives_and_not_beyond_its_size(played):
    await played.message(file="een foto")
    [shown] = [one.attachments[0] for one in said_in(await played.poll()) if one.attachments]
    fetched = await played.client.fetch(shown, most=100)
    assert (fetched.content, fetched.mime) == (b"een foto", "image/jpeg")
    with pytest.raises(Rejected, match="larger"):
        await played.client.fetch(shown, most=3)
    await played.sim("clock", advance=2 * 86_400)
    with pytest.raises(Rejected, match="gone"):
        await played.client.fetch(shown, most=100)


@pytest.mark.parametrize(
    "url",
    [
        None,
        "http://lookaside.fbsbx.com/x",
        "https://fbsbx.com.evil.example/x",
        "https://evilfbsbx.com/x",
        "https://127.0.0.1/x",
        "https://lookaside.fbsbx.com:8443/x",
        "file:///etc/passwd",
        "https://[::1",
        "https://lookaside.fbsbx.com@evil.example/x",
    ],
)
async def test_no_other_host_is_reached_through_an_attachment(url):
    client = connector.client(Config(account_id=ACCOUNT), None, SECRETS)
    with pytest.raises(Rejected):
        await client.fetch(Attachment(type="image", url=url), most=100)


async def test_a_redirect_is_followed_only_to_where_meta_keeps_things(played):
    seen = []

    async def away(request):
        seen.append(request)
        raise web.HTTPFound("https://elsewhere.example/x")

    other = web.Application()
    other.router.add_get("/x", away)
    async with TestServer(other) as server:
        client = played.talk(base_url=str(server.make_url("")))
        with pytest.raises(Rejected):
            await client.fetch(Attachment(type="image", url=str(server.make_url("/x"))), most=100)
    assert "Authorization" not in seen[0].headers
