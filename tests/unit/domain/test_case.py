from __future__ import annotations

import pytest

from webcare.domain.case import PERSONS_ACTS, CaseState, ImpossibleMove, Standing, check_move
from webcare.domain.sla.events import EventType

OPEN, CLOSED = Standing(state=CaseState.OPEN), Standing(state=CaseState.CLOSED)
NOORS = Standing(state=CaseState.OPEN, claimed_by="noor")


@pytest.mark.parametrize(
    ("standing", "act", "by", "why"),
    [
        (OPEN, EventType.REOPEN, "noor", "the case is open already"),
        (CLOSED, EventType.CLOSE, "noor", "the case is closed: reopen it first"),
        (CLOSED, EventType.CLAIM, "noor", "the case is closed: reopen it first"),
        (CLOSED, EventType.ACK, "noor", "the case is closed: reopen it first"),
        (CLOSED, EventType.STATE, "noor", "the case is closed: reopen it first"),
        (CLOSED, EventType.PROMISE, "noor", "the case is closed: reopen it first"),
        (NOORS, EventType.CLAIM, "daan", "noor has the case: ask for it to be handed over"),
        (NOORS, EventType.UNCLAIM, "daan", "only the person who has the case can give it back"),
        (OPEN, EventType.UNCLAIM, "daan", "only the person who has the case can give it back"),
    ],
)
def test_an_impossible_move_is_refused_in_words(standing, act, by, why):
    with pytest.raises(ImpossibleMove, match=f"^{why}$"):
        check_move(standing, act, by)


@pytest.mark.parametrize(
    ("standing", "act", "by"),
    [
        *[(OPEN, act, "noor") for act in sorted(PERSONS_ACTS - {EventType.REOPEN, EventType.UNCLAIM})],
        (NOORS, EventType.CLAIM, "noor"),  # again changes nothing
        (NOORS, EventType.UNCLAIM, "noor"),
        (NOORS, EventType.ANSWER, "daan"),  # who has the case keeps nobody from answering the customer
        (NOORS, EventType.CLOSE, "daan"),
        (CLOSED, EventType.REOPEN, "noor"),
        (CLOSED, EventType.NOTE, "noor"),
        (CLOSED, EventType.ANSWER, "noor"),
        (CLOSED, EventType.VERDICT, "noor"),
    ],
)
def test_a_possible_move_is_accepted(standing, act, by):
    check_move(standing, act, by)


@pytest.mark.parametrize("act", sorted(set(EventType) - PERSONS_ACTS))
@pytest.mark.parametrize("standing", [OPEN, CLOSED, NOORS])
def test_what_only_the_world_does_no_person_does(act, standing):
    with pytest.raises(ImpossibleMove, match=f"^{act.value} is not something that a person does$"):
        check_move(standing, act, "noor")


def test_a_refused_move_is_a_value_error():
    assert issubclass(ImpossibleMove, ValueError)
