"""Letters against a real SMTP server on this machine, in good health and in every kind of trouble."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from webcare.notify.envelope import Envelope, Plain
from webcare.notify.smtp_notifier import Security, SmtpNotifier, SmtpServer
from webcare.ports.errors import AuthFailed, Rejected, Unavailable

HERE = "127.0.0.1"
AT = datetime(2026, 11, 24, 19, 18, tzinfo=UTC)
PASSWORD, WRONG = "correct horse", "hunter2"
LETTER = Envelope(
    key="webcare-1f",
    target="mailto:noor@example.org",
    words=Plain(subject="Nog 52 min: privébericht", text="Nog 52 min, tot 21:10\nOpen zaak 4885\n"),
    written_at=AT,
)


class Mailbox:
    """Takes everything, unless told what to answer: `RCPT="550 no such user"`, `DATA="hang up"`."""

    def __init__(self, **answers):
        self.answers = answers
        self.letters = []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's names
        envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        answer = self.answers.get("DATA", "250 OK")
        if answer == "hang up":
            server.transport.abort()
        return answer


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def certificate(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HERE).configure_cert(context)
    return context


@pytest.fixture(scope="module")
def trust(authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@asynccontextmanager
async def listening(protocol, **options):
    """Yield the port on which this protocol answers."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(protocol, HERE, 0, **options)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def mail_server(mailbox, certificate=None, users=None):
    def check(server, session, envelope, mechanism, auth_data):
        known = isinstance(auth_data, LoginPassword) and (users or {}).get(auth_data.login) == auth_data.password
        return AuthResult(success=known, handled=False)  # else it waits for our answer

    options = {"authenticator": check, "auth_required": True} if users else {}
    return lambda: SMTP(
        mailbox, hostname="mail.test", tls_context=certificate, require_starttls=certificate is not None, **options
    )


def notifier(port, trust=None, **changes):
    values = {
        "host": HERE,
        "port": port,
        "sender": "Webcare Meerkoet <webcare@meerkoet.example>",
        "tls": trust,
        "timeout": timedelta(seconds=20),
    }
    return SmtpNotifier(SmtpServer(**{**values, **changes}))


async def test_a_letter_arrives_over_starttls_with_both_bodies(certificate, trust):
    mailbox = Mailbox()
    async with listening(mail_server(mailbox, certificate)) as port:
        await notifier(port, trust).carry(LETTER)
    (letter,) = mailbox.letters
    assert letter["To"] == "noor@example.org"
    assert letter["From"] == "Webcare Meerkoet <webcare@meerkoet.example>"
    assert letter["Subject"] == "Nog 52 min: privébericht"
    assert letter["Message-ID"] == "<webcare-1f@meerkoet.example>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"].datetime == AT
    text, html = letter.iter_parts()
    assert text.get_content().splitlines() == LETTER.words.text.splitlines()
    assert "Open zaak 4885" in html.get_content()


async def test_a_letter_arrives_over_tls_from_the_first_byte(certificate, trust):
    mailbox = Mailbox()
    async with listening(lambda: SMTP(mailbox, hostname="mail.test"), ssl=certificate) as port:
        await notifier(port, trust, security=Security.TLS).carry(LETTER)
    assert len(mailbox.letters) == 1


async def test_we_log_in_where_that_is_asked(certificate, trust):
    mailbox = Mailbox()
    async with listening(mail_server(mailbox, certificate, users={b"webcare": PASSWORD.encode()})) as port:
        await notifier(port, trust, user="webcare", password=PASSWORD).carry(LETTER)
        assert len(mailbox.letters) == 1
        with pytest.raises(AuthFailed, match="535") as refused:
            await notifier(port, trust, user="webcare", password=WRONG).carry(LETTER)
        with pytest.raises(AuthFailed, match="530"):
            await notifier(port, trust).carry(LETTER)
    assert len(mailbox.letters) == 1
    assert WRONG not in repr(refused.value)


async def test_a_server_that_offers_no_starttls_is_refused_before_a_word_is_sent():
    mailbox = Mailbox()
    async with listening(mail_server(mailbox)) as port:
        with pytest.raises(AuthFailed, match="STARTTLS"):
            await notifier(port, user="webcare", password=PASSWORD).carry(LETTER)
    assert mailbox.letters == []


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_a_certificate_that_nobody_vouches_for_is_refused(certificate, security):
    mailbox = Mailbox()
    first_byte = security is Security.TLS
    server = (lambda: SMTP(mailbox)) if first_byte else mail_server(mailbox, certificate)
    async with listening(server, ssl=certificate if first_byte else None) as port:
        with pytest.raises(AuthFailed, match="certificate"):
            await notifier(port, security=security).carry(LETTER)
    assert mailbox.letters == []


async def test_in_the_clear_it_goes_to_this_machine_only():
    mailbox = Mailbox()
    async with listening(mail_server(mailbox)) as port:
        await notifier(port, security=Security.PLAIN).carry(LETTER)
    assert len(mailbox.letters) == 1
    with pytest.raises(ValueError, match="another machine"):
        notifier(25, host="mail.example.org", security=Security.PLAIN)


@pytest.mark.parametrize(
    ("answers", "meaning"),
    [
        ({"RCPT": "450 mailbox busy"}, Unavailable),
        ({"RCPT": "550 no such user"}, Rejected),
        ({"DATA": "451 try later"}, Unavailable),
        ({"DATA": "554 looks like spam"}, Rejected),
    ],
)
async def test_four_means_later_and_five_means_never(certificate, trust, answers, meaning):
    async with listening(mail_server(Mailbox(**answers), certificate)) as port:
        with pytest.raises(meaning, match=r"45\d|55\d"):
            await notifier(port, trust).carry(LETTER)


async def test_a_server_that_is_busy_at_the_door_is_tried_again():
    class Busy(asyncio.Protocol):
        def connection_made(self, transport):
            transport.write(b"421 too many connections\r\n")
            transport.close()

    async with listening(Busy) as port:
        with pytest.raises(Unavailable, match="421"):
            await notifier(port).carry(LETTER)


async def test_a_server_that_is_dead_is_tried_again():
    async with listening(asyncio.Protocol) as port:
        pass
    with pytest.raises(Unavailable):
        await notifier(port).carry(LETTER)


async def test_a_server_that_says_nothing_is_given_up():
    async with listening(asyncio.Protocol) as port:
        with pytest.raises(Unavailable):
            await notifier(port, timeout=timedelta(milliseconds=50)).carry(LETTER)


async def test_a_letter_without_an_answer_is_sent_again_under_the_same_name(certificate, trust):
    """Taken or not, nobody knows: the mailbox tells the repeat by its Message-ID."""
    mailbox = Mailbox(DATA="hang up")
    async with listening(mail_server(mailbox, certificate)) as port:
        with pytest.raises(Unavailable):
            await notifier(port, trust).carry(LETTER)
        mailbox.answers = {}
        await notifier(port, trust).carry(LETTER)
    first, second = mailbox.letters
    assert first["Message-ID"] == second["Message-ID"]


async def test_a_server_that_hangs_at_the_goodbye_has_the_letter(certificate, trust):
    """Taken is taken: what comes after the 250 must not send it twice."""
    mailbox = Mailbox()

    class HangsUp(SMTP):
        async def smtp_QUIT(self, _arg):  # noqa: N802 - aiosmtpd's name
            self.transport.abort()

    async with listening(lambda: HangsUp(mailbox, tls_context=certificate, require_starttls=True)) as port:
        await notifier(port, trust).carry(LETTER)
    assert len(mailbox.letters) == 1
