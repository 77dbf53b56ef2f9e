"""Webhooks over real HTTP: signed by the simulators, kept byte for byte before the 200, and never acknowledged when they were not."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import hmac
import io
import json
import logging
import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest
import structlog
from sqlalchemy import make_url
from webs import META, SECRETS, serving, simulator

from connectors.twitter.webhook import SIGNATURE, signed
from webcare.store import hooks, raw_bodies
from webcare.store.door import open_store
from webcare.web.hooks import AT_ONCE, LARGEST
from webcare.web.remote import networks

WORDS = "Waar blijft mijn monteur? Het is hier 12 °C 😡 / \\u0000"


def meta_signature(raw):
    return {"X-Hub-Signature-256": "sha256=" + hmac.new(META["app_secret"].encode(), raw, hashlib.sha256).hexdigest()}


def x_signature(raw):
    return {SIGNATURE: signed(SECRETS["twitter"]["consumer_secret"], raw)}


SIGNED = {"facebook": meta_signature, "whatsapp": meta_signature, "twitter": x_signature}


@pytest.fixture
async def webs(store):
    async with serving(store) as found:
        yield found


async def post(webs, kind, raw, headers=None):
    """Deliver bytes as that platform would and return the status."""
    headers = SIGNED[kind](raw) if headers is None else headers
    async with webs.session.post(webs.hook(kind), data=io.BytesIO(raw), headers=headers) as answer:
        await answer.read()
        return answer.status


# --- from the platforms


async def test_whatsapp_subscribes_and_delivers(webs):
    """Twice, as happens when one of several apps failed: both are kept, the message itself is told apart later."""
    async with simulator("whatsapp", webs.session) as play:
        assert await play("hooks", url=webs.hook("whatsapp"), **META) == {"subscribed": True}
        await play("deliveries", twice=True)
        await play("messages", number="31612345678", text=WORDS)
        await play("settle")
    (first, second) = await webs.kept()
    assert first == second
    assert first[0] == webs.hooks["whatsapp"]
    assert b"\\u00b0" in first[1]  # escaped as Meta does; another spelling would have another signature
    assert json.loads(first[1])["entry"][0]["changes"][0]["value"]["messages"][0]["text"]["body"] == WORDS
    assert webs.woken == 2


async def test_facebook_subscribes_and_delivers(webs):
    async with simulator("facebook", webs.session) as play:
        assert await play("hook", url=webs.hook("facebook")) == {"subscribed": True}
        told = await play("message", person="7001", text=WORDS)
        assert told["delivered"] == 1
        assert (await play("deliver", twice=True)) == {"delivered": 0, "waiting": 0}
    ((hook, body, headers, state),) = await webs.kept()
    assert (hook, state) == (webs.hooks["facebook"], "new")
    assert json.loads(body)["entry"][0]["messaging"][0]["message"]["text"] == WORDS
    assert headers["content-type"] == "application/json"


async def test_x_subscribes_and_delivers(webs):
    async with simulator("twitter", webs.session) as play:
        assert await play("hook", url=webs.hook("twitter")) == {"valid": True}
        body = {"for_user_id": "1", "tweet_create_events": [{"id_str": "2", "text": WORDS}]}
        assert await play("deliver", url=webs.hook("twitter"), body=body, times=2) == {"statuses": [200, 200]}
        forged = await play("deliver", url=webs.hook("twitter"), body=body, signature="sha256=AAAA")
        assert forged == {"statuses": [403]}
    assert [json.loads(row[1]) for row in await webs.kept()] == [body, body]


async def test_a_failed_delivery_comes_again_and_is_kept_then(webs):
    """While we have no secrets nothing is acknowledged; the platform's own retry brings it once we have."""
    async with simulator("whatsapp", webs.session) as play:
        await play("hooks", url=webs.hook("whatsapp"), **META)
        webs.secrets["whatsapp"] = {}
        await play("messages", number="31612345678", text="hallo?")
        await play("settle")
        assert await webs.kept() == []
        webs.secrets["whatsapp"] = META
        await play("clock", seconds=3600)
    assert len(await webs.kept()) == 1


@pytest.mark.parametrize(
    ("kind", "query", "status", "text"),
    [
        ("facebook", {"hub.mode": "subscribe", "hub.verify_token": "sim-verify-token", "hub.challenge": "<b>42"}, 200, "<b>42"),
        ("whatsapp", {"hub.mode": "subscribe", "hub.verify_token": "wrong", "hub.challenge": "42"}, 403, None),
        ("whatsapp", {"hub.mode": "subscribe", "hub.verify_token": "sim-verify-token", "hub.challenge": "\ud800"}, None, None),
        ("twitter", {"crc_token": ""}, 404, None),
        ("twitter", {}, 404, None),
    ],
)
async def test_handshakes(webs, kind, query, status, text):
    async with webs.session.get(
        webs.hook(kind), params={k: v.encode("utf-8", "replace").decode() for k, v in query.items()}
    ) as answer:
        found = await answer.text()
    assert status is None or answer.status == status
    assert text is None or found == text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.content_type == "text/plain"


