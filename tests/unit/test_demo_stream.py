"""The demo stream is fiction that has to stay well-formed: what can be checked about it is checked here."""

import itertools
import json
import re
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
KEYS = {"id", "author_id", "inbound", "created_at", "text", "in_response_to", "conversation_id", "brand"}
DEMO = files("webcare.demo")


@pytest.fixture(scope="module")
def stream():
    return [json.loads(line) for line in (DEMO / "stream.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def versions(stream):
    """Every text an id ever had, in order."""
    texts = defaultdict(list)
    for message in stream:
        texts[message["id"]].append(message)
    return texts


def instant(message):
    return datetime.strptime(message["created_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def local(message):
    return instant(message).astimezone(AMSTERDAM)


def tokens(text):
    return frozenset(re.findall(r"\w+|[^\w\s]", text.lower()))


def waits_of(stream):
    """How long each customer waited: from the first message since we last spoke to them until the answer."""
    author, open_since, waits = {}, {}, []
    for message in stream:
        conversation = message["conversation_id"]
        if message["inbound"]:
            author[message["id"]] = message["author_id"]
            open_since.setdefault((conversation, message["author_id"]), instant(message))
        elif message["in_response_to"]:
            since = open_since.pop((conversation, author[message["in_response_to"]]), None)
            if since is not None:
                waits.append(instant(message) - since)
    return waits


def test_every_line_has_the_keys_of_a_recorded_message(stream):
    assert len({message["id"] for message in stream}) >= 300
    for message in stream:
        assert set(message) == KEYS
        assert re.fullmatch(r"m\d{4}", message["id"])
        assert re.fullmatch(r"c\d{3}", message["conversation_id"])
        assert isinstance(message["inbound"], bool)
        assert message["text"].strip()


def test_one_brand_writes_every_outbound_line(stream):
    assert len({message["brand"] for message in stream}) == 1
    assert all((message["author_id"] == message["brand"]) is not message["inbound"] for message in stream)


def test_lines_are_in_order_of_time_and_cover_three_whole_local_days(stream):
    assert stream == sorted(stream, key=instant)
    assert sorted({local(message).date().isoformat() for message in stream}) == ["2026-03-05", "2026-03-06", "2026-03-07"]


def test_one_pair_shares_an_instant(stream):
    instants = Counter(message["created_at"] for message in stream)
    assert [count for count in instants.values() if count > 1] == [2]


def test_seconds_look_like_life(stream):
    seconds = Counter(instant(message).second for message in stream)
    assert len(seconds) == 60
    assert max(seconds.values()) < len(stream) / 20


def test_replies_point_back_into_their_own_conversation(stream):
    seen = {}
    for message in stream:
        if message["in_response_to"] is not None:
            assert seen[message["in_response_to"]]["conversation_id"] == message["conversation_id"]
        seen.setdefault(message["id"], message)


def test_edits_repeat_an_id_later_with_another_text(versions):
    edited = [lines for lines in versions.values() if len(lines) > 1]
    assert 10 <= len(edited) <= 15
    for before, after in itertools.chain.from_iterable(map(itertools.pairwise, edited)):
        assert before["inbound"]
        assert before["text"] != after["text"]
        assert instant(before) < instant(after)
        assert all(before[key] == after[key] for key in KEYS - {"text", "created_at"})


def test_four_in_ten_lines_are_ours_and_five_people_sign_them(stream):
    ours = [message for message in stream if not message["inbound"]]
    assert 0.36 <= len(ours) / len(stream) <= 0.44
    answers = [message for message in ours if message["in_response_to"]]
    assert all(re.search(r" \^[A-Z]{2}$", answer["text"]) for answer in answers)
    assert len({answer["text"][-2:] for answer in answers}) == 5
    assert len(ours) - len(answers) >= 5, "notices that reply to nobody"


def test_nobody_of_ours_writes_outside_the_team_hours(stream):
    assert all(8 <= local(message).hour < 22 for message in stream if not message["inbound"])


def test_most_answers_take_minutes_or_hours_and_some_more_than_a_day(stream):
    waits = waits_of(stream)
    usual = [wait for wait in waits if timedelta(minutes=10) <= wait <= timedelta(hours=4)]
    assert len(usual) > 0.6 * len(waits)
    assert 6 <= sum(wait > timedelta(hours=24) for wait in waits) <= 12


def test_a_night_without_staff_and_a_burst_on_saturday(stream):
    inbound = [local(message).replace(tzinfo=None) for message in stream if message["inbound"]]
    night = [at for at in inbound if datetime(2026, 3, 6, 23) <= at < datetime(2026, 3, 7, 3)]  # noqa: DTZ001 - local wall clock
    burst = [at for at in inbound if datetime(2026, 3, 7, 14, 6) <= at < datetime(2026, 3, 7, 14, 46)]  # noqa: DTZ001
    assert len(night) >= 12
    assert 40 <= len(burst) <= 50


def test_no_two_messages_are_nearly_the_same(versions):
    texts = [(ref, tokens(message["text"])) for ref, lines in versions.items() for message in lines]
    close = [
        (first, second)
        for (first, one), (second, other) in itertools.combinations(texts, 2)
        if first != second and len(one & other) >= 0.8 * len(one | other)
    ]
    assert close == []


def test_addresses_and_links_are_example_ones(stream):
    for message in stream:
        assert set(re.findall(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)", message["text"])) <= {"example.nl", "example.com"}
        assert set(re.findall(r"\b[\w-]+\.(?:nl|be|com|net|org|eu|io|de|fr|app)\b", message["text"])) <= {
            "example.nl",
            "example.com",
        }
        assert "http" not in message["text"]


def test_telephone_numbers_are_made_up(stream):
    for message in stream:
        for number in re.findall(r"(?<![\w,.-])(?:\+|0)\d[\d\s().-]{6,}\d", message["text"]):
            assert re.sub(r"\D", "", number).startswith("06123456")


def test_ibans_cannot_exist(stream):
    ibans = [iban for message in stream for iban in re.findall(r"\b[A-Z]{2}\d{2}[A-Z0-9]{10,30}\b", message["text"])]
    assert ibans
    for iban in ibans:
        digits = "".join(str(int(character, 36)) for character in iban[4:] + iban[:4])
        assert int(digits) % 97 != 1


def test_the_guide_names_ids_that_exist(versions):
    named = re.findall(r"m\d{4}", (DEMO / "README.md").read_text(encoding="utf-8"))
    assert named
    assert set(named) <= set(versions)
