"""Learn: what was heard becomes what we know, in the transaction of the caller. Twice the same, or in another order, changes nothing.

said      a message of a customer, kept once; one of ours too, with a guess at whether a person wrote it
edited    another text of a message, at the time of the edit
deleted   a customer's words are erased, and its case hears of it; ours is marked
failed    an accepted reply is withdrawn
renamed   a customer goes by another id from now on: the platform says so itself, and what they said before goes along
settled   a reply of which nobody knew whether it was sent: the platform names it by our mark
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from webcare.domain.message import Direction
from webcare.domain.sla.events import Event, EventType
from webcare.ports.connector import Receipt, Sort
from webcare.services import answer, looked_up, marked, media
from webcare.services.accept import LATE
from webcare.services.automatic import FAILED, judge, judge_waiting
from webcare.services.news import UNKNOWN
from webcare.services.settle import record
from webcare.store import cases, changes, context, early_statuses, messages, other_names, outbox
from webcare.store.cases import LogLine
from webcare.store.forget import forgotten
from webcare.store.messages import Kept

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from webcare.domain.message import Author, Message
    from webcare.services.news import News
    from webcare.services.settle import Rules
    from webcare.store import Connection
    from webcare.store.look_ups import Why
    from webcare.store.messages import Stored

ROUNDED = timedelta(seconds=1)  # of two time stamps of one message, one may be in whole seconds


class Learned(StrEnum):
    """What became of one thing heard."""

    NEW = "new"
    EDIT = "edits"
    KNOWN = "known"
    DELETED = "deleted"
    FAILED = "failed"
    SETTLED = "settled"
    RENAMED = "renamed"


KEPT = {Kept.NEW: Learned.NEW, Kept.EDIT: Learned.EDIT, Kept.DUPLICATE: Learned.KNOWN}


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """`now` is the world's; `is_back_fill` marks everything as found late; `raw` is the body in which it stands.

    `asked` is why we asked for it by its ids, where we did.
    """

    now: datetime
    raw: int | None = None
    is_back_fill: bool = False
    asked: Why | None = None


def learn(conn: Connection, news: Sequence[News], rules: Rules, when: When) -> Counter[Learned]:
    """Apply news in their order. What was erased here, and the platform still has, counts as known."""
    counts: Counter[Learned] = Counter()
    known: set[str] = set()
    gone = forgotten(conn, [one.message for one in news if one.message is not None])
    for one in news:
        if one.channel not in known:
            messages.ensure_channel(conn, one.channel, brand=one.account.brand, now=when.now)
            known.add(one.channel)
        is_gone = one.message is not None and (one.channel, one.message.external_id) in gone
        counts[Learned.KNOWN if is_gone else _learn(conn, one, rules, when)] += 1
    return counts


def _learn(conn: Connection, one: News, rules: Rules, when: When) -> Learned:
    settled = one.reply is not None and _settled(conn, one, one.reply, rules, when)
    if one.message is not None:
        return _said(conn, one, one.message, rules, when)
    if one.sort is Sort.DELETE:
        return _deleted(conn, one.channel, one.target or "", one.at, rules, when)
    if one.sort is Sort.IDENTITY:
        moved = [other_names.become(conn, one.channel, name, one.other_name or "") for name in one.was]
        return Learned.RENAMED if any(moved) else Learned.KNOWN
    if not one.has_failed:
        return Learned.SETTLED if settled else Learned.KNOWN
    return _failed(conn, one, one.target or "", rules, when)


def _settled(conn: Connection, one: News, number: int, rules: Rules, when: When) -> bool:
    """Settle a reply by our own mark on it, as far as nobody knew whether it was sent."""
    called = one.target if one.message is None else one.message.external_id
    receipt = Receipt(external_id=called or "", accepted_at=one.at)
    return marked.settle(conn, one.channel, number, receipt, rules, when.now)


# --- said ---


def _said(conn: Connection, one: News, what: Message, rules: Rules, when: When) -> Learned:
    if what.reply_to is not None:
        what = replace(what, reply_to=changes.resolve(conn, what.channel, what.reply_to))
    if what.kind.is_private:
        what = _of_one_customer(conn, one, what)
    known = messages.find(conn, what.channel, what.external_id)
    if when.asked is not None:
        news = looked_up.take_in(conn, what, known, rules, when.now)
        if known is not None:
            _name(conn, known, what.author)
        if news is None:
            return Learned.KNOWN
        what = news
    if known is None:
        kept = _keep_new(conn, one, what, when)
    else:
        _name(conn, known, what.author)
        kept = Kept.DUPLICATE if known.is_deleted or _is_known(conn, known, what, one) else _keep(conn, one, what, when)
    if rules.keeps_media and (kept is Kept.EDIT or (kept is Kept.NEW and what.attachments)):
        media.want(conn, one.account, what, when.now)
    if kept is Kept.NEW:
        looked_up.want_words(conn, one.account, what, when.now)
    if one.other_id is not None:
        _note_other_id(conn, one, what, rules, when)
    return KEPT[kept]


def _of_one_customer(conn: Connection, one: News, what: Message) -> Message:
    """Put a private message into the thread of its customer, whatever name the platform used for them this time."""
    called = what.conversation_id
    key = other_names.key_of(conn, what.channel, called)
    is_theirs = what.direction is Direction.INBOUND and what.author.id == called  # no group
    if is_theirs and one.other_name not in (None, key):
        other_names.note(conn, what.channel, one.other_name or "", key)
    if key == called:
        return what
    return replace(what, conversation_id=key, author=replace(what.author, id=key) if is_theirs else what.author)


def _is_known(conn: Connection, known: Stored, what: Message, one: News) -> bool:
    """Tell whether what was said is said already.

    What is no edit, and an edit that names the time of its message, tells of no time but that of the writing: with a text that we know it
    is a repetition, also where the platform rounds. Only an original that was written earlier than all we know of it is news.
    """
    apart = what.created_at - known.message.created_at
    if one.sort is Sort.EDIT and abs(apart) > ROUNDED:
        return changes.has_text(conn, known.id, what.content_hash, (what.created_at - ROUNDED, what.created_at + ROUNDED))
    if one.sort is Sort.ECHO and what.text.endswith(known.message.text):
        return True  # as we wrote it: X puts handles in front, and the platform's clock is another than ours
    if one.is_timed and apart < -ROUNDED:
        return False
    return known.message.content_hash == what.content_hash or changes.has_text(conn, known.id, what.content_hash)


def _keep(conn: Connection, one: News, what: Message, when: When, automatic: str | None = None) -> Kept:
    is_late = when.is_back_fill or when.now - what.created_at > LATE
    noted = {"automatic": automatic, "raw_type": one.raw_type}
    return messages.keep(conn, what, brand=one.account.brand, now=when.now, is_late=is_late, raw=when.raw, **noted)


def _keep_new(conn: Connection, one: News, what: Message, when: When) -> Kept:
    """Keep a message that we did not know; what was said of it before is done now, and ours that came before it are looked at."""
    is_ours = what.direction is Direction.OUTBOUND
    early = early_statuses.find(conn, what.channel, what.external_id)
    automatic = judge(conn, what, one.account, one.app_id) if is_ours else None
    if early is not None and early.said is early_statuses.Said.FAILED and is_ours:
        automatic = FAILED  # until we hear that it is a reply of ours, which is then withdrawn
    kept = _keep(conn, one, what, when, automatic)
    if not is_ours:
        judge_waiting(conn, what, one.account)
    if early is not None and early.said is early_statuses.Said.DELETED:
        early_statuses.take(conn, what.channel, what.external_id)
        _deleted_at(conn, what, early.at)
    return kept


def _deleted_at(conn: Connection, what: Message, at: datetime) -> None:
    stored = messages.find(conn, what.channel, what.external_id)
    if stored is not None:
        (changes.mark_deleted if what.direction is Direction.OUTBOUND else changes.erase)(conn, stored.id, at)


def _name(conn: Connection, known: Stored, author: Author) -> None:
    """Note who wrote a message, where we did not know, or knew no name."""
    was = known.message.author
    is_found = was.id.startswith(UNKNOWN) and not author.id.startswith(UNKNOWN)
    is_bare = was.name is None and was.handle is None
    is_named = was.name is None and author.name is not None
    is_called = (
        is_bare and author.handle is not None
    )  # Instagram tells no names, and webhooks of private messages not even a handle
    if is_found or (was.id == author.id and (is_named or is_called)):
        changes.name_author(conn, known, author)


def _note_other_id(conn: Connection, one: News, what: Message, rules: Rules, when: When) -> None:
    """Note the id of an edit that has one of its own; it may have been answered or deleted under that id."""
    stored = messages.find(conn, what.channel, what.external_id)
    if stored is None or one.other_id is None:
        return
    changes.also_known_as(conn, stored, one.other_id)
    early = early_statuses.take(conn, what.channel, one.other_id)
    if early is not None and early.said is early_statuses.Said.DELETED:
        _deleted(conn, what.channel, what.external_id, early.at, rules, when)


# --- deleted, failed ---


def _deleted(conn: Connection, channel: str, target: str, at: datetime | None, rules: Rules, when: When) -> Learned:
    known = messages.find(conn, channel, changes.resolve(conn, channel, target))
    if when.asked is not None and (known is None or not looked_up.may_be_gone(known, when.asked)):
        return Learned.KNOWN
    if known is None:
        if not context.drop(conn, channel, target):
            early_statuses.note(conn, channel, target, early_statuses.Said.DELETED, at=at or when.now)
        return Learned.DELETED
    if known.is_deleted:
        return Learned.KNOWN
    wrote_at = known.message.created_at
    at = at if at is not None and at > wrote_at else max(when.now, wrote_at)  # some name the time of the message
    if known.message.direction is Direction.OUTBOUND:
        changes.mark_deleted(conn, known.id, at)
        return Learned.DELETED
    changes.erase(conn, known.id, at)
    if known.case is not None:
        event = Event(at=at, type=EventType.DELETE, ref=known.message.external_id)
        line = LogLine(event=event, learned_at=when.now, message=known.id)
        record(conn, cases.lock(conn, known.case), [line], rules, when.now)
    return Learned.DELETED


def _failed(conn: Connection, one: News, target: str, rules: Rules, when: When) -> Learned:
    at = one.at or when.now
    if (
        outbox.reply_accepted_as(conn, one.channel, target) is None
    ):  # its receipt is still on the way, or it is none of our replies
        early_statuses.note(conn, one.channel, target, early_statuses.Said.FAILED, at=at, reason=one.reason)
    answer.withdrawn(conn, one.channel, target, reason=one.reason, at=at, rules=rules, now=when.now)
    return Learned.FAILED
