"""What a simulator of X has to do, row by row: what real traffic and documentation show of X, and our reading has to survive.

Rows that other platforms have and X does not (an empty 200 for the wrong token, reactions) are not here.
"""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from x_stage import FIEN, heard_in, on_stage, reply  # noqa: F401 - the fixture is asked for by name

from connectors.twitter import connector
from connectors.twitter.simulator.happenings import lossy
from connectors.twitter.simulator.world import KEYS, START, US
from connectors.twitter.transport import GarbledError, RefusedError
from connectors.twitter.webhook import SIGNATURE
from webcare.ports.connector import Sort
from webcare.services.hearing import hear

BRAM = "45102"
MENTIONS, OWN, SEARCH = f"/2/users/{US}/mentions", f"/2/users/{US}/tweets", "/2/tweets/search/recent"
GENERATIONS = pytest.mark.parametrize("names", ["tweet", "post"])
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")


async def ask(sim, route, *, method="GET", sent=None, **params):
    """A status and a body, of a request that is signed as ours are."""
    try:
        answer = await sim.client()._x.request(method, route, params=params, json=sent, user_auth=True)
    except RefusedError as refused:
        return refused.status, json.loads(refused.body)
    return answer.status, answer.found


async def posted(sim, text, to=None, **more):
    reply_to = {"reply": {"in_reply_to_tweet_id": to}} if to else {}
    return await ask(sim, "/2/tweets", method="POST", sent={"text": text, **reply_to, **more})


def ids(body):
    return [one["id"] for one in body.get("data", [])]


class Ear:
    """A webhook of ours: what it was told, whether the signature held, and what it answers."""

    def __init__(self, server):
        self.server, self.raws, self.held, self.status, self.answers_challenges = server, [], [], 200, True

    @property
    def url(self):
        return str(self.server.make_url("/hook"))

    @property
    def bodies(self):
        return [json.loads(raw) for raw in self.raws]

    def heard(self):
        return [one for body in self.bodies for one in hear(connector, body, US)]

    async def challenged(self, request):
        answer = connector.handshake(request.query, KEYS)
        return web.Response(text=answer.text if self.answers_challenges else "{}", content_type=answer.content_type)

    async def called(self, request):
        raw = await request.read()
        self.raws.append(raw)
        self.held.append(connector.verify(request.headers, raw, KEYS))
        return web.Response(status=self.status)


@pytest.fixture
async def ear(sim):
    application = web.Application()
    server = TestServer(application)
    found = Ear(server)
    application.router.add_get("/hook", found.challenged)
    application.router.add_post("/hook", found.called)
    await server.start_server()
    assert await sim.do("hook", url=found.url) == {"valid": True}
    yield found
    await server.close()


# --- 1: ids


async def test_row_1_ids_are_texts_and_in_webhooks_numbers_too_that_lost_their_last_digits(sim, ear):
    said = sim.says()
    _, body = await ask(sim, MENTIONS)
    assert ids(body) == [said.id]
    await sim.do("announce", ids=[said.id])
    (tweet,) = ear.bodies[0]["tweet_create_events"]
    assert tweet["id_str"] == said.id
    assert tweet["id"] == lossy(said.id) != int(said.id)
    assert lossy("1924465506158878979") == 1924465506158879000
    assert [one.external_id for one in ear.heard()] == [said.id]


# --- 2 to 4: lists


async def test_row_2_a_list_of_nothing_has_no_data(sim):
    assert await ask(sim, MENTIONS) == (200, {"meta": {"result_count": 0}})
    assert await ask(sim, "/2/dm_events") == (200, {"meta": {"result_count": 0}})


async def test_row_3_a_page_is_shorter_than_asked_and_its_token_dies(sim):
    said = [sim.says(f"@klaverenergie {n}").id for n in range(5)]
    await sim.do("set", page=2, token_life=300)
    status, first = await ask(sim, MENTIONS, max_results="100")
    assert (status, ids(first), first["meta"]["result_count"]) == (200, said[:-3:-1], 2)
    token = first["meta"]["next_token"]
    assert ids((await ask(sim, MENTIONS, pagination_token=token))[1]) == said[2:0:-1]
    await sim.do("clock", seconds=300)
    for dead in (token, "made-up-by-somebody"):
        status, body = await ask(sim, MENTIONS, pagination_token=dead)
        assert (status, "pagination_token" in body["errors"][0]["parameters"]) == (400, True)