# --- what is not from the platforms


RAW = b'{"object": "page", "entry": []}'


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hub-Signature-256": "sha256=" + "0" * 64},
        {"X-Hub-Signature-256": ""},
        meta_signature(RAW + b" "),
        {"X-Hub-Signature": meta_signature(RAW)["X-Hub-Signature-256"]},
    ],
    ids=["none", "wrong", "empty", "of-other-bytes", "in-the-old-header"],
)
async def test_what_is_not_signed_leaves_no_trace(webs, headers):
    assert await post(webs, "facebook", RAW, headers) == 403
    assert (await webs.kept(), webs.woken) == ([], 0)


async def test_strangers_fill_no_log_and_no_label(webs):
    """One line a minute and address of ours, however often they knock, with who it was and how often it was kept quiet."""
    with structlog.testing.capture_logs() as lines:
        for _ in range(3):
            await post(webs, "facebook", b"{}", {"X-Forwarded-For": "198.51.100.7"})
        webs.clock.at_machine += timedelta(minutes=1)
        await post(webs, "facebook", b"{}", {})
    said = {"event": "hook.refused", "log_level": "warning", "kind": "facebook", "app": "facebook-app", "why": "unproven"}
    assert lines == [{**said, "caller": "127.0.0.1", "muted": 0}, {**said, "caller": "127.0.0.1", "muted": 2}]
    assert webs.hooks["facebook"] not in str(lines)
    assert (await webs.metrics())['webcare_hook_requests_total{kind="facebook",outcome="unproven"}'] == 4


async def test_behind_a_trusted_proxy_the_line_names_who_called_it(store):
    async with serving(store, trusted=networks(["127.0.0.1"])) as webs:
        with structlog.testing.capture_logs() as lines:
            await post(webs, "facebook", b"{}", {"X-Forwarded-For": "203.0.113.9, 198.51.100.7"})
    assert [line["caller"] for line in lines] == ["198.51.100.7"]


async def test_without_secrets_nobody_gets_in_and_it_is_said_once(webs):
    webs.secrets["facebook"] = {}
    with structlog.testing.capture_logs() as lines:
        for _ in range(2):
            assert await post(webs, "facebook", RAW) == 403
            webs.clock.at_machine += timedelta(hours=1)
        async with webs.session.get(webs.hook("facebook"), params={"hub.mode": "subscribe", "hub.challenge": "1"}) as answer:
            assert answer.status == 403
    assert [line["why"] for line in lines] == ["closed"]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_unknown_address_is_as_unknown_as_any(webs, method):
    """Neither the answer nor the time to it tells an address that exists from one that does not."""
    answers = set()
    for path in ("/hooks/nobody", f"/hooks/{'a' * 43}", "/hooks/%00", "/hooks/💥"):
        async with webs.session.request(method, webs.url("hooks", path)) as answer:
            answers.add((answer.status, await answer.text()))
    assert answers == {(404, "unknown")}
    name = 'webcare_hook_requests_total{kind="unknown",outcome="unknown"}'
    assert (await webs.metrics())[name] == 4


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/metrics", "/hooks", "/hooks/", "/hooks/a/b"])
async def test_nothing_but_hooks_answers_there(webs, path):
    async with webs.session.get(webs.url("hooks", path)) as answer:
        assert answer.status == 404


async def test_no_answer_says_what_we_are_built_on(webs):
    for url in (webs.hook("facebook"), webs.url("hooks", "/"), webs.url("metrics", "/metrics")):
        async with webs.session.get(url) as answer:
            assert answer.headers["Server"] == "webcare"


async def test_no_log_holds_an_address_or_a_token(webs, caplog):
    """Whoever knows the address may knock; the token of a handshake stands in its query."""
    caplog.set_level(logging.DEBUG)
    query = {"hub.mode": "subscribe", "hub.verify_token": META["verify_token"], "hub.challenge": "1"}
    for token in (META["verify_token"], "guessed"):
        async with webs.session.get(webs.hook("facebook"), params={**query, "hub.verify_token": token}) as answer:
            await answer.read()
    assert await post(webs, "facebook", RAW) == 200
    for secret in (webs.hooks["facebook"], META["verify_token"], "guessed"):
        assert secret not in caplog.text


# --- bodies that are too much


def padded(size):
    return b'{"pad": "' + b"x" * (size - 11) + b'"}'


async def in_chunks(raw, size=65536):
    for i in range(0, len(raw), size):
        yield raw[i : i + size]


