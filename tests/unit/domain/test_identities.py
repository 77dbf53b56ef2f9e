"""One customer under several names: links and their ends against a simple model, and what two texts have in common."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webcare.domain.identities import (
    MOST_SHARING,
    MOST_SUGGESTED,
    Evidence,
    Identity,
    Link,
    Shared,
    Trace,
    bridges,
    group,
    handle_of,
    pair,
    suggest,
    trace_of_id,
    traces,
)

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
PEOPLE = [Identity(kind, name) for kind in ("twitter", "whatsapp") for name in "abcd"]
ANNA, BERT, CATO = PEOPLE[0], PEOPLE[5], PEOPLE[2]

acts = st.lists(
    st.one_of(
        st.tuples(st.just("link"), st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)),
        st.tuples(st.just("out"), st.sampled_from(PEOPLE), st.just(None)),
    ),
    max_size=30,
)


def link(one, other, n=0, by="noor"):
    return Link(one=one, other=other, by=by, at=AT + timedelta(hours=n), case=n)


@given(acts)
def test_linking_joins_and_taking_out_takes_out_just_that_one(done):
    """The model: sets of identities; a link unites two, whoever is taken out stands alone."""
    links, model = {}, {one: frozenset({one}) for one in PEOPLE}
    for n, (what, one, other) in enumerate(done):
        if what == "link" and one != other:
            links.setdefault(pair(one, other), link(one, other, n))
            both = model[one] | model[other]
            model |= dict.fromkeys(both, both)
        elif what == "out":
            for bridge in bridges(list(links.values()), one):
                links.setdefault(bridge.ends, bridge)
            links = {ends: kept for ends, kept in links.items() if one not in ends}
            rest = model[one] - {one}
            model |= {**dict.fromkeys(rest, rest), one: frozenset({one})}
        assert {one: group(links.values(), one) for one in PEOPLE} == model


@given(st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)), max_size=12), st.randoms())
def test_the_order_of_links_does_not_matter(ends, random):
    links = [link(one, other) for one, other in ends]
    shuffled = random.sample(links, len(links))
    assert [group(links, one) for one in PEOPLE] == [group(shuffled, one) for one in PEOPLE]


def test_a_bridge_says_who_said_so():
    (made,) = bridges([link(ANNA, BERT, 1, by="noor"), link(BERT, CATO, 2, by="daan")], BERT)
    assert set(made.ends) == {ANNA, CATO}
    assert (made.by, made.case) == ("daan", 2)  # of the link that it stands for


def test_where_the_others_are_linked_by_themselves_no_bridge_is_made():
    assert bridges([link(ANNA, BERT), link(BERT, CATO), link(ANNA, CATO)], BERT) == []


# --- what texts have in common


@pytest.mark.parametrize(
    ("one", "other", "evidence"),
    [
        ("Bel me op 06 1234 5678", "mijn nummer is +31 (0)6-12345678", Evidence.PHONE),
        ("Bel me op 06 1234 5678", "0031612345678 graag", Evidence.PHONE),
        ("mail Marit.DG@example.nl", "het is marit.dg@example.nl", Evidence.EMAIL),
        ("bestelnummer MK-2026431", "order mk2026431 is er nog niet", Evidence.ORDER),
        ("Waar blijft #2026431?", "bestelnummer: 2026431", Evidence.ORDER),
    ],
)
def test_the_same_thing_is_found_however_it_is_written(one, other, evidence):
    (found,) = traces(one)
    assert found.evidence is evidence
    assert traces(other) == {found}


@pytest.mark.parametrize(
    "text",
    [
        "mail info@meerkoet.nl",  # a desk
        "bel 0800 1234567",  # a service number
        "het was op 20261123",  # a day
        "sinds 23112026 al",
        "order 2026 stuks",  # too short to be one order
        "mijn postcode is 1012 AB 12",
        "Jan de Vries uit Utrecht",
    ],
)
def test_what_says_nothing_of_who_it_is_is_no_trace(text):
    assert traces(text) == frozenset()


@pytest.mark.parametrize(
    ("author_id", "found"),
    [
        ("31612345678", Trace(Evidence.PHONE, "31612345678")),
        ("1812345678901234567", None),  # an id of X
        ("100004567890123", None),  # of Facebook
        ("4123456789", None),  # an old one of X
        ("anna", None),
        ("³1612345678", None),
    ],
)
def test_an_id_that_is_a_telephone_number(author_id, found):
    assert trace_of_id(author_id) == found


def test_handles_are_compared_without_case_and_sign():
    assert handle_of("@Marit_DG") == handle_of("marit_dg") == "marit_dg"
    assert handle_of("jan") is None
    assert handle_of(None) is None


# --- who is suggested


def shared(identity, evidence=Evidence.ORDER, trace="t", message=1):
    return Shared(identity=identity, evidence=evidence, trace=trace, message=message)


def test_hard_evidence_comes_before_a_name_and_each_stands_once_by_the_hardest():
    found = [
        shared(BERT, Evidence.HANDLE, "h", 90),
        shared(CATO, Evidence.ORDER, "o", 5),
        shared(CATO, Evidence.EMAIL, "e", 3),
        shared(CATO, Evidence.HANDLE, "h", 99),
    ]
    told = suggest(found, known={ANNA}, dismissed=())
    assert [(one.identity, one.evidence) for one in told] == [(CATO, Evidence.EMAIL), (BERT, Evidence.HANDLE)]


def test_nobody_is_suggested_who_is_known_or_was_dismissed():
    assert suggest([shared(ANNA), shared(BERT)], known={ANNA}, dismissed={BERT}) == []


def test_what_many_have_in_common_says_nothing():
    many = [Identity("twitter", f"u{n}") for n in range(MOST_SHARING + 1)]
    assert suggest([shared(one) for one in many], known={ANNA}, dismissed=()) == []
    assert len(suggest([shared(one) for one in many[:-1]], known={ANNA}, dismissed=())) == MOST_SUGGESTED


def test_among_many_also_who_was_dismissed_counts():
    """Else a shop's number would be evidence again for the last who is left."""
    many = [Identity("twitter", f"u{n}") for n in range(MOST_SHARING + 1)]
    assert suggest([shared(one) for one in many], known={ANNA}, dismissed=set(many[:-1])) == []
