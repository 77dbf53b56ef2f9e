"""Lines of a log about tags, groups and other rules, in both languages."""

from datetime import UTC, datetime

import pytest

from webcare.domain.policy_terms import changes, terms_of
from webcare.domain.sla.events import Event, EventType
from webcare.domain.sla.promise import SHIPPED
from webcare.store.cases import LogLine
from webcare.web.rule_lines import said
from webcare.web.say import say

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
BEFORE = {"revision": 7, "policy": "public"}


def told(language, type_, **data):
    line = LogLine(event=Event(at=NOW, type=type_, by="policy"), learned_at=NOW, data=data)
    found = said(line, say(language, "Europe/Amsterdam", NOW))
    return None if found is None else found.format(by="Noor")


def ruled(language, because="rule_book", policy="public", changed=(["first_response", "PT86400S", "PT14400S"],)):
    data = {"revision": 8, "policy": policy, "before": BEFORE, "because": because, "changes": list(changed)}
    return told(language, EventType.RULES, **data)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("nl", "Regelboek 7 → 8: regel „public”: eerste antwoord 4 u 00 in plaats van 24 u 00"),
        ("en", "Rule book 7 → 8: policy “public”: first response 4 h 00 instead of 24 h 00"),
    ],
)
def test_a_new_rule_book_names_what_it_changed(language, sentence):
    assert ruled(language) == sentence


def test_another_policy_names_what_brought_it_about():
    said_ = ruled("en", because="customer_group", policy="vip {0}", changed=[["next_response", "PT14400S", None]])
    assert said_ == "Policy “vip {0}” instead of “public”, because of the customer group: no next response any more"


def test_what_is_no_target_is_only_named_and_a_long_list_is_cut():
    many = [[key, None, "x"] for key in ("calendar", "staffed", "ladder", "close_after", "early")]
    assert ruled("en", changed=many).endswith(
        "opening hours changed, staffed hours changed, the ladder changed, closing by itself changed …"
    )


def test_tags_groups_and_help_are_told_and_nothing_else_is():
    assert told("en", EventType.TAG, added="{x}") == "Noor added the tag “{x}”"
    assert told("nl", EventType.TAG, removed="pers") == "Noor haalde het label „pers” weg"
    assert told("en", EventType.GROUP, group=None, was="vip") == "Noor took the customer out of the group “vip”"
    assert told("en", EventType.WITHDRAWN, community=True).startswith("Noor says")
    assert told("en", EventType.WITHDRAWN) is None
    assert told("en", EventType.CLOSE) is None


def test_every_term_of_a_policy_has_a_name():
    terms = terms_of(SHIPPED, None, {}, {})
    words = say("en", "UTC", NOW).words
    assert set(terms) <= set(words.tagging.terms) | set(words.thing.clocks)
    assert changes(terms, terms) == []
