"""What an operator says of one page."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """One page."""

    page_id: str = field(metadata={"help": "the page's id, digits"})
    base_url: str = field(default="https://graph.facebook.com", metadata={"help": "where the Graph API is"})
    version: str = field(default="v26.0", metadata={"help": "the Graph API version; each lives about two years"})
    window_days: int = field(default=30, metadata={"help": "how many days back posts are watched when polling"})
    posts_per_poll: int = field(default=10, metadata={"help": "of how many posts a poll reads the comments"})
    messages: bool = field(default=True, metadata={"help": "also poll Messenger conversations, beside their webhook"})
    reviews: bool = field(default=False, metadata={"help": "also poll the page's reviews"})
    human_agent: bool = field(
        default=False,
        metadata={"help": "Meta approved the app's Human Agent feature: Messenger takes answers for 7 days, not 24 hours"},
    )
    prove_app_secret: bool = field(default=False, metadata={"help": "the app demands appsecret_proof in each call"})

    def __post_init__(self) -> None:
        if not (self.page_id.isascii() and self.page_id.isdecimal()):
            raise ValueError(f"page_id: digits are expected, not {self.page_id!r}")
        if not re.fullmatch(r"v\d{1,3}\.\d", self.version):
            raise ValueError(f"version: something like v26.0 is expected, not {self.version!r}")
        if self.window_days < 1 or self.posts_per_poll < 1:
            raise ValueError("window_days, posts_per_poll: at least 1 is expected")
