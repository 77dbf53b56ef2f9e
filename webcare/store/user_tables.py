"""The tables of people who log in: their login and what they chose, their sessions, and how often somebody guessed.

Times are the machine's: `--speed` bends no session. Of a token or a link only the hash is kept, so that a stolen backup opens no door.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from webcare.store.tables import metadata
from webcare.store.text import CleanText
from webcare.store.utc import UTCDateTime

login = Table(
    "login",
    metadata,
    Column("person", ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    Column("password", String(200)),  # argon2id with its parameters and salt; null: not set yet
    Column("created_at", UTCDateTime, nullable=False),
    Column("disabled_at", UTCDateTime),
    Column("link", String(64), unique=True),  # sha256 of the one-time link
    Column("link_until", UTCDateTime),
    Column("theme", String(10)),  # light, dark; null: as the system
    Column("language", String(8)),  # of the pages, where it is not that of the person's letters
    Column("density", String(10)),  # tight; null: roomy
    Column("shortcuts", String(10)),  # off: no single letter does anything; null: they do
    Column("signature", CleanText(40)),
)

session = Table(
    "session",
    metadata,
    Column("token", String(64), primary_key=True),  # sha256
    Column("person", ForeignKey("person.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", UTCDateTime, nullable=False),
    Column("seen_at", UTCDateTime, nullable=False),
    Column("expires_at", UTCDateTime, nullable=False),
    Column("address", String(64), nullable=False),
    Column("agent", CleanText(300), nullable=False),
    Index("ix_session_expires_at", "expires_at"),
)

guess = Table(  # log-ins that were tried and not proven, by account and by address
    "guess",
    metadata,
    Column("key", String(80), primary_key=True),
    Column("tries", Integer, nullable=False),
    Column("until", UTCDateTime, nullable=False),  # when they are forgotten
    Index("ix_guess_until", "until"),
)
