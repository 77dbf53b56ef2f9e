"""Raw bodies: what a platform sent is there before anybody understands it, and goes when its time is over."""

from datetime import UTC, datetime, timedelta

from webcare.domain.message import Author, Direction, Kind, Message
from webcare.services.accept import accept
from webcare.store import messages, raw_bodies
from webcare.store.raw_bodies import BodyState

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
DAYS = timedelta(days=14)
BODY = b'{"text": "\xf0\x9f\x98\xa1 niet te geloven \x00"}'


async def keep(store, body=BODY, at=NOW):
    return await store.write(
        raw_bodies.keep,
        body,
        {"X-Hub-Signature-256": "sha256=ab"},
        brand="meerkoet",
        hook="h1",
        received_at=at,
        delete_after=at + DAYS,
    )


async def expire(store, now):
    return await store.write(raw_bodies.drop, await store.read(raw_bodies.past_their_time, now, now - DAYS))


async def test_a_body_comes_back_byte_for_byte(store):
    number = await keep(store)
    (found,) = await store.read(raw_bodies.unread, 10)
    assert (found.id, found.body, found.received_at) == (number, BODY, NOW)
    assert found.headers == {"X-Hub-Signature-256": "sha256=ab"}


async def test_bodies_are_read_in_the_order_in_which_they_came_and_once(store):
    numbers = [await keep(store) for _ in range(3)]
    assert [b.id for b in await store.read(raw_bodies.unread, 2)] == numbers[:2]
    await store.write(raw_bodies.take, numbers[0], BodyState.READ)
    assert [b.id for b in await store.read(raw_bodies.unread, 10)] == numbers[1:]


async def test_what_could_not_be_read_can_be_tried_again(store):
    number = await keep(store)
    await store.write(raw_bodies.take, number, BodyState.UNREADABLE, "no JSON")
    assert await store.read(raw_bodies.unread, 10) == []
    assert await store.write(raw_bodies.read_again) == 1
    assert [b.id for b in await store.read(raw_bodies.unread, 10)] == [number]


async def test_only_what_was_read_and_is_old_is_deleted(store):
    old, unread, young = await keep(store), await keep(store), await keep(store, at=NOW + timedelta(days=1))
    for number in (old, young):
        await store.write(raw_bodies.take, number, BodyState.READ)
    assert await expire(store, NOW + DAYS) == 1
    assert [b.id for b in await store.read(raw_bodies.unread, 10)] == [unread]
    assert await expire(store, NOW + DAYS * 2) == 1


async def test_a_message_outlives_the_body_that_it_came_in(store):
    number = await keep(store)
    said = Message(
        channel="twitter:meerkoet",
        external_id="m1",
        conversation_id="c1",
        direction=Direction.INBOUND,
        kind=Kind.MENTION,
        author=Author(id="truus"),
        text="waar blijft mijn monteur",
        created_at=NOW,
    )
    await store.write(accept, [said], brand="meerkoet", now=NOW, raw=number)
    await store.write(raw_bodies.take, number, BodyState.READ)
    await expire(store, NOW + DAYS)
    assert (await store.read(messages.find, "twitter:meerkoet", "m1")).message.text == "waar blijft mijn monteur"
