"""The rows of what a simulator must play, for the page and for Messenger: each is made to happen, and the connector lives through it.

The number in a test's name is the row: 12, the windows, stands in test_facebook_ways.py, and 24, how much is used, in
test_facebook_usage.py.
"""

from __future__ import annotations

import json
from datetime import timedelta

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from facebook_played import PSID, SANNE, Played, Receiver, answer, heard, private, said_in, texts, told

from connectors.facebook import connector
from connectors.facebook.simulator import app
from connectors.facebook.simulator.keys import DELIVERIES
from connectors.facebook.simulator.world import APP_SECRET, PAGE, PAGE_TOKEN, PERSON_TOKEN
from connectors.meta import sign
from connectors.meta_deliveries import raw
from webcare.domain.message import Direction
from webcare.ports.connector import Sort
from webcare.ports.errors import AuthFailed, RateLimited, Unconfirmed

MINUTE, HOUR = 60, 3600
BUC, APP_USE, PAGE_USE = "X-Business-Use-Case-Usage", "X-App-Usage", "X-Page-Usage"
PEOPLE = {"sender": {"id": PSID}, "recipient": {"id": PAGE}}


@pytest.fixture
async def played():
    async with TestServer(app()) as server, aiohttp.ClientSession() as session:
        yield Played(server, session)


@pytest.fixture
async def receiver(played):
    kept = Receiver()
    hook = aiohttp.web.Application()
    hook.router.add_route("*", "/hook", kept.handle)
    async with TestServer(hook) as server:
        assert (await played.sim("hook", url=str(server.make_url("/hook"))))["subscribed"]
        yield kept


# --- 1-4: ids, pages, order


async def test_1_ids_of_old_bodies_are_numbers_and_the_same_ids(played, receiver):
    await played.sim("old", is_old=True)
    comment = await played.comment(await played.post())
    mid = (await played.sim("message", person=PSID, text="waar?"))["id"]
    assert receiver.bodies[1]["entry"][0]["changes"][0]["value"]["sender_id"] == int(SANNE["id"])
    assert receiver.bodies[2]["entry"][0]["id"] == int(PAGE)
    _, first, second = told(receiver)
    assert (first.external_id, first.author.id, first.account) == (comment, SANNE["id"], PAGE)
    assert (second.external_id, second.author.id, second.account) == (mid, PSID, PAGE)


async def test_2_nothing_is_an_empty_list_and_may_have_a_next_page(played):
    assert not [one for one in said_in(await played.poll()) if one.sort is not Sort.IGNORED]
    await played.comment(await played.post(), "help!")
    await played.sim("pages", size=0, empty_first=True)
    assert "help!" in texts(await played.poll())


async def test_3_short_pages_go_on_and_cursors_die_with_a_removal(played):
    await played.sim("pages", size=1)
    posts = [await played.post(f"p{number}") for number in range(3)]
    batch = await played.poll()
    assert {"p0", "p1", "p2"} <= set(texts(batch))
    dead = next(body["paging"]["next"] for body in batch.bodies if body.get("paging", {}).get("next"))
    await played.sim("remove", id=posts[0])
    async with played.session.get(dead, headers={"Authorization": f"Bearer {PAGE_TOKEN}"}) as gone:
        assert (gone.status, (await gone.json())["error"]["code"]) == (400, 100)
    assert "p2" in texts(await played.poll(batch.cursor)), "no cursor of theirs is kept"


async def test_4_the_feed_is_ranked_and_what_is_indexed_late_is_found(played):
    post = await played.post()
    for number in range(4):
        await played.post(f"p{number}", author=SANNE)
    await played.sim("comment", on=post, text="late", author=SANNE, late=20 * MINUTE)
    await played.sim("message", person=PSID, text="late too", late=20 * MINUTE)
    first = await played.poll()
    assert not {"late", "late too"} & set(texts(first))
    await played.sim("clock", advance=25 * MINUTE)
    await played.comment(post, "newer")
    await played.sim("message", person=PSID, text="newer too")
    assert {"late", "late too", "newer", "newer too"} <= set(texts(await played.poll(first.cursor)))


# --- 5-8: deliveries


