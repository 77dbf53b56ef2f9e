"""What a stranger writes as an address reaches machines of the internet, and nothing of ours: over real sockets, with names of our own."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import pytest
import trustme
from aiohttp import ClientError, ClientSession, ClientTimeout, web
from aiohttp.abc import AbstractResolver
from aiohttp.test_utils import TestServer

from webcare.discovery import connectors
from webcare.domain.message import Attachment
from webcare.ports.connector import Capability
from webcare.ports.errors import Rejected
from webcare.safe_session import SafeSession, is_public, open_outside

MOST = 1000


class FakeResolver(AbstractResolver):
    """Names as we like them: each answer once, the last one for ever."""

    def __init__(self, **names):
        self.names = {name.replace("_", "."): list(addresses) for name, addresses in names.items()}
        self.asked = []

    async def resolve(self, host, port=0, family=socket.AF_UNSPEC):  # noqa: ARG002 - as the port has it
        self.asked.append(host)
        known = self.names[host]
        found = known.pop(0) if len(known) > 1 else known[0]
        kind = socket.AF_INET6 if ":" in found else socket.AF_INET
        return [{"hostname": host, "host": found, "port": port, "family": kind, "proto": 0, "flags": 0}]

    async def close(self):
        pass


@dataclass
class Platform:
    """A server that does what the path says, and remembers what it was asked."""

    seen: list = field(default_factory=list)

    def app(self):
        app = web.Application()
        app.router.add_get("/to", self.to)
        app.router.add_get("/large", self.large)
        app.router.add_get("/slow", self.slow)
        app.router.add_get("/{rest:.*}", self.file)
        return app

    async def file(self, request):
        self.seen.append((request.host, request.path, dict(request.headers)))
        return web.Response(body=b"bytes of a file", content_type="image/png")

    async def to(self, request):
        self.seen.append((request.host, request.path, dict(request.headers)))
        return web.Response(status=302, headers={"Location": request.query.get("url", "/to")})

    async def large(self, request):
        answer = web.StreamResponse()  # without a length: only counting tells
        await answer.prepare(request)
        for _ in range(MOST):
            await answer.write(b"x" * MOST)
        return answer

    async def slow(self, request):
        answer = web.StreamResponse()
        await answer.prepare(request)
        await answer.write(b"x")
        await asyncio.Event().wait()


@pytest.fixture
async def platform():
    return Platform()


@asynccontextmanager
async def fetching(platform, resolver=None, *, may_reach=is_public, own_hosts=frozenset(), limits=None):
    """Yield a session whose home is the platform's server, and that server's address."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(TestServer(platform.app(), host="127.0.0.1"))
        inside = await stack.enter_async_context(ClientSession())
        more = {"limits": limits} if limits else {}
        outside = await stack.enter_async_context(open_outside(resolver=resolver, may_reach=may_reach, **more))
        home = str(server.make_url("/")).rstrip("/")
        yield SafeSession(inside, outside, home=home, own_hosts=own_hosts, most=lambda: MOST), home


async def get(session, url, **said):
    async with session.request("GET", url, **said) as answer:
        return answer.status, await answer.read()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - it is asked, not listened on
        "224.0.0.1",
        "255.255.255.255",
        "240.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "2606:4700::1111%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "::ffff:93.184.215.14",
        "::10.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b::5db8:d70e",
        "64:ff9b:1::a00:1",
        "2002:a00:1::1",
        "2001:0:a00:1::1",
        "2001:db8::1",
        "3fff::1",
        "not an address",
        "0177.0.0.1",
        "2130706433",
    ],
)
def test_an_address_that_is_none_of_the_internet(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:4700:4700::1111", "2a03:2880:f12f:83::1"])
def test_an_address_of_the_internet(address):
    assert is_public(address)


@pytest.mark.parametrize("inner", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "fd00::1", "64:ff9b::a00:1"])
async def test_a_name_that_leads_to_our_own_network_is_not_followed(platform, inner):
    async with fetching(platform, FakeResolver(cdn_example=[inner])) as (session, _):
        with pytest.raises(Rejected, match="no machine of the internet"):
            await get(session, "https://cdn.example/photo")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "169.254.169.254",
        "[::1]",
        "[::ffff:10.0.0.1]",
        "[::ffff:a00:1]",
        "2130706433",
        "0177.0.0.1",
        "0x7f.1",
        "127.1",
    ],
)
async def test_an_address_in_whatever_writing_is_not_followed(platform, host):
    """Some of these are numbers that only the system's own look-up understands: it is asked, and its answer judged."""
    async with fetching(platform) as (session, _):
        with pytest.raises(Rejected):
            await get(session, f"https://{host}/photo")
    assert platform.seen == []


