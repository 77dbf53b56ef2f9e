"""The tables. What was said (message), what we make of it (verdict), what we owe (case and its log), what we decided and told.

    raw_body -> message -> verdict
                   |
                 case -- case_event (the log; everything else about a case follows from it)
                   |        `- clock, and the case's own columns: projections, written in the same transaction
                   |
                 step -> notice -> delivery       decided once -> who is told -> sent later
                   |
                 reply ----------> delivery       what a person wrote -> sent at most once

Times are the world's (`now` of the clock port) unless the column says machine.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    text,
)

from webcare.store.alert_tables import delivery, delivery_notice, notice, reply, step
from webcare.store.columns import BigId, Id, metadata
from webcare.store.text import CleanText
from webcare.store.utc import UTCDateTime

__all__ = [  # what is told is drawn in a file of its own, and read from here
    "BigId",
    "Id",
    "case",
    "case_event",
    "channel",
    "clock",
    "cursor",
    "delivery",
    "delivery_notice",
    "lease",
    "message",
    "metadata",
    "notice",
    "raw_body",
    "reply",
    "rule_book",
    "site",
    "step",
    "verdict",
    "version",
]

_OPEN: dict[str, Any] = {f"{dialect}_where": text("state = 'open'") for dialect in ("sqlite", "postgresql")}
_CLOSED: dict[str, Any] = {f"{dialect}_where": text("state = 'closed'") for dialect in ("sqlite", "postgresql")}

site = Table(  # what this database knows about itself, e.g. the generation that tells a restored backup
    "site",
    metadata,
    Column("key", String(50), primary_key=True),
    Column("value", CleanText, nullable=False),
)

channel = Table(
    "channel",
    metadata,
    Column("id", Id, primary_key=True),  # kind:account
    Column("brand", Id, nullable=False),
    Column("kind", String(50), nullable=False),
    Column("account", Id, nullable=False),
    Column("added_at", UTCDateTime, nullable=False),
)

cursor = Table(
    "cursor",
    metadata,
    Column("channel", ForeignKey("channel.id"), primary_key=True),
    Column("name", String(50), primary_key=True),
    Column("value", CleanText, nullable=False),
    Column("moved_at", UTCDateTime, nullable=False),
)

lease = Table(
    "lease",
    metadata,
    Column("name", Id, primary_key=True),
    Column("holder", Id, nullable=False),
    Column("until", UTCDateTime, nullable=False),  # machine
)

raw_body = Table(
    "raw_body",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("brand", Id, nullable=False),
    Column("channel", Id),  # null: not known before it is read
    Column("hook", Id),
    Column("received_at", UTCDateTime, nullable=False),  # machine
    Column("headers", JSON, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("state", String(20), nullable=False),  # new, read, unreadable, ignored
    Column("reason", CleanText),
    Column("delete_after", UTCDateTime, nullable=False),  # machine
    Index("ix_raw_body_new", "id", sqlite_where=text("state = 'new'"), postgresql_where=text("state = 'new'")),
    Index(
        "ix_raw_body_unreadable", "id", sqlite_where=text("state = 'unreadable'"), postgresql_where=text("state = 'unreadable'")
    ),
    Index("ix_raw_body_delete_after", "delete_after"),
)

rule_book = Table(
    "rule_book",
    metadata,
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("fingerprint", String(64), nullable=False),
    Column("content", JSON, nullable=False),
    Column("stored_at", UTCDateTime, nullable=False),
)

message = Table(
    "message",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("brand", Id, nullable=False),
    Column("channel", ForeignKey("channel.id"), nullable=False),
    Column("external_id", Id, nullable=False),
    Column("conversation_id", Id, nullable=False),
    Column("reply_to", Id),
    Column("direction", String(10), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("author_id", Id, nullable=False),
    Column("author_name", CleanText),
    Column("author_handle", CleanText),
    Column("text", CleanText, nullable=False),
    Column("attachments", JSON, nullable=False),
    Column("permalink", CleanText),
    Column("content_hash", String(32), nullable=False),
    Column("created_at", UTCDateTime, nullable=False),  # the platform's
    Column("learned_at", UTCDateTime, nullable=False),
    Column("edited_at", UTCDateTime),
    Column("deleted_at", UTCDateTime),
    Column("late_ingest", Boolean, nullable=False),
    Column("automatic", CleanText),  # why a message of ours looks automatic; null: a person wrote it
    Column("raw_type", CleanText),  # what the platform calls such a message, for its connector
    Column("raw", ForeignKey("raw_body.id", ondelete="SET NULL")),
    Column("verdict", BigInteger),  # the one in force
    Column("case", BigInteger),
    UniqueConstraint("channel", "external_id"),
    Index("ix_message_thread", "channel", "conversation_id", "created_at"),
    Index("ix_message_reply_to", "channel", "reply_to"),
    Index(  # without it, each body that is deleted would be looked for in every message
        "ix_message_raw", "raw", sqlite_where=text("raw IS NOT NULL"), postgresql_where=text("raw IS NOT NULL")
    ),
    Index(
        "ix_message_ours",
        "channel",
        "created_at",
        sqlite_where=text("direction = 'outbound'"),
        postgresql_where=text("direction = 'outbound'"),
    ),
    Index(  # what stands in a case
        "ix_message_case",
        "case",
        "created_at",
        sqlite_where=text('"case" IS NOT NULL'),
        postgresql_where=text('"case" IS NOT NULL'),
    ),
    Index(  # when customers wrote: is a channel too quiet
        "ix_message_heard",
        "channel",
        "created_at",
        sqlite_where=text("direction = 'inbound'"),
        postgresql_where=text("direction = 'inbound'"),
    ),
)

version = Table(  # each text that a message has had; the message itself shows the newest
    "version",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("message", ForeignKey("message.id", ondelete="CASCADE"), nullable=False),
    Column("at", UTCDateTime, nullable=False),  # the platform's: written, or edited
    Column("content_hash", String(32), nullable=False),
    Column("text", CleanText(), nullable=False),
    Column("learned_at", UTCDateTime, nullable=False),
    Column("triaged_at", UTCDateTime),  # null: still to be classified and routed
    UniqueConstraint("message", "content_hash", "at"),
    Index("ix_version_untriaged", "id", sqlite_where=text("triaged_at IS NULL"), postgresql_where=text("triaged_at IS NULL")),
)

verdict = Table(
    "verdict",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("message", ForeignKey("message.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", UTCDateTime, nullable=False),
    Column("by", Id, nullable=False),  # "machine" or a person
    Column("model", String(100), nullable=False),
    Column("language", String(8), nullable=False),
    Column("sentiment", String(10), nullable=False),
    Column("intents", JSON, nullable=False),
    Column("scores", JSON, nullable=False),
    Column("needs_response", Boolean, nullable=False),
    Column("needs_response_score", Float, nullable=False),
    Column("unsure", Boolean, nullable=False),
    Column("urgency", String(10), nullable=False),
    Column("was", BigId),  # of a person's: the verdict in force when they spoke, of which it holds what they left as it was
)

case = Table(
    "case",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("brand", Id, nullable=False),
    Column("channel", ForeignKey("channel.id"), nullable=False),
    Column("conversation_id", Id, nullable=False),
    Column("customer_id", Id, nullable=False),
    Column("customer_name", CleanText),
    Column("kind", String(10), nullable=False),  # of the message that opened it: a conversation is private, or public, for good
    Column("opening_message", ForeignKey("message.id"), nullable=False),
    Column("previous_case", ForeignKey("case.id")),
    Column("found_by", String(20), nullable=False),  # classifier, agent
    Column("queue", String(50), nullable=False),
    Column("revision", ForeignKey("rule_book.revision"), nullable=False),
    Column("policy", String(100), nullable=False),
    Column("policy_why", CleanText, nullable=False),
    # projections of the log
    Column("state", String(10), nullable=False),  # open, closed
    Column("urgency", String(10), nullable=False),
    Column("unsure", Boolean, nullable=False),
    Column(
        "labels", String(100)
    ),  # of the message that it waits on, between spaces: " nl negative complaint "; what filters read
    Column("opened_at", UTCDateTime, nullable=False),
    Column("closed_at", UTCDateTime),
    Column("claimed_by", Id),
    Column("claim_ends_at", UTCDateTime),  # when the shift in which it was taken ends; null: taken outside of one
    Column("claim_active_at", UTCDateTime),  # when whoever has it last did something with it
    Column("due_clock", String(20)),
    Column("due_at", UTCDateTime),
    Column("next_check_at", UTCDateTime),
    Column("snoozed_until", UTCDateTime),
    Column("on_time", SmallInteger),  # per cent: how likely it is answered by `due_at`; null: not estimated
    Column("events", Integer, nullable=False),  # length of the log: the next seq
    Index("ix_case_next_check_at", "next_check_at"),
    Index("ix_case_thread", "channel", "conversation_id", "customer_id"),
    Index("ix_case_customer", "customer_id"),
    # kind and labels only so that what is filtered out is not read
    Index("ix_case_queue", "due_at", "id", "claimed_by", "kind", "labels", **_OPEN),
    Index("ix_case_on_time", "on_time", "due_at", "id", "claimed_by", "kind", "labels", **_OPEN),
    Index("ix_case_channel", "channel", "due_at", "id", **_OPEN),
    Index(  # what somebody has in hand
        "ix_case_claimed",
        "claimed_by",
        "due_at",
        sqlite_where=text("state = 'open' AND claimed_by IS NOT NULL"),
        postgresql_where=text("state = 'open' AND claimed_by IS NOT NULL"),
    ),
    Index(  # claims that lapse: nothing was done for long, or the shift is over
        "ix_case_claim_active_at",
        "claim_active_at",
        sqlite_where=text("claimed_by IS NOT NULL"),
        postgresql_where=text("claimed_by IS NOT NULL"),
    ),
    Index(
        "ix_case_claim_ends_at",
        "claim_ends_at",
        sqlite_where=text("claimed_by IS NOT NULL"),
        postgresql_where=text("claimed_by IS NOT NULL"),
    ),
    Index(  # what a few cases have in common leads its index: without figures on the table SQLite would take another
        "ix_case_unsure",
        "unsure",
        "due_at",
        "id",
        sqlite_where=text("state = 'open' AND unsure = 1"),
        postgresql_where=text("state = 'open' AND unsure"),
    ),
    Index(
        "ix_case_urgent",
        "urgency",
        "due_at",
        "id",
        sqlite_where=text("state = 'open' AND urgency = 'high'"),
        postgresql_where=text("state = 'open' AND urgency = 'high'"),
    ),
    Index(
        "ix_case_snoozed",
        "snoozed_until",
        sqlite_where=text("snoozed_until IS NOT NULL"),
        postgresql_where=text("snoozed_until IS NOT NULL"),
    ),
    Index("ix_case_closed", "closed_at", "id", "kind", "labels", **_CLOSED),
    Index("uq_case_open", "channel", "conversation_id", "customer_id", unique=True, **_OPEN),
)

case_event = Table(
    "case_event",
    metadata,
    Column("case", ForeignKey("case.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", UTCDateTime, nullable=False),  # when it happened, the platform's time for messages
    Column("learned_at", UTCDateTime, nullable=False),
    Column("type", String(20), nullable=False),
    Column("data", JSON, nullable=False),
    Column("by", Id),
    Column("message", ForeignKey("message.id"), index=True),
    Index("ix_case_event_learned_at", "learned_at"),  # its end tells pages that something has changed
)

clock = Table(  # projection: one row a clock, response clocks one row an exchange
    "clock",
    metadata,
    Column("case", ForeignKey("case.id", ondelete="CASCADE"), primary_key=True),
    Column("clock", String(20), primary_key=True),
    Column("nth", Integer, primary_key=True, autoincrement=False),
    Column("state", String(10), nullable=False),
    Column("started_at", UTCDateTime),
    Column("due_at", UTCDateTime),
    Column("stopped_at", UTCDateTime),
    Column("elapsed_s", Float),
    Column("target_s", Float),
    Index("ix_clock_due_at", "due_at"),  # what a day missed, and what runs out today
    Index("ix_clock_missed", "due_at", sqlite_where=text("state = 'missed'"), postgresql_where=text("state = 'missed'")),
    Index(  # how many were answered on a day
        "ix_clock_stopped_at",
        "stopped_at",
        "clock",
        sqlite_where=text("stopped_at IS NOT NULL"),
        postgresql_where=text("stopped_at IS NOT NULL"),
    ),
    Index("ix_clock_met", "stopped_at", sqlite_where=text("state = 'met'"), postgresql_where=text("state = 'met'")),
)
