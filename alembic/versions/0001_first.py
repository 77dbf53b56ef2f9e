"""The first tables: what was said, what we owe, what we tell. webcare/store/tables.py draws them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.String(300)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _what_this_database_is()
    _what_was_said()
    _messages()
    _texts()
    _what_we_owe()
    _what_happened()
    _what_we_tell()
    _deliveries()


def downgrade() -> None:
    for table in (
        "delivery_notice",
        "delivery",
        "reply",
        "notice",
        "step",
        "clock",
        "case_event",
        "case",
        "verdict",
        "version",
        "message",
        "raw_body",
        "cursor",
        "channel",
        "rule_book",
        "lease",
        "site",
    ):
        op.drop_table(table)


def _partly(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    """Make an index of some rows only."""
    op.create_index(name, table, columns, unique=unique, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _what_this_database_is() -> None:
    op.create_table(
        "site",
        sa.Column("key", sa.String(length=50), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_site"),
    )
    op.create_table(
        "lease",
        sa.Column("name", ID, nullable=False),
        sa.Column("holder", ID, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lease"),
    )
    op.create_table(
        "rule_book",
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("stored_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("revision", name="pk_rule_book"),
    )


def _what_was_said() -> None:
    op.create_table(
        "channel",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", ID, nullable=False),
        sa.Column("kind", sa.String(length=50), nullable=False),
        sa.Column("account", ID, nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_channel"),
    )
    op.create_table(
        "cursor",
        sa.Column("channel", ID, nullable=False),
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("moved_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["channel"], ["channel.id"], name="fk_cursor_channel_channel"),
        sa.PrimaryKeyConstraint("channel", "name", name="pk_cursor"),
    )
    op.create_table(
        "raw_body",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("brand", ID, nullable=False),
        sa.Column("channel", ID),
        sa.Column("hook", ID),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String()),
        sa.Column("delete_after", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_raw_body"),
    )
    op.create_index("ix_raw_body_delete_after", "raw_body", ["delete_after"])
    _partly("ix_raw_body_unreadable", "raw_body", ["id"], "state = 'unreadable'")
    _partly("ix_raw_body_new", "raw_body", ["id"], "state = 'new'")


def _messages() -> None:
    op.create_table(
        "message",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("brand", ID, nullable=False),
        sa.Column("channel", ID, nullable=False),
        sa.Column("external_id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("reply_to", ID),
        sa.Column("direction", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("author_name", sa.String()),
        sa.Column("author_handle", sa.String()),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("attachments", sa.JSON(), nullable=False),
        sa.Column("permalink", sa.String()),
        sa.Column("content_hash", sa.String(length=32), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("learned_at", INSTANT, nullable=False),
        sa.Column("edited_at", INSTANT),
        sa.Column("deleted_at", INSTANT),
        sa.Column("late_ingest", sa.Boolean(), nullable=False),
        sa.Column("automatic", sa.String()),
        sa.Column("raw", BIG_ID),
        sa.Column("verdict", sa.BigInteger()),
        sa.Column("case", sa.BigInteger()),
        sa.ForeignKeyConstraint(["channel"], ["channel.id"], name="fk_message_channel_channel"),
        sa.ForeignKeyConstraint(["raw"], ["raw_body.id"], name="fk_message_raw_raw_body", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sa.UniqueConstraint("channel", "external_id", name="uq_message_channel_external_id"),
    )
    op.create_index("ix_message_reply_to", "message", ["channel", "reply_to"])
    for name, columns, where in (
        ("ix_message_raw", ["raw"], "raw IS NOT NULL"),
        ("ix_message_heard", ["channel", "created_at"], "direction = 'inbound'"),
        ("ix_message_ours", ["channel", "created_at"], "direction = 'outbound'"),
        ("ix_message_case", ["case", "created_at"], '"case" IS NOT NULL'),
    ):
        _partly(name, "message", columns, where)
    op.create_index("ix_message_thread", "message", ["channel", "conversation_id", "created_at"])


def _texts() -> None:
    op.create_table(
        "version",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("message", BIG_ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("content_hash", sa.String(length=32), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("learned_at", INSTANT, nullable=False),
        sa.Column("triaged_at", INSTANT),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name="fk_version_message_message", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_version"),
        sa.UniqueConstraint("message", "content_hash", "at", name="uq_version_message_content_hash_at"),
    )
    _partly("ix_version_untriaged", "version", ["id"], "triaged_at IS NULL")
    op.create_table(
        "verdict",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("message", BIG_ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", ID, nullable=False),
        sa.Column("model", sa.String(length=100), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("sentiment", sa.String(length=10), nullable=False),
        sa.Column("intents", sa.JSON(), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("needs_response", sa.Boolean(), nullable=False),
        sa.Column("needs_response_score", sa.Float(), nullable=False),
        sa.Column("unsure", sa.Boolean(), nullable=False),
        sa.Column("urgency", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name="fk_verdict_message_message", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_verdict"),
    )
    op.create_index("ix_verdict_message", "verdict", ["message"])


def _what_we_owe() -> None:
    op.create_table(
        "case",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("brand", ID, nullable=False),
        sa.Column("channel", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("customer_name", sa.String()),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("opening_message", BIG_ID, nullable=False),
        sa.Column("previous_case", BIG_ID),
        sa.Column("found_by", sa.String(length=20), nullable=False),
        sa.Column("queue", sa.String(length=50), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("policy", sa.String(length=100), nullable=False),
        sa.Column("policy_why", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("urgency", sa.String(length=10), nullable=False),
        sa.Column("unsure", sa.Boolean(), nullable=False),
        sa.Column("labels", sa.String(length=100)),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT),
        sa.Column("claimed_by", ID),
        sa.Column("claim_ends_at", INSTANT),
        sa.Column("claim_active_at", INSTANT),
        sa.Column("due_clock", sa.String(length=20)),
        sa.Column("due_at", INSTANT),
        sa.Column("next_check_at", INSTANT),
        sa.Column("snoozed_until", INSTANT),
        sa.Column("on_time", sa.SmallInteger()),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["channel"], ["channel.id"], name="fk_case_channel_channel"),
        sa.ForeignKeyConstraint(["opening_message"], ["message.id"], name="fk_case_opening_message_message"),
        sa.ForeignKeyConstraint(["previous_case"], ["case.id"], name="fk_case_previous_case_case"),
        sa.ForeignKeyConstraint(["revision"], ["rule_book.revision"], name="fk_case_revision_rule_book"),
        sa.PrimaryKeyConstraint("id", name="pk_case"),
    )
    op.create_index("ix_case_next_check_at", "case", ["next_check_at"])
    op.create_index("ix_case_thread", "case", ["channel", "conversation_id", "customer_id"])
    op.create_index("ix_case_customer", "case", ["customer_id"])
    for name, columns, where in (
        ("ix_case_queue", ["due_at", "id", "claimed_by", "kind", "labels"], "state = 'open'"),
        ("ix_case_on_time", ["on_time", "due_at", "id", "claimed_by", "kind", "labels"], "state = 'open'"),
        ("ix_case_channel", ["channel", "due_at", "id"], "state = 'open'"),
        ("ix_case_claimed", ["claimed_by", "due_at"], "state = 'open' AND claimed_by IS NOT NULL"),
        ("ix_case_claim_active_at", ["claim_active_at"], "claimed_by IS NOT NULL"),
        ("ix_case_claim_ends_at", ["claim_ends_at"], "claimed_by IS NOT NULL"),
        ("ix_case_urgent", ["urgency", "due_at", "id"], "state = 'open' AND urgency = 'high'"),
        ("ix_case_snoozed", ["snoozed_until"], "snoozed_until IS NOT NULL"),
        ("ix_case_closed", ["closed_at", "id", "kind", "labels"], "state = 'closed'"),
    ):
        _partly(name, "case", columns, where)
    op.create_index(
        "ix_case_unsure",
        "case",
        ["unsure", "due_at", "id"],
        sqlite_where=sa.text("state = 'open' AND unsure = 1"),
        postgresql_where=sa.text("state = 'open' AND unsure"),
    )
    _partly("uq_case_open", "case", ["channel", "conversation_id", "customer_id"], "state = 'open'", unique=True)


def _what_happened() -> None:
    op.create_table(
        "case_event",
        sa.Column("case", BIG_ID, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("learned_at", INSTANT, nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("by", ID),
        sa.Column("message", BIG_ID),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name="fk_case_event_case_case", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name="fk_case_event_message_message"),
        sa.PrimaryKeyConstraint("case", "seq", name="pk_case_event"),
    )
    op.create_index("ix_case_event_message", "case_event", ["message"])
    op.create_index("ix_case_event_learned_at", "case_event", ["learned_at"])
    op.create_table(
        "clock",
        sa.Column("case", BIG_ID, nullable=False),
        sa.Column("clock", sa.String(length=20), nullable=False),
        sa.Column("nth", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("started_at", INSTANT),
        sa.Column("due_at", INSTANT),
        sa.Column("stopped_at", INSTANT),
        sa.Column("elapsed_s", sa.Float()),
        sa.Column("target_s", sa.Float()),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name="fk_clock_case_case", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("case", "clock", "nth", name="pk_clock"),
    )
    op.create_index("ix_clock_due_at", "clock", ["due_at"])
    _partly("ix_clock_missed", "clock", ["due_at"], "state = 'missed'")
    _partly("ix_clock_stopped_at", "clock", ["stopped_at", "clock"], "stopped_at IS NOT NULL")
    _partly("ix_clock_met", "clock", ["stopped_at"], "state = 'met'")


def _what_we_tell() -> None:
    op.create_table(
        "step",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("case", BIG_ID, nullable=False),
        sa.Column("clock", sa.String(length=20), nullable=False),
        sa.Column("deadline", INSTANT, nullable=False),
        sa.Column("rung", sa.String(length=50), nullable=False),
        sa.Column("step", sa.String(length=50), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name="fk_step_case_case", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_step"),
        sa.UniqueConstraint("case", "clock", "deadline", "rung", name="uq_step_case_clock_deadline_rung"),
    )
    op.create_table(
        "notice",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("step", BIG_ID, nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.Column("level", sa.String(length=20)),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("told_at", INSTANT),
        sa.Column("acked_at", INSTANT),
        sa.Column("look_at", INSTANT),
        sa.Column("look_for", sa.String(length=10)),
        sa.Column("because", sa.JSON()),
        sa.ForeignKeyConstraint(["step"], ["step.id"], name="fk_notice_step_step", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
        sa.UniqueConstraint("step", "person", name="uq_notice_step_person"),
    )
    _partly("ix_notice_look_at", "notice", ["look_at"], "look_at IS NOT NULL")
    op.create_table(
        "reply",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("brand", ID, nullable=False),
        sa.Column("case", BIG_ID, nullable=False),
        sa.Column("channel", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("reply_to", ID),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("by", ID, nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("written_at", INSTANT, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("external_id", ID),
        sa.Column("accepted_at", INSTANT),
        sa.Column("reason", sa.String()),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name="fk_reply_case_case"),
        sa.ForeignKeyConstraint(["channel"], ["channel.id"], name="fk_reply_channel_channel"),
        sa.PrimaryKeyConstraint("id", name="pk_reply"),
    )
    op.create_index("ix_reply_case", "reply", ["case"])
    op.create_index("ix_reply_by", "reply", ["by", "id"])
    _partly("ix_reply_unsettled", "reply", ["state"], "state <> 'accepted'")


def _deliveries() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("brand", ID, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("key", ID, nullable=False),
        sa.Column("person", ID),
        sa.Column("method", ID, nullable=False),
        sa.Column("reply", BIG_ID),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("gathers", sa.String(length=40)),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("not_before", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("retry_at", INSTANT),
        sa.Column("lease_by", ID),
        sa.Column("lease_until", INSTANT),
        sa.Column("held_at", INSTANT),
        sa.Column("result", sa.String()),
        sa.ForeignKeyConstraint(["reply"], ["reply.id"], name="fk_delivery_reply_reply"),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sa.UniqueConstraint("key", name="uq_delivery_key"),
    )
    op.create_index("ix_delivery_sent_at", "delivery", ["sent_at"])
    op.create_index("ix_delivery_created_at", "delivery", ["created_at"])
    for name, columns, where in (
        ("ix_delivery_kind", ["kind", "id"], "attempt >= 0"),
        ("ix_delivery_person", ["person", "kind", "id"], "attempt >= 0"),
        ("ix_delivery_reply", ["reply", "id"], "reply IS NOT NULL AND attempt >= 0"),
        ("ix_delivery_queued", ["not_before"], "state = 'queued'"),
        ("ix_delivery_stuck", ["kind", "id", "state"], "state IN ('failed', 'held')"),
    ):
        _partly(name, "delivery", columns, where)
    _partly("uq_delivery_gathers", "delivery", ["person", "brand", "method", "gathers"], "gathers IS NOT NULL", unique=True)
    op.create_table(
        "delivery_notice",
        sa.Column("delivery", BIG_ID, nullable=False),
        sa.Column("notice", BIG_ID, nullable=False),
        sa.Column("dropped_at", INSTANT),
        sa.ForeignKeyConstraint(["delivery"], ["delivery.id"], name="fk_delivery_notice_delivery_delivery", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["notice"], ["notice.id"], name="fk_delivery_notice_notice_notice", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("delivery", "notice", name="pk_delivery_notice"),
    )
    op.create_index("ix_delivery_notice_notice", "delivery_notice", ["notice"])
