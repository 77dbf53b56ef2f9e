"""What the composer is told before anybody types, and that the platform holds to it: whatever is called open is taken, the rest refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from facebook_played import PSID, SANNE
from hypothesis import given
from hypothesis import strategies as st

from connectors.facebook import connector
from connectors.facebook.answering import Desk
from connectors.facebook.config import Config
from connectors.facebook.page import Page
from connectors.facebook.simulator import showing
from connectors.facebook.simulator.rules import send_message
from connectors.facebook.simulator.world import PAGE, START, RefusedError, World, us
from webcare.domain.message import Author, Direction, Kind, Message
from webcare.ports.connector import Reply, Situation, WayKind
from webcare.ports.errors import Rejected

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
JORIS = {"id": "5500000000000003", "name": "Joris Prins"}


def situation(kind=Kind.COMMENT, conversation=f"{PAGE}_70", raw_type="feed.comment.add", at=START, private_replies=0):
    message = Message(
        channel=f"facebook:{PAGE}",
        external_id="m_1" if kind is Kind.DM else "70_80",
        conversation_id=PSID if kind is Kind.DM else conversation,
        direction=Direction.INBOUND,
        kind=kind,
        author=Author(id=PSID if kind is Kind.DM else SANNE["id"]),
        text="waar blijft het?",
        created_at=at,
    )
    return Situation(account=PAGE, message=message, raw_type=raw_type, last_inbound_at=at, private_replies=private_replies)


def ways(asked, after, **config):
    return connector.ways(asked, Config(page_id=PAGE, **config), START + after)


def test_a_comment_is_answered_beneath_it_or_once_in_private_within_a_week():
    public, private = ways(situation(), DAY)
    assert (public.kind, public.until, public.refused, public.note) == (WayKind.PUBLIC, None, None, None)
    assert (private.kind, private.until, private.refused) == (WayKind.PRIVATE, START + 7 * DAY, None)
    assert "tekst" in private.note.nl
    late = ways(situation(), 7 * DAY)[1]
    assert "7 dagen" in late.refused.nl
    assert "7 days" in late.refused.en
    again = ways(situation(private_replies=1), DAY)[1]
    assert "één" in again.refused.nl
    assert ways(situation(private_replies=1), 8 * DAY)[0].refused is None


def test_a_visitors_post_is_answered_as_a_comment_is():
    public, private = ways(situation(Kind.POST), DAY)
    assert (public.refused, private.refused, private.until) == (None, None, START + 7 * DAY)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (situation(Kind.REVIEW, "700000000000001"), "review"),
        (situation(Kind.COMMENT, "700000000000001"), "review"),
        (situation(Kind.MENTION, "5500000000000009_71"), "own page"),
        (situation(Kind.COMMENT, "5500000000000009_71"), "own page"),
    ],
)
def test_where_facebook_takes_no_private_reply_the_public_one_is_left(asked, words):
    public, private = ways(asked, HOUR)
    assert public.refused is None
    assert words in private.refused.en


def test_messenger_is_open_for_a_day_and_says_until_when():
    [way] = ways(situation(Kind.DM), DAY - MINUTE)
    assert (way.kind, way.until, way.refused, way.late) == (WayKind.PRIVATE, START + DAY, None, False)
    [shut] = ways(situation(Kind.DM), DAY)
    assert "24 uur" in shut.refused.nl
    assert "24 hours" in shut.refused.en
    assert not shut.late


def test_with_human_agent_messenger_is_open_for_a_week_and_the_answer_is_marked():
    [way] = ways(situation(Kind.DM), DAY, human_agent=True)
    assert (way.until, way.refused, way.late) == (START + 7 * DAY, None, True)
    assert "medewerker" in way.note.nl
    [shut] = ways(situation(Kind.DM), 7 * DAY, human_agent=True)
    assert "7 days" in shut.refused.en


def test_a_thread_that_another_app_has_is_said():
    [way] = ways(situation(Kind.DM, raw_type="standby.message"), HOUR)
    assert way.refused is None
    assert "app" in way.note.nl


class Straight:
    """The Graph API without HTTP: the simulator's own rules, refused as the connector explains it."""

    def __init__(self, world):
        self.world = world

    async def post(self, path, payload):
        target, _, edge = path.rpartition("/")
        try:
            if edge == "messages":
                return {"message_id": send_message(self.world, payload).id}
            return {"id": self.world.add_comment(target, us(), payload["message"]).id}
        except RefusedError as error:
            raise connector.explain(error.status, {}, error.raw, self.world.now) from None

    async def get(self, path, _params):
        if path.endswith("/messages"):
            return {
                "data": [showing.message(one) for one in showing.thread(self.world, path.partition("/")[0].removeprefix("t_"))]
            }
        return showing.node(self.world, path, PAGE)


