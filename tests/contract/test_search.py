"""Search: both databases find the same, whatever is typed; and what is erased is not found, nor kept anywhere."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from fakes import CHANNEL, HOUR, MONDAY, Desk, FakeClock, ours, said
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, text

from webcare.domain.folding import SHORTEST_PREFIX, wanted, words
from webcare.domain.message import Author
from webcare.services import desk as moves
from webcare.services import forget, search
from webcare.store import changes, customers, tables
from webcare.store import search as kept
from webcare.store.desk_tables import search_due, search_text
from webcare.store.door import open_store
from webcare.store.scrub import scrub


@pytest.fixture
async def desk(store):
    return await Desk.open(store)


async def index(desk):
    while await search.index(desk.store):
        pass


async def find(desk, typed, **changes):
    return (await desk.store.read(search.find, typed, **changes)).hits


async def found(desk, typed):
    """The texts that a search finds, by the newest."""
    return [hit.line for hit in await find(desk, typed)]


async def heard(desk, *texts, **changes):
    """Let a customer each write a text, the newest last, and index them."""
    messages = [
        said(f"m{n}", text, MONDAY + timedelta(minutes=n), by=f"c{n}", conversation_id=f"t{n}", **changes)
        for n, text in enumerate(texts, 1)
    ]
    await desk.hear(*messages)
    await index(desk)


# --- finding


async def test_words_are_found_however_they_are_written(desk):
    await heard(desk, "Waar is mijn rode Bank?", "De CAFÉ-bestelling!", "bank en café?")
    stories = {
        "bank": ["bank en café?", "Waar is mijn rode Bank?"],
        "cafe-best": ["De CAFÉ-bestelling!"],
        "Café": ["bank en café?", "De CAFÉ-bestelling!"],
        "bank cafe": ["bank en café?"],
        "ban": ["bank en café?", "Waar is mijn rode Bank?"],
        "b": [],
        "ban rode": [],
        "piano": [],
        "": [],
        "😀": [],
    }
    for typed, expected in stories.items():
        assert await found(desk, typed) == expected, typed


@pytest.mark.parametrize("typed", ["anna", "@Anna_B", "31612345678", "wamid.HBg", "m-77"])
async def test_customers_and_ids_are_found(desk, typed):
    await desk.hear(
        said("wamid.HBgM=", "hello?", MONDAY, author=Author(id="31612345678", name="Anna", handle="anna_b")),
        said(
            "M-77",
            "hello anna?",
            MONDAY + HOUR,
            by="bob",
            conversation_id="m-77",
            author=Author(id="31612345678", name="Anna", handle="anna_b"),
        ),
    )
    await index(desk)
    assert await find(desk, typed)


async def test_what_we_wrote_is_found_but_not_by_our_name(desk):
    await desk.hear(said("m1", "hello?", MONDAY), ours("a1", MONDAY + HOUR, "m1", text="Your sofa leaves today"))
    await index(desk)
    assert [(hit.case, hit.direction) for hit in await find(desk, "sofa")] == [(1, "outbound")]
    assert await found(desk, "noor") == []


async def test_a_case_is_found_by_its_number_and_once(desk):
    await heard(desk, "sofa 2?", "lamp?", "thanks")
    await desk.hear(said("more", "the sofa, the sofa!", MONDAY + HOUR, by="c1", conversation_id="t1"))
    await index(desk)
    assert [(hit.case, hit.line, hit.by_number) for hit in await find(desk, "sofa")] == [(1, "the sofa, the sofa!", False)]
    assert [(hit.case, hit.by_number) for hit in await find(desk, " #2 ")] == [(2, True), (1, False)]
    assert [(hit.case, hit.message, hit.state) for hit in await find(desk, "thanks")] == [(None, 3, None)]
    assert await find(desk, "9" * 30) == ()


async def test_more_is_said(desk):
    await heard(desk, *["sofa?"] * 4)
    some = await desk.store.read(search.find, "sofa", limit=3)
    assert (len(some.hits), some.more) == (3, True)
    assert (await desk.store.read(search.find, "sofa", limit=4)).more is False


@pytest.mark.parametrize(
    "typed",
    [
        *(
            '"',
            "'",
            "a'b",
            '"sofa',
            "sofa*",
            "AND",
            "NOT sofa",
            "NEAR(sofa lamp)",
            "words:sofa",
            "-sofa",
            "(",
            "^sofa",
            "a:*",
            "&|!",
        ),
        *("\\", "\x00", "\ud800", "%", "sofa\n", "x" * 5000, "sofa " * 2000, "日本", "🛋️ sofa", "<->", "{", "#"),
    ],
)
async def test_nothing_that_is_typed_raises(desk, typed):
    await heard(desk, "sofa?")
    await found(desk, typed)
    await desk.store.read(search.cases_with, typed, "open")


# --- both databases find the same


@pytest.fixture
def both(sqlite_url, postgres_url):
    """A store of each database, and what runs them."""
    with asyncio.Runner() as runner:
        stores = [open_store(sqlite_url, durable=False), open_store(postgres_url)]
        yield stores, runner.run
        for store in stores:
            runner.run(store.close())


ALPHABET = "aábcéßﬁIİ 日本0٣9'\"*:&|!()-_.😀\u0301\u200d"
TEXTS = st.lists(st.text(ALPHABET, max_size=12), min_size=1, max_size=6)


def corpus(conn, texts):
    conn.execute(delete(search_due))
    conn.execute(delete(search_text))
    rows = [{"message": n, "words": " ".join(words(one))} for n, one in enumerate(texts, 1)]
    conn.execute(insert(search_text), [row for row in rows if row["words"]] or [{"message": 99, "words": "zzz"}])


def expected(texts, typed):
    """What a search ought to find, said as plainly as can be."""
    cut = [word for part in typed.split() for word in words(part)] if typed.strip() else []
    if not cut:
        return []
    *whole, last = cut
    found = []
    for n, one in enumerate(texts, 1):
        have = words(one)
        ends = any(word.startswith(last) for word in have) if len(last) >= SHORTEST_PREFIX else last in have
        if ends and set(whole) <= set(have):
            found.append(n)
    return found[::-1]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(texts=TEXTS, typed=st.text(ALPHABET, max_size=8))
def test_both_databases_find_the_same(both, texts, typed):
    stores, run = both

    async def ask(store):
        await store.write(corpus, texts)
        return await store.read(lambda conn: kept.matching(conn, wanted(typed), 100))

    assert [run(ask(store)) for store in stores] == [expected(texts, typed)] * 2


# --- what changes, and what goes


async def test_an_edit_is_found_by_its_new_words_only(desk):
    await heard(desk, "the sofa?")
    await desk.hear(said("m1", "the lamp?", MONDAY + HOUR, by="c1", conversation_id="t1"))
    assert await found(desk, "sofa") == []  # also before the new words are written
    await index(desk)
    assert await found(desk, "lamp") == ["the lamp?"]


async def test_a_message_that_is_taken_back_is_not_found(desk):
    await heard(desk, "the sofa?")
    await desk.store.write(changes.erase, 1, MONDAY + HOUR)
    assert await found(desk, "sofa") == []
    await index(desk)
    assert await found(desk, "sofa") == []
    assert await found(desk, "c1") != []  # who wrote it, and when, stays


async def test_what_waits_is_written_in_batches_the_newest_first(desk):
    await desk.hear(*(said(f"m{n}", f"text{n} sofa?", MONDAY, by=f"c{n}", conversation_id=f"t{n}") for n in range(1, 6)))
    assert await search.index(desk.store, 2) == 2
    assert await found(desk, "sofa") == ["text5 sofa?", "text4 sofa?"]
    assert [await search.index(desk.store, 2) for _ in range(3)] == [2, 1, 0]


async def test_two_daemons_write_each_word_once(desk):
    await desk.hear(*(said(f"m{n}", "sofa?", MONDAY, by=f"c{n}", conversation_id=f"t{n}") for n in range(1, 21)))
    await asyncio.gather(*(search.index(desk.store, 5) for _ in range(8)))
    await index(desk)
    assert len(await find(desk, "sofa")) == 20
    assert len(await desk.rows(search_text)) == 20


async def erase(desk, name):
    who = await desk.store.read(customers.named, name)
    await forget.erase(desk.store, who, by="admin", rules_of=lambda _conn, _revision: desk.rules, clock=FakeClock(MONDAY + HOUR))


async def test_who_is_erased_is_not_found_and_begins_anew(desk):
    await heard(desk, "my unmistakable sofa?")
    await desk.store.write(moves.block, 1, by="noor", reason="house rule", rules=desk.rules, now=MONDAY + HOUR)
    await erase(desk, "twitter:c1")
    await index(desk)
    for typed in ("unmistakable", "c1", "m1", "erased"):
        assert await found(desk, typed) == [], typed
    assert await desk.store.read(lambda conn: conn.execute(select(search_text)).all()) == []
    await desk.hear(said("m2", "hello again?", MONDAY + 2 * HOUR, by="c1", conversation_id="t1"))
    assert [row["state"] for row in await desk.cases()][-1] == "open"


def holds(url, word):
    return any(word.encode() in file.read_bytes() for file in Path(url.removeprefix("sqlite:///")).parent.glob("webcare.db*"))


PRIVATE = "unmistakable"


async def with_secrets(url):
    """Keep many messages, some of whose words nobody else uses, in several parts of the index; take those back."""
    store = open_store(url)
    desk = await Desk.open(store)
    for n in range(12):
        wordy = f"{PRIVATE}{n} sofa number {n}?" if n % 3 == 0 else f"an ordinary lamp {n}?"
        await desk.hear(said(f"m{n}", wordy, MONDAY, by=f"c{n}", conversation_id=f"t{n}"))
        await index(desk)
    assert holds(url, PRIVATE)
    for n in range(0, 12, 3):
        await store.write(changes.erase, n + 1, MONDAY + HOUR)
    await index(desk)
    return store, desk


async def test_tidied_the_file_holds_no_erased_word(sqlite_url):
    """SQLite's index only marks words as deleted; they stay in the file until its parts are merged."""
    store, desk = await with_secrets(sqlite_url)
    await search.tidy(store)
    assert await search.tidy(store) == 0
    assert len(await found(desk, "lamp")) == 8
    await store.write(
        lambda conn: conn.execute(text("INSERT INTO search_index (search_index) VALUES ('integrity-check')")).close()
    )
    await store.close()
    assert not holds(sqlite_url, PRIVATE)


async def test_rewritten_the_file_holds_no_erased_word(sqlite_url):
    store, _ = await with_secrets(sqlite_url)
    await store.close()
    scrub(sqlite_url)
    assert not holds(sqlite_url, PRIVATE)


async def test_messages_that_came_before_the_index_are_found(desk):
    """As after a move to another database: the messages are there, their words are not."""
    await heard(desk, "the sofa?")
    await desk.store.write(lambda conn: conn.execute(delete(search_text)).rowcount)
    await desk.store.write(
        lambda conn: conn.execute(insert(search_due).from_select(["message"], select(tables.message.c.id))).rowcount
    )
    await index(desk)
    assert await found(desk, "sofa") == ["the sofa?"]
    assert (await find(desk, "sofa"))[0].channel == CHANNEL
