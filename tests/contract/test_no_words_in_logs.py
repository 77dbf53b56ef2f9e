"""What a customer wrote stays out of the logs, also when something breaks with it in hand."""

from __future__ import annotations

import pytest
import structlog
from fakes import MONDAY, said
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from webcare import logs
from webcare.services.accept import accept
from webcare.store import tables

WORDS = "mijn moeder ligt in het ziekenhuis en jullie bellen niet terug"


def test_a_traceback_shows_no_local_variables(capsys):
    """structlog prints the local variables of every frame by default: the message that broke the line stood in the journal."""

    def route():
        held = said("m1", WORDS, MONDAY)
        raise ValueError(f"cannot route {held.external_id}")

    logs.configure("text")
    try:
        try:
            route()
        except ValueError:
            structlog.get_logger().exception("triage.not_routed", message=1)
    finally:
        structlog.reset_defaults()
    shown = capsys.readouterr()
    assert "cannot route m1" in shown.err
    assert "ziekenhuis" not in shown.err  # one word: a wide line would be broken up
    assert shown.out == ""


async def test_a_database_error_does_not_quote_the_row(store):
    """SQLAlchemy's errors end in the parameters of the statement: the whole text of a message."""
    await store.write(accept, [said("m1", WORDS, MONDAY)], brand="meerkoet", now=MONDAY)
    row = {"message": 999, "at": MONDAY, "content_hash": "", "text": WORDS, "learned_at": MONDAY}
    with pytest.raises(IntegrityError) as refused:
        await store.write(lambda conn: conn.execute(insert(tables.version), row) and None)
    assert WORDS not in str(refused.value)
