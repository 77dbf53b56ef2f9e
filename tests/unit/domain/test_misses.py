"""Why a promise was missed: where the chain from the customer to the answer broke first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from webcare.domain.misses import Evidence, Reason, Why, why_missed

WROTE = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def reason(**known):
    known = {
        name: WROTE + value * HOUR if isinstance(value, int) and value is not True else value for name, value in known.items()
    }
    return why_missed(Evidence(**{"started_at": WROTE, "due_at": WROTE + 24 * HOUR, "known_at": WROTE, **known}))


@pytest.mark.parametrize(
    ("known", "why"),
    [
        ({"told_at": 18}, (Reason.NOT_ACKNOWLEDGED, 18)),
        ({}, (Reason.NOBODY_TOLD, None)),
        ({"told_at": 18, "taken_at": 19}, (Reason.TAKEN, 19)),
        ({"taken_at": 2}, (Reason.TAKEN, 2)),
        ({"told_at": 18, "taken_at": 19, "failed_at": 20}, (Reason.ANSWER_FAILED, 20)),
        ({"known_at": 12, "told_at": 18, "taken_at": 19}, (Reason.FOUND_LATE, 12)),
        ({"known_at": 11, "told_at": 18}, (Reason.NOT_ACKNOWLEDGED, 18)),  # there was time enough
        ({"known_at": 30}, (Reason.FOUND_LATE, 30)),
        ({"known_at": None}, (Reason.NOBODY_TOLD, None)),
        ({"found_by_agent": True, "known_at": 30}, (Reason.PASSED_OVER, None)),
    ],
)
def test_the_first_thing_that_would_have_been_enough(known, why):
    expected, hours = why
    assert reason(**known) == Why(reason=expected, at=None if hours is None else WROTE + hours * HOUR)


def test_what_was_found_late_names_the_trouble_of_its_channel_and_nothing_else_does():
    assert reason(known_at=12, trouble_since=1).trouble_since == WROTE + HOUR
    assert reason(known_at=1, trouble_since=1).trouble_since is None
