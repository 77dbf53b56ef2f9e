"""What an operator says of one Instagram account."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

FACEBOOK, INSTAGRAM = "facebook", "instagram"
HOSTS = {FACEBOOK: "https://graph.facebook.com", INSTAGRAM: "https://graph.instagram.com"}
TOKEN_LIVES = timedelta(days=60)  # of Instagram's own login


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """One professional account, under either of the two logins.

    https://developers.facebook.com/docs/instagram-platform/overview
    """

    account_id: str = field(metadata={"help": "the professional account's id, digits, mostly beginning with 17841"})
    login: str = field(default=FACEBOOK, metadata={"help": "whose login made the token: facebook (a page's), or instagram"})
    page_id: str = field(default="", metadata={"help": "with login facebook: the page that the account belongs to, digits"})
    base_url: str = field(
        default=HOSTS[FACEBOOK], metadata={"help": "where the Graph API is; left out, the host of the login is taken"}
    )
    version: str = field(default="v26.0", metadata={"help": "the Graph API version; each lives about two years"})
    media_watched: int = field(default=100, metadata={"help": "how many of our newest posts are watched when polling, 1 to 100"})
    media_per_poll: int = field(default=10, metadata={"help": "of how many posts a poll reads the comments"})
    tags: bool = field(default=True, metadata={"help": "also poll the posts in which we are tagged"})
    messages: bool = field(default=True, metadata={"help": "also poll direct messages, beside their webhook"})
    human_agent: bool = field(
        default=False, metadata={"help": "Meta lets the app send a person's answer after 24 hours, up to 7 days (Human Agent)"}
    )
    token_made: str = field(
        default="",
        metadata={"help": "with login instagram: the day on which the token was made, as 2026-11-23; it lives 60 days"},
    )

    def __post_init__(self) -> None:
        if not (self.account_id.isascii() and self.account_id.isdecimal()):
            raise ValueError(f"account_id: digits are expected, not {self.account_id!r}")
        if self.login not in HOSTS:
            raise ValueError(f"login: facebook or instagram is expected, not {self.login!r}")
        if self.page_id and not (self.page_id.isascii() and self.page_id.isdecimal()):
            raise ValueError(f"page_id: digits are expected, not {self.page_id!r}")
        if not re.fullmatch(r"v\d{1,3}\.\d", self.version):
            raise ValueError(f"version: something like v26.0 is expected, not {self.version!r}")
        if not 1 <= self.media_watched <= 100:  # noqa: PLR2004 - the most that a page of the edge holds
            raise ValueError("media_watched: 1 to 100 is expected")
        if self.media_per_poll < 1:
            raise ValueError("media_per_poll: at least 1 is expected")
        if self.token_made:
            _day(self.token_made)

    @property
    def host(self) -> str:
        return HOSTS[self.login] if self.base_url == HOSTS[FACEBOOK] else self.base_url

    @property
    def postbox(self) -> str:
        """Return the node that messages hang under: the page's, or whoever the token is."""
        return self.page_id if self.login == FACEBOOK and self.page_id else "me"

    @property
    def token_ends(self) -> datetime | None:
        return _day(self.token_made) + TOKEN_LIVES if self.token_made and self.login == INSTAGRAM else None


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f"token_made: a day like 2026-11-23 is expected, not {text!r}") from None