async def test_5_the_same_comes_twice_and_in_another_batch_and_is_the_same(played, receiver):
    receiver.refuse = 2
    comment = await played.comment(await played.post())
    await played.sim("clock", advance=MINUTE)
    await played.sim("message", person=PSID, text="waar?")
    played.server.app[DELIVERIES].waiting.clear()
    played.world.skipped += timedelta(minutes=1)
    receiver.refuse = 2
    await played.sim("edit", id=comment, text="help!!")
    await played.comment(comment, "ik ook")
    played.world.skipped += timedelta(minutes=2)
    before = len(told(receiver))
    await played.sim("deliver", twice=True, together=True)
    said = [(one.sort, one.external_id, one.text) for one in told(receiver)[before:]]
    assert len(said) == 4
    assert said[:2] == said[2:]


async def test_6_bodies_hold_several_things_backwards_and_some_are_new_to_us(played, receiver):
    receiver.refuse = 4
    post = await played.post()
    await played.comment(post, "c0")
    await played.sim("tell", field="feed", value={"item": "hologram", "verb": "add", "post_id": post})
    await played.sim("tell_messenger", item={**PEOPLE, "timestamp": 1795424400000, "hand_wave": {}})
    played.world.skipped += timedelta(minutes=1)
    await played.sim("deliver", backwards=True, together=True)
    [body] = receiver.bodies
    said = heard(body)
    assert [one.sort for one in said] == [Sort.IGNORED, Sort.IGNORED, Sort.MESSAGE, Sort.ECHO]
    assert all(one.reason for one in said[:2])


async def test_7_the_handshake_and_the_signature_are_over_bytes(played, receiver):
    await played.comment(await played.post(), "géén a/b")
    assert told(receiver)[1].text == "géén a/b"  # the receiver checks each signature
    body = raw(receiver.bodies[1])
    assert b"\\u00e9" in body
    for wrong in (sign(body, "another"), sign(body + b" ", APP_SECRET), ""):
        assert not connector.verify({"X-Hub-Signature-256": wrong}, body, {"app_secret": APP_SECRET})


async def test_8_a_receiver_that_fails_is_told_again_for_36_hours(played, receiver):
    receiver.refuse = 3
    await played.sim("message", person=PSID, text="waar?")
    for hours in (1, 5, 20):
        await played.sim("clock", advance=hours * HOUR)
    assert [one.text for one in told(receiver)] == ["waar?"]
    receiver.refuse = 1000
    await played.comment(await played.post())
    for _ in range(7):
        await played.sim("clock", advance=6 * HOUR)
    assert played.server.app[DELIVERIES].waiting == []


# --- 9-13: limits, tokens, unclear answers


@pytest.mark.parametrize(
    ("code", "header", "minutes"),
    [
        *[(code, None, 60) for code in (4, 17, 32, 80001, 80006)],
        (613, None, 5),
        *[(code, json.dumps({PAGE: [{"type": "pages", "estimated_time_to_regain_access": 7}]}), 7) for code in (80001, 80006)],
        (4, json.dumps({PAGE: [{"estimated_time_to_regain_access": 0}]}), 60),
    ],
)
async def test_9_every_limit_parks_as_long_as_it_is_documented(played, code, header, minutes):
    headers = {BUC: header} if header else {}
    for asked in ("poll", "send"):
        await played.sim("fault", kind="error", error={"code": code}, headers=headers)
        with pytest.raises(RateLimited) as caught:
            await (played.poll() if asked == "poll" else played.client.send(private()))
        assert caught.value.until == played.world.now + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("code", "subcode", "words"),
    [
        (190, 463, "expired"),
        (190, 458, "app was removed"),
        (190, 459, "must log in"),
        (190, 460, "password"),
        (190, 464, "not confirmed"),
        (190, 467, "not valid any more"),
        (190, 492, "lost the role"),
        (102, 0, "does not say why"),
        (10, 0, "90 days"),
        (200, 0, "permission"),
    ],
)
async def test_10_a_dead_token_and_a_lost_permission_say_what_happened(played, code, subcode, words):
    await played.sim("token", token=PAGE_TOKEN, code=code, subcode=subcode)
    for asked in (played.poll(), played.client.send(private()), played.client.look_up(["70_80"], played.world.now)):
        with pytest.raises(AuthFailed, match=words):
            await asked


