"""Files of customers are got, and messages asked for by their ids."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from facebook_played import PSID, SANNE, SECRETS, Played, heard, said_in

from connectors.facebook import connector
from connectors.facebook.config import Config
from connectors.facebook.simulator import app
from connectors.facebook.simulator.world import PAGE, PAGE_TOKEN, PERSON_TOKEN
from webcare.domain.message import Attachment
from webcare.ports.connector import Sort
from webcare.ports.errors import AuthFailed, RateLimited, Rejected, Unavailable


@pytest.fixture
async def played():
    async with TestServer(app()) as server, aiohttp.ClientSession() as session:
        yield Played(server, session)


# --- files of customers


async def of_a_customer(played, **more):
    """Send us a picture; return it as the webhook would tell of it."""
    file = {"type": "image", "content": base64.b64encode(b"doos").decode(), **more}
    mid = (await played.sim("message", person=PSID, text="", files=[file]))["id"]
    [shown] = played.world.messages[mid].files
    return Attachment(type="image", url=shown.url), shown


async def test_a_customers_file_is_got(played):
    attachment, _ = await of_a_customer(played)
    fetched = await played.client.fetch(attachment, most=10)
    assert (fetched.content, fetched.mime) == (b"doos", "image/png")


async def test_a_file_is_read_no_further_than_we_take_it(played):
    attachment, _ = await of_a_customer(played)
    with pytest.raises(Rejected, match="larger"):
        await played.client.fetch(attachment, most=3)


async def test_an_address_that_died_is_asked_for_afresh_where_the_file_has_a_number(played):
    attachment, shown = await of_a_customer(played, lives=60)
    await played.sim("clock", advance=61)
    with pytest.raises(Rejected, match="gone"):
        await played.client.fetch(attachment, most=10)
    old = shown.url
    played.world.files["fresh"] = replace(played.world.files[shown.number], until=None)
    shown.url = old.replace(shown.number, "fresh")
    assert (await played.client.fetch(replace(attachment, id=shown.number), most=10)).content == b"doos"


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/a.png",
        "http://scontent.fbcdn.net/a.png",
        "https://fbcdn.net.elsewhere.example/a.png",
        "https://token@scontent.fbcdn.net/a.png",
        "http://169.254.169.254/latest",
        "https://[::1",
        "file:///etc/passwd",
    ],
)
async def test_an_address_elsewhere_is_not_asked(played, url):
    with pytest.raises(Rejected, match="does not lie with Facebook"):
        await played.client.fetch(Attachment(type="image", url=url), most=10)


async def test_a_link_is_no_file(played):
    with pytest.raises(Rejected, match="no file"):
        await played.client.fetch(Attachment(type="fallback", url="https://example.org"), most=10)


async def test_the_token_is_for_graph_and_redirects_end(played):
    """A CDN that asked for our token, or led elsewhere, would get nothing."""
    seen = []

    async def answer_file(request):
        seen.append((request.path, request.headers.get("Authorization")))
        if request.path.startswith("/loop"):
            raise web.HTTPFound("/loop")
        if request.path.startswith("/away"):
            raise web.HTTPFound("https://elsewhere.example/a.png")
        return web.Response(body=b"doos", content_type="image/png")

    other = web.Application()
    other.router.add_get("/{rest:.*}", answer_file)
    async with TestServer(other) as server:
        base = str(server.make_url("/"))
        client = connector.client(Config(page_id=PAGE, base_url=base), played.session, SECRETS)
        for path, token in (("cdn/a.png", None), ("v26.0/93/picture", f"Bearer {PAGE_TOKEN}")):
            await client.fetch(Attachment(type="image", url=base + path), most=10)
            assert seen.pop() == (f"/{path}", token)
        with pytest.raises(Rejected, match="gone"):
            await client.fetch(Attachment(type="image", url=f"{base}loop"), most=10)
        with pytest.raises(Rejected, match="does not lie"):
            await client.fetch(Attachment(type="image", url=f"{base}away"), most=10)


async def test_a_cdn_in_trouble_is_asked_again_later(played):
    attachment, _ = await of_a_customer(played)
    for kind in ("html", "hang_up"):
        await played.sim("fault", kind=kind, where="/cdn", times=2)
        with pytest.raises(Unavailable):
            await played.client.fetch(attachment, most=10)
        played.world.faults.clear()


# --- asking by id


async def test_messages_are_looked_up_with_the_posts_above_them(played):
    post = await played.post()
    comment = await played.comment(post)
    reply = await played.comment(comment, "ik ook")
    mid = (await played.sim("message", person=PSID, text="waar?"))["id"]
    batch = await played.client.look_up([reply, mid], played.world.now)
    said = {one.external_id: one for one in said_in(batch)}
    assert said.keys() == {reply, mid, post}
    assert (said[reply].conversation_id, said[reply].reply_to) == (post, comment)
    assert said[mid].conversation_id == PSID
    assert said[post].sort is Sort.ECHO
    assert not batch.more


async def test_what_is_gone_is_heard_as_deleted_under_its_id(played):
    post = await played.post()
    comment, other = await played.comment(post), await played.comment(post, "blijft")
    await played.sim("remove", id=comment)
    said = said_in(await played.client.look_up([comment, other], played.world.now))
    assert [(one.sort, one.target_id or one.external_id) for one in said] == [
        (Sort.DELETE, comment),
        (Sort.MESSAGE, other),
        (Sort.ECHO, post),
    ]


async def test_posts_elsewhere_and_reviews_are_looked_up_although_their_numbers_do_not_tell_what_they_are(played):
    post = (await played.sim("tag", author=SANNE, text="@Meerkoet hallo?"))["id"]
    review = (await played.sim("review", author=SANNE, text="meh", rating=2))["id"]
    said = said_in(await played.client.look_up([post, review], played.world.now))
    assert [(one.sort, one.external_id, one.text) for one in said] == [
        (Sort.MESSAGE, post, "@Meerkoet hallo?"),
        (Sort.MESSAGE, review, "meh"),
    ]
    await played.sim("remove", id=post)
    [gone] = said_in(await played.client.look_up([post], played.world.now))
    assert gone.sort is Sort.IGNORED, "there it may just not be ours to see"
    await played.sim("remove", id=review)
    [gone] = said_in(await played.client.look_up([review], played.world.now))
    assert (gone.sort, gone.target_id) == (Sort.DELETE, review)


async def test_a_persons_token_deletes_nothing(played):
    """Whoever may not see something is told that it is not there."""
    with pytest.raises(AuthFailed, match="not the page's"):
        await played.talk(PERSON_TOKEN).look_up(["70_80"], played.world.now)


async def test_what_was_not_answered_in_time_is_said_to_be_left(played):
    post = await played.post()
    comment = await played.comment(post)
    await played.sim("fault", kind="empty", method="GET", where=comment)
    batch = await played.client.look_up([comment], played.world.now)
    assert [one.external_id for one in said_in(batch)] == [post]
    assert batch.more


async def test_a_limit_or_a_dead_token_in_a_batch_is_no_deletion(played):
    comment = await played.comment(await played.post())
    await played.sim("fault", kind="error", method="GET", where=comment, error={"code": 4})
    with pytest.raises(RateLimited):
        await played.client.look_up([comment], played.world.now)
    await played.sim("token", token=PAGE_TOKEN, code=190, subcode=463)
    with pytest.raises(AuthFailed):
        await played.client.look_up([comment], played.world.now)


@pytest.mark.parametrize("code", [10, 200])
async def test_one_that_is_not_ours_to_see_stops_no_look_up(played, code):
    """It was picked first each hour, and for that hour nothing else was asked for: neither posts above cases nor deletions."""
    post = await played.post()
    hidden, plain = await played.comment(post, "x"), await played.comment(post, "hoi")
    await played.sim("fault", kind="error", method="GET", where=hidden, error={"code": code})
    batch = await played.client.look_up([hidden, plain], played.world.now)
    assert ([one.text for one in said_in(batch) if one.external_id == plain], batch.more) == (["hoi"], False)
    assert not [one for one in said_in(batch) if one.sort is Sort.DELETE]
    await played.sim("fault", kind="error", method="GET", where=hidden, error={"code": code})
    assert not (await played.client.look_up([hidden], played.world.now)).more, "alone it is asked for once, too"


async def test_a_permission_that_is_gone_stops_the_look_ups_and_loses_none(played):
    comment = await played.comment(await played.post())
    await played.sim("token", token=PAGE_TOKEN, code=200, subcode=0)
    with pytest.raises(AuthFailed, match="permission"):
        await played.client.look_up([comment], played.world.now)


async def test_more_than_a_batch_holds_takes_two(played):
    post = await played.post()
    ids = [await played.comment(post, f"c{number}") for number in range(60)]
    batch = await played.client.look_up(ids, played.world.now)
    assert {one.external_id for one in said_in(batch)} == {*ids, post}
    assert batch.cost == 61


def test_only_our_own_question_makes_a_deletion():
    error = {"code": 100, "error_subcode": 33}
    [gone] = heard({"asked": "70_80", "error": error}, PAGE)
    assert (gone.sort, gone.target_id) == (Sort.DELETE, "70_80")
    for body in ({"error": error}, {"asked": 7, "error": error}, {"asked": "70_80", "error": {"code": 100}}):
        assert [one.sort for one in heard(json.loads(json.dumps(body)), PAGE)] == [Sort.IGNORED]
