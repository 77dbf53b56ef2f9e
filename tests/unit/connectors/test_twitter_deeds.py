"""X: pictures both ways, private answers to posts, deeds; against the simulator over real HTTP."""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from x_stage import FIEN, heard_in, on_stage, reply  # noqa: F401 - the fixture is asked for by name

from connectors.twitter.simulator.world import US
from webcare.domain.message import Attachment, Kind
from webcare.ports.connector import Act, Deed, Upload, WayKind
from webcare.ports.errors import AuthFailed, RateLimited, RefusalCode, Rejected, Unavailable, Unconfirmed

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
GIF = b"GIF89a" + bytes(1_200_000)
LARGE = PNG + bytes(600_000)
PICTURE = Upload(name="meter.png", mime="image/png", content=PNG)
MOVING = Upload(name="zwaai.gif", mime="image/gif", content=GIF)
MOST = 1_000_000


def deed(what, target="1", root="2", kind=Kind.MENTION):
    return Act(key="k", channel=f"twitter:{US}", deed=what, target_id=target, conversation_id=root, kind=kind)


async def pictures(sim):
    batch = await sim.client().poll(None, sim.now)
    return [one for heard in heard_in(batch) for one in heard.attachments]


# --- pictures of ours


@pytest.mark.parametrize("names", ["tweet", "post"])
@pytest.mark.parametrize(
    "uploads", [(PICTURE,), (PICTURE,) * 4, (MOVING,), (Upload(name="groot.png", mime="image/png", content=LARGE),)]
)
async def test_pictures_go_with_a_reply_which_can_be_found_all_the_same(sim, names, uploads):
    sim.world.names = names
    client, asked = sim.client(names=names), sim.says()
    wanted = reply(asked.id, "Zo lees je de meter. Zie klaver.nl", uploads=uploads)
    assert await client.find(wanted) is None
    receipt = await client.send(wanted)
    assert len(sim.world.posts[receipt.external_id].media) == len(uploads)
    assert [one.content for one in sim.world.media.values()] == [one.content for one in uploads]
    assert (await client.find(wanted)).external_id == receipt.external_id


async def test_a_picture_alone_is_a_reply_too(sim):
    asked = sim.says()
    wanted = reply(asked.id, "", uploads=(PICTURE,))
    receipt = await sim.client().send(wanted)
    assert (await sim.client().find(wanted)).external_id == receipt.external_id


async def test_one_picture_goes_with_a_direct_message(sim):
    asked = sim.world.whisper(FIEN, US, "hoi")
    wanted = reply(f"{US}-{FIEN}", "Zo", kind=Kind.DM, reply_to=asked.id, uploads=(PICTURE,))
    receipt = await sim.client().send(wanted)
    assert sim.world.messages[-1].media
    assert (await sim.client().find(wanted)).external_id == receipt.external_id


@pytest.mark.parametrize(
    ("uploads", "kind", "word"),
    [
        ((PICTURE,) * 5, Kind.MENTION, "four"),
        ((PICTURE, MOVING), Kind.MENTION, "one GIF"),
        ((PICTURE,) * 2, Kind.DM, "one picture"),
        ((Upload(name="a.pdf", mime="application/pdf", content=b"%PDF"),), Kind.MENTION, "pdf"),
        ((Upload(name="a.png", mime="image/png", content=bytes(6 * 1024 * 1024)),), Kind.MENTION, "5 MB"),
    ],
)
async def test_what_x_would_not_take_is_not_uploaded(sim, uploads, kind, word):
    asked = sim.says()
    conversation = f"{US}-{FIEN}" if kind is Kind.DM else asked.id
    with pytest.raises(Rejected, match=word):
        await sim.client().send(reply(conversation, kind=kind, reply_to=asked.id, uploads=uploads))
    assert sim.world.media == {}


@pytest.mark.parametrize("fault", ["lose", "html", "truncated", "nameless"])
async def test_an_upload_that_fails_means_that_nothing_was_sent(sim, fault):
    asked = sim.says()
    await sim.do("fault", kind=fault, path="/media/upload")
    with pytest.raises(Unavailable):
        await sim.client().send(reply(asked.id, uploads=(PICTURE,)))
    assert (await sim.client().send(reply(asked.id, uploads=(PICTURE,)))).external_id