async def test_names_of_this_machine_are_not_followed(platform):
    async with fetching(platform) as (session, _):
        with pytest.raises(Rejected):
            await get(session, "https://localhost/photo")


@pytest.mark.parametrize(
    "url",
    [
        "http://cdn.example/a",
        "ftp://cdn.example/a",
        "file:///etc/passwd",
        "https://me:word@cdn.example/a",
        "https://",
        "no",
        "//x",
    ],
)
async def test_only_plain_secure_addresses_are_asked(platform, url):
    resolver = FakeResolver(cdn_example=["93.184.215.14"])
    async with fetching(platform, resolver) as (session, _):
        with pytest.raises(Rejected, match="address of the file"):
            await get(session, url)
    assert resolver.asked == []


@pytest.mark.parametrize(
    "inner",
    ["http://169.254.169.254/latest/meta-data", "https://169.254.169.254/", "https://[::ffff:10.0.0.1]/", "https://in.example/"],
)
async def test_a_redirect_leads_no_further_than_an_address_would(platform, inner):
    async with fetching(platform, FakeResolver(in_example=["192.168.1.1"])) as (session, home):
        with pytest.raises(Rejected):
            await get(session, f"{home}/to?url={inner}")
    assert [path for _, path, _ in platform.seen] == ["/to"]


async def test_another_port_of_this_machine_is_not_the_simulator(platform):
    async with fetching(platform) as (session, _), TestServer(Platform().app(), host="127.0.0.1") as other:
        with pytest.raises(Rejected):
            await get(session, str(other.make_url("/admin")))


async def test_redirects_come_to_an_end(platform):
    async with fetching(platform) as (session, home):
        assert await get(session, f"{home}/to?url={home}/file") == (200, b"bytes of a file")
        with pytest.raises(Rejected, match="on and on"):
            await get(session, f"{home}/to")
    assert [path for _, path, _ in platform.seen] == ["/to", "/file", "/to", "/to", "/to", "/to"]


async def test_a_connector_may_follow_redirects_itself(platform):
    async with fetching(platform) as (session, home):
        asked = session.request("GET", f"{home}/to?url=https://10.0.0.1/", allow_redirects=False)
        async with asked as answer:
            assert (answer.status, answer.headers["Location"]) == (302, "https://10.0.0.1/")


async def test_no_more_is_read_than_is_kept(platform):
    async with fetching(platform) as (session, home):
        with pytest.raises(Rejected, match="larger than 1000 bytes"):
            await get(session, f"{home}/large")


async def test_a_body_is_read_in_pieces_as_one_that_comes(platform):
    async with fetching(platform) as (session, home), session.request("GET", f"{home}/file") as answer:
        assert b"".join([piece async for piece in answer.content.iter_chunked(4)]) == b"bytes of a file"
        assert await answer.content.read(5) == b"bytes"
        assert answer.headers["Content-Type"] == "image/png"


async def test_a_body_that_never_ends_is_given_up(platform):
    async with fetching(platform) as (session, home):
        with pytest.raises((ClientError, TimeoutError)):
            await get(session, f"{home}/slow", timeout=ClientTimeout(sock_read=0.05))


FETCHING = [found.spec for found in connectors() if found.spec is not None and Capability.FETCH in found.spec.capabilities]


