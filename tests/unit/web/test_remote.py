"""Who called, behind proxies: believed as far as the operator's own proxies reach, and not a hop further."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from webcare.web.remote import caller, networks

TRUSTED = networks(["10.0.0.0/8", "::1", "2001:db8:1::/48", " 192.0.2.1 "])
STRANGER, PROXY = "198.51.100.7", "10.0.0.2"


def ask(peer, *headers):
    found = caller(peer, CIMultiDictProxy(CIMultiDict(headers)), TRUSTED)
    return found.address, found.is_https


def forwarded_for(*values, proto=None):
    more = [] if proto is None else [("X-Forwarded-Proto", proto)]
    return [*(("X-Forwarded-For", value) for value in values), *more]


@pytest.mark.parametrize(
    ("peer", "headers", "expected"),
    [
        # nobody in front: headers are what anybody may write
        (STRANGER, [], (STRANGER, False)),
        (STRANGER, forwarded_for("10.0.0.9", proto="https"), (STRANGER, False)),
        (STRANGER, [("Forwarded", "for=10.0.0.9;proto=https")], (STRANGER, False)),
        # one proxy
        (PROXY, [], (PROXY, False)),
        (PROXY, forwarded_for(STRANGER, proto="https"), (STRANGER, True)),
        (PROXY, forwarded_for(STRANGER, proto="HTTPS "), (STRANGER, True)),
        (PROXY, forwarded_for(STRANGER), (STRANGER, False)),
        ("::1", forwarded_for(STRANGER), (STRANGER, False)),
        ("::ffff:10.0.0.2", forwarded_for(f"::ffff:{STRANGER}"), (STRANGER, False)),
        ("192.0.2.1", forwarded_for(STRANGER), (STRANGER, False)),
        # what the caller wrote before our proxy did stands to the left
        (PROXY, forwarded_for(f"203.0.113.9, {STRANGER}", proto="https"), (STRANGER, True)),
        (PROXY, forwarded_for("10.0.0.1", f"203.0.113.9,{STRANGER}"), (STRANGER, False)),
        # two proxies of ours, and what each says of how it was called
        (PROXY, forwarded_for(f"203.0.113.9, {STRANGER}, 10.0.0.3", proto="https"), (STRANGER, True)),
        (PROXY, forwarded_for(f"{STRANGER}, 10.0.0.3", proto="https, http"), (STRANGER, True)),
        (PROXY, forwarded_for("10.0.0.4, 10.0.0.3"), ("10.0.0.4", False)),
        # ports, brackets, zones, rubbish
        (PROXY, forwarded_for(f"{STRANGER}:4711"), (STRANGER, False)),
        (PROXY, forwarded_for("[2001:db8:2::9]:4711"), ("2001:db8:2::9", False)),
        (PROXY, forwarded_for("2001:db8:2::9"), ("2001:db8:2::9", False)),
        (PROXY, forwarded_for("fe80::1%eth0"), ("fe80::1", False)),
        (PROXY, forwarded_for(f"{STRANGER}, unknown"), (PROXY, False)),
        (PROXY, forwarded_for("unknown, 10.0.0.3"), ("10.0.0.3", False)),
        (PROXY, forwarded_for(" , ,"), (PROXY, False)),
        # RFC 7239
        (PROXY, [("Forwarded", f"for={STRANGER};proto=https;by=10.0.0.2")], (STRANGER, True)),
        (PROXY, [("Forwarded", 'For="[2001:db8:2::9]:4711";Proto="https"')], ("2001:db8:2::9", True)),
        (PROXY, [("Forwarded", f'for="_a,;\\"b", for={STRANGER}, for=10.0.0.3;host="a,b"')], (STRANGER, False)),
        (PROXY, [("Forwarded", "for=203.0.113.9"), ("Forwarded", f"for={STRANGER}")], (STRANGER, False)),
        (PROXY, [("Forwarded", "for=_hidden")], (PROXY, False)),
        (PROXY, [("Forwarded", '"')], (PROXY, False)),
        # a proxy that writes one of the two passes the other on as the caller wrote it
        (PROXY, [*forwarded_for(STRANGER, proto="https"), ("Forwarded", f"for={STRANGER};proto=https")], (STRANGER, True)),
        (PROXY, [*forwarded_for(STRANGER, proto="https"), ("Forwarded", "for=203.0.113.9;proto=https")], (PROXY, False)),
        # a Unix socket has no address
        (None, forwarded_for(STRANGER), ("unknown", False)),
        ("", [], ("unknown", False)),
    ],
)
def test_who_called(peer, headers, expected):
    assert ask(peer, *headers) == expected


@given(written=st.text(st.characters(codec="utf-8"), max_size=60), proto=st.text(max_size=10))
def test_whatever_a_caller_writes_it_cannot_take_another_address(written, proto):
    """Our proxy adds to the right of it who called; nothing to the left of that is read."""
    assert ask(PROXY, *forwarded_for(written, STRANGER))[0] == STRANGER
    assert ask(STRANGER, ("Forwarded", written), *forwarded_for(written, proto=proto)) == (STRANGER, False)


@given(written=st.text(max_size=200))
def test_nothing_that_a_header_holds_breaks_us(written):
    address, _ = ask(PROXY, ("Forwarded", written), ("X-Forwarded-For", written), ("X-Forwarded-Proto", written))
    assert address


@pytest.mark.parametrize("text", ["example.org", "10.0.0.0/33", "", "10.0.0"])
def test_a_proxy_that_is_no_address_is_named(text):
    with pytest.raises(ValueError, match=r"trusted_proxies: .* is neither an address nor a network"):
        networks(["10.0.0.1", text])
