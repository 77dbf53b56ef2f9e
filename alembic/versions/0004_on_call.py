"""People on call: swaps of shifts and tests of contacts.

webcare/store/rota_tables.py draws what this makes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.String(300)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _outgoing()
    _peaks()
    _answered_days()
    _swaps()
    _contact_tests()
    _same_customer()
    _labels()


def downgrade() -> None:
    _drop_labels()
    op.drop_table("all_clear")
    op.drop_table("attempt")
    op.drop_table("answered_day")
    _drop_same_customer()
    _drop_peaks()
    op.drop_table("contact_test")
    op.drop_table("rota_swap")


def _outgoing() -> None:
    """Every attempt to send, and who was told that a wait is over: webcare/store/outgoing_tables.py."""
    op.create_table(
        "attempt",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("delivery", BIG_ID, nullable=False),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.Column("method", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("machine_at", INSTANT, nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("error", sa.String()),
        sa.ForeignKeyConstraint(["delivery"], ["delivery.id"], name="fk_attempt_delivery_delivery", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_attempt"),
    )
    op.create_index("ix_attempt_delivery", "attempt", ["delivery", "id"])
    op.create_table(
        "all_clear",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("case", BIG_ID, nullable=False),
        sa.Column("clock", sa.String(length=20), nullable=False),
        sa.Column("deadline", INSTANT, nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("ended_at", INSTANT, nullable=False),
        sa.Column("by", ID),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("delivery", BIG_ID),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name="fk_all_clear_case_case", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["delivery"], ["delivery.id"], name="fk_all_clear_delivery_delivery", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_all_clear"),
        sa.UniqueConstraint("case", "clock", "deadline", "person", name="uq_all_clear_case_clock_deadline_person"),
    )
    op.create_index("ix_all_clear_delivery", "all_clear", ["delivery"])


def _swaps() -> None:
    op.create_table(
        "rota_swap",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("colleague", ID, nullable=False),
        sa.Column("back_level", sa.String(length=20)),
        sa.Column("back_starts_at", INSTANT),
        sa.Column("back_ends_at", INSTANT),
        sa.Column("note", sa.String(length=200)),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("answered_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_rota_swap"),
    )
    op.create_index("ix_rota_swap_state", "rota_swap", ["state", "expires_at"])


def _contact_tests() -> None:
    op.create_table(
        "contact_test",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.Column("method", ID, nullable=False),
        sa.Column("delivery", BIG_ID, nullable=False),
        sa.Column("by", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["delivery"], ["delivery.id"], name="fk_contact_test_delivery_delivery", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_contact_test_person_person", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_contact_test"),
    )
    op.create_index("ix_contact_test_delivery", "contact_test", ["delivery"])
    op.create_index("ix_contact_test_person", "contact_test", ["person", "at"])
    op.create_index("ix_contact_test_by", "contact_test", ["by", "at"])


def _peaks() -> None:
    runs, current = sa.text("started_at IS NOT NULL AND ended_at IS NULL"), sa.text("over_at IS NULL")
    op.create_table(
        "peak",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("brand", ID, nullable=False),
        sa.Column("proposed_at", INSTANT),
        sa.Column("count", sa.Integer()),
        sa.Column("usual", sa.Float()),
        sa.Column("dismissed_at", INSTANT),
        sa.Column("dismissed_by", ID),
        sa.Column("name", sa.String(length=60)),
        sa.Column("channels", sa.JSON()),
        sa.Column("words", sa.JSON()),
        sa.Column("since", INSTANT),
        sa.Column("started_at", INSTANT),
        sa.Column("started_by", ID),
        sa.Column("calm_since", INSTANT),
        sa.Column("over_at", INSTANT),
        sa.Column("ended_at", INSTANT),
        sa.Column("ended_by", ID),
        sa.PrimaryKeyConstraint("id", name="pk_peak"),
    )
    op.create_index("uq_peak_running", "peak", ["brand"], unique=True, sqlite_where=runs, postgresql_where=runs)
    op.create_index("ix_peak_current", "peak", ["brand"], sqlite_where=current, postgresql_where=current)
    op.create_index("ix_peak_started_at", "peak", ["started_at"])
    op.create_table(
        "peak_case",
        sa.Column("peak", BIG_ID, nullable=False),
        sa.Column("case", BIG_ID, nullable=False),
        sa.Column("joined_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["peak"], ["peak.id"], name="fk_peak_case_peak_peak", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name="fk_peak_case_case_case", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("peak", "case", name="pk_peak_case"),
    )
    op.create_index("ix_peak_case_case", "peak_case", ["case"])
    op.create_table(
        "peak_level",
        sa.Column("peak", BIG_ID, nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("told_at", INSTANT),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("held_in_all", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["peak"], ["peak.id"], name="fk_peak_level_peak_peak", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("peak", "level", name="pk_peak_level"),
    )


def _drop_peaks() -> None:
    for table in ("peak_level", "peak_case", "peak"):
        op.drop_table(table)


def _same_customer() -> None:
    for name, more in (("same_customer", [sa.Column("message", BIG_ID)]), ("not_same", [])):
        op.create_table(
            name,
            sa.Column("author_id", ID, nullable=False),
            sa.Column("kind", sa.String(length=50), nullable=False),
            sa.Column("other_id", ID, nullable=False),
            sa.Column("other_kind", sa.String(length=50), nullable=False),
            sa.Column("by", ID, nullable=False),
            sa.Column("at", INSTANT, nullable=False),
            sa.Column("case", BIG_ID),
            *more,
            sa.PrimaryKeyConstraint("author_id", "kind", "other_id", "other_kind", name=f"pk_{name}"),
        )
        op.create_index(f"ix_{name}_other", name, ["other_id", "other_kind"])
    op.create_table(
        "same_mark",
        sa.Column("message", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("mark", sa.String(length=32), nullable=False),
        sa.Column("evidence", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=50), nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("message", "mark", name="pk_same_mark"),
    )
    op.create_index("ix_same_mark_mark", "same_mark", ["mark", "message"])
    op.create_index("ix_same_mark_author", "same_mark", ["author_id", "kind"])
    for statement in _SAME_POSTGRES if op.get_bind().dialect.name == "postgresql" else _SAME_SQLITE:
        op.execute(statement)
    known = "SELECT id FROM message WHERE direction = 'inbound' AND id NOT IN (SELECT message FROM search_due)"
    op.execute(f"INSERT INTO search_due {known}")  # what was said before is looked through too


def _drop_same_customer() -> None:
    for name in ("changed", "gone"):
        is_postgres = op.get_bind().dialect.name == "postgresql"
        op.execute(f"DROP TRIGGER same_mark_{name}{' ON message' if is_postgres else ''}")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION same_mark_message()")
    for table in ("same_mark", "not_same", "same_customer"):
        op.drop_table(table)


_SAME_SQLITE = (
    """CREATE TRIGGER same_mark_changed AFTER UPDATE OF text, author_id ON message BEGIN
        DELETE FROM same_mark WHERE message = old.id;
    END""",
    "CREATE TRIGGER same_mark_gone AFTER DELETE ON message BEGIN DELETE FROM same_mark WHERE message = old.id; END",
)

_SAME_POSTGRES = (
    """CREATE FUNCTION same_mark_message() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        DELETE FROM same_mark WHERE message = OLD.id;
        RETURN NULL;
    END $$""",
    """CREATE TRIGGER same_mark_changed AFTER UPDATE OF text, author_id ON message
        FOR EACH ROW EXECUTE FUNCTION same_mark_message()""",
    "CREATE TRIGGER same_mark_gone AFTER DELETE ON message FOR EACH ROW EXECUTE FUNCTION same_mark_message()",
)


def _answered_days() -> None:
    op.create_table(
        "answered_day",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("counted_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_answered_day"),
    )


def _labels() -> None:
    """What policies may ask of a case and its customer: webcare/store/label_tables.py."""
    op.create_table(
        "tag",
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.Column("last_used_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_tag"),
    )
    op.create_index("ix_tag_last_used_at", "tag", ["last_used_at"])
    op.create_table(
        "case_tag",
        sa.Column("case", BIG_ID, nullable=False),
        sa.Column("tag", sa.String(length=50), nullable=False),
        sa.Column("by", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name="fk_case_tag_case_case", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["tag"], ["tag.name"], name="fk_case_tag_tag_tag", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("case", "tag", name="pk_case_tag"),
    )
    op.create_index("ix_case_tag_tag", "case_tag", ["tag", "case"])
    op.create_table(
        "customer_group",
        sa.Column("kind", sa.String(length=50), nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("group", sa.String(length=50), nullable=False),
        sa.Column("by", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("kind", "author_id", name="pk_customer_group"),
    )
    op.create_index("ix_customer_group_group", "customer_group", ["group"])
    is_open = sa.text("state = 'open'")
    op.create_index("ix_case_revision", "case", ["revision", "id"], sqlite_where=is_open, postgresql_where=is_open)


def _drop_labels() -> None:
    op.drop_index("ix_case_revision", table_name="case")
    for table in ("customer_group", "case_tag", "tag"):
        op.drop_table(table)