async def test_row_4_a_post_that_is_indexed_late_appears_below_the_newest(sim):
    late = (await sim.do("post", author=FIEN, text="@klaverenergie eerder", late=240))["id"]
    newest = sim.says("@klaverenergie later").id
    assert ids((await ask(sim, MENTIONS))[1]) == [newest]
    await sim.do("clock", seconds=240)
    assert ids((await ask(sim, MENTIONS))[1]) == [newest, late]
    assert ids((await ask(sim, MENTIONS, since_id=newest))[1]) == []


# --- 5 to 8: webhooks


async def test_row_5_a_delivery_comes_twice_and_once_for_each_subscribed_account(sim, ear):
    said = sim.says()
    assert await sim.do("announce", ids=[said.id], times=2) == {"statuses": [200, 200]}
    assert ear.raws[0] == ear.raws[1]
    await sim.do("announce", ids=[said.id], **{"for": [US, BRAM]}, shape="activity")
    first, second = ear.bodies[2:]
    assert [first["data"]["filter"]["user_id"], second["data"]["filter"]["user_id"]] == [US, BRAM]
    assert first["data"]["event_uuid"] != second["data"]["event_uuid"]


async def test_row_6_several_things_in_a_body_out_of_order_beside_what_nobody_knows(sim, ear):
    older, newer = sim.says("@klaverenergie een"), sim.says("@klaverenergie twee")
    message = sim.world.whisper(FIEN, US, "drie")
    extra = {"hologram_events": [{"id": "1"}], "user_has_waved": "false"}
    assert await sim.do("announce", ids=[newer.id, older.id, message.id], extra=extra) == {"statuses": [200, 200]}
    assert len(ear.bodies[0]["tweet_create_events"]) == 2
    told = [one for one in ear.heard() if one.sort is Sort.MESSAGE]
    assert [one.external_id for one in told] == [newer.id, older.id, message.id]
    assert Sort.IGNORED in {one.sort for one in ear.heard()}
    assert Sort.UNREADABLE not in {one.sort for one in ear.heard()}


async def test_row_7_challenge_and_signature(sim, ear):
    said = sim.says("@klaverenergie café 😀 <b>")
    await sim.do("announce", ids=[said.id])
    assert b"caf\\u00e9 \\ud83d\\ude00 &lt;b&gt;" in ear.raws[0]
    await sim.do("announce", ids=[said.id], signature="sha256=" + "0" * 64)  # as Meta writes them
    await sim.do("deliver", url=ear.url, raw=base64.b64encode(b'{"a": "\\/"}').decode())
    assert ear.held == [True, False, True]
    ear.answers_challenges = False
    assert await sim.do("hook", url=ear.url) == {"valid": False}
    assert await sim.do("check") == {"valid": []}
    assert await sim.do("announce", ids=[said.id]) == {"statuses": []}  # an address that failed is told nothing more
    assert SIGNATURE == "x-twitter-webhooks-signature"


async def test_row_8_there_are_no_retries_but_a_day_can_be_replayed(sim, ear):
    ear.status = 500
    for text in ("@klaverenergie een", "@klaverenergie twee"):
        assert await sim.do("announce", ids=[sim.says(text).id]) == {"statuses": [500]}
    ear.status = 200
    assert await sim.do("replay", url=ear.url) == {"statuses": [200, 200]}
    assert ear.raws[:2] == ear.raws[2:]
    await sim.do("clock", seconds=86_401)
    assert await sim.do("replay", url=ear.url) == {"statuses": []}


# --- 9 and 10: limits, plans, keys


@pytest.mark.parametrize("shape", ["legacy", "problem", "mixed"])
@pytest.mark.parametrize("reset", ["ahead", "past", "none"])
async def test_row_9_a_rate_limit_in_three_shapes_with_headers_ahead_past_and_absent(sim, shape, reset):
    await sim.do("fault", kind=f"limit-{shape}", reset=reset)
    with pytest.raises(RefusedError) as refused:
        await sim.client()._x.request("GET", MENTIONS, params={}, user_auth=True)
    body, until = json.loads(refused.value.body), refused.value.headers.get("x-rate-limit-reset")
    assert refused.value.status == 429
    assert ("errors" in body, "title" in body) == (shape != "problem", shape != "legacy")
    assert (None if until is None else int(until) > START.timestamp()) == {"ahead": True, "past": False, "none": None}[reset]


