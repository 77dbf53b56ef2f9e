"""The HTTP session for addresses that strangers wrote: what came with a message is fetched through it, and reaches nothing of ours.

    request --> https, no name and password in it? --> DNS --> addresses that are not public fall out --> connect --> body, so much of it
       ^                                                        the socket is made for one of those, and asked once more
       `-- a redirect (three at most): a new request, without our keys unless it stays with the platform

The address that was judged is the address that is connected to: names are looked up once a connection and never by anybody else, so
no proxy is used. One place is exempt, where the operator said that the platform's API is (`base_url`): that is asked like every other
call of the connector, and may be a simulator on this machine.
"""

from __future__ import annotations

import ipaddress
import json
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aiohttp import (
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    InvalidUrlClientError,
    TCPConnector,
    ThreadedResolver,
)
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from webcare import __version__
from webcare.ports.errors import Rejected

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable, Mapping

    from aiohttp import ClientResponse

TIMEOUT: Final = ClientTimeout(total=40, connect=10, sock_read=15)
MOST_REDIRECTS: Final = 3
PIECE: Final = 64 * 1024
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
KEYS: Final = frozenset({"authorization", "cookie", "proxy-authorization"})
_GLOBAL = ipaddress.ip_network("2000::/3")  # mapped addresses, NAT64 and everything local lie outside of it
_NOT_THERE = tuple(
    ipaddress.ip_network(net)
    for net in (
        "2002::/16",
        "3fff::/20",
        "192.88.99.0/24",
    )  # 6to4 leads on to an IPv4 address, written in it; examples; its relays
)


def is_public(address: str) -> bool:
    """Tell whether an address is one of a machine on the internet, and no way round to one that is not."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and (found not in _GLOBAL or found.scope_id is not None):
        return False
    is_real = found.is_global and not found.is_multicast and not found.is_reserved
    return is_real and not any(found in net for net in _NOT_THERE if net.version == found.version)


class _PublicResolver(AbstractResolver):
    """Looks a name up and leaves out what may not be reached."""

    def __init__(self, resolver: AbstractResolver, may_reach: Callable[[str], bool]) -> None:
        self._resolver = resolver
        self._may_reach = may_reach

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        public = [one for one in found if self._may_reach(one["host"])]
        if not public:
            raise Rejected("the file lies on no machine of the internet")
        return public

    async def close(self) -> None:
        await self._resolver.close()


@asynccontextmanager
async def open_outside(
    *,
    resolver: AbstractResolver | None = None,
    may_reach: Callable[[str], bool] = is_public,
    tls: ssl.SSLContext | bool = True,
    limits: ClientTimeout = TIMEOUT,
) -> AsyncIterator[ClientSession]:
    """Open the session that reaches public addresses only; a test says what else may be."""

    def make(info: tuple[Any, ...]) -> socket.socket:
        family, kind, proto, _, address = info
        if not may_reach(str(address[0])):
            raise Rejected("the file lies on no machine of the internet")
        return socket.socket(family=family, type=kind, proto=proto)

    connector = TCPConnector(
        resolver=_PublicResolver(resolver or ThreadedResolver(), may_reach),
        use_dns_cache=False,
        happy_eyeballs_delay=None,
        socket_factory=make,
        force_close=True,
        ssl=tls,
    )
    headers = {"User-Agent": f"webcare/{__version__}"}
    async with ClientSession(
        connector=connector, timeout=limits, headers=headers, trust_env=False, cookie_jar=DummyCookieJar()
    ) as session:
        yield session


@dataclass(frozen=True, slots=True, kw_only=True)
class _Body:
    """A body that is here already, read as if it came."""

    held: bytes

    async def read(self, most: int = -1) -> bytes:
        return self.held if most < 0 else self.held[:most]

    async def iter_chunked(self, size: int) -> AsyncIterator[bytes]:
        for at in range(0, len(self.held), size):
            yield self.held[at : at + size]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer of which no more than we wanted was read."""

    status: int
    headers: Mapping[str, str]
    url: URL
    body: bytes

    @property
    def content(self) -> _Body:
        return _Body(held=self.body)

    @property
    def content_length(self) -> int:
        return len(self.body)

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower() or "application/octet-stream"

    async def read(self) -> bytes:
        return self.body

    async def text(self) -> str:
        return self.body.decode(errors="replace")

    async def json(self, **_said: Any) -> Any:
        return json.loads(self.body)