async def test_a_mebibyte_is_taken_and_a_byte_more_is_not(webs):
    assert len(padded(LARGEST)) == LARGEST
    assert await post(webs, "facebook", padded(LARGEST)) == 200
    assert await post(webs, "facebook", padded(LARGEST + 1)) == 413
    assert [len(row[1]) for row in await webs.kept()] == [LARGEST]


@pytest.mark.parametrize(("size", "status"), [(LARGEST, 200), (LARGEST + 1, 413)])
async def test_bytes_are_counted_whatever_the_headers_promise(webs, size, status):
    """A chunked body names no length."""
    raw = padded(size)
    async with webs.session.post(webs.hook("facebook"), data=in_chunks(raw), headers=meta_signature(raw)) as answer:
        assert answer.status == status
    assert len(await webs.kept()) == (status == 200)


async def test_a_body_without_an_end_is_cut_off(webs):
    reader, writer = await connect(webs)
    writer.write(request_head(webs, "Transfer-Encoding: chunked"))
    try:
        while not reader._buffer:
            writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            await writer.drain()
    except ConnectionError:
        pass
    assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
    writer.close()


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, identity", "GZIP"])
async def test_compressed_bodies_are_refused_unseen(webs, encoding):
    """A few kilobytes of gzip are a gigabyte of zeros."""
    bomb = gzip.compress(b"0" * 10_000_000)
    headers = {**meta_signature(bomb), "Content-Encoding": encoding}
    async with webs.session.post(webs.hook("facebook"), data=bomb, headers=headers) as answer:
        assert answer.status == 415
    assert await webs.kept() == []


async def test_identity_is_no_compression(webs):
    raw = b"{}"
    assert await post(webs, "facebook", raw, {**meta_signature(raw), "Content-Encoding": "identity"}) == 200


@pytest.mark.parametrize("raw", [b"", b"not JSON", b"\xff\xfe\x00", b"[" * 200_000, b'{"a": NaN}', b"null"])
async def test_what_is_signed_is_kept_whatever_it_is(webs, raw):
    """Reading is for later: then it is seen as unreadable by a person, instead of being lost."""
    assert await post(webs, "facebook", raw) == 200
    assert [row[1] for row in await webs.kept()] == [raw]


async def test_what_proves_a_body_does_not_stay_with_it(webs):
    raw = b"{}"
    headers = {
        "Cookie": "a=b",
        "Authorization": "Bearer x",
        "X-Signature-Timestamp": "1790000000",
        "Content-Type": "application/json",
    }
    assert await post(webs, "facebook", raw, {**meta_signature(raw), **headers, "User-Agent": "facebookexternalua"}) == 200
    ((_, _, kept, _),) = await webs.kept()
    assert kept == {"content-type": "application/json", "x-signature-timestamp": "1790000000", "user-agent": "facebookexternalua"}


# --- slow ones


async def connect(webs):
    return await asyncio.open_connection(*webs.listener.addresses("hooks")[0])


def request_head(webs, *headers):
    return "\r\n".join([f"POST /hooks/{webs.hooks['facebook']} HTTP/1.1", "Host: a", *headers, "", ""]).encode()


async def test_a_body_that_does_not_arrive_in_time(store):
    """Whoever drips bytes holds a connection for so long and no longer."""
    async with serving(store, body_within=0.05) as webs:
        reader, writer = await connect(webs)
        writer.write(request_head(webs, "Content-Length: 100") + b"{")
        async with asyncio.timeout(10):
            assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
        writer.close()
        name = 'webcare_hook_requests_total{kind="facebook",outcome="too_slow"}'
        assert (await webs.metrics())[name] == 1


async def test_a_connection_that_breaks_off_is_no_body(webs):
    _, writer = await connect(webs)
    writer.write(request_head(webs, "Content-Length: 100") + b"{")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    name = 'webcare_hook_requests_total{kind="facebook",outcome="cut_off"}'
    while name not in await webs.metrics():
        pass
    assert await webs.kept() == []


async def test_too_many_at_once_are_asked_to_come_back(webs):
    """What waits for its bytes takes memory; a platform sends again, a machine without memory takes nothing more."""
    waiting = [await connect(webs) for _ in range(AT_ONCE)]
    for _, writer in waiting:
        writer.write(request_head(webs, "Content-Length: 2") + b"{")
    raw = b"{}"
    while await post(webs, "facebook", raw) == 200:
        pass
    assert await post(webs, "facebook", raw) == 503
    for _, writer in waiting:
        writer.write(b"}")
    for reader, writer in waiting:
        assert (await reader.readline()).startswith(b"HTTP/1.1 403 ")
        writer.close()
    assert await post(webs, "facebook", raw) == 200


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /hooks/secret?hub.verify_token=secret HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST /hooks/secret HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /hooks/secret HTTP/1.1\r\nHost: a\r\nX-A: " + b"x" * 100_000 + b"\r\n\r\n",
        b"POST /hooks/secret HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
    ],
    ids=["version", "tls", "length", "header", "smuggling"],
)
async def test_bad_http_is_answered_briefly_and_leaves_no_line(webs, raw, caplog):
    reader, writer = await connect(webs)
    with structlog.testing.capture_logs() as lines:
        writer.write(raw)
        answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.")
    assert b" 400 " in answer.splitlines()[0]
    assert b"Server: webcare\r\n" in answer
    assert b"secret" not in answer
    assert lines == []
    assert "secret" not in caplog.text


