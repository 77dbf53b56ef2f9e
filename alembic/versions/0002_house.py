"""The house: people and rota, hooks, how channels fare, sealed tokens, what nobody could read.

webcare/store/house_tables.py draws them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.String(300)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _people()
    _channels()
    _doings()


def downgrade() -> None:
    for table in (
        "unreadable",
        "early_status",
        "other_id",
        "other_name",
        "audit",
        "read_cost",
        "channel_state",
        "credential",
        "hook",
        "rota_override",
        "rota_level",
        "contact",
        "person",
    ):
        op.drop_table(table)


def _people() -> None:
    op.create_table(
        "person",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("zone", sa.String(length=50), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("quiet_start", sa.String(length=5)),
        sa.Column("quiet_end", sa.String(length=5)),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
    )
    op.create_table(
        "contact",
        sa.Column("person", ID, nullable=False),
        sa.Column("nth", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", ID, nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("detail", sa.String(length=10), nullable=False),
        sa.Column("trusted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_contact_person_person", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person", "nth", name="pk_contact"),
        sa.UniqueConstraint("person", "name", name="uq_contact_person_name"),
    )
    op.create_table(
        "rota_level",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("rotation", sa.JSON(), nullable=False),
        sa.Column("rhythm", sa.String(length=10), nullable=False),
        sa.Column("anchor", sa.String(length=10), nullable=False),
        sa.Column("zone", sa.String(length=50), nullable=False),
        sa.Column("handovers", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_rota_level"),
    )
    op.create_table(
        "rota_override",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("person", ID),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("by", ID),
        sa.Column("reason", sa.String(length=200)),
        sa.PrimaryKeyConstraint("id", name="pk_rota_override"),
    )


def _channels() -> None:
    op.create_table(
        "hook",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=50), nullable=False),
        sa.Column("app", ID, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_hook"),
        sa.UniqueConstraint("kind", "app", name="uq_hook_kind_app"),
    )
    op.create_table(
        "channel_state",
        sa.Column("channel", ID, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("reason", sa.String()),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_poll_at", INSTANT),
        sa.Column("polled_at", INSTANT),
        sa.Column("checked_at", INSTANT),
        sa.Column("expires_at", INSTANT),
        sa.Column("heard_at", INSTANT),
        sa.Column("told_at", INSTANT),
        sa.Column("silent_since", INSTANT),
        sa.ForeignKeyConstraint(["channel"], ["channel.id"], name="fk_channel_state_channel_channel"),
        sa.PrimaryKeyConstraint("channel", name="pk_channel_state"),
    )
    op.create_table(
        "read_cost",
        sa.Column("channel", ID, nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("resources", sa.Integer(), nullable=False),
        sa.Column("polls", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["channel"], ["channel.id"], name="fk_read_cost_channel_channel"),
        sa.PrimaryKeyConstraint("channel", "day", name="pk_read_cost"),
    )
    op.create_table(
        "credential",
        sa.Column("name", ID, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT),
        sa.PrimaryKeyConstraint("name", name="pk_credential"),
    )


def _doings() -> None:
    op.create_table(
        "unreadable",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("raw", BIG_ID, nullable=False),
        sa.Column("channel", ID),
        sa.Column("kind", sa.String(length=50), nullable=False),
        sa.Column("where", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("heard_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["raw"], ["raw_body.id"], name="fk_unreadable_raw_raw_body", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_unreadable"),
    )
    op.create_index("ix_unreadable_raw", "unreadable", ["raw"])
    op.create_table(
        "early_status",
        sa.Column("channel", ID, nullable=False),
        sa.Column("external_id", ID, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("channel", "external_id", name="pk_early_status"),
    )
    op.create_table(
        "other_id",
        sa.Column("channel", ID, nullable=False),
        sa.Column("external_id", ID, nullable=False),
        sa.Column("message", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name="fk_other_id_message_message", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("channel", "external_id", name="pk_other_id"),
    )
    op.create_index("ix_other_id_message", "other_id", ["message"])
    op.create_table(
        "other_name",
        sa.Column("channel", ID, nullable=False),
        sa.Column("name", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("channel", "name", name="pk_other_name"),
    )
    op.create_index("ix_other_name_customer_id", "other_name", ["customer_id"])
    op.create_table(
        "audit",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", ID, nullable=False),
        sa.Column("what", sa.String(length=50), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at", "id"])
    op.create_index("ix_audit_by", "audit", ["by", "at", "id"])
    op.create_index("ix_audit_what", "audit", ["what", "at", "id"])