async def test_row_9_limits_count_by_window_and_by_day(sim):
    await sim.do("limit", documented=True)
    await sim.do("limit", path="POST /2/tweets", requests=1, daily=True)
    for _ in range(15):
        assert (await ask(sim, "/2/dm_events"))[0] == 200
    assert (await ask(sim, f"/2/dm_conversations/{US}-{FIEN}/dm_events"))[0] == 429  # all reads of messages share one
    await posted(sim, "een")
    with pytest.raises(RefusedError) as refused:
        await sim.client()._x.request("POST", "/2/tweets", params={}, json={"text": "twee"}, user_auth=True)
    assert refused.value.headers["x-user-limit-24hour-remaining"] == "0"
    await sim.do("clock", seconds=900)
    assert (await ask(sim, "/2/dm_events"))[0] == 200
    assert (await posted(sim, "twee"))[0] == 429
    await sim.do("clock", seconds=86_400)
    assert (await posted(sim, "twee"))[0] == 201


async def test_row_9_a_plan_that_is_used_up_is_a_429_that_no_waiting_helps(sim):
    said = sim.says()
    await sim.do("set", cap=1)
    assert (await ask(sim, MENTIONS))[0] == 200
    for host in ("api.twitter.com", "api.x.com"):  # either stands in the addresses of problems
        await sim.do("set", host=f"https://{host}/2/problems")
        status, body = await ask(sim, MENTIONS)
        assert (status, body["type"], body["period"]) == (429, f"https://{host}/2/problems/usage-capped", "Monthly")
    assert (await posted(sim, "Dag", to=said.id))[0] == 201  # only reading is capped


@pytest.mark.parametrize("status", [402, 403])
async def test_row_9_credits_that_are_spent_stop_everything(sim, status):
    await sim.do("set", credit=15, unpaid_status=status)
    assert (await posted(sim, "Een bericht kost anderhalve cent."))[0] == 201
    assert (await posted(sim, "Nog een"))[0] == status
    assert (await ask(sim, MENTIONS))[0] == status
    for kind in ("unpaid", "spent"):
        await sim.do("fault", kind=kind, status=status)
        assert (await ask(sim, MENTIONS))[0] == status


async def test_row_10_keys_expire_are_revoked_or_may_not_do_that(sim, ear):
    for kind, status in (("unauthorized", 401), ("access", 403), ("unenrolled", 403)):
        await sim.do("fault", kind=kind)
        assert (await ask(sim, MENTIONS))[0] == status
    await sim.do("fault", kind="refuse", type="unsupported-authentication")
    assert (await ask(sim, "/2/dm_events"))[1]["type"].endswith("/unsupported-authentication")
    for shape in ("account", "activity"):
        await sim.do("revoke", shape=shape)
    assert (await ask(sim, MENTIONS))[0] == 401
    assert [(one.sort, one.status, one.account) for one in ear.heard()] == [(Sort.ACCOUNT, "revoked", US)] * 2


# --- 12 and 13: sending


@pytest.mark.parametrize("family", ["problem", "legacy"])
async def test_row_12_whom_x_lets_us_answer(sim, family):
    await sim.do("set", family=family)
    ours = sim.says("Vanavond onderhoud", author=US)
    allowed = [
        sim.says("@klaverenergie hallo"),
        sim.says("tja", quotes=ours.id),
        sim.says("@KlaverEnergie?", reply_settings="following"),
    ]
    refused = [
        sim.says("klaver doet het niet"),
        sim.says("vraag", reply_settings="following"),
        sim.says("@klaverenergie", is_protected=True),
    ]
    assert [(await posted(sim, "We kijken.", to=one.id))[0] for one in allowed] == [201] * 3
    assert [(await posted(sim, "We kijken.", to=one.id))[0] for one in refused] == [403] * 3
    sim.world.delete(allowed[0].id)
    assert (await posted(sim, "Nog iets.", to=allowed[0].id))[0] == 403
    await sim.do("person", id=FIEN, closed=True)
    status, body = await ask(sim, f"/2/dm_conversations/with/{FIEN}/messages", method="POST", sent={"text": "Dag"})
    assert (status, "errors" in body) == (403, family == "legacy")
    await sim.do("set", is_enterprise=True)
    assert (await posted(sim, "We kijken.", to=refused[0].id))[0] == 201


