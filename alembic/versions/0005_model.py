"""The model: which one answers, and what people found in what it let pass.

webcare/store/model_tables.py draws what this makes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.String(300)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _choices()
    _checks()
    _serving()


def downgrade() -> None:
    op.drop_table("model_state")
    op.drop_table("reread")
    _drop_checks()
    op.drop_table("model_choice")


def _choices() -> None:
    op.create_table(
        "model_choice",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", ID, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("change", sa.String(length=20), nullable=False),
        sa.Column("in_force", sa.Boolean(), nullable=False),
        sa.Column("path", sa.String()),
        sa.Column("base", sa.String(length=64)),
        sa.Column("heads", sa.LargeBinary()),
        sa.Column("tuning", sa.JSON()),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("report", sa.JSON()),
        sa.PrimaryKeyConstraint("id", name="pk_model_choice"),
    )
    op.create_index("ix_model_choice_at", "model_choice", ["at"])


def _checks() -> None:
    op.create_table(
        "check_week",
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("drawn_at", INSTANT, nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("week", name="pk_check_week"),
    )
    op.create_table(
        "check_message",
        sa.Column("message", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(length=10)),
        sa.Column("by", ID),
        sa.Column("at", INSTANT),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name="fk_check_message_message_message", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["week"], ["check_week.week"], name="fk_check_message_week_check_week", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message", name="pk_check_message"),
    )
    op.create_index("ix_check_message_week", "check_message", ["week", "nth"])


def _drop_checks() -> None:
    for table in ("check_message", "check_week"):
        op.drop_table(table)


def _serving() -> None:
    """Who answers what messages mean: webcare/store/serving_tables.py."""
    op.create_table(
        "reread",
        sa.Column("message", BIG_ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name="fk_reread_message_message", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message", name="pk_reread"),
    )
    op.create_table(
        "model_state",
        sa.Column("machine", ID, nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("is_stand_in", sa.Boolean(), nullable=False),
        sa.Column("trouble", sa.String()),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("machine", name="pk_model_state"),
    )
