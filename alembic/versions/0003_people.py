"""People at work: logins, and what they need to work together.

webcare/store/user_tables.py draws logins, sessions and guesses.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.String(300)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _logins()


def downgrade() -> None:
    for table in ("guess", "session", "login"):
        op.drop_table(table)


def _logins() -> None:
    op.create_table(
        "login",
        sa.Column("person", ID, nullable=False),
        sa.Column("password", sa.String(length=200)),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("disabled_at", INSTANT),
        sa.Column("link", sa.String(length=64)),
        sa.Column("link_until", INSTANT),
        sa.Column("theme", sa.String(length=10)),
        sa.Column("language", sa.String(length=8)),
        sa.Column("density", sa.String(length=10)),
        sa.Column("signature", sa.String(length=40)),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_login_person_person", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person", name="pk_login"),
        sa.UniqueConstraint("link", name="uq_login_link"),
    )
    op.create_table(
        "session",
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_session_person_person", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token", name="pk_session"),
    )
    op.create_index("ix_session_person", "session", ["person"])
    op.create_index("ix_session_expires_at", "session", ["expires_at"])
    op.create_table(
        "guess",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_guess"),
    )
    op.create_index("ix_guess_until", "guess", ["until"])
