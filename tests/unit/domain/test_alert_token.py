"""The link in an alert: only what was made with the key, for that person and that message, holds, and not for ever."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webcare.domain import alert_token
from webcare.domain.alert_token import LASTS, LENGTH

NOW = datetime(2026, 11, 23, 9, 0, 30, tzinfo=UTC)
KEY, OTHER = b"k" * 32, b"o" * 32
NUMBERS = st.integers(1, 2**40 - 1)
PEOPLE = st.text(min_size=1, max_size=30)


def made(delivery=7, person="noor", machine=NOW, secret=KEY):
    return alert_token.make(delivery, person, machine=machine, secret=secret)


@given(NUMBERS, PEOPLE)
def test_what_was_made_is_read_back_and_fits_into_a_text_message(delivery, person):
    token = made(delivery, person)
    claim = alert_token.parse(token)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", token)
    assert len(token) == LENGTH
    assert claim.delivery == delivery
    assert claim.day == alert_token.day_of(NOW)
    assert alert_token.holds(claim, person, KEY)


@given(NUMBERS, PEOPLE, st.integers(0, LENGTH - 1), st.sampled_from("ABCxyz019_-"))
def test_no_character_can_be_another_one(delivery, person, place, put):
    token = made(delivery, person)
    forged = token[:place] + put + token[place + 1 :]
    claim = alert_token.parse(forged)
    assert forged == token or claim is None or not alert_token.holds(claim, person, KEY)


@given(st.text(max_size=60))
def test_whatever_somebody_types_is_no_error(text):
    claim = alert_token.parse(text)
    assert claim is None or not alert_token.holds(claim, "noor", KEY)


def test_it_is_one_persons_and_one_keys():
    claim = alert_token.parse(made())
    assert not alert_token.holds(claim, "daan", KEY)
    assert not alert_token.holds(claim, "", KEY)
    assert not alert_token.holds(claim, "noor", OTHER)


@pytest.mark.parametrize("cut", [0, 1, LENGTH - 1])
def test_a_link_that_a_messenger_cut_off_is_none(cut):
    assert alert_token.parse(made()[:cut]) is None


def test_more_behind_it_is_none_either():
    assert alert_token.parse(made() + "A") is None
    assert alert_token.parse(made() + "=") is None


def test_it_ends_a_day_after_it_was_made():
    claim = alert_token.parse(made())
    assert not claim.is_over(NOW)
    assert not claim.is_over(NOW + LASTS - timedelta(minutes=1))
    assert claim.is_over(NOW + LASTS)


def test_a_key_is_that_of_the_day_by_the_machines_clock():
    midnight = datetime(2026, 11, 24, tzinfo=UTC)
    assert alert_token.day_of(midnight) == alert_token.day_of(midnight - timedelta(seconds=1)) + 1


@pytest.mark.parametrize("number", [0, -1, 2**40])
def test_a_number_that_does_not_fit_is_refused(number):
    with pytest.raises(ValueError, match="does not fit"):
        made(number)


def test_nothing_of_it_shows_in_a_log():
    token = made()
    shown = repr(alert_token.parse(token))
    assert token not in shown
    assert "head" not in shown
    assert "tag" not in shown