async def test_row_12_what_x_does_not_take(sim):
    assert (await posted(sim, "x" * 281))[0] == 403
    assert (await posted(sim, "", media={"media_ids": ["12"]}))[0] == 400
    assert (await posted(sim, "", media={"media_ids": []}))[0] == 400
    assert (await posted(sim, "Dag", colour="red"))[0] == 400
    assert (await posted(sim, "Zie dit", quote_tweet_id="1"))[0] == 403
    await sim.do("set", longest=25_000)
    assert (await posted(sim, "x" * 281))[0] == 201


@pytest.mark.parametrize("fault", ["lose", "hang"])
async def test_row_13_an_answer_is_lost_after_the_post_was_taken_and_a_second_one_is_a_duplicate(sim, fault):
    said = sim.says()
    await sim.do("fault", kind=fault, method="POST")
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(sock_read=0.1)) as session:
        with pytest.raises((aiohttp.ClientError, asyncio.TimeoutError)):
            await sim.client(session)._x.create_tweet(text="We kijken.", in_reply_to_tweet_id=said.id)
    (sent,) = (await ask(sim, OWN, **{"tweet.fields": "referenced_tweets"}))[1]["data"]
    assert (sent["text"], sent["referenced_tweets"][0]["id"]) == ("@fiendewolf We kijken.", said.id)
    status, body = await posted(sim, "We kijken.", to=said.id)
    assert (status, "duplicate content" in body["detail"]) == (403, True)


# --- 14 and 15: what is shown of what was said


async def test_row_14_what_we_said_elsewhere_is_shown(sim, ear):
    asked = sim.says()
    told = await sim.do("post", author=US, text="@fiendewolf ja", reply_to=asked.id, source="X for iPhone")
    sent = await sim.do("message", sender=US, recipient=FIEN, text="En in besloten kring")
    assert ids((await ask(sim, OWN))[1]) == [told["id"]]
    assert ids((await ask(sim, f"/2/dm_conversations/with/{FIEN}/dm_events"))[1]) == [sent["id"]]
    await sim.do("announce", ids=[told["id"], sent["id"]], shape="activity")
    assert [body["data"]["event_type"] for body in ear.bodies] == ["post.create", "dm.sent"]
    assert [one.sort for one in ear.heard()] == [Sort.ECHO, Sort.ECHO]


async def test_row_15_edits_are_a_chain_and_what_is_deleted_is_an_error_of_a_lookup(sim, ear):
    first = sim.says().id
    second = (await sim.do("edit", id=first, text="@klaverenergie hoe lang nog??"))["id"]
    (shown,) = (await ask(sim, MENTIONS, **{"tweet.fields": "edit_controls"}))[1]["data"]
    assert (shown["id"], shown["edit_history_tweet_ids"], shown["edit_controls"]["edits_remaining"]) == (
        second,
        [first, second],
        4,
    )
    await sim.do("delete", id=second)
    assert ids((await ask(sim, MENTIONS))[1]) == []
    status, body = await ask(sim, "/2/tweets", ids=f"{first},{second}")
    assert (status, [error["title"] for error in body["errors"]], "data" in body) == (200, ["Not Found Error"] * 2, False)
    for shape in ("account", "activity"):
        await sim.do("announce", ids=[second], shape=shape)
    assert [(one.sort, one.target_id) for one in ear.heard()] == [(Sort.DELETE, second)] * 2


# --- 17 to 20: posts of every kind


