"""Who calls, when a proxy stands in front of us.

Everybody may write a header. What it says is believed only when the connection itself comes from a proxy that the operator named, and
only back to the first address that is not such a proxy:

    X-Forwarded-For: 203.0.113.9 (written by the caller), 198.51.100.7 (who called our proxy), 10.0.0.2 (our proxy's proxy)
                                                          ^ the caller

`Forwarded` (RFC 7239) says the same in other words. Many proxies write one of the two and pass the other on as it came, so where both are
there and contradict each other, neither is believed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from ipaddress import IPv4Network

    from multidict import CIMultiDictProxy

    Address = IPv4Address | IPv6Address
    Network = IPv4Network | IPv6Network
    Hop = tuple[Address | None, str]  # who called, None when that is not told; by which scheme

NOBODY: Final = "unknown"
_PAIR: Final = re.compile(r'\s*([A-Za-z]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;,"\s]*)\s*')
_PORT: Final = re.compile(r":\d{1,5}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    address: str
    is_https: bool


def networks(trusted: Iterable[str]) -> tuple[Network, ...]:
    """Read the operator's list of proxies: addresses and networks.

    Raises:
        ValueError: one of them is neither.
    """
    found = []
    for text in trusted:
        try:
            found.append(ip_network(text.strip(), strict=False))
        except ValueError:
            raise ValueError(f"trusted_proxies: {text!r} is neither an address nor a network") from None
    return tuple(found)


def caller(peer: str | None, headers: CIMultiDictProxy[str], trusted: Sequence[Network]) -> Caller:
    """Return who called, as far as it can be known."""
    near = _address(peer or "")
    if near is None or not _is_among(near, trusted):
        return Caller(address=NOBODY if near is None else str(near), is_https=False)
    told = [hops for hops in (_x_forwarded(headers), _forwarded(headers)) if hops]
    found = {_first_stranger(near, hops, trusted) for hops in told}
    return found.pop() if len(found) == 1 else Caller(address=str(near), is_https=False)


def is_proxy(peer: str | None, trusted: Sequence[Network]) -> bool:
    """Tell whether a connection comes from a proxy whose word counts."""
    near = _address(peer or "")
    return near is not None and _is_among(near, trusted)


def _first_stranger(near: Address, hops: Sequence[Hop], trusted: Sequence[Network]) -> Caller:
    """Walk from our side outwards, as long as who speaks is trusted."""
    known, scheme = near, ""
    for address, by in reversed(hops):
        scheme = by or scheme
        if address is None:
            break
        known = address
        if not _is_among(address, trusted):
            break
    return Caller(address=str(known), is_https=scheme == "https")


def _x_forwarded(headers: CIMultiDictProxy[str]) -> list[Hop]:
    addresses = [_address(part) for part in ",".join(headers.getall("X-Forwarded-For", [])).split(",") if part.strip()]
    schemes = [part.strip().lower() for part in ",".join(headers.getall("X-Forwarded-Proto", [])).split(",") if part.strip()]
    if len(schemes) != len(addresses):  # most proxies say how they were called themselves, and nothing of those before
        schemes = [schemes[-1] if schemes else ""] * len(addresses)
    return list(zip(addresses, schemes, strict=True))


def _forwarded(headers: CIMultiDictProxy[str]) -> list[Hop]:
    found: list[Hop] = []
    for element in _outside_quotes(",".join(headers.getall("Forwarded", [])), ","):
        pairs = {}
        for pair in _outside_quotes(element, ";"):
            if (match := _PAIR.fullmatch(pair)) is not None:
                pairs[match[1].lower()] = re.sub(r"\\(.)", r"\1", match[2][1:-1]) if match[2].startswith('"') else match[2]
        found.append((_address(pairs.get("for", "")), pairs.get("proto", "").lower()))
    return found


def _outside_quotes(text: str, separator: str) -> list[str]:
    """Split where a separator stands outside of quotes."""
    parts, is_quoted, is_escaped = [""], False, False
    for char in text:
        if char == separator and not is_quoted:
            parts.append("")
            continue
        if char == '"' and not is_escaped:
            is_quoted = not is_quoted
        is_escaped = is_quoted and char == "\\" and not is_escaped
        parts[-1] += char
    return [part for part in parts if part.strip()]


def _address(text: str) -> Address | None:
    """Read an address as headers write it: with a port, in brackets, with a zone, or as an IPv4 inside an IPv6."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = _PORT.sub("", text)
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _is_among(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in trusted)
