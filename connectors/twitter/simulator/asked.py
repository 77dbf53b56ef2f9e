"""What a request asks to be shown: fields and expansions, in the words of one generation.

X shows little unless asked: an id, a text, the chain of edits. Words of the other generation are refused where they are values, and
passed over where they are the name of a parameter (https://docs.x.com/x-api/fundamentals/fields).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from connectors.twitter.simulator.refusing import invalid
from connectors.twitter.simulator.world import WORLD

if TYPE_CHECKING:
    from aiohttp import web

DEFAULT: Final = frozenset({"id", "text", "edit_history_tweet_ids"})
EVENT: Final = frozenset({"id", "event_type", "text"})
# As values of fields or expansions, each of these is known to one generation only.
FIELDS: Final = {
    "tweet": frozenset(
        {"author_id", "edit_history_tweet_ids", "in_reply_to_user_id", "note_tweet", "referenced_tweets", "sender_id"}
    ),
    "post": frozenset({"note_post", "article_title"}),
}
EXPANSIONS: Final = {
    "tweet": frozenset(
        {"edit_history_tweet_ids", "referenced_tweets.id", "referenced_tweets.id.author_id", "entities.note.mentions.username"}
        | {"referenced_tweets.id.attachments.media_keys"}
    ),
    "post": frozenset({"edit_history_post_ids", "referenced_posts", "username"}),
}
OTHER: Final = {"tweet": "post", "post": "tweet"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The fields to show and the expansions to put beside them."""

    keys: frozenset[str]
    expansions: frozenset[str]
    reference: str
    origin: str
    is_posts: bool

    @property
    def expands_media(self) -> bool:
        return "attachments.media_keys" in self.expansions

    @property
    def counts(self) -> bool:
        return "public_metrics" in self.keys

    def shown(self, whole: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in whole.items() if name in self.keys}


def read_asked(request: web.Request, *, is_posts: bool) -> Asked | web.Response:
    """Return what is asked for, or the refusal of a word that this generation does not know."""
    world = request.app[WORLD]
    name = f"{world.names}.fields" if is_posts else "dm_event.fields"
    fields, expansions = _listed(request, name), _listed(request, "expansions")
    for parameter, found, known in ((name, fields, FIELDS), ("expansions", expansions, EXPANSIONS)):
        foreign = found & known[OTHER[world.names]]
        if foreign:
            return invalid(world, parameter, min(foreign), f"value [{min(foreign)}] is not one of those that are known")
    return Asked(
        keys=(DEFAULT if is_posts else EVENT) | fields | {one.partition(".")[0] for one in expansions},
        expansions=expansions,
        reference="referenced_posts" if world.names == "post" else "referenced_tweets.id",
        origin=str(request.url.origin()),
        is_posts=is_posts,
    )


def _listed(request: web.Request, name: str) -> frozenset[str]:
    return frozenset(filter(None, request.query.get(name, "").split(",")))