@GENERATIONS
async def test_row_17_retweets_quotes_replies_and_long_posts_in_the_names_of_either_generation(sim, names):
    await sim.do("set", names=names)
    ours = sim.says("Vanavond onderhoud aan het net in heel Delft en omstreken. " * 4, author=US)
    both = sim.says("@klaverenergie " + "en wij dan, " * 40, quotes=ours.id, reply_to=ours.id)
    again = await sim.do("repost", author=BRAM, id=ours.id)
    asked = {"expansions": "referenced_posts,author_id", "post.fields": "note_post,created_at"}
    if names == "tweet":
        asked = {
            "expansions": "referenced_tweets.id,author_id",
            "tweet.fields": "note_tweet,referenced_tweets,author_id,created_at",
        }
    _, mentions = await ask(sim, MENTIONS, **asked)
    repeated, shown = mentions["data"]
    assert (repeated["id"], [one["type"] for one in repeated[f"referenced_{names}s"]]) == (again["id"], ["retweeted"])
    assert [one["type"] for one in shown[f"referenced_{names}s"]] == ["replied_to", "quoted"]
    assert (len(shown["text"]), shown[f"note_{names}"]["text"]) == (280, both.text)
    assert [one["id"] for one in mentions["includes"][f"{names}s"]] == [ours.id]
    _, other = await ask(sim, f"/2/users/{BRAM}/tweets", **asked)
    assert other["data"][0]["text"].startswith("RT @klaverenergie: Vanavond")
    assert len(other["data"][0]["text"]) == 140
    wrong = {"expansions": "referenced_tweets.id" if names == "post" else "referenced_posts"}
    assert (await ask(sim, MENTIONS, **wrong))[0] == 400
    assert ids((await ask(sim, f"/2/users/{BRAM}/tweets", exclude="retweets"))[1]) == []


async def test_row_17_only_what_is_asked_for_is_shown(sim):
    sim.says()
    _, body = await ask(sim, MENTIONS)
    assert body["data"][0].keys() == {"id", "text", "edit_history_tweet_ids"}
    assert "includes" not in body


async def test_row_17_long_texts_are_cut_in_webhooks_and_stand_beside_whole(sim, ear):
    long = sim.says("@klaverenergie " + "een lang verhaal " * 20)
    await sim.do("announce", ids=[long.id])
    (tweet,) = ear.bodies[0]["tweet_create_events"]
    assert (len(tweet["text"]), tweet["truncated"], tweet["extended_tweet"]["full_text"]) == (140, True, long.text)
    assert [one.text for one in ear.heard()] == [long.text]
    assert ear.bodies[0]["user_has_blocked"] == "false"


async def test_row_18_pictures_are_keys_with_an_address_beside_or_without(sim):
    await sim.do("picture", key="3_1", content=base64.b64encode(PNG).decode())
    await sim.do("picture", key="3_2", content=base64.b64encode(PNG).decode(), private=True)
    sim.says("@klaverenergie kijk", media=["3_1", "3_404"])
    await sim.do("message", sender=FIEN, text="en deze", media=["3_2"])
    _, posts = await ask(sim, MENTIONS, expansions="attachments.media_keys")
    assert posts["data"][0]["attachments"]["media_keys"] == ["3_1", "3_404"]
    assert posts["data"][0]["text"].startswith("@klaverenergie kijk https://t.co/")
    (medium,) = posts["includes"]["media"]  # the other one is gone, and nothing says so
    async with sim.session.get(medium["url"]) as answer:
        assert (answer.status, await answer.read()) == (200, PNG)
    _, messages = await ask(sim, "/2/dm_events", **{"dm_event.fields": "attachments", "expansions": "attachments.media_keys"})
    async with sim.session.get(messages["includes"]["media"][0]["url"]) as answer:
        assert answer.status == 401  # pictures of messages want a signature


