"""The tables of the house itself: who works here and when, how each channel fares, what was heard and not understood.

person -> contact          rota_level, rota_override: who is on call
hook                       the secret address of a platform app
channel_state, read_cost   how a channel fares, and what reading it has cost
credential                 rotating tokens, sealed
unreadable                 one element of a body that nobody could read
early_status               what a platform said of a message before we knew the message: that it failed, that it is gone
other_name                 what a platform calls a customer elsewhere: WhatsApp knows a number and a user id
other_id                   another id that a platform gives a message: on X an edit is a post of its own
audit                      who did what to people's data
"""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from webcare.store.tables import BigId, Id, metadata
from webcare.store.text import CleanText
from webcare.store.utc import UTCDateTime

person = Table(
    "person",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", CleanText, nullable=False),
    Column("role", String(20), nullable=False),
    Column("zone", String(50), nullable=False),
    Column("language", String(8), nullable=False),
    Column("quiet_start", String(5)),  # local wall times, 22:00
    Column("quiet_end", String(5)),
)

contact = Table(  # in the order in which they are tried
    "contact",
    metadata,
    Column("person", ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    Column("nth", Integer, primary_key=True, autoincrement=False),
    Column("name", Id, nullable=False),
    Column("target", CleanText, nullable=False),  # a secret: an address, a number, a token
    Column("detail", String(10), nullable=False),  # facts, line
    Column("trusted", Boolean, nullable=False),
    UniqueConstraint("person", "name"),
)

rota_level = Table(
    "rota_level",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("rotation", JSON, nullable=False),  # ids of people, null for a turn that nobody has
    Column("rhythm", String(10), nullable=False),
    Column("anchor", String(10), nullable=False),  # a local date
    Column("zone", String(50), nullable=False),
    Column("handovers", JSON, nullable=False),  # local wall times, 08:00
)

rota_override = Table(
    "rota_override",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("level", String(20), nullable=False),
    Column("starts_at", UTCDateTime, nullable=False),
    Column("ends_at", UTCDateTime, nullable=False),
    Column("person", Id),
    Column("created_at", UTCDateTime, nullable=False),
    Column("by", Id),
    Column("reason", CleanText(200)),
)

hook = Table(
    "hook",
    metadata,
    Column("id", String(64), primary_key=True),  # random; whoever knows it may knock
    Column("kind", String(50), nullable=False),
    Column("app", Id, nullable=False),  # channels that share their secrets share a hook
    Column("made_at", UTCDateTime, nullable=False),  # machine
    UniqueConstraint("kind", "app"),
)

channel_state = Table(
    "channel_state",
    metadata,
    Column("channel", ForeignKey("channel.id"), primary_key=True),
    Column("state", String(20), nullable=False),  # fine, failing, stopped (its credentials are dead), spent (its budget is)
    Column("since", UTCDateTime, nullable=False),  # machine, as all times here but heard_at, silent_since and few_since
    Column("reason", CleanText),
    Column("failures", Integer, nullable=False),
    Column("next_poll_at", UTCDateTime),
    Column("polled_at", UTCDateTime),
    Column("checked_at", UTCDateTime),  # the last preflight
    Column("expires_at", UTCDateTime),  # of the token, where the platform says
    Column("heard_at", UTCDateTime),  # the last message of a customer
    Column("told_at", UTCDateTime),  # when a person was told of the trouble that lasts
    Column("silent_since", UTCDateTime),  # when its silence was found
    Column("few_since", UTCDateTime),  # from when on far fewer wrote than usual
    Column("few_seen", Integer),  # so many, in the hours by which that was found
    Column("few_usual", Integer),  # where so many usually do
    Column("partly_since", UTCDateTime),  # when a part of it could not be read while the rest could
    Column("partly_reason", CleanText),
    Column("partly_told_at", UTCDateTime),
)

read_cost = Table(
    "read_cost",
    metadata,
    Column("channel", ForeignKey("channel.id"), primary_key=True),
    Column("day", String(10), primary_key=True),  # UTC, as platforms count
    Column("resources", Integer, nullable=False),
    Column("polls", Integer, nullable=False),
)

credential = Table(
    "credential",
    metadata,
    Column("name", Id, primary_key=True),  # the table of secrets
    Column("sealed", LargeBinary, nullable=False),
    Column("changed_at", UTCDateTime, nullable=False),  # machine
    Column("expires_at", UTCDateTime),
)

unreadable = Table(
    "unreadable",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("raw", ForeignKey("raw_body.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("channel", Id),
    Column("kind", String(50), nullable=False),
    Column("where", CleanText, nullable=False),  # the element's place in the body
    Column("reason", CleanText, nullable=False),
    Column("heard_at", UTCDateTime, nullable=False),
)

early_status = Table(
    "early_status",
    metadata,
    Column("channel", Id, primary_key=True),
    Column("external_id", Id, primary_key=True),
    Column("reason", CleanText, nullable=False),
    Column("at", UTCDateTime, nullable=False),
)

other_id = Table(
    "other_id",
    metadata,
    Column("channel", Id, primary_key=True),
    Column("external_id", Id, primary_key=True),
    Column("message", ForeignKey("message.id", ondelete="CASCADE"), nullable=False, index=True),
)

other_name = Table(  # what a platform calls a customer elsewhere: a number, where the key is a user id
    "other_name",
    metadata,
    Column("channel", Id, primary_key=True),
    Column("name", Id, primary_key=True),
    Column("customer_id", Id, nullable=False, index=True),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("at", UTCDateTime, nullable=False),
    Column("by", Id, nullable=False),
    Column("what", String(50), nullable=False),  # erase, export, retention, resume, import, settings
    Column("data", JSON, nullable=False),  # numbers and ids, never a customer's words
    Index("ix_audit_at", "at", "id"),
    Index("ix_audit_by", "by", "at", "id"),
    Index("ix_audit_what", "what", "at", "id"),
)
