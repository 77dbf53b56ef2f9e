"""What the texts of a config must look like. Each check returns the value as it is kept, or says in a sentence what is wrong.

A check of something secret never repeats it.
"""

from __future__ import annotations

import base64
import binascii
import difflib
import ipaddress
import re
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from webcare.domain import gaps, reachable
from webcare.domain.durations import ZERO, parse_duration
from webcare.domain.walltime import zone_named

if TYPE_CHECKING:
    from collections.abc import Iterable
    from urllib.parse import SplitResult

    from pydantic import SecretStr

LONGEST = timedelta(days=3660)  # ten years: beyond it lies a slip, and somewhere the end of the calendar
LAST_PORT = 65535
LARGEST = 100_000_000  # bytes of a file: some of them are held in memory at a time
KEY_BYTES = 32
NOBODY = "-"
MODELS = frozenset({"builtin", "rules"})  # beside folders
_ADDRESS = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9._-]+)):(?P<port>\d{1,5})")
_SIZE = re.compile(r"(?P<number>\d{1,9}) ?(?P<unit>kB|MB)")
_UNITS = {"kB": 1000, "MB": 1_000_000}
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
_TEMPLATE_LANGUAGE = re.compile(r"[a-z]{2,3}(?:_[A-Z]{2})?")
_SECRET_TABLE = re.compile(r"[a-z0-9]+(?:[_-][a-z0-9]+)*")


def near(name: str, known: Iterable[str], shown: str = "{}") -> str:
    """Return `; did you mean …?` where one of them is close enough to be meant, else nothing."""
    found = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {shown.format(found[0])}?" if found else ""


def words(value: object) -> object:
    """Split a text into a list, as a variable or a credential has to write one: by commas, spaces or lines."""
    return re.split(r"[\s,]+", value.strip(" \t\r\n,")) if isinstance(value, str) else value


def span(value: object) -> timedelta:
    """Return a span of at most ten years."""
    found = value if isinstance(value, timedelta) else parse_duration(value)
    if found < ZERO:
        raise ValueError("a span cannot be negative")
    if found > LONGEST:
        raise ValueError("a span of more than ten years is a slip")
    return found


def size(value: object) -> int:
    """Return a number of bytes, written like 25MB or 500kB; at most what is still held in memory without harm."""
    found = _SIZE.fullmatch(str(value))
    if found is None:
        raise ValueError(f"a size like 25MB or 500kB is expected, not {str(value)!r}")
    number = int(found["number"]) * _UNITS[found["unit"]]
    if not 0 < number <= LARGEST:
        raise ValueError(f"a size of at most {LARGEST // _UNITS['MB']}MB is expected, and more than nothing")
    return number


def some(value: timedelta) -> timedelta:
    if value == ZERO:
        raise ValueError("a span of more than nothing is expected")
    return value


def host_and_port(value: str) -> tuple[str, int]:
    """Return host and port of `127.0.0.1:8080` or `[::1]:8080`.

    Raises:
        ValueError: it is no such address.
    """
    found = _ADDRESS.fullmatch(value)
    if found is None or int(found["port"]) > LAST_PORT:
        raise ValueError(f"an address like 127.0.0.1:8080 or [::1]:8080 is expected, not {value!r}")
    if found["six"] is not None:
        try:
            ipaddress.IPv6Address(found["six"])
        except ValueError:
            raise ValueError(f"{found['six']!r} is no IPv6 address") from None
    return found["six"] or found["host"], int(found["port"])


def address(value: str) -> str:
    host_and_port(value)
    return value


def network(value: str) -> str:
    """Return an address or a network as it is: `10.0.0.1`, `10.0.0.0/8`."""
    try:
        ipaddress.ip_network(value)
    except ValueError as error:
        raise ValueError(f"an IP address or a network like 10.0.0.0/8 is expected: {error}") from None
    return value


def site(value: str) -> str:
    """Return the address of our own site, without a slash at its end."""
    parts = _http(value)
    if parts is None or parts.username is not None:
        raise ValueError("an address like https://webcare.example.org is expected")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("the address of a whole site is expected, without a path or a question mark")
    return f"{parts.scheme}://{parts.netloc}"


def secret_site(value: SecretStr) -> SecretStr:
    if _http(value.get_secret_value()) is None:
        raise ValueError("an address that begins with https:// is expected")
    return value


def _http(value: str) -> SplitResult | None:
    """Return the parts of a web address, None when it is none."""
    try:
        parts = urlsplit(value)
        known = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        return None
    return parts if known and not re.search(r"\s", value) else None


def zone(value: str) -> str:
    zone_named(value, field="zone")
    return value


def wall_time(value: str) -> str:
    if _TIME.fullmatch(value) is None:
        raise ValueError(f"a time of day like 08:00 is expected, not {value!r}")
    return value


def receipt(value: str) -> str:
    """Return a text for customers; the only place in it that is filled in is {before}."""
    if not value.strip():
        raise ValueError("a text is expected")
    for name in re.findall(r"\{([^{}]*)\}", value):
        if name != "before":
            raise ValueError(f"{{{name}}} means nothing here, only {{before}} does")
    return value


def template_text(value: str) -> str:
    """Return a text that a platform approved: its gaps are numbered from 1."""
    if not value.strip():
        raise ValueError("a text is expected")
    gaps.count(value)
    return value


def template_language(value: str) -> str:
    if _TEMPLATE_LANGUAGE.fullmatch(value) is None:
        raise ValueError(f"a language as the platform writes it is expected, like nl or en_US, not {value!r}")
    return value


def target(value: SecretStr) -> SecretStr:
    reachable.target(value.get_secret_value())
    return value


def sender(value: str) -> str:
    if "@" not in parseaddr(value)[1] or not value.isprintable():
        raise ValueError(f"a mail address like webcare <webcare@example.org> is expected, not {value!r}")
    return value


def is_here(host: str) -> bool:
    """Tell whether a mail server is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def seal(value: SecretStr) -> SecretStr:
    """Return a Fernet key: 32 bytes in the base64 of addresses."""
    try:
        found = base64.b64decode(value.get_secret_value(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if len(found) != KEY_BYTES:
        raise ValueError("a Fernet key is expected: 32 bytes in URL-safe base64")
    return value


def whole_path(value: Path) -> Path:
    if not value.is_absolute():
        raise ValueError(
            f"a path from the root is expected, not {str(value)!r}: a service has no folder of its own to start from"
        )
    return value


def model(value: str) -> str:
    if value not in MODELS and not Path(value).is_absolute():
        raise ValueError(f"{' or '.join(sorted(MODELS))} is expected, or the path of a folder from the root, not {value!r}")
    return value


def secret_table(value: str) -> str:
    if _SECRET_TABLE.fullmatch(value) is None:
        raise ValueError("small letters, digits and single _ or - are expected, so that a variable can name it")
    return value
