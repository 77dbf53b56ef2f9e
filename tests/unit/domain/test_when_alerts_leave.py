"""When an alert may leave: one table a rule, and what must hold whatever comes up and whenever."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webcare.domain.alert_rules import AT_ONCE, AlertRules
from webcare.domain.outgoing import OPEN, Leave, Pressing, leave

RULES = AlertRules()
NIGHT = datetime(2026, 11, 23, 1, tzinfo=UTC)
MORNING = datetime(2026, 11, 23, 6, tzinfo=UTC)
NORMAL, URGENT, BREACH, BOTH = Pressing(), Pressing(urgent=True), Pressing(breach=True), Pressing(urgent=True, breach=True)
UNSETTLED = Pressing(unsettled=True)


def at(seconds):
    return NIGHT + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("pressing", "recent", "seconds"),
    [
        # the first one
        (NORMAL, [], 0),
        (NORMAL, [-3600], 0),
        (NORMAL, [-60], 0),
        (NORMAL, [60], 0),  # what is yet to leave was not heard
        # within a minute of the last one
        (NORMAL, [-59], 1),
        (NORMAL, [0], 60),
        (NORMAL, [-50, -10, -30], 50),
        (BREACH, [-10], 50),
        (URGENT, [-10], 10),
        (URGENT, [-20], 0),
        (BOTH, [-5], 15),
        # six within ten minutes
        (NORMAL, [-100, -200, -300, -400, -500], 0),
        (NORMAL, [-100, -200, -300, -400, -500, -590], 10),
        (NORMAL, [-100, -200, -300, -400, -500, -600], 0),
        (NORMAL, [-10, -200, -300, -400, -500, -599], 50),  # the later of the two
        (NORMAL, [-60, -70, -80, -90, -100, -110, -120], 490),
        (URGENT, [-100, -200, -300, -400, -500, -590], 10),
        (BREACH, [-100, -200, -300, -400, -500, -590], 0),
        (BREACH, [-10, -200, -300, -400, -500, -590], 50),
        (BOTH, [-10, -20, -30, -40, -50, -60], 10),
    ],
)
def test_the_open_bundle_leaves(pressing, recent, seconds):
    assert leave(NIGHT, pressing, RULES, recent=[at(r) for r in recent]) == Leave(at=at(seconds), bundle=OPEN)


@pytest.mark.parametrize(
    ("pressing", "quiet", "held", "seconds"),
    [
        (NORMAL, 18_000, None, 18_000),
        (BREACH, 18_000, None, 18_000),  # another level was told of it at once
        (URGENT, 18_000, None, 0),
        (NORMAL, 18_000, 3600, 18_000),
        (NORMAL, None, 3600, 3600),
        (URGENT, 18_000, 3600, 3600),
        (NORMAL, 0, None, 0),  # they end now
        (NORMAL, None, -5, 0),
    ],
)
def test_quiet_hours_hold_back_what_is_not_urgent(pressing, quiet, held, seconds):
    found = leave(
        NIGHT,
        pressing,
        RULES,
        quiet_until=None if quiet is None else at(quiet),
        held_until=None if held is None else at(held),
    )
    assert found.at == at(seconds)
    assert (found.bundle == OPEN) is (seconds == 0)


def test_what_is_held_until_the_same_end_is_one_message_and_the_open_one_another():
    one = leave(NIGHT, NORMAL, RULES, quiet_until=MORNING)
    assert leave(at(900), BREACH, RULES, quiet_until=MORNING, recent=[at(890)]) == one
    assert one.bundle == "until 2026-11-23T06:00:00Z"
    assert leave(NIGHT, NORMAL, RULES, held_until=at(60)).bundle != one.bundle


@pytest.mark.parametrize(
    ("pressing", "seconds"),
    [(UNSETTLED, 300), (Pressing(unsettled=True, urgent=True), 0), (Pressing(unsettled=True, breach=True), 0)],
)
def test_a_case_that_flares_up_again_is_held_for_five_minutes(pressing, seconds):
    assert leave(NIGHT, pressing, RULES).at == at(seconds)


def test_what_flares_up_within_the_same_minute_is_one_message():
    found = {leave(at(s), UNSETTLED, RULES).bundle for s in range(1, 61)}
    assert len(found) == 1


@pytest.mark.parametrize("pressing", [NORMAL, URGENT, BREACH, UNSETTLED])
def test_in_a_replay_what_is_due_leaves(pressing):
    assert leave(NIGHT, pressing, AT_ONCE, recent=[NIGHT] * 50).at == NIGHT


# --- whatever comes up ---

seconds = st.integers(-900, 0)
rules = st.builds(
    AlertRules,
    bundle=st.integers(1, 120).map(lambda s: timedelta(seconds=s)),
    bundle_urgent=st.integers(1, 60).map(lambda s: timedelta(seconds=s)),
    throttle=st.integers(1, 8),
    throttle_within=st.integers(120, 900).map(lambda s: timedelta(seconds=s)),
    unrest=st.integers(0, 600).map(lambda s: timedelta(seconds=s)),
)
pressings = st.builds(Pressing, urgent=st.booleans(), breach=st.booleans(), unsettled=st.booleans())


@given(pressings, rules, st.lists(seconds), st.none() | st.integers(0, 36_000), st.none() | st.integers(0, 36_000))
def test_nothing_is_held_longer_than_said(pressing, rules, recent, quiet, held):
    holds = [s for s in (held, None if pressing.urgent else quiet) if s]
    found = leave(
        NIGHT,
        pressing,
        rules,
        recent=[at(s) for s in recent],
        quiet_until=None if quiet is None else at(quiet),
        held_until=None if held is None else at(held),
    )
    longest = max(rules.bundle, timedelta(0) if pressing.breach else rules.throttle_within)
    longest = max([longest, rules.unrest + rules.bundle, *(timedelta(seconds=s) for s in holds)])
    assert NIGHT <= found.at <= NIGHT + longest
    if holds:
        assert found.at >= at(max(holds))


@given(rules, st.lists(seconds), st.booleans())
def test_a_breach_is_bundled_and_never_throttled(rules, recent, urgent):
    found = leave(NIGHT, Pressing(breach=True, urgent=urgent), rules, recent=[at(s) for s in recent])
    assert found.at <= NIGHT + rules.bundle
    assert found.bundle == OPEN


@given(rules, st.lists(st.tuples(st.integers(0, 120), pressings), min_size=1, max_size=60))
def test_one_person_through_a_long_night_hears_of_everything_and_not_too_often(rules, coming):
    """Play what `send` and `deliver` do with the answers: join the bundle of that name, and let it leave at its instant."""
    gathering, left, now = {}, [], NIGHT
    for after, pressing in coming:
        now += timedelta(seconds=after)
        for name in sorted((n for n, (when, _) in gathering.items() if when <= now), key=lambda n: gathering[n][0]):
            when, carried = gathering.pop(name)
            left.append((when, carried, name))
        found = leave(now, pressing, rules, recent=[when for when, _, _ in left])
        when, carried = gathering.get(found.bundle, (found.at, []))
        gathering[found.bundle] = (min(when, found.at), [*carried, pressing])
    left += [(when, carried, name) for name, (when, carried) in gathering.items()]
    assert sum(len(carried) for _, carried, _ in left) == len(coming)
    opened = sorted((when, any(one.breach for one in carried)) for when, carried, name in left if name == OPEN)
    for when, is_breach in opened:
        assert is_breach or sum(when - rules.throttle_within < other < when for other, _ in opened) < rules.throttle
