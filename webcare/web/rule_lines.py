"""Lines of a case's log about tags, groups and other rules, in words: what changed, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from webcare.domain.durations import parse_duration
from webcare.domain.policy_terms import CLOCKS
from webcare.domain.sla.events import EventType
from webcare.services.rejudge import RULE_BOOK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from webcare.web.say import Say

MOST: Final = 4  # changes of one line: the rest is in `webcare why`


def said(line: Any, say: Say) -> str | None:
    """Return what a line says, with `{by}` for who did it; None when it is none of these."""
    data, words = line.data or {}, say.words.tagging
    if line.event.type is EventType.TAG:
        name = data.get("added") or data.get("removed") or ""
        return (words.tag_added if "added" in data else words.tag_removed).replace("{tag}", _bare(name))
    if line.event.type is EventType.GROUP:
        name = data.get("group") or data.get("was") or ""
        return (words.group_set if data.get("group") else words.group_gone).replace("{group}", _bare(name))
    if line.event.type is EventType.WITHDRAWN and data.get("community"):
        return words.help_gone
    return _bare(_ruled(data, say)) if line.event.type is EventType.RULES else None


def _ruled(data: Mapping[str, Any], say: Say) -> str:
    words, before = say.words.tagging, data["before"]
    if data["because"] == RULE_BOOK:
        head = words.new_book.format(was=before["revision"], now=data["revision"], policy=data["policy"])
    else:
        why = words.because[data["because"]]
        head = words.other_policy.format(policy=data["policy"], before=before["policy"], because=why)
    changed = list(_changes(data["changes"], say))
    more = " …" if len(changed) > MOST else ""
    return f"{head}: {', '.join(changed[:MOST])}{more}"


def _changes(changes: list[list[Any]], say: Say) -> Iterator[str]:
    words = say.words.tagging
    for key, was, now in changes:
        if key not in CLOCKS:
            yield words.changed.format(name=words.terms.get(key, key))
            continue
        name = say.words.thing.clocks[key]
        name = name[:1].lower() + name[1:]
        phrase = words.target if was and now else words.target_new if now else words.target_gone
        yield phrase.format(name=name, was=_span(was, say), now=_span(now, say))


def _span(value: str | None, say: Say) -> str:
    return "" if value is None else say.span(parse_duration(value))


def _bare(text: str) -> str:
    """Return a text that is filled in later: its own braces mean nothing."""
    return text.replace("{", "{{").replace("}", "}}")
