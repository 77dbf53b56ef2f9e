"""The tables of changes to the rota that people agree on between themselves, and of the tests of their contacts.

rota_swap       one asks a colleague to take a shift, perhaps in exchange for another
contact_test -> delivery       "send me a test": what became of it is what became of the delivery
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, String, Table

from webcare.store.columns import BigId, Id, metadata
from webcare.store.text import CleanText
from webcare.store.utc import UTCDateTime

rota_swap = Table(
    "rota_swap",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("person", Id, nullable=False),  # who has the shift
    Column("level", String(20), nullable=False),
    Column("starts_at", UTCDateTime, nullable=False),
    Column("ends_at", UTCDateTime, nullable=False),
    Column("colleague", Id, nullable=False),
    Column("back_level", String(20)),  # what the colleague gives in exchange; null: nothing
    Column("back_starts_at", UTCDateTime),
    Column("back_ends_at", UTCDateTime),
    Column("note", CleanText(200)),
    Column("asked_at", UTCDateTime, nullable=False),
    Column("expires_at", UTCDateTime, nullable=False),
    Column("state", String(10), nullable=False),  # asked, accepted, declined, withdrawn; one that has expired stays asked
    Column("answered_at", UTCDateTime),
    Index("ix_rota_swap_state", "state", "expires_at"),
)

contact_test = Table(
    "contact_test",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("person", ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
    Column("method", Id, nullable=False),
    Column("delivery", ForeignKey("delivery.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("by", Id, nullable=False),
    Column("at", UTCDateTime, nullable=False),  # machine
    Index("ix_contact_test_person", "person", "at"),
    Index("ix_contact_test_by", "by", "at"),
)
