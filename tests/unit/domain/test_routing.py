from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webcare.domain.message import Kind
from webcare.domain.routing import CONDITIONS, Rule, RuleBook, facts_of, route
from webcare.domain.sla.promise import SHIPPED, Policy
from webcare.domain.verdict import Intent, Sentiment, Urgency, Verdict

LAWS = settings(deadline=None, derandomize=True, max_examples=200)
QUESTION, COMPLAINT, PRAISE, COURTESY = Intent.QUESTION, Intent.COMPLAINT, Intent.PRAISE, Intent.COURTESY
PUBLIC = [kind for kind in Kind if not kind.is_private]


def verdict(*intents: Intent, needs: bool = False, unsure: bool = False, urgency: Urgency = Urgency.NORMAL) -> Verdict:
    return Verdict(
        language="nl",
        sentiment=Sentiment.NEUTRAL,
        sentiment_scores={},
        intents=intents,
        intent_scores={},
        needs_response=needs,
        needs_response_score=0.97 if needs else 0.03,
        unsure=unsure,
        urgency=urgency,
        urgency_score=0.9 if urgency is Urgency.HIGH else 0.1,
        model="rules",
    )


@pytest.mark.parametrize(
    ("said", "kind", "text", "photo", "becomes"),
    [
        (verdict(QUESTION, needs=True), Kind.DM, "waar is mijn pakket?", False, (True, False, "default")),
        (verdict(QUESTION, needs=True), Kind.COMMENT, "waar is mijn pakket?", False, (True, False, "default")),
        (verdict(COMPLAINT, needs=True, urgency=Urgency.HIGH), Kind.MENTION, "sta al 2 uur", False, (True, False, "urgent")),
        (verdict(QUESTION, needs=True, unsure=True), Kind.POST, "hm?", False, (True, True, "default")),
        (verdict(unsure=True), Kind.POST, "hm", False, (True, True, "check")),
        (verdict(unsure=True, urgency=Urgency.HIGH), Kind.POST, "hm", False, (True, True, "urgent")),
        (verdict(), Kind.COMMENT, "lekker weer", False, (False, False, "default")),
        (verdict(urgency=Urgency.HIGH), Kind.COMMENT, "lekker weer", False, (False, False, "default")),
        (verdict(), Kind.DM, "1234 AB", False, (True, True, "check")),  # private noise is never silence by mistake
        (verdict(urgency=Urgency.HIGH), Kind.DM, "help", False, (True, True, "urgent")),
        (verdict(COURTESY), Kind.DM, "dank je!", False, (False, False, "default")),
        (verdict(PRAISE), Kind.DM, "jullie zijn top", False, (False, False, "default")),
        (verdict(COURTESY, PRAISE), Kind.DM, "dank je, top!", False, (False, False, "default")),
        (verdict(), Kind.DM, "", True, (True, True, "check")),  # a photo says something
        (verdict(), Kind.DM, " \n", True, (True, True, "check")),
        (verdict(COURTESY), Kind.DM, "", True, (True, True, "check")),
        (verdict(COURTESY), Kind.DM, "bedankt!", True, (False, False, "default")),
        (verdict(), Kind.COMMENT, "", True, (False, False, "default")),
        (verdict(), Kind.DM, "", False, (True, True, "check")),
    ],
)
def test_what_becomes_of_a_message(said, kind, text, photo, becomes):
    found = route(said, kind, text=text, has_attachments=photo)
    assert (found.opens_case, found.unsure, found.queue) == becomes
    assert (found.needs_response, found.urgency) == (said.needs_response, said.urgency)


def test_praise_beside_a_complaint_is_not_praise_alone():
    """ "Aardige mensen, maar het werkt niet" in a private message opened nothing when the score said no: praise was enough."""
    found = route(verdict(PRAISE, COMPLAINT), Kind.DM, text="aardige mensen, maar het werkt niet")
    assert found.opens_case
    assert found.queue == "check"


@pytest.mark.parametrize(
    "text",
    [
        "Dit is een automatisch antwoord",
        "automatische reactie: ik ben op vakantie",
        "Ik ben momenteel afwezig",
        "Out of Office: back on Monday",
        "This is an automated message",
        "Auto-reply: thanks for your mail",
        "Uw verificatiecode is 123456",
        "Your one-time password is 1234",
        "Please do not reply to this e-mail",
        "Gelieve dit bericht niet te beantwoorden",
    ],
)
def test_automatic_mail_opens_nothing(text):
    assert not route(verdict(), Kind.DM, text=text).opens_case
    assert route(verdict(QUESTION, needs=True), Kind.DM, text=text).opens_case  # what the classifier saw is not argued away


