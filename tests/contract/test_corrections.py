"""What people said of messages, as a model can learn from it; and which model was chosen, with the way back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes import DAY, HOUR, MONDAY, Desk, FakeClassifier, FakeClock, ours, said
from webcare.domain.digest import Period
from webcare.domain.labels import Labels
from webcare.domain.learning import Learning
from webcare.domain.message import Attachment, Kind
from webcare.domain.model_choice import Change, ModelKind, NewChoice
from webcare.domain.verdict import STAND_IN, Intent, Sentiment, Urgency
from webcare.ports.classifier import READY
from webcare.services import model_choice
from webcare.services.correct import Correction, correct, open_for
from webcare.services.corrections import learned
from webcare.services.forget import erase
from webcare.services.reread import reread
from webcare.services.summarize import digest_for
from webcare.store import audit, models
from webcare.store.customers import Customer

TEN = MONDAY + HOUR


@pytest.fixture
async def desk(store):
    return await Desk.open(store)


async def say(desk, case, now=TEN, **what):
    await desk.store.write(correct, case, Correction(**what), by="noor", rules=desk.rules, now=now)


async def examples(desk):
    return (await desk.store.read(learned)).examples


async def test_a_correction_carries_what_is_needed_to_train(desk):
    """Text and kind, what it answers, what the machine said, and what the person said."""
    await desk.hear(ours("o1", MONDAY - HOUR, conversation_id="dm", kind=Kind.DM, text="What is your postcode?"))
    await desk.hear(said("m1", "1234 AB maybe", MONDAY, conversation_id="dm", kind=Kind.DM, reply_to="o1"))
    await say(desk, 1, needs_response=True, intents=(Intent.COMPLAINT,), sentiment=Sentiment.NEGATIVE)
    (one,) = await examples(desk)
    assert (one.request.text, one.request.kind, one.request.we_spoke_last) == ("1234 AB maybe", Kind.DM, True)
    assert (one.request.replied_to.text, one.request.replied_to.by_us) == ("What is your postcode?", True)
    assert one.labels.intents == {Intent.COMPLAINT}
    assert (one.labels.sentiment, one.labels.needs_response) == (Sentiment.NEGATIVE, True)
    assert (one.machine.needs_response, one.machine.intents) == (False, frozenset())
    assert one.changed == {"needs_response", "intents", "sentiment"}
    assert (one.by, one.at) == ("noor", TEN)


async def test_who_only_repeats_the_machine_confirms_it(desk):
    await desk.hear(said("m1", "Where is it?", MONDAY))
    await say(desk, 1, needs_response=True, intents=(Intent.QUESTION,))
    (one,) = await examples(desk)
    assert one.is_confirmation
    assert (one.labels.needs_response, one.labels.intents, one.labels.sentiment) == (True, {Intent.QUESTION}, None)


async def test_who_drops_what_the_machine_was_not_sure_of_has_put_it_right(desk):
    """It asked people to look: that there was no need is news to it, though it had held that for likelier."""
    await desk.hear(said("m1", "maybe", MONDAY))
    await say(desk, 1, needs_response=False)
    (one,) = await examples(desk)
    assert one.changed == {"needs_response"}
    assert one.labels.needs_response is False


async def test_labels_of_which_nobody_spoke_teach_nothing(desk):
    """Who makes a case of a message says that it needs an answer, and not that the machine read it right otherwise."""
    await desk.hear(said("m1", "Hm.", MONDAY))
    await desk.store.write(open_for, 1, by="noor", rules=desk.rules, now=TEN)
    (one,) = await examples(desk)
    assert one.changed == {"needs_response"}
    assert one.labels.intents is None
    assert one.labels.sentiment is None


class Rough(FakeClassifier):
    """The word rules in place of the model: whatever they read is angry."""

    name = STAND_IN + "rules"

    def _verdict(self, text):
        scores = {intent: 0.9 if intent is Intent.QUESTION else 0.1 for intent in Intent}
        felt = {Sentiment.NEGATIVE: 0.8, Sentiment.NEUTRAL: 0.15, Sentiment.POSITIVE: 0.05}
        return replace(super()._verdict(text), sentiment=Sentiment.NEGATIVE, sentiment_scores=felt, intent_scores=scores)


class Mild(FakeClassifier):
    """The model, which reads nothing in it."""

    name = "model-1"
    state = READY

    def _verdict(self, text):
        felt = {Sentiment.NEGATIVE: 0.1, Sentiment.NEUTRAL: 0.8, Sentiment.POSITIVE: 0.1}
        found = replace(super()._verdict(text), sentiment_scores=felt, intent_scores=dict.fromkeys(Intent, 0.2))
        return replace(found, intents=(), needs_response=False, needs_response_score=0.1)


@pytest.mark.parametrize(("needs", "changed"), [(False, {"needs_response"}), (True, set())])
async def test_who_says_only_whether_it_needs_an_answer_says_nothing_of_what_the_machine_read_twice(desk, needs, changed):
    """What the rules read stayed in force beside what the model read later: the person saw the first, and their verdict holds it."""
    desk.classifier = Rough()
    await desk.hear(said("m1", "Where is it?", MONDAY))
    assert await reread(desk.store, Mild(), desk.rules, MONDAY + HOUR / 2) == 1
    await say(desk, 1, needs_response=needs)
    (one,) = await examples(desk)
    assert one.labels == Labels(needs_response=needs)
    assert one.changed == changed
    assert (one.machine.sentiment, one.machine.intents) == (Sentiment.NEGATIVE, {Intent.QUESTION})
    await say(desk, 1, now=TEN + HOUR, sentiment=Sentiment.NEUTRAL)  # as the model, which nobody saw
    (one,) = await examples(desk)
    assert one.labels == Labels(needs_response=needs, sentiment=Sentiment.NEUTRAL)
    assert one.changed == changed | {"sentiment"}


async def test_urgency_is_learned_where_somebody_spoke_of_it(desk):
    await desk.hear(said("m1", "No heat?", MONDAY), said("m2", "fire?", MONDAY, by="bert", conversation_id="b"))
    await say(desk, 1, urgency=Urgency.HIGH)
    await say(desk, 2, needs_response=False)
    of = {one.request.id: one for one in await examples(desk)}
    assert (of["m1"].labels.urgency, of["m1"].machine.urgency, of["m1"].changed) == (Urgency.HIGH, Urgency.NORMAL, {"urgency"})
    assert (of["m2"].labels.urgency, of["m2"].machine.urgency) == (None, Urgency.HIGH)
    await say(desk, 2, now=TEN + HOUR, urgency=Urgency.NORMAL)
    (_, two) = await examples(desk)
    assert (two.labels.urgency, two.changed) == (Urgency.NORMAL, {"needs_response", "urgency"})


async def test_the_newest_word_on_a_message_counts_beside_the_machines(desk):
    await desk.hear(said("m1", "Where is it?", MONDAY))
    await say(desk, 1, intents=(Intent.COMPLAINT,))
    await say(desk, 1, now=TEN + HOUR, intents=(Intent.QUESTION, Intent.COMPLAINT))
    (one,) = await examples(desk)
    assert one.labels.intents == {Intent.QUESTION, Intent.COMPLAINT}
    assert one.machine.intents == {Intent.QUESTION}
    assert one.changed == {"intents"}


async def test_examples_come_in_the_order_in_which_people_spoke(desk):
    for n in range(3):
        await desk.hear(said(f"m{n}", "Where?", MONDAY, by=f"c{n}", conversation_id=f"t{n}"))
    for case, hour in ((2, 1), (3, 2), (1, 3)):
        await say(desk, case, now=MONDAY + hour * HOUR, needs_response=False)
    assert [one.request.id for one in await examples(desk)] == ["m1", "m2", "m0"]


async def test_words_of_an_erased_customer_are_gone_and_counted(desk):
    await desk.hear(said("m1", "Where?", MONDAY), said("m2", "Where?", MONDAY, by="bert", conversation_id="b"))
    await say(desk, 1, needs_response=False)
    await say(desk, 2, needs_response=False)
    who = Customer(kind="twitter", author_id="bert")
    await erase(desk.store, who, by="noor", rules_of=lambda *_: desk.rules, clock=FakeClock(TEN + HOUR))
    found = await desk.store.read(learned)
    assert [one.request.id for one in found.examples] == ["m1"]
    assert (found.gone, found.edited) == (1, 0)


async def test_a_photo_without_words_teaches_nothing_and_was_not_erased(desk):
    photo = replace(said("m1", "", MONDAY, kind=Kind.DM), attachments=(Attachment(type="image", url="https://example.com/1"),))
    await desk.hear(photo, said("m2", "Where?", MONDAY, by="bert", conversation_id="b"))
    await say(desk, 1, needs_response=False)
    await say(desk, 2, needs_response=False)
    found = await desk.store.read(learned)
    assert ([one.request.id for one in found.examples], found.gone, found.edited) == (["m2"], 0, 0)


async def test_words_that_changed_since_are_not_what_the_person_read(desk):
    await desk.hear(said("m1", "Where?", MONDAY))
    await say(desk, 1, needs_response=False)
    await desk.hear(replace(said("m1", "Where, then?", MONDAY), created_at=TEN + HOUR))
    found = await desk.store.read(learned)
    assert (found.examples, found.edited) == ((), 1)


async def test_without_a_word_of_a_person_there_is_nothing(desk):
    await desk.hear(said("m1", "Where?", MONDAY))
    assert await examples(desk) == ()


async def test_the_letter_counts_corrections_and_not_confirmations(desk):
    for n in range(3):
        await desk.hear(said(f"m{n}", "Where?", MONDAY, by=f"c{n}", conversation_id=f"t{n}"))
    await say(desk, 1, needs_response=True)
    await say(desk, 2, needs_response=False)
    found = await digest_for(desk.store, Period(day=MONDAY.date(), zone="Europe/Amsterdam"), MONDAY + 2 * DAY)
    assert (found.heard, found.corrected) == (3, 1)
    await say(desk, 3, urgency=Urgency.HIGH)
    found = await digest_for(desk.store, Period(day=MONDAY.date(), zone="Europe/Amsterdam"), MONDAY + 2 * DAY)
    assert found.corrected == 2


# --- choices


FOLDER = NewChoice(kind=ModelKind.FOLDER, change=Change.CHOSEN, path="/models/ours")
RULES = NewChoice(kind=ModelKind.RULES, change=Change.CHOSEN)
REFIT = NewChoice(
    kind=ModelKind.REFIT,
    change=Change.LEARNED,
    path="/models/ours",
    base="ab" * 32,
    heads=b"\x00numbers\xff",
    tuning={"thresholds": {"und": {"needs": 0.4}}},
    figures={"corrections": 12, "caught_before": 0.9, "caught_after": 0.95, "cost_before": 1.0, "cost_after": 0.8},
    report={"after": {"n": 3}},
)
LEFT = replace(REFIT, change=Change.NOT_BETTER, heads=None, tuning=None)


async def choose(store, new, now=TEN):
    return await store.write(model_choice.use, new, by="sanne", now=now)


async def test_the_newest_choice_is_in_force_and_whole(store):
    assert await store.read(model_choice.newest) is None
    await choose(store, FOLDER)
    kept = await choose(store, REFIT)
    found = await store.read(model_choice.in_force)
    assert found == kept
    assert (found.heads, found.tuning, found.base) == (REFIT.heads, REFIT.tuning, REFIT.base)
    assert await store.read(model_choice.newest) == found.id
    lines = await store.read(audit.lines, model_choice.MODEL)
    assert [line["data"]["change"] for line in lines] == ["chosen", "learned"]


async def test_a_training_that_is_left_changes_nothing_and_is_remembered(store):
    await choose(store, FOLDER)
    found = await choose(store, LEFT)
    assert found.kind is ModelKind.FOLDER
    assert [one.change for one in await store.read(model_choice.history)] == [Change.NOT_BETTER, Change.CHOSEN]


async def step_back(store):
    return await store.write(model_choice.back, await store.read(model_choice.before), by="sanne", now=TEN)


async def test_one_step_back_brings_the_numbers_back_too(store):
    await choose(store, REFIT)
    await choose(store, LEFT)
    await choose(store, RULES)
    found = await step_back(store)
    assert (found.kind, found.heads, found.change) == (ModelKind.REFIT, REFIT.heads, Change.BACK)
    found = await step_back(store)
    assert found.kind is ModelKind.RULES


async def test_before_the_first_choice_it_was_the_shipped_model(store):
    await choose(store, RULES)
    found = await step_back(store)
    assert (found.kind, found.path) == (ModelKind.BUILTIN, None)


async def test_the_letter_of_the_day_tells_of_it_once(desk):
    store = desk.store
    await choose(store, REFIT, MONDAY + HOUR)
    await choose(store, LEFT, MONDAY + DAY + HOUR)
    for day, changes in ((0, [Change.LEARNED]), (1, [Change.NOT_BETTER]), (2, [])):
        period = Period(day=(MONDAY + day * DAY).date(), zone="Europe/Amsterdam")
        found = await digest_for(store, period, MONDAY + (day + 2) * DAY)
        assert isinstance(found.learning, Learning)
        assert [note.change for note in found.learning.notes] == changes
    assert await store.read(models.notes, MONDAY, MONDAY + HOUR) == ()
