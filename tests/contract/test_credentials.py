"""Secrets: static ones from the settings, rotating ones sealed in the store, and no error that shows one."""

from __future__ import annotations

import asyncio

import pytest
from cryptography.fernet import Fernet
from fakes import DAY, HOUR, MONDAY, FakeClock
from structlog.testing import capture_logs

from webcare.credentials import CannotSeal, StoredCredentials, missing
from webcare.ports.credentials import Fresh
from webcare.ports.errors import AuthFailed, Unavailable
from webcare.settings.model import Model
from webcare.store import credentials as sealed
from webcare.store import leases

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
TOKEN = "refresh_token"  # noqa: S105 - its name
STATIC = {"x-main": {"consumer_key": "ck", "refresh_token": "first"}}


def opened(store, *keys, static=STATIC, holder="one"):
    settings = Model(secrets=static, sealing={"keys": keys})
    return StoredCredentials(store, settings, FakeClock(MONDAY), holder)


def refreshing(*tokens):
    """A platform that hands out these refresh tokens, and notes which one it was shown."""
    shown, left = [], list(tokens)

    async def refresh(before):
        shown.append(before["refresh_token"])
        return Fresh(secrets={"refresh_token": left.pop(0)}, expires_at=MONDAY + DAY)

    return refresh, shown


async def test_static_secrets_need_no_key(store):
    assert await opened(store).current("x-main") == {"consumer_key": "ck", "refresh_token": "first"}
    assert await opened(store).current("nobody") == {}


async def test_a_rotated_secret_is_kept_before_it_is_handed_out_and_wins_over_the_settings(store):
    refresh, shown = refreshing("second", "third")
    mine = opened(store, NEW)
    assert await mine.rotate("x-main", refresh) == {"consumer_key": "ck", "refresh_token": "second"}
    kept = await store.read(sealed.get, "x-main")
    assert (kept.changed_at, kept.expires_at) == (MONDAY, MONDAY + DAY)
    assert b"second" not in kept.sealed
    assert await opened(store, NEW).current("x-main") == {"consumer_key": "ck", "refresh_token": "second"}
    await mine.rotate("x-main", refresh)
    assert shown == ["first", "second"]


async def test_a_platform_that_refuses_changes_nothing(store):
    async def refuse(_before):
        raise AuthFailed("no more")

    mine = opened(store, NEW)
    with pytest.raises(AuthFailed, match="no more"):
        await mine.rotate("x-main", refuse)
    assert await mine.current("x-main") == STATIC["x-main"]
    refresh, _ = refreshing("second")
    assert (await opened(store, NEW, holder="two").rotate("x-main", refresh))[TOKEN] == "second"  # the lease was given back


async def test_without_a_key_the_platform_is_not_even_asked(store):
    """Asked first and sealed then, the new token was lost and the old one dead."""
    refresh, shown = refreshing("second")
    with pytest.raises(CannotSeal, match=r"\[sealing\] keys") as refused:
        await opened(store).rotate("x-main", refresh)
    assert shown == []
    assert "first" not in str(refused.value)


async def test_only_one_daemon_asks(store):
    await store.write(leases.take, "credentials:x-main", "two", MONDAY + HOUR, MONDAY)
    refresh, shown = refreshing("second")
    with pytest.raises(Unavailable):
        await opened(store, NEW).rotate("x-main", refresh)
    assert shown == []


async def test_what_another_daemon_renewed_meanwhile_is_taken_and_not_renewed_again(store):
    """Two daemons found the token old; the second made the one that the first had just got worthless."""
    mine, other = opened(store, NEW), opened(store, NEW, holder="two")
    await mine.current("x-main")
    refresh, shown = refreshing("second", "third")
    await other.rotate("x-main", refresh)
    assert (await mine.rotate("x-main", refresh))[TOKEN] == "second"
    assert shown == ["first"]


async def test_a_token_that_the_platform_gave_is_kept_also_when_nobody_waits_any_more(store):
    asked, answer = asyncio.Event(), asyncio.Event()

    async def slow(_before):
        asked.set()
        await answer.wait()
        return Fresh(secrets={"refresh_token": "second"})

    mine = opened(store, NEW)
    caller = asyncio.create_task(mine.rotate("x-main", slow))
    await asked.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    answer.set()
    await asyncio.gather(*mine._rotating)
    assert (await mine.current("x-main"))[TOKEN] == "second"


async def test_an_old_key_still_opens_and_a_start_seals_anew_with_the_newest(store):
    await opened(store, OLD).put("x-main", Fresh(secrets={"refresh_token": "second"}, expires_at=MONDAY + DAY))
    both = opened(store, NEW, OLD)
    assert (await both.current("x-main"))[TOKEN] == "second"
    with capture_logs() as logged:
        assert [await both.rewrap(), await both.rewrap()] == [1, 0]
    assert [line["event"] for line in logged] == ["credentials.sealed_anew"]
    assert (await opened(store, NEW).current("x-main"))[TOKEN] == "second"
    assert (await store.read(sealed.get, "x-main")).expires_at == MONDAY + DAY


@pytest.mark.parametrize("keys", [(), (NEW,)], ids=["no key", "another key"])
async def test_what_no_key_opens_is_an_error_that_names_the_setting(store, keys):
    await opened(store, OLD).put("x-main", Fresh(secrets={"refresh_token": "second"}))
    with pytest.raises(CannotSeal, match=r"x-main.*\[sealing\] keys"):
        await opened(store, *keys).current("x-main")
    with capture_logs() as logged:
        assert await opened(store, *keys).rewrap() == 0
    assert [line["event"] for line in logged] == (["credentials.cannot_open"] if keys else [])


async def test_putting_some_secrets_leaves_the_others(store):
    mine = opened(store, NEW)
    await mine.put("y", Fresh(secrets={"a": "1", "b": "2"}))
    assert await mine.put("y", Fresh(secrets={"b": "3"})) == {"a": "1", "b": "3"}


def test_nothing_of_it_shows_a_secret():
    assert "second" not in repr(Fresh(secrets={"a": "second"}))
    assert "second" not in repr(sealed.Sealed(name="x", sealed=b"second", changed_at=MONDAY, expires_at=None))


def test_what_is_blank_is_missing():
    assert missing(("a", "b", "c"), {"a": "1", "b": " "}) == ["b", "c"]