def done(sending):
    """Run what waits for nothing."""
    with pytest.raises(StopIteration) as ended:
        sending.send(None)
    return ended.value.value


PLACES = ("comment", "reply", "post", "review", "under review", "mention", "under mention", "dm")


def said_in_place(world, place):
    """Say something there; return the words, and of what kind they are."""
    post = world.add_post(us() if place in ("comment", "reply") else SANNE, "post")
    match place:
        case "comment":
            return world.add_comment(post.id, SANNE, "help"), Kind.COMMENT
        case "reply":
            return world.add_comment(world.add_comment(post.id, JORIS, "hm").id, SANNE, "help"), Kind.COMMENT
        case "post":
            return post, Kind.POST
        case "review":
            return world.add_review(SANNE, "meh", 2), Kind.REVIEW
        case "under review":
            return world.add_comment(world.add_review(JORIS, "meh", 2).id, SANNE, "ook"), Kind.COMMENT
        case "mention":
            return world.add_tagged(SANNE, "@Meerkoet?"), Kind.MENTION
        case "under mention":
            return world.add_comment(world.add_tagged(JORIS, "@Meerkoet?").id, SANNE, "ook"), Kind.COMMENT
    return world.add_message(PSID, {"id": PSID, "name": "Sanne"}, "waar?"), Kind.DM


MOMENTS = st.one_of(
    st.timedeltas(timedelta(0), 9 * DAY),
    st.sampled_from(
        [base + step for base in (DAY, 7 * DAY) for step in (-timedelta(seconds=1), timedelta(0), timedelta(seconds=1))]
    ),
)


@given(place=st.sampled_from(PLACES), after=MOMENTS, human_agent=st.booleans(), wrote_before=st.booleans())
def test_what_is_called_open_is_taken_and_what_is_called_refused_is_refused(place, after, human_agent, wrote_before):
    world = World(human_agent=human_agent)
    words, kind = said_in_place(world, place)
    counts = wrote_before and place in ("comment", "reply", "post")
    if counts:
        world.private_replies[words.id] = SANNE["id"]
    message = Message(
        channel=f"facebook:{PAGE}",
        external_id=words.id,
        conversation_id=words.root,
        direction=Direction.INBOUND,
        kind=kind,
        author=Author(id=words.author["id"]),
        text=words.text,
        created_at=words.at,
    )
    asked = Situation(account=PAGE, message=message, raw_type=None, last_inbound_at=words.at, private_replies=int(counts))
    world.skipped += after
    desk = Desk(Page(graph=Straight(world), id=PAGE))
    for way in connector.ways(asked, Config(page_id=PAGE, human_agent=human_agent), world.now):
        reply = Reply(
            key="k",
            channel=message.channel,
            conversation_id=words.root,
            reply_to=words.id,
            text="We kijken het na.",
            kind=kind,
            way=way.kind,
            late=way.late,
        )
        if way.refused is None:
            assert done(desk.send(reply)).external_id
        else:
            with pytest.raises(Rejected):
                done(desk.send(reply))