@GENERATIONS
async def test_row_18_our_own_pictures_go_up_at_once_or_in_parts_and_expire(sim, names):
    await sim.do("set", names=names)
    sent = {"media": base64.b64encode(PNG).decode(), "media_category": "tweet_image"}
    _, at_once = await ask(sim, "/2/media/upload", method="POST", sent=sent)
    began = {"media_category": "tweet_image", "media_type": "image/png", "total_bytes": len(PNG)}
    _, in_parts = await ask(sim, "/2/media/upload/initialize", method="POST", sent=began)
    route = f"/2/media/upload/{in_parts['data']['id']}"
    for number, part in ((1, PNG[30:]), (0, PNG[:30]), (1, PNG[30:])):  # one part comes twice
        sent = {"media": base64.b64encode(part).decode(), "segment_index": number}
        assert (await ask(sim, f"{route}/append", method="POST", sent=sent))[0] == 200
    assert (await ask(sim, f"{route}/finalize", method="POST"))[1]["data"]["size"] == len(PNG)
    two = [at_once["data"]["id"], in_parts["data"]["id"]]
    assert (await posted(sim, "", media={"media_ids": two}))[0] == 201
    message = {"text": "Dag", "attachments": [{"media_id": two[0]}]}
    assert (await ask(sim, f"/2/dm_conversations/with/{FIEN}/messages", method="POST", sent=message))[0] == 400  # made for posts
    await sim.do("clock", seconds=86_400)
    assert (await posted(sim, "Nog eens", media={"media_ids": two}))[0] == 400
    for wrong in ({"media": "bm8gcGljdHVyZQ==", "media_category": "tweet_image"}, {"media": "?"}, {}):
        assert (await ask(sim, "/2/media/upload", method="POST", sent=wrong))[0] == 400


async def test_row_18_a_picture_goes_up_in_a_form_too(sim):
    form = aiohttp.FormData({"media_category": "dm_image"})
    form.add_field("media", PNG, filename="meter.png", content_type="image/png")
    async with sim.client()._x.session.request("POST", "https://api.x.com/2/media/upload", headers={}, data=form) as answer:
        (medium,) = sim.world.media.values()
        assert (answer.found["data"]["media_key"], medium.content) == (medium.key, PNG)


async def test_row_19_names_change_and_the_suspended_are_missing(sim):
    said = sim.says()
    await sim.do("person", id=FIEN, name="Fien", username="fien_verhuisd")
    asked = {"tweet.fields": "author_id", "expansions": "author_id"}
    _, body = await ask(sim, MENTIONS, **asked)
    assert (body["includes"]["users"][0], body["data"][0]["author_id"]) == (
        {"id": FIEN, "name": "Fien", "username": "fien_verhuisd"},
        FIEN,
    )
    await sim.do("person", id=FIEN, suspended=True)
    _, body = await ask(sim, MENTIONS, **asked)
    assert (ids(body), "includes" in body, body["errors"][0]["resource_id"]) == ([said.id], False, FIEN)


async def test_row_19_what_protected_accounts_say_is_never_delivered(sim, ear):
    said = sim.says()
    await sim.do("person", id=FIEN, protected=True)
    assert ids((await ask(sim, MENTIONS))[1]) == ids((await ask(sim, SEARCH, query="klaverenergie"))[1]) == []
    _, body = await ask(sim, "/2/tweets", ids=said.id)
    assert body["errors"][0]["title"] == "Authorization Error"
    for shape in ("account", "activity"):
        assert await sim.do("announce", ids=[said.id], shape=shape) == {"statuses": []}


async def test_row_20_times_in_three_forms_from_the_future_and_the_past(sim, ear):
    ahead = (await sim.do("post", author=FIEN, text="@klaverenergie straks", skew=7200))["id"]
    behind = (await sim.do("post", author=FIEN, text="@klaverenergie ooit", skew=-86_400))["id"]
    message = (await sim.do("message", sender=FIEN, text="nu"))["id"]
    _, body = await ask(sim, MENTIONS, **{"tweet.fields": "created_at"})
    assert [one["created_at"] for one in body["data"]] == ["2026-11-19T09:00:00.000Z", "2026-11-20T11:00:00.000Z"]
    await sim.do("announce", ids=[ahead, behind, message])
    assert [one["created_at"] for one in ear.bodies[0]["tweet_create_events"]] == [
        "Fri Nov 20 11:00:00 +0000 2026",
        "Thu Nov 19 09:00:00 +0000 2026",
    ]
    assert ear.bodies[1]["direct_message_events"][0]["created_timestamp"] == "1795165200000"
    assert [one.created_at - START for one in ear.heard()] == [timedelta(hours=2), timedelta(days=-1), timedelta(0)]


# --- 21 to 24


