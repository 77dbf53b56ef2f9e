"""What an operator says about a channel on X."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A channel of this kind."""

    user_id: str = field(metadata={"help": "the number of our account: the part of the access token before the dash"})
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
        default=False,
        metadata={"help": "poll direct messages too: 15 polls in 15 minutes, and each is paid for; webhooks need none"},
    )
    monthly_reads: int = field(
        default=0, metadata={"help": "resources to read in a calendar month at most, 0 for no limit of ours"}
    )

    def __post_init__(self) -> None:
        if not (self.user_id.isascii() and self.user_id.isdigit()):
            raise ValueError(f"user_id: a number is expected, not {self.user_id!r}")
        if self.names not in ("tweet", "post"):
            raise ValueError(f"names: tweet or post is expected, not {self.names!r}")
        if not 5 <= self.max_results <= 100:  # noqa: PLR2004 - https://docs.x.com/x-api/posts/timelines/integrate
            raise ValueError(f"max_results: 5 to 100 are expected, not {self.max_results}")
        if self.pages < 1:
            raise ValueError(f"pages: at least 1 is expected, not {self.pages}")
