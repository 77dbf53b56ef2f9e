"""The tables of what is told: what was decided, who hears of it, and how it leaves.

    step -> notice -> delivery       decided once -> who is told -> sent later, several notices at a time
    reply ----------> delivery       what a person wrote -> sent at most once

Times are the world's (`now` of the clock port) unless the column says machine.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint, false, text

from webcare.store.columns import BigId, Id, metadata
from webcare.store.text import CleanText
from webcare.store.utc import UTCDateTime

step = Table(
    "step",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("case", ForeignKey("case.id", ondelete="CASCADE"), nullable=False),
    Column("clock", String(20), nullable=False),
    Column("deadline", UTCDateTime, nullable=False),
    Column("rung", String(50), nullable=False),  # the condition: page@0.9, page@PT1H
    Column("step", String(50), nullable=False),
    Column("at", UTCDateTime, nullable=False),  # the instant of the rung
    Column("decided_at", UTCDateTime, nullable=False),
    UniqueConstraint("case", "clock", "deadline", "rung"),
)

notice = Table(
    "notice",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("step", ForeignKey("step.id", ondelete="CASCADE"), nullable=False),
    Column("person", Id, nullable=False),
    Column("level", String(20)),  # the one that the step named
    Column("why", CleanText, nullable=False),
    Column("told_at", UTCDateTime),  # when the first delivery of it was sent
    Column("acked_at", UTCDateTime),  # when that person said that they had seen it
    Column("look_at", UTCDateTime),  # when somebody must look whether it was heard; null: no more
    Column("look_for", String(10)),  # what then, if it was not: repeat, hold, level
    Column("because", JSON(none_as_null=True)),  # why this person, as facts; letters have words for it
    UniqueConstraint("step", "person"),
    Index("ix_notice_look_at", "look_at", sqlite_where=text("look_at IS NOT NULL"), postgresql_where=text("look_at IS NOT NULL")),
)

reply = Table(
    "reply",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("brand", Id, nullable=False),
    Column("case", ForeignKey("case.id"), nullable=False, index=True),
    Column("channel", ForeignKey("channel.id"), nullable=False),
    Column("conversation_id", Id, nullable=False),
    Column("reply_to", Id),
    Column("text", CleanText, nullable=False),
    Column("by", Id, nullable=False),
    Column("automatic", Boolean, nullable=False),  # a receipt: it answers nothing and stops no clock
    Column("written_at", UTCDateTime, nullable=False),
    Column("state", String(20), nullable=False),  # queued, sending, accepted, refused, unconfirmed, withdrawn, taken_back
    Column("external_id", Id),
    Column("accepted_at", UTCDateTime),
    Column("reason", CleanText),
    Column("code", String(20)),  # of a refusal that means the same everywhere
    Column("way", String(10)),  # public, private, template; null: as the message that it answers came
    Column("late", Boolean, nullable=False, server_default=false()),  # the platform's ordinary window had passed
    Column("to_id", Id),  # whom it goes to, by the platform's id
    Column("template", JSON(none_as_null=True)),  # the approved text that it is, with what stands in its gaps
    Column("after_reply", BigInteger),  # it leaves when that one was accepted: a part of a longer text
    Index("ix_reply_by", "by", "id"),
    Index(  # how often a message was answered in private
        "ix_reply_private",
        "channel",
        "reply_to",
        sqlite_where=text("way = 'private'"),
        postgresql_where=text("way = 'private'"),
    ),
    Index("ix_reply_unsettled", "state", sqlite_where=text("state <> 'accepted'"), postgresql_where=text("state <> 'accepted'")),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("brand", Id, nullable=False),
    Column("kind", String(10), nullable=False),  # alert, letter, reply
    Column("key", Id, nullable=False, unique=True),  # a repeat carries the same one
    Column("person", Id),
    Column("method", Id, nullable=False),
    Column("reply", ForeignKey("reply.id")),
    Column("content", JSON, nullable=False),
    Column("state", String(10), nullable=False),  # queued, sent, failed, held, over (nobody waited any more when it was to leave)
    Column("gathers", String(40)),  # what may still join it: open, or until an instant; null: it was begun, nothing joins
    Column("created_at", UTCDateTime, nullable=False),
    Column("not_before", UTCDateTime, nullable=False),
    Column("sent_at", UTCDateTime),
    Column("attempt", Integer, nullable=False),
    Column("retry_at", UTCDateTime),  # machine
    Column("lease_by", Id),
    Column("lease_until", UTCDateTime),  # machine
    Column("held_at", UTCDateTime),  # machine; after a restored backup, until `webcare resume`
    Column("result", CleanText),
    Index("ix_delivery_sent_at", "sent_at"),
    Index("ix_delivery_created_at", "created_at"),
    # What went out, the newest first. The condition always holds: only that page says it, so that no other query is led astray.
    Index("ix_delivery_kind", "kind", "id", sqlite_where=text("attempt >= 0"), postgresql_where=text("attempt >= 0")),
    Index("ix_delivery_person", "person", "kind", "id", sqlite_where=text("attempt >= 0"), postgresql_where=text("attempt >= 0")),
    Index(
        "ix_delivery_reply",
        "reply",
        "id",
        sqlite_where=text("reply IS NOT NULL AND attempt >= 0"),
        postgresql_where=text("reply IS NOT NULL AND attempt >= 0"),
    ),
    Index(  # one message a person gathers at a time, whoever sweeps
        "uq_delivery_gathers",
        "person",
        "brand",
        "method",
        "gathers",
        unique=True,
        sqlite_where=text("gathers IS NOT NULL"),
        postgresql_where=text("gathers IS NOT NULL"),
    ),
    Index("ix_delivery_queued", "not_before", sqlite_where=text("state = 'queued'"), postgresql_where=text("state = 'queued'")),
    Index(
        "ix_delivery_stuck",
        "kind",
        "id",
        "state",
        sqlite_where=text("state IN ('failed', 'held')"),
        postgresql_where=text("state IN ('failed', 'held')"),
    ),
)

delivery_notice = Table(
    "delivery_notice",
    metadata,
    Column("delivery", ForeignKey("delivery.id", ondelete="CASCADE"), primary_key=True),
    Column("notice", ForeignKey("notice.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("dropped_at", UTCDateTime),  # nobody waited for it any more when the message left without it
)
