"""A person's answer or a machine's: SLA 3."""

from datetime import UTC, datetime, timedelta

import pytest

from webcare.domain.echo import Sent, bare, looks_automatic

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOLDING = "@truus Bedankt voor je bericht, we kijken er zo naar! https://meerkoet.example/a ^NV"


def sent(customer, text=HOLDING, at=NOON, after=40 * SECOND):
    return Sent(customer=customer, text=text, at=at, customer_wrote_at=None if after is None else at - after)


def earlier(*customers, text=HOLDING, ago=timedelta(hours=1), after=40 * SECOND):
    return [sent(c, text.replace("truus", c), NOON - ago, after) for c in customers]


def test_a_person_who_answers_in_a_minute_is_a_person():
    assert looks_automatic(sent=sent("truus"), earlier=[]) is None


@pytest.mark.parametrize(("seconds", "is_machine"), [(0, True), (15, True), (16, False)])
def test_nobody_types_an_answer_in_fifteen_seconds(seconds, is_machine):
    found = looks_automatic(sent=sent("truus", after=seconds * SECOND), earlier=[])
    assert (found is not None) is is_machine


def test_the_channel_may_say_how_fast_its_people_are():
    assert looks_automatic(sent=sent("truus", after=20 * SECOND), earlier=[], auto_within=30 * SECOND) is not None


def test_a_known_automation_is_one():
    assert (
        looks_automatic(sent=sent("truus"), earlier=[], app_id="42", automations=frozenset({"42"})) == "sent by the automation 42"
    )


def test_another_app_is_a_colleague_with_another_tool():
    assert looks_automatic(sent=sent("truus"), earlier=[], app_id="7", automations=frozenset({"42"})) is None


def test_one_text_to_three_others_at_once_is_a_machine():
    assert looks_automatic(sent=sent("truus"), earlier=earlier("jan", "mo", "els")) is not None
    assert looks_automatic(sent=sent("truus"), earlier=earlier("jan", "mo")) is None
    assert looks_automatic(sent=sent("truus"), earlier=earlier("jan", "jan", "jan", "truus")) is None


def test_a_text_that_came_after_thought_does_not_count():
    assert looks_automatic(sent=sent("truus"), earlier=earlier("jan", "mo", "els", after=timedelta(minutes=5))) is None
    assert looks_automatic(sent=sent("truus", after=timedelta(minutes=5)), earlier=earlier("jan", "mo", "els")) is None


def test_yesterday_does_not_count():
    assert looks_automatic(sent=sent("truus"), earlier=earlier("jan", "mo", "els", ago=timedelta(hours=25))) is None


def test_emoji_alone_are_no_text_to_compare():
    assert looks_automatic(sent=sent("truus", "👍"), earlier=earlier("jan", "mo", "els", text="👍")) is None


def test_mentions_links_and_signatures_are_not_the_text():
    assert bare("@truus Goed bezig! https://x.example/1 ^NV") == bare("@jan goed bezig https://x.example/2 ^JW")
    assert bare("de trein van 12:40") != bare("de trein van 12:50")