async def test_10_a_preflight_says_how_long_the_token_lives_and_what_it_may_not(played):
    assert (await played.client.preflight(played.world.now)).expires_at is None
    await played.sim("token", lives=9 * 24 * HOUR, scopes=["pages_read_engagement", "pages_messaging"])
    health = await played.client.preflight(played.world.now)
    assert health.expires_at == played.world.now + timedelta(days=9)
    assert health.problems == ("the token lacks pages_read_user_content, pages_manage_engagement",)
    await played.sim("fault", kind="error", where="debug_token", error={"code": 100})
    assert (await played.client.preflight(played.world.now)).problems == ()
    await played.sim("clock", advance=9 * 24 * HOUR)
    with pytest.raises(AuthFailed, match="expired"):
        await played.poll()


async def test_11_to_a_persons_token_comments_look_empty_and_that_is_noticed(played):
    post = await played.post()
    await played.comment(post)
    address = played.server.make_url(f"/v26.0/{post}/comments")
    async with played.session.get(address, headers={"Authorization": f"Bearer {PERSON_TOKEN}"}) as bare:
        assert (bare.status, await bare.json()) == (200, {"data": []})
    with pytest.raises(AuthFailed, match="not the page's"):
        await played.poll(client=played.talk(PERSON_TOKEN))


@pytest.mark.parametrize("is_private", [False, True])
async def test_13_a_send_may_arrive_although_its_answer_does_not(played, is_private):
    post = await played.post()
    comment = await played.comment(post)
    mid = (await played.sim("message", person=PSID, text="waar?"))["id"]
    reply = private(mid) if is_private else answer(comment, conversation=post)
    await played.sim("fault", kind="lost_answer", method="POST")
    with pytest.raises(Unconfirmed):
        await played.client.send(reply)
    assert (await played.client.find(reply)).external_id in {*played.world.comments, *played.world.messages}


# --- 14-20: what is said


async def test_14_what_the_page_says_elsewhere_is_ours(played, receiver):
    comment = await played.comment(await played.post())
    await played.sim("native", on=comment, text="opgelost")
    await played.sim("message", person=PSID, text="waar?", part="standby")
    await played.sim("native", person=PSID, text="komt eraan")
    await played.client.send(private())
    said = [(one.sort, one.direction, one.raw_type) for one in told(receiver)][2:]
    assert said == [
        (Sort.ECHO, Direction.OUTBOUND, "feed.comment.add"),
        (Sort.MESSAGE, Direction.INBOUND, "standby.message"),
        (Sort.ECHO, Direction.OUTBOUND, "messaging.message.echo"),
        (Sort.ECHO, Direction.OUTBOUND, "messaging.message.echo"),
    ]
    assert [one.app_id for one in told(receiver)][-2:] == [None, "123400000000001"]


async def test_15_words_change_hide_come_back_and_go(played, receiver):
    comment = await played.comment(await played.post())
    mid = (await played.sim("message", person=PSID, text="waar?"))["id"]
    await played.sim("edit", id=comment, text="help!!")
    await played.sim("hide", id=comment)
    await played.sim("hide", id=comment, is_hidden=False)
    await played.sim("edit", id=mid, text="waar blijft het?")
    await played.sim("remove", id=comment)
    await played.sim("remove", id=mid)
    said = told(receiver)[3:]
    sorts = [Sort.EDIT, Sort.IGNORED, Sort.IGNORED, Sort.EDIT, Sort.DELETE, Sort.DELETE]
    assert [one.sort for one in said] == sorts
    assert [said[0].text, said[3].text] == ["help!!", "waar blijft het?"]
    assert [said[4].target_id, said[5].target_id] == [comment, mid]
    assert not {comment, mid} & {one.external_id for one in said_in(await played.poll())}


async def test_16_reactions_come_change_and_go(played, receiver):
    comment = await played.comment(await played.post())
    mid = (await played.sim("message", person=PSID, text="waar?"))["id"]
    for verb, felt in (("add", "like"), ("edit", "angry"), ("remove", "angry")):
        await played.sim("react", id=comment, author=SANNE, verb=verb, felt=felt)
    await played.sim("react", id=mid)
    await played.sim("react", id=mid, verb="remove")
    said = told(receiver)[3:]
    assert {one.sort for one in said} == {Sort.REACTION}
    assert [(one.target_id, one.text) for one in said] == [
        (comment, "like"),
        (comment, "angry"),
        (comment, None),
        (mid, "❤"),
        (mid, None),
    ]


