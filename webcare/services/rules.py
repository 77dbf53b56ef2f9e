"""The rules that cases go by: the book in force, and those of before, which finished clocks keep."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from webcare.domain.alert_rules import SHIPPED
from webcare.domain.sla.events import EventType
from webcare.domain.sla.promise import Era

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from webcare.domain.alert_rules import AlertRules
    from webcare.domain.routing import Rule, RuleBook
    from webcare.services.receipt import Receipts
    from webcare.store.cases import CaseRow, LogLine


class StaleRules(Exception):  # noqa: N818 - it is what happened, and its message is what the operator reads
    """Another daemon works by a newer rule book: this one may not decide anything until it is started with that."""


class Books:
    """The rule books of this database by their revision: each is parsed when it is first asked for."""

    def __init__(self, parse: Callable[[Mapping[str, Any]], RuleBook], contents: Mapping[int, Mapping[str, Any]]) -> None:
        self._parse = parse
        self._contents = dict(contents)
        self._books: dict[int, RuleBook] = {}

    @property
    def newest(self) -> int:
        return max(self._contents, default=0)

    def learn(self, contents: Mapping[int, Mapping[str, Any]]) -> None:
        self._contents.update(contents)

    def book(self, revision: int) -> RuleBook:
        """Return a rule book.

        Raises:
            StaleRules: it came after all that we know.
        """
        if revision not in self._books:
            if revision not in self._contents:
                raise StaleRules(f"rule book {revision} is newer than all that this daemon knows")
            self._books[revision] = self._parse(self._contents[revision])
        return self._books[revision]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rule book in force, the number of its revision in the database, and what a customer is told at once, if anything.

    `books` are those of before: a case goes by the revision that it names, until it is judged anew. Without them all go by this one.
    `alerts` says how alerts are gathered and repeated; `keeps_media` whether what customers send along is fetched and kept.
    `languages` are those that channels are said to have: what is too short to show one is read in it.
    """

    book: RuleBook
    revision: int
    receipts: Receipts | None = None
    alerts: AlertRules = SHIPPED
    keeps_media: bool = True
    languages: Mapping[str, str] = field(default_factory=dict)
    books: Books | None = field(default=None, compare=False, repr=False)

    def at(self, revision: int) -> RuleBook:
        """Return the rule book of a revision."""
        return self.book if revision == self.revision or self.books is None else self.books.book(revision)

    def of_case(self, row: CaseRow) -> Rule:
        """Return the rule that a case goes by."""
        return _rule(self.at(row.revision), row.policy)

    def of(self, policy: str) -> Rule:
        """Return the rule of that name; one that is gone from the book gives way to the last, which fits every case."""
        return _rule(self.book, policy)

    def eras(self, log: Sequence[LogLine]) -> list[Era]:
        """Return the policies that a case went by before the one that it goes by, as its log tells."""
        changes = sorted((line for line in log if line.event.type is EventType.RULES), key=lambda line: line.event.at)
        before = [(line.event.at, (line.data or {})["before"]) for line in changes]
        return [Era(until=at, policy=_rule(self.at(was["revision"]), was["policy"]).policy) for at, was in before]


def _rule(book: RuleBook, policy: str) -> Rule:
    return book.rule(policy) or book.rules[-1]