# --- the database


async def test_a_locked_database_acknowledges_nothing(sqlite_url):
    store = open_store(sqlite_url)
    async with serving(store) as webs:
        await store.write(lambda conn: conn.exec_driver_sql("PRAGMA busy_timeout=0") and None)
        other = sqlite3.connect(make_url(sqlite_url).database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        raw = b'{"object": "page"}'
        async with webs.session.post(webs.hook("facebook"), data=raw, headers=meta_signature(raw)) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
        assert (await webs.kept(), webs.woken) == ([], 0)
        other.execute("ROLLBACK")
        other.close()
        assert await post(webs, "facebook", raw) == 200
        assert len(await webs.kept()) == 1
    await store.close()


async def test_a_full_disk_acknowledges_nothing(sqlite_url):
    """Nor does it lose what it acknowledged before."""
    store = open_store(sqlite_url)
    async with serving(store) as webs:
        pages = await store.read(lambda conn: conn.exec_driver_sql("PRAGMA page_count").scalar())
        await store.write(lambda conn: conn.exec_driver_sql(f"PRAGMA max_page_count={pages + 20}").scalar())
        raws = [padded(10_000 + n) for n in range(30)]
        statuses = await asyncio.gather(*(post(webs, "facebook", raw) for raw in raws))
        assert set(statuses) == {200, 503}
        kept = {row[1] for row in await webs.kept()}
        assert kept == {raw for raw, status in zip(raws, statuses, strict=True) if status == 200}
    await store.close()


async def test_a_read_only_database_acknowledges_nothing(sqlite_url):
    store = open_store(sqlite_url)
    async with serving(store) as webs:
        await store.write(lambda conn: conn.exec_driver_sql("PRAGMA query_only=ON") and None)
        assert await post(webs, "facebook", b"{}") == 503
        assert (await webs.kept(), webs.woken) == ([], 0)
    await store.close()


async def test_a_database_that_is_gone_acknowledges_nothing(webs):
    await webs.store.close()
    assert await post(webs, "facebook", b"{}") == 503


async def test_what_was_acknowledged_can_be_read_the_moment_the_answer_is_there(webs):
    """The collector is woken after the commit, never before."""
    seen = []
    webs.parts.receiver._on_kept = lambda: seen.append(webs.store.read(raw_bodies_waiting))
    for n in range(3):
        assert await post(webs, "facebook", b"{}") == 200
        assert await seen[n] == n + 1


def raw_bodies_waiting(conn):
    return (
        len(raw_bodies.unread(conn, 10))
        if conn.dialect.name == "sqlite"
        else conn.exec_driver_sql("SELECT count(*) FROM raw_body").scalar()
    )


# --- a connector that stumbles, and addresses


async def test_a_connector_that_stumbles_lets_nobody_in(webs, monkeypatch):
    """Its platform is told to send again: the mistake is ours."""

    def stumble(*_):
        raise RecursionError("words of a customer")

    hook_id = webs.hooks["facebook"]
    hook = webs.parts.receiver.hooks[hook_id]
    broken = replace(hook, spec=replace(hook.spec, verify=stumble, handshake=stumble))
    webs.parts.receiver.hooks = {hook_id: broken}
    with structlog.testing.capture_logs() as lines:
        assert await post(webs, "facebook", b"{}") == 500
        async with webs.session.get(webs.hook("facebook"), params={"hub.mode": "subscribe"}) as answer:
            assert answer.status == 500
    assert await webs.kept() == []
    assert {line["event"] for line in lines} == {"hook.crashed", "hook.refused"}


async def test_an_address_is_made_once_and_stays(store, webs):
    again = await store.write(hooks.ensure, "facebook", "facebook-app", webs.clock.machine())
    assert again == webs.hooks["facebook"]
    other = await store.write(hooks.ensure, "facebook", "other-app", webs.clock.machine())
    assert other != again
    assert len(other) >= 32
    found = await store.read(hooks.all_hooks)
    assert {(row.kind, row.app): row.id for row in found}["facebook", "other-app"] == other
    assert len(found) == 4
