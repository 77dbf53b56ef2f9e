"""Settings -> running parts, spelled out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from webcare import logs
from webcare.classifiers import open_classifier, open_or_rules
from webcare.clock import VirtualClock
from webcare.domain.alert_rules import AT_ONCE
from webcare.notify.lines import NobodyNotifier
from webcare.rule_books import books_of
from webcare.schedule import table
from webcare.services.deliver import BATCH as DELIVER_BATCH
from webcare.services.deliver import deliver
from webcare.services.post import Post
from webcare.services.remind import BATCH as REMIND_BATCH
from webcare.services.remind import remind
from webcare.services.settle import Rules
from webcare.services.triage import BATCH as TRIAGE_BATCH
from webcare.services.triage import triage
from webcare.services.watch import BATCH as WATCH_BATCH
from webcare.services.watch import watch
from webcare.store.rulebooks import store_revision

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from webcare.classifiers import Source
    from webcare.domain.routing import RuleBook
    from webcare.ports.classifier import Classifier
    from webcare.schedule import Work
    from webcare.store.door import Store

__all__ = ["Parts", "open_classifier", "replay_parts", "work"]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What replay runs on."""

    store: Store
    clock: VirtualClock
    classifier: Classifier
    rules: Rules
    post: Post


async def replay_parts(
    store: Store, book: RuleBook, content: Mapping[str, Any], *, model: Source | None, start: datetime
) -> Parts:
    """Return the parts of a replay: the real ones, but for the clock, and for the notifier, which tells nobody."""
    logs.configure("text")
    classifier, why = open_or_rules(model)
    if why is not None:
        log.warning("model.trouble", why=why)
    revision = await store.write(store_revision, content, start)
    return Parts(
        store=store,
        clock=VirtualClock(start),
        classifier=classifier,
        rules=Rules(book=book, revision=revision, alerts=AT_ONCE, books=await store.read(books_of)),
        post=Post(notifier=NobodyNotifier(), senders={}, holder="replay"),
    )


def work(parts: Parts) -> tuple[Work, ...]:
    """Return the table of work, bound to these parts. Its driver asks the horizon first: nothing here looks before it acts."""

    async def triage_unit() -> int:
        return await triage(parts.store, parts.classifier, parts.rules, parts.clock.now(), off_loop=False)

    async def watch_unit() -> int:
        return (await watch(parts.store, parts.rules, parts.clock.now(), peek=False)).cases

    async def remind_unit() -> int:
        return await remind(parts.store, parts.rules, parts.clock.now(), peek=False)

    async def deliver_unit() -> int:
        return await deliver(parts.store, parts.post, parts.rules, parts.clock, peek=False)

    return table(
        {
            "triage": (triage_unit, TRIAGE_BATCH),
            "watch": (watch_unit, WATCH_BATCH),
            "remind": (remind_unit, REMIND_BATCH),
            "deliver": (deliver_unit, DELIVER_BATCH),
        }
    )