async def test_17_replies_say_what_they_answer_and_shares_what_they_show(played, receiver):
    post = await played.post("kijk", files=[{"type": "link", "url": "https://example.org/a"}])
    comment = await played.comment(post)
    await played.comment(comment, "ik ook")
    mid = (await played.sim("message", person=PSID, text="deze"))["id"]
    await played.sim("message", person=PSID, text="of die", reply_to=mid)
    said = told(receiver)
    assert [file.type for file in said[0].attachments] == ["link"]
    assert [one.reply_to for one in said[1:]] == [post, comment, None, mid]
    assert said[0].raw_type == "feed.share.add"


async def test_18_pictures_films_stickers_and_what_is_not_shown_in_europe(played, receiver):
    await played.post("foto", author=SANNE, files=[{"type": "image"}])
    await played.post("film", author=SANNE, files=[{"type": "video"}])
    for one in ("sticker", "old_sticker", "hole", "audio"):
        await played.sim("message", person=PSID, text="", files=[{"type": one}])
    shown = [[(file.type, file.id is not None) for file in one.attachments] for one in told(receiver)]
    assert shown == [
        [("image", True)],
        [("video", True)],
        *[[(kind, False)] for kind in ("sticker", "sticker", "unsupported", "audio")],
    ]


async def test_19_somebody_without_a_name_is_a_stranger_each_time(played, receiver):
    post = await played.post()
    for _ in range(2):
        await played.comment(post, "wie ben ik?", author=None)
    await played.sim("tag", author=SANNE, text="@Meerkoet hallo?")
    authors = [one.author.id for one in told(receiver)][1:]
    assert all(author.startswith("unknown:") for author in authors)
    assert len(set(authors)) == 3
    await played.sim("message", person=PSID, text="waar?")
    assert told(receiver)[-1].author.id == told(receiver)[-1].conversation_id == PSID


@pytest.mark.parametrize("skew", [-3 * HOUR, 0, 2 * HOUR])
async def test_20_times_are_read_in_all_their_spellings_and_off_by_hours(played, receiver, skew):
    post = await played.post()
    await played.sim("comment", on=post, text="c", author=SANNE, skew=skew)
    await played.sim("message", person=PSID, text="m", skew=skew)
    at = played.world.now + timedelta(seconds=skew)
    by_poll = {one.text: one.created_at for one in said_in(await played.poll())}
    assert {one.text: one.created_at for one in told(receiver) if one.text in "cm"} == {"c": at, "m": at}
    assert (by_poll["c"], by_poll["m"]) == (at, at)


# --- 21-23: parts, receipts, nonsense


async def test_21_a_refusal_stands_in_a_batch_that_went_well(played):
    post = await played.post()
    comment = await played.comment(post)
    batch = await played.client.look_up([comment, f"{post[-15:]}_9"], played.world.now)
    assert {one.sort for one in said_in(batch)} == {Sort.MESSAGE, Sort.DELETE, Sort.ECHO}


async def test_22_receipts_name_their_messages_or_a_moment(played, receiver):
    mid = (await played.sim("message", person=PSID, text="waar?"))["id"]
    for key, state in (
        ("delivery", {"mids": [mid], "watermark": 1795424400000}),
        ("delivery", {"watermark": 1795424400000}),
        ("read", {"watermark": 1795424400000}),
    ):
        await played.sim("tell_messenger", item={**PEOPLE, "timestamp": 1795424400000, key: state})
    said = told(receiver)[1:]
    assert [(one.sort, one.status, one.target_id) for one in said] == [
        (Sort.STATUS, "delivered", mid),
        (Sort.STATUS, "delivered", None),
        (Sort.STATUS, "read", None),
    ]
    assert all("up to" in one.reason for one in said)


@pytest.mark.parametrize("kind", ["html", "truncated", "empty", "no_id", "hang_up"])
async def test_23_nonsense_is_trouble_when_asking_and_unclear_when_sending(played, kind):
    await played.sim("message", person=PSID, text="waar?")
    await played.sim("fault", kind=kind, method="POST")
    with pytest.raises(Unconfirmed):
        await played.client.send(private())
    if kind != "no_id":
        await played.sim("fault", kind=kind, times=2, where="/feed")  # aiohttp asks once more when a kept connection breaks
        batch = await played.poll()
        assert batch.missed.startswith("posts: ")
        assert "waar?" in texts(batch), "what else there is, is read"
