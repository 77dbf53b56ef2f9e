"""People at work: logins, and what they need to work together.

webcare/store/user_tables.py draws logins, sessions and guesses; webcare/store/desk_tables.py what people share.
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
    _digests()
    _desk()
    _search()


def downgrade() -> None:
    _drop_search()
    for table in ("search_due", "search_text", "saved_view", "canned_reply", "blocked", "presence"):
        op.drop_table(table)
    for table in ("told", "digest", "guess", "session", "login"):
        op.drop_table(table)


def _digests() -> None:
    op.create_table(
        "digest",
        sa.Column("edition", sa.String(length=20), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("edition", "day", name="pk_digest"),
    )
    op.create_table(
        "told",
        sa.Column("case", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("clock", sa.String(length=20), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("edition", sa.String(length=20), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("case", "clock", "due_at", "edition", name="pk_told"),
    )
    op.create_index("ix_told_day", "told", ["day"])


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
        sa.Column("shortcuts", sa.String(length=10)),
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


def _desk() -> None:
    op.create_table(
        "presence",
        sa.Column("case", BIG_ID, nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("typing", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name="fk_presence_case_case", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("case", "person", name="pk_presence"),
    )
    op.create_index("ix_presence_seen_at", "presence", ["seen_at"])
    op.create_table(
        "blocked",
        sa.Column("kind", sa.String(length=50), nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("by", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("case", BIG_ID),
        sa.PrimaryKeyConstraint("kind", "author_id", name="pk_blocked"),
    )
    op.create_table(
        "canned_reply",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("channel", sa.String(length=50)),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("by", ID, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_canned_reply"),
    )
    op.create_index("ix_canned_reply_language", "canned_reply", ["language"])
    op.create_table(
        "saved_view",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("filters", sa.String(), nullable=False),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_saved_view_person_person", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_saved_view"),
        sa.UniqueConstraint("person", "name", name="uq_saved_view_person_name"),
    )


def _search() -> None:
    """Make the words of messages searchable.

    The database notes itself which messages are new or changed, and forgets the words of a changed one at once: no code can miss one.
    """
    op.create_table(
        "search_text",
        sa.Column("message", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("message", name="pk_search_text"),
    )
    op.create_table(
        "search_due",
        sa.Column("message", BIG_ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("message", name="pk_search_due"),
    )
    for statement in _SEARCH_POSTGRES if op.get_bind().dialect.name == "postgresql" else _SEARCH_SQLITE:
        op.execute(statement)
    op.execute("INSERT INTO search_due SELECT id FROM message")


def _drop_search() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for name in ("new", "changed", "gone"):
            op.execute(f"DROP TRIGGER search_message_{name} ON message")
        op.execute("DROP FUNCTION search_message()")
        return
    for name in ("message_new", "message_changed", "message_gone", "words_new", "words_gone"):
        op.execute(f"DROP TRIGGER search_{name}")
    op.execute("DROP TABLE search_index")


_SEARCH_SQLITE = (
    # The words are folded and cut before they come here: the tokenizer has only to part them at spaces.
    """CREATE VIRTUAL TABLE search_index USING fts5(words, content='search_text', content_rowid='message',
        tokenize='ascii', detail=none, columnsize=0, prefix='2 3 4 5 6 7 8')""",
    "CREATE TRIGGER search_message_new AFTER INSERT ON message BEGIN INSERT OR IGNORE INTO search_due VALUES (new.id); END",
    """CREATE TRIGGER search_message_changed AFTER UPDATE OF text, author_id, author_name, author_handle, external_id ON message BEGIN
        DELETE FROM search_text WHERE message = old.id;
        INSERT OR IGNORE INTO search_due VALUES (new.id);
    END""",
    """CREATE TRIGGER search_message_gone AFTER DELETE ON message BEGIN
        DELETE FROM search_text WHERE message = old.id;
        DELETE FROM search_due WHERE message = old.id;
    END""",
    """CREATE TRIGGER search_words_new AFTER INSERT ON search_text BEGIN
        INSERT INTO search_index (rowid, words) VALUES (new.message, new.words);
    END""",
    """CREATE TRIGGER search_words_gone AFTER DELETE ON search_text BEGIN
        INSERT INTO search_index (search_index, rowid, words) VALUES ('delete', old.message, old.words);
        INSERT OR REPLACE INTO site (key, value) VALUES ('search_rest', 'due');
    END""",
)

_SEARCH_POSTGRES = (
    "CREATE INDEX ix_search_text_words ON search_text USING gin (array_to_tsvector(string_to_array(words, ' ')))",
    """CREATE FUNCTION search_message() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP <> 'INSERT' THEN DELETE FROM search_text WHERE message = OLD.id; END IF;
        IF TG_OP = 'DELETE' THEN DELETE FROM search_due WHERE message = OLD.id;
        ELSE INSERT INTO search_due VALUES (NEW.id) ON CONFLICT DO NOTHING; END IF;
        RETURN NULL;
    END $$""",
    "CREATE TRIGGER search_message_new AFTER INSERT ON message FOR EACH ROW EXECUTE FUNCTION search_message()",
    """CREATE TRIGGER search_message_changed AFTER UPDATE OF text, author_id, author_name, author_handle, external_id ON message
        FOR EACH ROW EXECUTE FUNCTION search_message()""",
    "CREATE TRIGGER search_message_gone AFTER DELETE ON message FOR EACH ROW EXECUTE FUNCTION search_message()",
)
