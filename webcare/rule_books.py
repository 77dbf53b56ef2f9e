"""The rule book in force with those of before: what a daemon, and a look into its database, compute by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from webcare.country_days import LOOKUP
from webcare.domain.rulebook import SHIPPED_BOOK, SHIPPED_WORD, parse_rulebook
from webcare.services.settle import Books, Rules
from webcare.store import rulebooks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webcare.domain.routing import RuleBook
    from webcare.store import Connection


def book_of(content: Mapping[str, Any]) -> RuleBook:
    """Return the rule book that a stored revision describes."""
    return SHIPPED_BOOK if content == {"policy": SHIPPED_WORD} else parse_rulebook(content, LOOKUP)


def books_of(conn: Connection) -> Books:
    """Return every rule book that this database has ever had."""
    return Books(book_of, rulebooks.contents(conn))


def rules_of(conn: Connection, revision: int) -> Rules:
    """Return the rules as they were in force with this revision."""
    books = books_of(conn)
    return Rules(book=books.book(revision), revision=revision, books=books)
