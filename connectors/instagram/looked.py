"""What polling remembers: how many comments each of our posts had, and how new the newest was, when we last looked. Pure.

Graph's own paging cursors die when an item is removed and are never kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connectors.meta import EPOCH, MILLISECONDS, instant

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """The last look at the comments of one post. `newest` is the newest comment's time, 0 when there was none; seconds since 1970."""

    at: int
    count: int
    newest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """The cursor."""

    media: Mapping[str, Visit] = field(default_factory=dict)
    messages: int = 0

    @classmethod
    def parse(cls, cursor: str | None) -> Looked:
        """Read a cursor; one that we did not write counts as none, which costs a look at everything."""
        try:
            kept = json.loads(cursor or "{}")
            media = {
                str(one): Visit(at=int(at), count=int(count), newest=int(newest))
                for one, (at, count, newest) in kept.get("media", {}).items()
            }
            return cls(media=media, messages=min(max(int(kept.get("messages", 0)), 0), MILLISECONDS))
        except (ValueError, TypeError, AttributeError, OverflowError):
            return cls()

    def format(self) -> str:
        media = {one: [visit.at, visit.count, visit.newest] for one, visit in self.media.items()}
        return json.dumps({"media": media, "messages": self.messages}, separators=(",", ":"), sort_keys=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A post of ours, as far as polling is concerned."""

    id: str
    comments: int


def media_of(node: Mapping[str, Any]) -> Media | None:
    """Return what polling needs of a post, None for what has no id; reading has its own opinion of it."""
    media_id, count = node.get("id"), node.get("comments_count")
    if not isinstance(media_id, str) or not media_id:
        return None
    return Media(id=media_id, comments=count if isinstance(count, int) else 0)


def most_in_need(posts: list[Media], looked: Looked, budget: int, *, last: Collection[str] = ()) -> tuple[list[Media], bool]:
    """Return the posts to look at, and whether others changed too. Those in `last` wait for the others.

    A tenth of the places goes to those not seen for longest, for what the count hides: one comment came and another was removed.
    """
    by_age = sorted(posts, key=lambda post: (post.id in last, _seen(post, looked), post.id))
    changed = [post for post in by_age if _is_changed(post, looked)]
    others = [post for post in by_age if post not in changed and post.comments][: -(-budget // 10)]
    chosen = (changed[: max(budget - len(others), 1)] + others)[:budget]
    return chosen, len([post for post in changed if post not in chosen]) > 0


def _seen(post: Media, looked: Looked) -> int:
    visit = looked.media.get(post.id)
    return 0 if visit is None else visit.at


def _is_changed(post: Media, looked: Looked) -> bool:
    visit = looked.media.get(post.id)
    return post.comments > 0 if visit is None else visit.count != post.comments


def seconds(at: datetime) -> int:
    return int((at - EPOCH).total_seconds())


def time_of(node: Mapping[str, Any], key: str) -> int:
    """Return a node's time in seconds since 1970, 0 where it has none that we understand."""
    try:
        return seconds(instant(node.get(key), key))
    except ValueError:
        return 0
