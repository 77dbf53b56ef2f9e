"""Another customer's answer: whose it may be, what it is taken from, and what takes it back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webcare.domain.community import SILENCE, Because, Helped, Line, helped
from webcare.domain.verdict import Intent

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ADVICE = "Je kunt hem via de app opzeggen."
ASKED, NOISE, THANKS = {Intent.QUESTION}, set(), {Intent.COURTESY}


def line(nth, author, text, intents=(), reply_to=None, **changes):
    values = {
        "id": nth,
        "external_id": f"m{nth}",
        "reply_to": reply_to,
        "author": author,
        "is_ours": author == "us",
        "at": NINE + nth * MINUTE,
        "text": text,
        "intents": None if intents is None else frozenset(intents),
        "needs_response": bool(set(intents or ()) & {Intent.QUESTION, Intent.COMPLAINT}),
    }
    return Line(**{**values, **changes})


QUESTION = line(1, "anna", "Hoe zeg ik op?", ASKED, "root")
ANSWER = line(2, "bert", ADVICE, NOISE, "m1")
SOON, LATE = NINE + MINUTE * 30, NINE + SILENCE + MINUTE * 30


def found(*more, now=SOON, answer=ANSWER):
    return helped("anna", [QUESTION, answer, *more], now)


@pytest.mark.parametrize(
    ("text", "to", "expected"),
    [
        (ADVICE, "m2", Helped(message=2, certainty=95, because=Because.THANKED)),
        ("In de app.", "m2", Helped(message=2, certainty=90, because=Because.THANKED)),
        (ADVICE, None, Helped(message=2, certainty=75, because=Because.THANKS)),
        (ADVICE, "m1", Helped(message=2, certainty=75, because=Because.THANKS)),
        ("In de app.", None, Helped(message=2, certainty=70, because=Because.THANKS)),
        ("In de app.", "elsewhere", None),
    ],
)
def test_thanks_say_whom_they_are_for(text, to, expected):
    answer = line(2, "bert", text, NOISE, "m1")
    assert found(line(3, "anna", "dank je wel", THANKS, to), answer=answer) == expected


def test_silence_after_what_reads_as_an_answer_is_perhaps_one():
    assert found() is None
    assert found(now=LATE) == Helped(message=2, certainty=40, because=Because.SILENCE)
    assert found(now=LATE, answer=line(2, "bert", "haha ja herkenbaar hoor", NOISE, "m1")) is None
    assert found(now=LATE, answer=line(2, "bert", "probeer eens", NOISE, "m1")) is None


@pytest.mark.parametrize(
    "more",
    [
        line(3, "anna", "Dank je, maar het lukt niet", {Intent.COMPLAINT}, "m2"),
        line(3, "anna", "Waar dan?", ASKED, "m2"),
        line(3, "carl", "Dat wil ik ook weten", ASKED, "m1"),
        line(3, "us", "We zoeken het uit.", None, "m1"),
    ],
)
def test_what_was_said_since_leaves_it_open(more):
    assert found(more, now=LATE) is None


def test_an_answer_to_what_was_asked_next_counts_again():
    more = [line(3, "anna", "Waar dan?", ASKED, "m2"), line(4, "bert", "Onder het menu.", NOISE, "m3")]
    assert found(*more, line(5, "anna", "gelukt!", THANKS, "m4")) == Helped(message=4, certainty=90, because=Because.THANKED)


@pytest.mark.parametrize(
    "answer",
    [
        line(2, "us", ADVICE, None, "m1"),
        line(2, "anna", ADVICE, NOISE, "m1"),
        line(2, "bert", ADVICE, NOISE, "root"),
        line(2, "bert", ADVICE, None, "m1"),
        line(2, "bert", "Je kunt beter overstappen, niet?", {Intent.COMPLAINT}, "m1"),
        line(2, "bert", ADVICE, NOISE, "m1", at=NINE),
    ],
    ids=["ours", "their own", "to somebody else", "not judged", "asks too", "before it was asked"],
)
def test_what_is_no_answer_of_another_customer(answer):
    assert found(line(3, "anna", "dank je wel", THANKS, "m2"), now=LATE, answer=answer) is None


def test_thanks_are_ours_where_we_answered_last():
    ours = line(3, "us", "Dat kan in de app.", None, "m1")
    assert found(ours, line(4, "anna", "dank je wel", THANKS, None)) is None
    assert found(ours, line(4, "anna", "dank je wel", THANKS, "m2")) is not None


def test_the_last_who_answered_is_thanked():
    second = line(3, "carl", "Je moet onder instellingen zijn.", NOISE, "m1")
    assert found(second, line(4, "anna", "top, gelukt", THANKS)).message == 3


def test_what_somebody_refused_is_not_found_again():
    thanks = line(3, "anna", "dank je wel", THANKS, "m2")
    assert helped("anna", [QUESTION, ANSWER, thanks], SOON, refused={2}) is None


def test_whoever_asked_nothing_was_not_helped():
    assert helped("anna", [line(1, "anna", "mooi weer", NOISE), ANSWER], LATE) is None


LINES = st.lists(
    st.builds(
        lambda who, intents, to, minutes: (who, intents, to, minutes),
        st.sampled_from(["anna", "bert", "carl", "us"]),
        st.one_of(st.none(), st.sets(st.sampled_from(list(Intent)), max_size=2)),
        st.one_of(st.none(), st.integers(0, 8)),
        st.integers(0, 600),
    ),
    max_size=9,
)


def drawn(facts):
    return [
        line(nth, who, ADVICE, intents, None if to is None else f"m{to}", at=NINE + minutes * MINUTE)
        for nth, (who, intents, to, minutes) in enumerate(facts)
    ]


@given(LINES, st.randoms())
def test_whoever_helped_is_a_third_party_who_replied_to_the_asker(facts, chance):
    lines = drawn(facts)
    one = helped("anna", lines, LATE)
    chance.shuffle(lines)
    assert helped("anna", lines, LATE) == one
    if one is not None:
        (said,) = [each for each in lines if each.id == one.message]
        assert said.author in {"bert", "carl"}
        assert said.reply_to in {each.external_id for each in lines if each.author == "anna"}
        assert 0 < one.certainty < 100


@given(LINES)
def test_another_question_of_the_asker_leaves_nobody_who_helped(facts):
    lines = drawn(facts)
    asks = line(99, "anna", "En nu?", ASKED, at=LATE)
    assert helped("anna", [*lines, asks], LATE) is None
