"""What an operator says about a channel on X."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SELF_SERVE, ENTERPRISE = "self-serve", "enterprise"
LONGEST_QUERY = {SELF_SERVE: 512, ENTERPRISE: 4096}  # https://docs.x.com/x-api/posts/search/integrate/build-a-query
NO_RETWEETS = "-is:retweet"
ORDINARY, PREMIUM = 280, 25_000  # https://docs.x.com/fundamentals/counting-characters
_HANDLE = re.compile(r"\w{1,15}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A channel of this kind."""

    user_id: str = field(metadata={"help": "the number of our account: the part of the access token before the dash"})
    handle: str = field(
        default="", metadata={"help": "our name after the @: who names it may be answered in public, whoever else may not"}
    )
    access: str = field(
        default=SELF_SERVE,
        metadata={"help": "self-serve, or enterprise: only that may reply to posts that do not mention or quote us"},
    )
    base_url: str = field(default="https://api.x.com", metadata={"help": "where the API answers"})
    names: str = field(
        default="tweet", metadata={"help": "the words that the API is asked in: tweet, or post as since spec 2.167"}
    )
    max_results: int = field(default=100, metadata={"help": "posts a page, 5 to 100"})
    pages: int = field(default=5, metadata={"help": "pages of each list in one poll; the next poll goes on where it stopped"})
    overlap: timedelta = field(
        default=timedelta(minutes=10),
        metadata={"help": "how far before the newest known post each poll looks: X finds some late"},
    )
    first_look: timedelta = field(default=timedelta(days=1), metadata={"help": "how far back the first poll looks"})
    direct_messages: bool = field(
        default=True,
        metadata={"help": "poll direct messages too: at most 15 times in 15 minutes, and each is paid for; webhooks need none"},
    )
    searches: tuple[str, ...] = field(
        default=(),
        metadata={"help": "words to search for, in X's own query language, up to 512 characters each; each hit is paid for"},
    )
    longest: int = field(default=ORDINARY, metadata={"help": "the longest post: 280, or 25000 where our account has Premium"})
    monthly_reads: int = field(
        default=0, metadata={"help": "resources to read in a calendar month at most, 0 for no limit of ours"}
    )
    owns_app: bool = field(
        default=True, metadata={"help": "our account made the app itself: its own mentions and posts are read at the lower price"}
    )
    price_post: float = field(default=0.005, metadata={"help": "dollars a post read"})
    price_owned: float = field(default=0.001, metadata={"help": "dollars a mention or post of our own that our own app reads"})
    price_message: float = field(default=0.010, metadata={"help": "dollars a direct message read"})

    def __post_init__(self) -> None:
        if not (self.user_id.isascii() and self.user_id.isdigit()):
            raise ValueError(f"user_id: a number is expected, not {self.user_id!r}")
        if self.handle and not _HANDLE.fullmatch(self.handle.removeprefix("@")):
            raise ValueError(f"handle: up to 15 letters, digits and underscores are expected, not {self.handle!r}")
        if self.access not in LONGEST_QUERY:
            raise ValueError(f"access: {SELF_SERVE} or {ENTERPRISE} is expected, not {self.access!r}")
        if self.names not in ("tweet", "post"):
            raise ValueError(f"names: tweet or post is expected, not {self.names!r}")
        if not 5 <= self.max_results <= 100:  # noqa: PLR2004 - https://docs.x.com/x-api/posts/timelines/integrate
            raise ValueError(f"max_results: 5 to 100 are expected, not {self.max_results}")
        if self.pages < 1:
            raise ValueError(f"pages: at least 1 is expected, not {self.pages}")
        if self.longest not in (ORDINARY, PREMIUM):
            raise ValueError(f"longest: {ORDINARY} or {PREMIUM} is expected, not {self.longest}")
        if min(self.prices.values()) < 0:
            raise ValueError("prices: nothing below 0 is expected")
        self._check_searches()

    def _check_searches(self) -> None:
        longest = LONGEST_QUERY[self.access]
        for query in self.searches:
            if not query.strip():
                raise ValueError("searches: a query is expected, not an empty text")
            if len(query) > longest:
                raise ValueError(f"searches: at most {longest} characters are expected, not {len(query)}: {query[:40]}…")
        if len(set(self.searches)) < len(self.searches):
            raise ValueError("searches: each query is expected once")

    @property
    def prices(self) -> Mapping[str, float]:
        """Dollars a resource, by the names that a poll counts them under: https://docs.x.com/x-api/getting-started/pricing."""
        return {"post": self.price_post, "owned": self.price_owned, "message": self.price_message}

    def query(self, search: str) -> str:
        """Return a search as it is asked: retweets are left out, unless it speaks of them itself or there is no room to say so."""
        asked = search if "is:retweet" in search else f"({search}) {NO_RETWEETS}"
        return asked if len(asked) <= LONGEST_QUERY[self.access] else search