@GENERATIONS
async def test_row_21_a_lookup_answers_in_part(sim, names):
    await sim.do("set", names=names)
    there, gone, hidden = sim.says(), sim.says("@klaverenergie laat maar"), sim.says("@klaverenergie besloten", is_protected=True)
    sim.world.delete(gone.id)
    status, body = await ask(sim, "/2/tweets", ids=f"{gone.id},{there.id},{hidden.id},404")
    assert (status, ids(body)) == (200, [there.id])
    assert [(one["value"], one["type"].rpartition("/")[2], one["resource_type"]) for one in body["errors"]] == [
        (gone.id, "resource-not-found", names),
        (hidden.id, "not-authorized-for-resource", names),
        ("404", "resource-not-found", names),
    ]
    assert [body["errors"][0]["type"].startswith(f"https://api.{host}.com/") for host in ("x", "twitter")] == [
        names == "post",
        names == "tweet",
    ]
    assert (await ask(sim, "/2/tweets", ids="een,twee"))[0] == 400


async def test_row_22_receipts_say_up_to_where_somebody_has_read(sim, ear):
    sent = (await sim.do("message", sender=US, recipient=FIEN, text="Dag Fien"))["id"]
    await sim.do("read", id=sent, by=FIEN)
    assert [(one.sort, one.status, one.target_id, one.author.id) for one in ear.heard()] == [(Sort.STATUS, "read", sent, FIEN)]


@pytest.mark.parametrize(
    ("kind", "status", "error"),
    [
        ("html", 503, RefusedError),
        ("empty", 502, RefusedError),
        ("server", 500, RefusedError),
        ("page", 200, GarbledError),
        ("nothing", 200, GarbledError),
        ("truncated", 200, GarbledError),
        ("nameless", 201, None),
        ("drop", None, aiohttp.ClientError),
    ],
)
async def test_row_23_answers_that_are_none(sim, kind, status, error):
    await sim.do("fault", kind=kind, times=2)
    sending = sim.client()._x.request("POST", "/2/tweets", params={}, json={"text": "Dag"}, user_auth=True)
    if error is None:
        answer = await sending
        assert (answer.status, answer.found) == (status, {"data": {}})  # done, and no id
        return
    with pytest.raises(error) as broken:
        await sending
    assert getattr(broken.value, "status", status) == status
    assert not sim.world.posts


async def test_row_24_a_resource_is_charged_once_a_utc_day_and_a_deed_each_time(sim):
    theirs = sim.says("@klaverenergie storing bij klaver")
    for _ in range(2):
        await ask(sim, MENTIONS)
    assert (await meter(sim))["days"] == {"2026-11-20": {"own": 1}}
    await ask(sim, SEARCH, query="storing")  # the same post, at the price of others
    sim.world.whisper(FIEN, US, "hoi")
    await ask(sim, "/2/dm_events")
    await posted(sim, "We kijken.", to=theirs.id)
    await posted(sim, "Zie https://klaver.nl")
    assert await meter(sim) == {
        "resources": 2,
        "thousandths": 5 + 10 + 10 + 200,
        "days": {"2026-11-20": {"post": 1, "message": 1, "summoned_reply": 1, "post_create_with_link": 1}},
    }
    await sim.do("clock", seconds=86_400)
    await ask(sim, MENTIONS)
    assert (await meter(sim))["days"]["2026-11-21"] == {"own": 1}


async def meter(sim):
    async with sim.session.get(sim.server.make_url("/_sim/meter")) as answer:
        return await answer.json()


# --- beside the rows: what else our client asks


@pytest.mark.parametrize(
    ("query", "finds"),
    [
        ("storing", {"fien", "bram", "ours"}),
        ("STORING delft", {"fien"}),
        ('"in delft"', {"fien"}),
        ('"delft in"', set()),
        ("storing -from:klaverenergie", {"fien", "bram"}),
        ("(storing OR factuur) from:fiendewolf", {"fien", "bill"}),
        ("storing -delft -is:reply", {"ours"}),
        ("@klaverenergie -is:retweet", {"bram"}),
        ("#stroomstoring", {"fien"}),
        ("stroom", set()),  # a tag is a word of its own
        ("storing lang:nl", {"bram"}),
        ("to:klaverenergie", {"bram"}),
        ("factuur OR (storing lang:nl)", {"bill", "bram"}),
    ],
)
async def test_a_search_finds_what_its_operators_say(sim, query, finds):
    ours = sim.says("Er is een storing", author=US)
    said = {
        "ours": ours.id,
        "fien": sim.says("Storing in Delft? #stroomstoring").id,
        "bram": sim.says("@klaverenergie welke storing?", author=BRAM, reply_to=ours.id, lang="nl").id,
        "bill": sim.says("mijn factuur").id,
    }
    sim.world.repost(BRAM, said["fien"])  # searches find no retweets
    status, body = await ask(sim, SEARCH, query=query)
    assert (status, set(ids(body))) == (200, {said[one] for one in finds})
    assert ids((await ask(sim, SEARCH, query=f"conversation_id:{ours.id} -from:klaverenergie"))[1]) == [said["bram"]]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "lang:nl",
        "-storing",
        "is:reply -is:retweet",
        '"open',
        "(storing",
        "storing)",
        "min_faves:10 storing",
        "x" * 513,
        "a OR",
        "!",
    ],
)
async def test_a_search_that_is_none_is_refused(sim, query):
    status, body = await ask(sim, SEARCH, query=query)
    assert (status, body["title"]) == (400, "Invalid Request")


