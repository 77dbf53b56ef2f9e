"""Letters by SMTP: encrypted or not at all, and the same Message-ID whenever the same letter goes out again.

A server that does not offer STARTTLS is refused, as is a certificate that does not hold: somebody may be sitting in between. In the
clear a letter goes to this machine only. When the connection breaks after the letter was handed over, nobody knows whether it was
taken: it is sent again, and by its Message-ID the mailbox tells the repeat from a new one.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, parseaddr
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import unquote

import aiosmtplib

from webcare.ports.errors import AuthFailed, OutsideError, Rejected, Unavailable

if TYPE_CHECKING:
    from webcare.notify.envelope import Envelope

_POLICY = SMTP_POLICY.clone(max_line_length=78)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)
_NOT_IN_ID = re.compile(r"[^A-Za-z0-9_-]+")
_AUTH_CODES = frozenset({530, 534, 535, 538})
_LONGEST_SUBJECT = 200
_GOODBYE = 2.0  # seconds for a QUIT that changes nothing any more


class Security(StrEnum):
    STARTTLS = "starttls"
    TLS = "tls"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Where letters are handed in. `sender` is an address, with or without a name: `webcare <webcare@example.org>`.

    Raises:
        ValueError: in the clear to another machine, a password without a user, or an address that is none.
    """

    host: str
    port: int
    sender: str
    security: Security = Security.STARTTLS
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout: timedelta = timedelta(seconds=30)
    tls: ssl.SSLContext | None = field(default=None, repr=False)  # by default what the system trusts

    def __post_init__(self) -> None:
        object.__setattr__(self, "security", Security(self.security))  # a plain word must not slip past the comparisons below
        if self.security is Security.PLAIN and not _is_here(self.host):
            raise ValueError(
                f"smtp: {self.host} is another machine, and letters do not go there in the clear: use starttls or tls"
            )
        if (self.user is None) != (self.password is None):
            raise ValueError("smtp: user and password go together")
        _from(self.sender)


class SmtpNotifier:
    """Carries to `mailto:` addresses."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    def check(self, target: str) -> str:
        """Return the address as it may be shown.

        Raises:
            Rejected: nothing will ever be delivered there.
        """
        return str(_to(target))

    async def try_server(self) -> None:
        """Connect and log in as for a letter, and send none.

        Raises:
            OutsideError: as for a letter.
        """
        client = self._client()
        try:
            async with asyncio.timeout(self._server.timeout.total_seconds()):
                await client.connect()
            with suppress(aiosmtplib.SMTPException, OSError):
                await client.quit(timeout=_GOODBYE)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _meaning(error) from error
        finally:
            client.close()

    async def carry(self, envelope: Envelope) -> None:
        letter = compose(envelope, self._server.sender)
        client = self._client()
        try:
            async with asyncio.timeout(self._server.timeout.total_seconds()):
                await client.connect()
                await client.send_message(letter)
            with suppress(aiosmtplib.SMTPException, OSError):
                await client.quit(timeout=_GOODBYE)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _meaning(error) from error
        finally:
            client.close()

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.security is Security.TLS,
            start_tls=server.security is Security.STARTTLS,  # never None, which is: if offered
            tls_context=server.tls,
            timeout=server.timeout.total_seconds(),
            local_hostname=_from(server.sender).domain,  # else the library asks the name server who we are
        )


def compose(envelope: Envelope, sender: str) -> EmailMessage:
    """Return the letter, text and HTML. Whatever the words hold, they end up in their own field.

    Raises:
        Rejected: the target is not one plain e-mail address.
    """
    letter = EmailMessage(policy=_POLICY)
    from_ = _from(sender)
    letter["From"] = from_
    letter["To"] = _to(envelope.target)
    letter["Subject"] = " ".join(_CONTROL.sub(" ", _encodable(envelope.words.subject)).split())[:_LONGEST_SUBJECT]
    letter["Date"] = format_datetime(envelope.written_at)
    letter["Message-ID"] = f"<{_NOT_IN_ID.sub('-', envelope.key)[:100] or 'webcare'}@{from_.domain}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter["X-Auto-Response-Suppress"] = "All"  # no absence notes to an address that nobody reads
    if envelope.is_grave:
        letter["Importance"] = "high"
    letter.set_content(_encodable(envelope.words.text), cte="quoted-printable")
    letter.add_alternative(_encodable(envelope.words.html), subtype="html", cte="quoted-printable")
    return letter


def _encodable(text: str) -> str:
    """Half a character, as broken JSON holds them, becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


def _from(sender: str) -> Address:
    name, address = parseaddr(sender)
    found = _address(address)
    if found is None or _CONTROL.search(sender):
        raise ValueError(f"smtp: sender: {sender!r} is no e-mail address")
    return Address(display_name=name, username=found.username, domain=found.domain)


def _to(target: str) -> Address:
    scheme, _, rest = target.partition(":")
    found = _address(unquote(rest)) if scheme.lower() == "mailto" else None
    if found is None:
        raise Rejected("the address is not one plain e-mail address")
    return found


def _address(text: str) -> Address | None:
    """Return the address; no comments, quotes, lists or signs outside of ASCII, but for the domain."""
    local, at, domain = text.rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
        if not at or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(ascii_domain):
            return None
        return Address(username=local, domain=ascii_domain)
    except (UnicodeError, ValueError, MessageError):
        return None


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _meaning(error: Exception) -> OutsideError:
    """Return what the failure means for the next try."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        error = error.recipients[0]
    if isinstance(error, ssl.SSLCertVerificationError) or isinstance(error.__cause__, ssl.SSLCertVerificationError):
        return AuthFailed("the mail server's certificate does not hold")
    if isinstance(error, aiosmtplib.SMTPResponseException):
        said = _CONTROL.sub(" ", error.message)[:120]
        if error.code // 100 != 5:  # noqa: PLR2004 - RFC 5321: 5yz is for ever, 4yz is for now
            return Unavailable(f"the mail server answered {error.code} {said}")
        if isinstance(error, aiosmtplib.SMTPAuthenticationError) or error.code in _AUTH_CODES:
            return AuthFailed(f"the mail server refused our login: {error.code} {said}")
        return Rejected(f"the mail server refused: {error.code} {said}")
    if isinstance(error, OSError):  # time-outs and broken connections of the library among them
        return Unavailable(f"the mail server could not be reached, or did not answer in time ({type(error).__name__})")
    if isinstance(error, aiosmtplib.SMTPNotSupported):
        return Rejected("the mail server cannot take this address")
    return AuthFailed("the mail server offers no STARTTLS, or no login, and we send neither letter nor password without")
