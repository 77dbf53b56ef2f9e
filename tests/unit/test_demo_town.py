"""The town is fiction that a machine plays: what its player may rely on, and that nobody real is in it, is checked here."""

import itertools
import json
import re
from collections import Counter
from datetime import timedelta
from importlib.resources import files

import pytest

from connectors.twitter.length import LONGEST, measure
from webcare.demo.scenes import MIME, SCENES, picture
from webcare.domain import gaps
from webcare.domain.file_types import file_type

DEMO = files("webcare.demo")
KEYS = {
    "id",
    "day",
    "at",
    "channel",
    "kind",
    "who",
    "text",
    "reply_to",
    "on_post",
    "attachment",
    "edit_of",
    "delete_of",
    "answer",
}
KINDS = {
    "twitter": {"mention", "post", "dm"},
    "facebook": {"comment", "post", "dm"},
    "instagram": {"comment", "mention", "story", "dm"},
    "whatsapp": {"dm"},
}
WITH_PICTURES = {("twitter", "mention"), ("facebook", "comment"), ("instagram", "story"), ("instagram", "dm"), ("whatsapp", "dm")}
LONGEST_HANDLE_OF_X = 15  # https://help.x.com/en/managing-your-account/x-username-rules: what is longer belongs to nobody
NEAR = 0.5
DAY = timedelta(hours=24)