@pytest.mark.parametrize(
    ("said", "kind", "text", "why"),
    [
        (
            verdict(QUESTION, COMPLAINT, needs=True),
            Kind.DM,
            "x",
            "question and complaint (97% that it needs a response), said rules",
        ),
        (verdict(), Kind.POST, "x", "neither question, complaint, praise nor courtesy (3% that it needs a response), said rules"),
        (
            verdict(QUESTION, unsure=True),
            Kind.POST,
            "x",
            "question (3% that it needs a response, unsure: please check), said rules",
        ),
        (verdict(), Kind.DM, "x", "no question or complaint was recognised in a private message: please check"),
    ],
)
def test_the_reason_is_in_words(said, kind, text, why):
    assert route(said, kind, text=text).why == why


verdicts = st.builds(
    verdict,
    needs=st.booleans(),
    unsure=st.booleans(),
    urgency=st.sampled_from(Urgency),
)


@LAWS
@given(verdicts, st.sampled_from(Kind), st.text(max_size=10), st.booleans())
def test_routing_adds_doubt_and_never_takes_a_case_away(said, kind, text, photo):
    found = route(said, kind, text=text, has_attachments=photo)
    assert found.needs_response == said.needs_response
    assert found.unsure or not said.unsure
    assert found.opens_case or not (said.needs_response or said.unsure)
    assert found.why
    if kind in PUBLIC:
        assert found.unsure == said.unsure


# --- which policy ---


def book(*conditions: dict[str, set[str]]) -> RuleBook:
    rules = [
        Rule(name=f"rule{n}", policy=Policy(), conditions={name: frozenset(values) for name, values in wanted.items()})
        for n, wanted in enumerate(conditions)
    ]
    return RuleBook(rules=[*rules, Rule(name="default", policy=SHIPPED)])


angry = facts_of(
    channel_kind="whatsapp", kind=Kind.DM, intents=["complaint", "question"], urgency="high", language="nl", tags=["pers"]
)


def test_facts_name_what_policies_may_ask():
    assert angry == {
        "channel": {"whatsapp"},
        "kind": {"dm", "private"},
        "intent": {"complaint", "question"},
        "urgency": {"high"},
        "language": {"nl"},
        "tag": {"pers"},
        "customer_group": set(),
    }
    assert set(angry) == set(CONDITIONS)
    noise = facts_of(channel_kind="twitter", kind=Kind.MENTION, intents=[], urgency="normal", language="und")
    assert (noise["intent"], noise["kind"]) == ({"noise"}, {"mention", "public"})


@pytest.mark.parametrize(
    ("conditions", "name", "why"),
    [
        ([], "default", "policy 'default' is the first that fits (it fits every case)"),
        ([{"urgency": {"high"}}], "rule0", "policy 'rule0' is the first that fits: urgency is high"),
        ([{"urgency": {"normal"}}, {"kind": {"private"}}], "rule1", "policy 'rule1' is the first that fits: kind is private"),
        ([{"kind": {"dm"}}, {"kind": {"dm"}}], "rule0", "policy 'rule0' is the first that fits: kind is dm"),
        ([{"intent": {"question", "complaint"}}], "rule0", "policy 'rule0' is the first that fits: intent is complaint or question"),
        ([{"urgency": {"high"}, "language": {"en"}}], "default", "policy 'default' is the first that fits (it fits every case)"),
        ([{"urgency": {"high"}, "language": {"en", "nl"}}], "rule0", "policy 'rule0' is the first that fits: urgency is high, language is nl"),
        ([{"tag": {"vip"}}], "default", "policy 'default' is the first that fits (it fits every case)"),
        ([{"tag": set()}], "default", "policy 'default' is the first that fits (it fits every case)"),
    ],
)  # fmt: skip
def test_the_first_policy_whose_conditions_all_hold_wins(conditions, name, why):
    rule, because = book(*conditions).match(angry)
    assert (rule.name, because) == (name, why)


values = st.sets(st.sampled_from("abc"), min_size=1)
asked = st.dictionaries(st.sampled_from(CONDITIONS), values, max_size=3)


@LAWS
@given(st.lists(asked, max_size=4), st.dictionaries(st.sampled_from(CONDITIONS), values.map(frozenset)))
def test_no_earlier_policy_fits(conditions, facts):
    rules = book(*conditions)
    found, why = rules.match(facts)
    place = list(rules.rules).index(found)

    def fits(rule: Rule) -> bool:
        return all(any(value in facts.get(name, ()) for value in wanted) for name, wanted in rule.conditions.items())

    assert fits(found)
    assert not any(fits(rule) for rule in rules.rules[:place] if rule != found)
    assert all(f"{name} is " in why for name in found.conditions)


def test_the_last_policy_fits_every_case():
    with pytest.raises(ValueError, match="the last policy must have no condition"):
        RuleBook(rules=[])
    with pytest.raises(ValueError, match="the last policy must have no condition"):
        RuleBook(rules=[Rule(name="dm", policy=SHIPPED, conditions={"kind": frozenset({"dm"})})])


def test_a_rule_is_found_by_its_name():
    rules = book({"kind": {"dm"}})
    assert rules.rule("rule0") is rules.rules[0]
    assert rules.rule("gone") is None