class SafeSession:
    """A connector's session for fetching what strangers sent.

    `home` is where its API is, asked through `inside`; `own_hosts` are other hosts of the platform that may see our keys.
    """

    def __init__(
        self,
        inside: ClientSession,
        outside: ClientSession,
        *,
        home: str | None,
        own_hosts: frozenset[str],
        most: Callable[[], int],
    ) -> None:
        self._inside = inside
        self._outside = outside
        self._home = _origin(home)
        self._own_hosts = own_hosts
        self._most = most

    @asynccontextmanager
    async def request(self, method: str, url: str | URL, **said: Any) -> AsyncIterator[Answered]:
        """Ask, follow redirects, and yield the answer with its body read.

        Raises:
            Rejected: the address leads where it must not, or the body is larger than what is kept.
        """
        follows = said.pop("allow_redirects", True) and method in {"GET", "HEAD"}
        asked = _address(url)
        for _ in range(MOST_REDIRECTS + 1):
            answer, to = await self._once(method, asked, **self._carried(said, asked))
            if to is None or not follows:
                yield answer
                return
            asked, said = to, {name: said[name] for name in ("headers", "timeout") if name in said}
        raise Rejected("the address of the file leads on and on")

    def _carried(self, said: Mapping[str, Any], asked: URL) -> dict[str, Any]:
        """Return what is said with a request: to strangers no keys."""
        if self._is_ours(asked):
            return dict(said)
        headers = {name: value for name, value in (said.get("headers") or {}).items() if name.lower() not in KEYS}
        return {**{name: value for name, value in said.items() if name not in {"auth", "cookies"}}, "headers": headers}

    def _is_ours(self, asked: URL) -> bool:
        return asked.origin() == self._home or (asked.scheme == "https" and asked.host in self._own_hosts)

    async def _once(self, method: str, asked: URL, **said: Any) -> tuple[Answered, URL | None]:
        is_home = asked.origin() == self._home
        if not is_home and asked.scheme != "https":
            raise Rejected("the address of the file is not a secure one")
        session = self._inside if is_home else self._outside
        headers = {"Accept-Encoding": "identity", **said.pop("headers", {})}
        more = {"timeout": TIMEOUT, **said} if is_home else said
        try:
            async with session.request(method, asked, headers=headers, allow_redirects=False, **more) as response:
                if response.status in REDIRECTS and "Location" in response.headers:
                    to = _address(response.headers["Location"], at=asked)
                    return Answered(status=response.status, headers=response.headers, url=asked, body=b""), to
                return await self._read(response, asked), None
        except InvalidUrlClientError:  # an address written in numbers as nobody writes one
            raise Rejected("the address of the file is none") from None

    async def _read(self, response: ClientResponse, asked: URL) -> Answered:
        most, held = self._most(), bytearray()
        async for piece in response.content.iter_chunked(PIECE):
            held += piece
            if len(held) > most:
                raise Rejected(f"the file is larger than {most} bytes")
        return Answered(status=response.status, headers=response.headers, url=asked, body=bytes(held))


def _address(url: str | URL, *, at: URL | None = None) -> URL:
    """Return an address that may be asked.

    Raises:
        Rejected: it is none, or has a name and a password in it.
    """
    try:
        found = URL(url) if at is None else at.join(URL(url))
        if found.scheme in {"http", "https"} and found.host and found.port and found.user is None and found.password is None:
            return found
    except ValueError:
        pass
    raise Rejected("the address of the file is none")


def _origin(home: str | None) -> URL | None:
    """Return where a connector's API is, if it may be asked: in the clear on this machine only."""
    if not home:
        return None
    try:
        found = _address(home)
    except Rejected:
        return None
    is_here = found.host == "localhost" or (found.host is not None and _is_loopback(found.host))
    return found.origin() if found.scheme == "https" or is_here else None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