def lines_of(name):
    return [json.loads(line) for line in (DEMO / name).read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def town():
    return lines_of("town.jsonl")


@pytest.fixture(scope="module")
def people():
    return json.loads((DEMO / "people.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def by_id(town):
    return {line["id"]: line for line in town}


def moment(line):
    """The time on the demo's own clock: since the midnight before day 1."""
    assert re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", line["at"])
    return timedelta(days=line["day"] - 1, hours=int(line["at"][:2]), minutes=int(line["at"][3:]))


def span(text):
    found = re.fullmatch(r"PT(?=\d)(?:(\d+)H)?(?:(\d+)M)?", text)
    assert found, text
    return timedelta(hours=int(found[1] or 0), minutes=int(found[2] or 0))


def answered(town):
    return [line for line in town if line["answer"]]


def written(town):
    return [line for line in town if line["delete_of"] is None]


def everything(town, people):
    """Every text that can be seen on a screen."""
    yield from (line["text"] for line in written(town))
    yield from (line["answer"]["text"] for line in answered(town))
    yield from (post["text"] for post in people["posts"].values())
    yield from (canned["text"] for canned in people["canned"])
    yield from (template["text"] for template in people["templates"])
    yield from (note["text"] for note in people["notes"])


def trigrams(text):
    plain = " ".join(re.findall(r"\w+", text.lower()))
    return frozenset(plain[at : at + 3] for at in range(max(len(plain) - 2, 1)))


def near(one, other):
    return len(one & other) >= NEAR * len(one | other)


def test_every_line_has_the_keys_and_an_id_of_its_own(town):
    assert sorted(line["id"] for line in town) == [f"t{number:03d}" for number in range(1, len(town) + 1)]
    for line in town:
        assert set(line) - {"age"} == KEYS
        assert line["day"] in {1, 2}
        assert line["kind"] in KINDS[line["channel"]]
        assert line["attachment"] is None or (line["channel"], line["kind"]) in WITH_PICTURES
        assert (line["text"] == "") is (line["delete_of"] is not None)
        assert line["text"].strip() == line["text"]


def test_lines_are_in_order_and_fill_two_days_and_the_night_between(town):
    moments = [moment(line) for line in town]
    assert moments == sorted(moments)
    assert timedelta(hours=7, minutes=40) <= moments[0]
    assert moments[-1] <= timedelta(days=1, hours=23, minutes=30)
    night = [at for at in moments if timedelta(days=1) <= at < timedelta(days=1, hours=7, minutes=50)]
    assert len(night) >= 5
    assert sum(at < timedelta(days=1) for at in moments) >= 75
    assert sum(at >= timedelta(days=1, hours=8) for at in moments) >= 55


def test_an_eight_message_storm_breaks_within_twenty_minutes(town):
    moments = [moment(line) for line in town]
    assert any(after - before <= timedelta(minutes=20) for before, after in zip(moments, moments[7:], strict=False))


def test_what_is_named_exists_and_lies_earlier(town, by_id, people):
    for line in town:
        assert line["who"] in people["customers"]
        for key in ("reply_to", "edit_of", "delete_of"):
            if line[key] is not None:
                target = by_id[line[key]]
                assert moment(target) < moment(line)
                assert target["channel"] == line["channel"]
                assert target["edit_of"] is target["delete_of"] is None
        if line["on_post"] is not None:
            post = people["posts"][line["on_post"]]
            assert moment(post) < moment(line)
            assert post.get("channel", "facebook") == line["channel"]


def test_a_comment_hangs_under_a_post_of_ours_or_under_a_message(town):
    for line in town:
        new = line["edit_of"] is line["delete_of"] is None
        hangs = (line["on_post"] is not None) + (line["reply_to"] is not None)
        assert hangs == 1 if new and line["kind"] == "comment" else hangs <= (line["kind"] == "mention")
        assert line["on_post"] is None or line["kind"] == "comment"


def test_only_its_author_edits_or_deletes_a_message_and_not_on_x(town, by_id):
    changes = [(line, by_id[line["edit_of"] or line["delete_of"]]) for line in town if line["edit_of"] or line["delete_of"]]
    assert {bool(line["delete_of"]) for line, _ in changes} == {True, False}
    for line, target in changes:
        assert line["channel"] != "twitter"
        assert all(line[key] == target[key] for key in ("who", "channel", "kind"))
        assert line["text"] != target["text"]
        assert not line["answer"]


def test_a_thank_you_comes_after_the_answer_it_thanks_for(town, by_id):
    for line in town:
        target = by_id.get(line["reply_to"] or "")
        if target and target["who"] == line["who"]:
            assert moment(line) >= moment(target) + span(target["answer"]["after"])


def test_answers_are_written_by_agents_in_their_hours(town, people):
    for line in answered(town):
        assert people["staff"][line["answer"]["by"]]["role"] == "agent"
        sent = moment(line) + span(line["answer"]["after"])
        assert timedelta(hours=8) <= sent % timedelta(days=1) < timedelta(hours=22)
        assert sent < timedelta(days=2)
    assert len({line["answer"]["by"] for line in answered(town)}) == 5


def test_some_answers_are_quick_and_some_take_more_than_a_day(town):
    waits = [span(line["answer"]["after"]) for line in answered(town)]
    assert sum(wait <= timedelta(minutes=15) for wait in waits) >= 10
    assert sum(wait > timedelta(hours=24) for wait in waits) >= 3
    assert 0.35 <= len(waits) / len(written(town)) <= 0.5, "six in ten of those that need one, and seven in ten lines need one"


def test_answers_fit_and_leave_the_signature_to_the_product(town, people):
    for line in answered(town):
        text = line["answer"]["text"]
        assert "^" not in text
        assert text.count("!") <= 2
        if line["channel"] == "twitter":
            assert len(text) <= 260
            assert measure(f"{text} {people['staff'][line['answer']['by']]['signature']}") <= LONGEST


def test_two_in_three_write_dutch_a_fifth_of_them_flemish(town, people):
    languages = Counter(people["customers"][line["who"]]["language"] for line in written(town))
    dutch = languages["nl"] + languages["nl-BE"]
    assert 0.6 <= dutch / languages.total() <= 0.7
    assert 0.15 <= languages["nl-BE"] / dutch <= 0.25
    assert 0.25 <= languages["en"] / languages.total() <= 0.35
    assert {"de", "fr"} <= set(languages)


def test_nobody_writes_the_same_twice(town, people):
    texts = [(line["id"], line["edit_of"], trigrams(line["text"])) for line in written(town)]
    texts += [(f"answer to {line['id']}", None, trigrams(line["answer"]["text"])) for line in answered(town)]
    texts += [(name, None, trigrams(post["text"])) for name, post in people["posts"].items()]
    close = [
        (first, second)
        for (first, _, one), (second, edits, other) in itertools.combinations(texts, 2)
        if edits != first and near(one, other)
    ]
    assert close == []


@pytest.mark.slow
def test_nothing_comes_from_the_stream(town):
    stream = [trigrams(line["text"]) for line in lines_of("stream.jsonl")]
    texts = [line["text"] for line in written(town)] + [line["answer"]["text"] for line in answered(town)]
    long_enough = [text for text in texts if len(text.split()) > 3]  # "hij doet het" is everybody's
    assert [text for text in long_enough if any(near(trigrams(text), other) for other in stream)] == []


def test_telephone_numbers_belong_to_nobody(town, people):
    """06 0... and 0400 ... are ranges that were never given out."""
    numbers = [customer["phone"] for customer in people["customers"].values()]
    assert len(set(numbers)) == len(numbers)
    for number in numbers:
        assert re.fullmatch(r"\+3160000\d{4}|\+3240000\d{4}", number)
    for text in everything(town, people):
        for number in re.findall(r"\+?\d[\d ().-]{6,}\d", text):
            assert re.sub(r"\D", "", number).startswith("060000")


def test_handles_belong_to_nobody(town, people):
    handles = [customer["handle"] for customer in people["customers"].values()]
    assert len(set(handles)) == len(handles)
    assert all(re.fullmatch(r"\w+", handle) and len(handle) > LONGEST_HANDLE_OF_X for handle in handles)
    for line in written(town):
        for named in re.findall(r"@(\w+)", line["text"]):
            first_name = line["channel"] == "facebook" and re.fullmatch(r"[A-Z][a-z]+", named)
            assert first_name or named == "meerkoethelpt" or len(named) > LONGEST_HANDLE_OF_X


def test_no_links_and_no_addresses(town, people):
    for text in everything(town, people):
        assert "http" not in text
        assert not re.search(r"\b[\w-]+\.(?:nl|be|com|net|org|eu|io|de|fr|app)\b|\w@\w", text)
    assert all(member["mail"].endswith("@meerkoet.example") for member in people["staff"].values())


def test_the_house_has_agents_a_lead_and_the_visitor(people):
    roles = Counter(member["role"] for member in people["staff"].values())
    assert roles["agent"] >= 5
    assert roles["lead"] == roles["admin"] == 1
    assert people["staff"]["gast"]["role"] == "admin"
    signatures = [member["signature"] for member in people["staff"].values()]
    assert all(re.fullmatch(r"\^[A-Z]{2}", signature) for signature in signatures)
    assert len(set(signatures)) == len(signatures)


def test_canned_texts_hold_only_places_that_something_fills(people):
    for canned in people["canned"]:
        assert set(canned) == {"language", "channel", "name", "text"}
        assert set(re.findall(r"\{(\w*)\}", canned["text"])) <= {"name", "agent"}
    languages = Counter(canned["language"] for canned in people["canned"])
    assert languages["nl"] >= 8
    assert languages["en"] >= 4


@pytest.mark.parametrize("deed", ["notes", "corrections", "promises"])
def test_what_staff_does_comes_after_the_message_it_is_about(people, by_id, deed):
    deeds = people[deed]
    assert deeds
    assert deeds == sorted(deeds, key=moment)
    for done in deeds:
        assert done["by"] in people["staff"]
        assert moment(done) > moment(by_id[done["on"]])
    if deed == "promises":
        assert all(span(done["within"]) for done in deeds)


def test_the_guide_names_ids_that_exist(by_id):
    named = set(re.findall(r"\bt\d{3}\b", (DEMO / "README.md").read_text(encoding="utf-8")))
    assert len(named) > 40
    assert named <= set(by_id)


def test_a_mention_names_the_brand_and_a_post_on_x_only_speaks_of_it(town):
    assert all("@meerkoethelpt" in line["text"] for line in town if line["kind"] == "mention")
    spoken = [line["text"] for line in town if (line["channel"], line["kind"]) == ("twitter", "post")]
    assert spoken
    assert all("@" not in text and re.search(r"\bMeerkoet\b", text) for text in spoken)


def test_every_scene_is_sent_by_somebody_and_is_a_photograph(town):
    sent = {line["attachment"] for line in town} - {None}
    assert sent == SCENES.keys()
    assert all(file_type(picture(scene)) == MIME for scene in sent)


def test_a_message_that_lay_is_past_the_window_of_whatsapp_and_nobody_of_ours_answers_it(town, people):
    """Templates are there for it; whoever answers somebody there does so within the day."""
    late = [line for line in town if "age" in line]
    assert [line["channel"] for line in late] == ["whatsapp"]
    assert all(span(line["age"]) > DAY and line["answer"] is None for line in late)
    assert all(span(line["answer"]["after"]) < DAY for line in answered(town) if line["channel"] == "whatsapp")
    assert {template["language"] for template in people["templates"]} == {"nl", "en"}
    assert all(gaps.count(template["text"]) for template in people["templates"])