async def test_bytes_that_are_no_picture_are_refused_to_their_writer(sim):
    asked = sim.says()
    with pytest.raises(Rejected):
        await sim.client().send(reply(asked.id, uploads=(Upload(name="x", mime="image/png", content=b"x"),)))


# --- private answers


async def test_a_post_is_answered_in_private_and_the_answer_is_found(sim):
    asked = sim.says("klaver doet het niet")
    wanted = reply(asked.id, "We zoeken je op.", way=WayKind.PRIVATE, to=FIEN)
    client = sim.client()
    assert await client.find(wanted) is None
    receipt = await client.send(wanted)
    assert (sim.world.messages[-1].recipient, sim.world.messages[-1].text) == (FIEN, "We zoeken je op.")
    assert (await client.find(wanted)).external_id == receipt.external_id


async def test_who_takes_no_messages_or_has_no_number_is_told_of(sim):
    asked = sim.says("klaver doet het niet")
    await sim.do("person", id=FIEN, name="Fien", username="fiendewolf", closed=True)
    with pytest.raises(Rejected) as refused:
        await sim.client().send(reply(asked.id, way=WayKind.PRIVATE, to=FIEN))
    assert refused.value.code is RefusalCode.BLOCKED
    for nobody in (None, "fien"):
        with pytest.raises(Rejected, match="names none"):
            await sim.client().send(reply(asked.id, way=WayKind.PRIVATE, to=nobody))


async def test_a_direct_message_may_be_ten_thousand_characters_long(sim):
    asked = sim.world.whisper(FIEN, US, "hoi")
    wanted = reply(f"{US}-{FIEN}", "x" * 10_000, kind=Kind.DM, reply_to=asked.id)
    assert (await sim.client().send(wanted)).external_id
    with pytest.raises(Rejected) as refused:
        await sim.client().send(reply(f"{US}-{FIEN}", "x" * 10_001, kind=Kind.DM))
    assert refused.value.code is RefusalCode.TOO_LONG


async def test_refusals_say_what_they_mean_everywhere(sim):
    asked, client = sim.says(), sim.client()
    await client.send(reply(asked.id))
    gone = sim.says()
    sim.world.delete(gone.id)
    for target, text, code in (
        (asked.id, "We zoeken het uit.", RefusalCode.DUPLICATE),
        (asked.id, "x" * 281, RefusalCode.TOO_LONG),
        (sim.says("klaver doet het niet").id, "a", RefusalCode.NOT_SUMMONED),
        (gone.id, "a", RefusalCode.GONE),
    ):
        with pytest.raises(Rejected) as refused:
            await client.send(reply(target, text))
        assert refused.value.code is code


# --- deeds


async def test_a_reply_below_a_post_of_ours_is_hidden_and_shown_again_any_number_of_times(sim):
    ours = sim.says("Vanavond onderhoud", author=US)
    rude = sim.says("@klaverenergie prutsers", reply_to=ours.id)
    for what, hidden in ((Deed.HIDE, {rude.id}), (Deed.HIDE, {rude.id}), (Deed.UNHIDE, set()), (Deed.UNHIDE, set())):
        await sim.client().act(deed(what, rude.id, ours.id))
        assert sim.world.hidden == hidden


async def test_a_post_is_liked_and_no_longer_any_number_of_times(sim):
    kind_words = sim.says("@klaverenergie bedankt")
    for what, liked in ((Deed.LIKE, {kind_words.id}), (Deed.LIKE, {kind_words.id}), (Deed.UNLIKE, set()), (Deed.UNLIKE, set())):
        await sim.client().act(deed(what, kind_words.id))
        assert sim.world.liked == liked