@pytest.mark.parametrize("spec", FETCHING, ids=[spec.kind for spec in FETCHING])
async def test_every_connector_fetches_through_it(platform, spec):
    async with fetching(platform) as (session, home):
        config = spec.config(**{spec.account: "1234567890", "base_url": home})
        client = spec.client(config, session, dict.fromkeys(spec.secrets, "hunter2"))
        found = await client.fetch(Attachment(type="image", url=f"{home}/file"), most=MOST)
        assert (found.content, found.mime) == (b"bytes of a file", "image/png")
        with pytest.raises(Rejected):
            await client.fetch(Attachment(type="image", url="https://10.0.0.1/file"), most=MOST)


# --- strangers, over TLS: names that lead to this machine, which these tests allow


@asynccontextmanager
async def a_stranger(platform, resolver, *, may_reach=lambda _address: True, own_hosts=frozenset()):
    ca = trustme.CA()
    theirs, ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    ca.issue_cert("cdn.example", "files.example").configure_cert(theirs)
    ca.configure_trust(ours)
    server = TestServer(platform.app(), host="127.0.0.1")
    await server.start_server(ssl=theirs)
    try:
        async with ClientSession() as inside, open_outside(resolver=resolver, may_reach=may_reach, tls=ours) as outside:
            session = SafeSession(inside, outside, home="https://api.example", own_hosts=own_hosts, most=lambda: MOST)
            yield session, server.port
    finally:
        await server.close()


async def test_keys_go_to_the_platform_and_to_nobody_else(platform):
    resolver = FakeResolver(cdn_example=["127.0.0.1"], files_example=["127.0.0.1"])
    async with a_stranger(platform, resolver, own_hosts=frozenset({"files.example"})) as (session, port):
        keys = {"Authorization": "Bearer hunter2", "Cookie": "a=b", "X-Else": "1"}
        at = f"https://files.example:{port}/to?url=https://cdn.example:{port}/photo"
        assert await get(session, at, headers=keys) == (200, b"bytes of a file")
        await get(session, f"https://cdn.example:{port}/other", headers=keys)
    seen = [
        (path, headers.get("Authorization"), headers.get("Cookie"), headers.get("X-Else")) for _, path, headers in platform.seen
    ]
    assert seen == [("/to", "Bearer hunter2", "a=b", "1"), ("/photo", None, None, "1"), ("/other", None, None, "1")]


async def test_a_name_that_changes_its_mind_after_it_was_judged_reaches_nothing(platform):
    """Rebinding: the first look-up is harmless, the second leads in. There is one look-up, and the socket is made for what it said."""
    judged = []

    def may_reach(address):
        judged.append(address)
        return len(judged) == 1  # public when the name was looked up, ours when the socket is made

    resolver = FakeResolver(cdn_example=["127.0.0.1"])
    async with a_stranger(platform, resolver, may_reach=may_reach) as (session, port):
        with pytest.raises(Rejected, match="no machine of the internet"):
            await get(session, f"https://cdn.example:{port}/photo")
    assert judged == ["127.0.0.1", "127.0.0.1"]
    assert (resolver.asked, platform.seen) == (["cdn.example"], [])


async def test_each_connection_is_judged_anew(platform):
    """A name that was fine a moment ago, and is ours now: no answer is remembered, no connection kept."""
    resolver = FakeResolver(cdn_example=["127.0.0.1", "10.0.0.1"])
    async with a_stranger(platform, resolver, may_reach=lambda address: address == "127.0.0.1") as (session, port):
        assert await get(session, f"https://cdn.example:{port}/photo") == (200, b"bytes of a file")
        with pytest.raises(Rejected):
            await get(session, f"https://cdn.example:{port}/photo")


async def test_an_api_in_the_clear_elsewhere_is_no_home(platform):
    async with ClientSession() as inside, open_outside(resolver=FakeResolver(api_example=["10.0.0.1"])) as outside:
        session = SafeSession(inside, outside, home="http://api.example", own_hosts=frozenset(), most=lambda: MOST)
        with pytest.raises(Rejected):
            await get(session, "http://api.example/photo")
