"""Connectors that know the platforms: how a reply goes.

webcare/store draws what this makes, a file a subject.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.String(300)
INSTANT = sa.DateTime(timezone=True)
VOLUMES = ("few_usual", "few_seen", "few_since")


def upgrade() -> None:
    _media()
    _ways()
    _acts()
    _uploads()
    _reads()
    _conversations()
    _volumes()


def downgrade() -> None:
    for name in VOLUMES:
        op.drop_column("channel_state", name)
    for table in ("community_answer", "look_up", "context"):
        op.drop_table(table)
    op.drop_table("read_resource")
    op.drop_table("media")
    for table in ("reply_upload", "act"):
        op.drop_table(table)
    _drop_ways()


def _ways() -> None:
    """How a reply goes, and what became of it: webcare/store/alert_tables.py."""
    for column in (
        sa.Column("code", sa.String(length=20)),
        sa.Column("way", sa.String(length=10)),
        sa.Column("late", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("to_id", ID),
        sa.Column("template", sa.JSON()),
        sa.Column("after_reply", sa.BigInteger()),
    ):
        op.add_column("reply", column)
    op.add_column("message", sa.Column("raw_type", sa.String()))
    private = sa.text("way = 'private'")
    op.create_index("ix_reply_private", "reply", ["channel", "reply_to"], sqlite_where=private, postgresql_where=private)


def _drop_ways() -> None:
    op.drop_index("ix_reply_private", "reply")
    op.drop_column("message", "raw_type")
    for name in ("after_reply", "template", "to_id", "late", "way", "code"):
        op.drop_column("reply", name)


def _acts() -> None:
    """What is done to customers' messages: webcare/store/act_tables.py."""
    op.create_table(
        "act",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("brand", ID, nullable=False),
        sa.Column("case", BIG_ID, nullable=False),
        sa.Column("message", BIG_ID, nullable=False),
        sa.Column("channel", ID, nullable=False),
        sa.Column("deed", sa.String(length=10), nullable=False),
        sa.Column("pair", sa.String(length=10), nullable=False),
        sa.Column("by", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("done_at", INSTANT),
        sa.Column("reason", sa.String()),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("retry_at", INSTANT),
        sa.Column("lease_by", ID),
        sa.Column("lease_until", INSTANT),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name="fk_act_case_case"),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name="fk_act_message_message", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["channel"], ["channel.id"], name="fk_act_channel_channel"),
        sa.PrimaryKeyConstraint("id", name="pk_act"),
    )
    queued = sa.text("state = 'queued'")
    op.create_index("ix_act_case", "act", ["case"])
    op.create_index("ix_act_message", "act", ["message"])
    op.create_index("ix_act_queued", "act", ["id"], sqlite_where=queued, postgresql_where=queued)
    op.create_index("uq_act_open", "act", ["message", "pair"], unique=True, sqlite_where=queued, postgresql_where=queued)


def _uploads() -> None:
    """The files of a reply: webcare/store/act_tables.py."""
    op.create_table(
        "reply_upload",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("reply", BIG_ID, nullable=False),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("mime", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary()),
        sa.ForeignKeyConstraint(["reply"], ["reply.id"], name="fk_reply_upload_reply_reply", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_reply_upload"),
        sa.UniqueConstraint("reply", "nth", name="uq_reply_upload_reply_nth"),
    )


def _media() -> None:
    """What came with customers' messages: webcare/store/media_tables.py."""
    op.create_table(
        "media",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("message", BIG_ID, nullable=False),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("why", sa.String(length=10)),
        sa.Column("reason", sa.String()),
        sa.Column("wanted_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("retry_at", INSTANT),
        sa.Column("lease_by", ID),
        sa.Column("lease_until", INSTANT),
        sa.Column("mime", sa.String(length=100)),
        sa.Column("size", sa.Integer()),
        sa.Column("sha256", sa.String(length=64)),
        sa.Column("is_picture", sa.Boolean(), nullable=False),
        sa.Column("width", sa.Integer()),
        sa.Column("height", sa.Integer()),
        sa.Column("content", sa.LargeBinary()),
        sa.Column("small", sa.LargeBinary()),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name="fk_media_message_message", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_media"),
        sa.UniqueConstraint("message", "nth", name="uq_media_message_nth"),
    )
    wanted = sa.text("state = 'wanted'")
    op.create_index("ix_media_wanted", "media", ["tries", "id"], sqlite_where=wanted, postgresql_where=wanted)
    op.create_index("ix_media_ended_at", "media", ["ended_at"])


def _reads() -> None:
    """What kinds of resources were paid for: webcare/store/read_tables.py."""
    op.create_table(
        "read_resource",
        sa.Column("channel", ID, nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("resource", sa.String(length=20), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["channel"], ["channel.id"], name="fk_read_resource_channel_channel"),
        sa.PrimaryKeyConstraint("channel", "day", "resource", name="pk_read_resource"),
    )


def _conversations() -> None:
    """What stands around public conversations: webcare/store/conversation_tables.py."""
    op.create_table(
        "context",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("channel", ID, nullable=False),
        sa.Column("external_id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("direction", sa.String(length=10), nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("author_name", sa.String()),
        sa.Column("author_handle", sa.String()),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("permalink", sa.String()),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("learned_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["channel"], ["channel.id"], name="fk_context_channel_channel"),
        sa.PrimaryKeyConstraint("id", name="pk_context"),
        sa.UniqueConstraint("channel", "external_id", name="uq_context_channel_external_id"),
    )
    op.create_index("ix_context_author_id", "context", ["author_id"])
    op.create_table(
        "look_up",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("channel", ID, nullable=False),
        sa.Column("external_id", ID, nullable=False),
        sa.Column("why", sa.String(length=10), nullable=False),
        sa.Column("wanted_at", INSTANT, nullable=False),
        sa.Column("asked_at", INSTANT),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["channel"], ["channel.id"], name="fk_look_up_channel_channel"),
        sa.PrimaryKeyConstraint("id", name="pk_look_up"),
        sa.UniqueConstraint("channel", "external_id", "why", name="uq_look_up_channel_external_id_why"),
    )
    wanted = sa.text("asked_at IS NULL")
    op.create_index("ix_look_up_wanted", "look_up", ["channel", "tries", "id"], sqlite_where=wanted, postgresql_where=wanted)
    op.create_table(
        "community_answer",
        sa.Column("case", BIG_ID, nullable=False),
        sa.Column("message", BIG_ID, nullable=False),
        sa.Column("certainty", sa.SmallInteger(), nullable=False),
        sa.Column("because", sa.String(length=10), nullable=False),
        sa.Column("found_at", INSTANT, nullable=False),
        sa.Column("refused_by", ID),
        sa.Column("refused_at", INSTANT),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name="fk_community_answer_case_case", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name="fk_community_answer_message_message", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("case", "message", name="pk_community_answer"),
    )
    op.create_index("ix_community_answer_message", "community_answer", ["message"])


def _volumes() -> None:
    """Channels on which far fewer write than usual: webcare/store/house_tables.py."""
    op.add_column("channel_state", sa.Column("few_since", INSTANT))
    op.add_column("channel_state", sa.Column("few_seen", sa.Integer()))
    op.add_column("channel_state", sa.Column("few_usual", sa.Integer()))
