"""What came with customers' messages: one row an attachment that has bytes, whether it was fetched or not.

The bytes stand last, so that reading how a row fares never reads them. When to try again, and until when somebody has it in hand, is the
machine's time; the rest is the world's.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, UniqueConstraint, text

from webcare.store.columns import BigId, Id, metadata
from webcare.store.text import CleanText
from webcare.store.utc import UTCDateTime

media = Table(
    "media",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("message", ForeignKey("message.id", ondelete="CASCADE"), nullable=False),
    Column("nth", Integer, nullable=False),  # which of the message's attachments
    Column("what", String(32), nullable=False),  # hash of what identifies the attachment: an edit may bring another
    Column("state", String(10), nullable=False),  # wanted, kept, gone, refused
    Column("why", String(10)),  # of gone and refused
    Column("reason", CleanText),  # in the words of whoever refused
    Column("wanted_at", UTCDateTime, nullable=False),
    Column("ended_at", UTCDateTime),
    Column("tries", Integer, nullable=False),
    Column("retry_at", UTCDateTime),
    Column("lease_by", Id),
    Column("lease_until", UTCDateTime),
    Column("mime", String(100)),  # what the bytes are, not what anybody says
    Column("size", Integer),
    Column("sha256", String(64)),
    Column("is_picture", Boolean, nullable=False),  # made anew here, so a page may show it
    Column("width", Integer),  # of `small`
    Column("height", Integer),
    Column("content", LargeBinary),
    Column("small", LargeBinary),
    UniqueConstraint("message", "nth"),
    Index("ix_media_wanted", "tries", "id", sqlite_where=text("state = 'wanted'"), postgresql_where=text("state = 'wanted'")),
    Index("ix_media_ended_at", "ended_at"),  # its end tells pages that something has changed
)