async def test_a_search_reaches_seven_days_back(sim):
    old, later = sim.says("storing"), None
    await sim.do("clock", seconds=7 * 86_400)
    later = sim.says("storing alweer")
    assert ids((await ask(sim, SEARCH, query="storing"))[1]) == [later.id]
    status, body = await ask(sim, SEARCH, query="storing", since_id=old.id)
    assert (status, list(body["errors"][0]["parameters"])) == (400, ["since_id"])
    assert (await ask(sim, SEARCH, query="storing", start_time="2026-11-20T09:00:00Z"))[0] == 400
    assert (await ask(sim, SEARCH, query="storing", max_results="5"))[0] == 400
    await sim.do("set", old_since="ignore")
    assert ids((await ask(sim, SEARCH, query="storing", since_id=old.id))[1]) == [later.id]


async def test_we_hide_replies_below_our_posts_only_and_like_as_ourselves_only(sim):
    ours, theirs = sim.says("Onderhoud", author=US), sim.says()
    below, elsewhere = sim.says("prutsers", reply_to=ours.id), sim.says("eens", reply_to=theirs.id)
    for target, status in ((below.id, 200), (elsewhere.id, 403), (ours.id, 403), ("404", 404)):
        assert (await ask(sim, f"/2/tweets/{target}/hidden", method="PUT", sent={"hidden": True}))[0] == status
    assert sim.world.hidden == {below.id}
    assert (await ask(sim, f"/2/tweets/{below.id}/hidden", method="PUT", sent={"hidden": "no"}))[0] == 400
    for user, target, status in ((US, theirs.id, 200), (BRAM, theirs.id, 400), (US, "404", 404)):
        assert (await ask(sim, f"/2/users/{user}/likes", method="POST", sent={"tweet_id": target}))[0] == status
    _, body = await ask(sim, "/2/tweets", ids=theirs.id, **{"tweet.fields": "public_metrics"})
    assert body["data"][0]["public_metrics"]["like_count"] == 1
    assert await ask(sim, f"/2/users/{US}/likes/{theirs.id}", method="DELETE") == (200, {"data": {"liked": False}})


async def test_everything_that_webhooks_tell_is_read_as_what_lists_show(sim, ear):
    ours = sim.says("Onderhoud", author=US)
    things = [sim.says(), sim.says("tja", reply_to=ours.id), sim.says("zucht", quotes=ours.id), sim.world.repost(BRAM, ours.id)]
    things += [sim.world.whisper(FIEN, US, "hoi")]
    await sim.do("announce", ids=[one.id for one in things], shape="activity")
    named = [body["data"]["event_type"] for body in ear.bodies]
    assert named == ["post.mention.create", "post.reply.create", "post.quote.create", "post.repost.create", "dm.received"]
    batch = await sim.client(direct_messages=True).poll(None, sim.now)
    shown = {one.external_id: (one.text, one.author.id) for one in heard_in(batch) if one.sort is Sort.MESSAGE}
    told = {one.external_id: (one.text, one.author.id) for one in ear.heard() if one.sort is Sort.MESSAGE}
    assert len(told) == 4
    assert shown.items() <= told.items()
    receipt = await sim.client().send(reply(things[0].id))
    assert receipt.external_id in sim.world.posts