async def test_what_cannot_be_done_is_refused_and_what_failed_may_be_done_again(sim):
    theirs = sim.says("@klaverenergie prutsers")
    below = sim.says("@klaverenergie eens", reply_to=theirs.id)
    for wrong in (
        deed(Deed.HIDE, below.id, theirs.id),  # their conversation
        deed(Deed.HIDE, theirs.id, theirs.id),  # no reply
        deed(Deed.LIKE, "12-34", kind=Kind.DM),
        deed(Deed.LIKE, "e4f4"),
        deed(Deed.LIKE, "404"),
    ):
        with pytest.raises(Rejected):
            await sim.client().act(wrong)
    for fault, error in (
        ("lose", Unavailable),
        ("html", Unavailable),
        ("limit-problem", RateLimited),
        ("unauthorized", AuthFailed),
    ):
        await sim.do("fault", kind=fault, path="/likes")
        with pytest.raises(error):
            await sim.client().act(deed(Deed.LIKE, theirs.id))
    await sim.client().act(deed(Deed.LIKE, theirs.id))


async def test_already_done_is_done(sim):
    liked = sim.says("@klaverenergie bedankt")
    await sim.do("fault", kind="refuse", path="/likes", status=403, detail="You have already liked this Tweet.", code=139)
    await sim.client().act(deed(Deed.LIKE, liked.id))


# --- pictures of theirs


@pytest.mark.parametrize("category", ["tweet_image", "dm_image"])
async def test_a_customer_s_picture_is_fetched_signed_where_it_has_to_be(sim, category):
    where = "posts" if category == "tweet_image" else "messages"
    await sim.client().send(reply(sim.says().id, uploads=(PICTURE,)))
    key, medium = next(iter(sim.world.media.items()))
    medium.category = category
    if where == "posts":
        sim.says("@klaverenergie kijk", media=[key])
    else:
        sim.world.whisper(FIEN, US, "kijk", media=[key])
    (found, *_) = [one for one in await pictures(sim) if one.url and (f"/{'dm' if where == 'messages' else 'media'}/" in one.url)]
    fetched = await sim.client().fetch(found, most=MOST)
    assert (fetched.content, fetched.mime) == (PNG, "image/png")
    with pytest.raises(Rejected, match="larger"):
        await sim.client().fetch(found, most=len(PNG) - 1)
    sim.world.media.clear()
    with pytest.raises(Rejected) as gone:
        await sim.client().fetch(found, most=MOST)
    assert gone.value.code is RefusalCode.GONE


@pytest.mark.parametrize(
    "url",
    [
        None,
        "http://pbs.twimg.com/a.jpg",
        "https://pbs.twimg.com.example/a.jpg",
        "https://pbs.twimg.com:8443/a.jpg",
        "https://us@pbs.twimg.com/a.jpg",
        "https://169.254.169.254/latest",
        "https://pbs.twimg.com:x/a.jpg",
        "file:///etc/passwd",
        "//pbs.twimg.com/a.jpg",
        "",
    ],
)
async def test_only_x_s_own_places_are_asked(sim, url):
    with pytest.raises(Rejected):
        await sim.client().fetch(Attachment(type="image", id="1", url=url), most=MOST)


async def test_a_place_that_fails_is_asked_again_and_one_that_leads_on_is_not_followed(sim):
    answers = [web.Response(status=503), web.HTTPFound("http://127.0.0.1:1/"), web.Response(status=429), web.Response(status=401)]

    async def answer(_request):
        found = answers.pop(0)
        if isinstance(found, web.HTTPException):
            raise found
        return found

    elsewhere = web.Application()
    elsewhere.router.add_get("/a.jpg", answer)
    server = TestServer(elsewhere)
    await server.start_server()
    client = sim.client(base_url=str(server.make_url("")))
    there = Attachment(type="image", id="1", url=str(server.make_url("/a.jpg")))
    for error in (Unavailable, Rejected, RateLimited, AuthFailed):
        with pytest.raises(error):
            await client.fetch(there, most=MOST)
    await server.close()
    with pytest.raises(Unavailable):
        await client.fetch(there, most=MOST)


async def test_a_reply_with_a_picture_that_may_have_been_sent_is_unconfirmed(sim):
    asked = sim.says()
    await sim.do("fault", kind="lose", path="/2/tweets", method="POST")
    with pytest.raises(Unconfirmed):
        await sim.client().send(reply(asked.id, uploads=(PICTURE,)))
    assert await sim.client().find(reply(asked.id, uploads=(PICTURE,)))
