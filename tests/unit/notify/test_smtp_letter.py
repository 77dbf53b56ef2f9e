"""A letter as bytes: nothing in its words or its address can add a header, a receiver or a broken line."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from webcare.notify.envelope import Envelope, Plain
from webcare.notify.smtp_notifier import SmtpServer, compose
from webcare.ports.errors import Rejected

SENDER = "webcare <webcare@meerkoet.example>"
AT = datetime(2026, 11, 24, 19, 18, tzinfo=UTC)
HEADERS = {
    *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress"),
    *("MIME-Version", "Content-Type"),
}


def letter(subject="Nog 52 min", text="tekst", target="mailto:noor@example.org", key="webcare-1f", **changes):
    envelope = Envelope(key=key, target=target, words=Plain(subject=subject, text=text), written_at=AT, **changes)
    return compose(envelope, SENDER).as_bytes()


anything = st.text(st.characters(), max_size=200)


@given(anything, anything, anything)
@example("x\r\nBcc: spy@example.org", "x", "1>\r\nBcc: spy@example.org")
@example("\ud800", "\ud800", "\ud800")
@example("a" * 1000 + "é", "." * 2000 + "\r\n.\r\n", "k" * 300)
def test_words_end_up_in_their_own_field(subject, text, key):
    raw = letter(subject=subject, text=text, key=key)
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    read = message_from_bytes(raw, policy=policy.default)
    assert read.defects == []
    assert set(read.keys()) == HEADERS
    assert len(read.keys()) == len(HEADERS)
    assert read["To"].addresses[0].addr_spec == "noor@example.org"
    assert read["Message-ID"].count("@") == 1
    assert [part.get_content_type() for part in read.iter_parts()] == ["text/plain", "text/html"]


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=150))
def test_a_subject_is_read_as_it_was_written(subject):
    read = message_from_bytes(letter(subject=subject), policy=policy.default)
    assert " ".join(str(read["Subject"]).split()) == " ".join(subject.split())


def test_the_same_delivery_has_the_same_name_and_another_has_not():
    def name(**changes):
        return message_from_bytes(letter(**changes), policy=policy.default)["Message-ID"]

    assert name(text="nog 52 min") == name(text="nog 47 min") == "<webcare-1f@meerkoet.example>"
    assert name(key="webcare-20") != name()


def test_a_broken_promise_is_marked():
    assert b"Importance: high\r\n" in letter(is_grave=True)
    assert b"Importance" not in letter()


def test_an_international_domain_is_written_in_ascii():
    assert b"To: noor@xn--brger-kva.example\r\n" in letter(target="mailto:noor@bürger.example")


@pytest.mark.parametrize(
    "target",
    [
        *("mailto:", "mailto:noor", "mailto:@example.org", "mailto:noor@", "noor@example.org", "smtp:noor@example.org"),
        *("mailto:noor@example.org,daan@example.org", "mailto:noor@example.org?bcc=spy@example.org"),
        *("mailto:noor%0d%0aBcc:spy@example.org", "mailto:noor@example.org%0aBcc:x", "mailto:noor@example.org\r\nBcc: x"),
        *('mailto:"noor x"@example.org', "mailto:noor@[127.0.0.1]", "mailto:Noor <noor@example.org>", "mailto:nöör@example.org"),
        *("mailto:.noor@example.org", "mailto:noor@exa_mple.org", "mailto:noor@example..org", "mailto:-f@x@example.org "),
    ],
)
def test_what_is_not_one_plain_address_is_refused(target):
    with pytest.raises(Rejected):
        letter(target=target)


@given(st.text(max_size=60))
def test_no_address_breaks_out(address):
    try:
        raw = letter(target=f"mailto:{address}")
    except Rejected:
        return
    read = message_from_bytes(raw, policy=policy.default)
    assert set(read.keys()) == HEADERS
    assert len(read["To"].addresses) == 1


def server(**changes):
    return SmtpServer(**{"host": "mail.example.org", "port": 587, "sender": SENDER, **changes})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"security": "plain"}, "another machine"),
        ({"user": "webcare"}, "go together"),
        ({"password": "s3cr3t"}, "go together"),
        ({"sender": "webcare"}, "sender"),
        ({"sender": "webcare <webcare@example.org>\r\nBcc: x"}, "sender"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(changes, reason):
    with pytest.raises(ValueError, match=reason) as refused:
        server(**changes)
    assert "s3cr3t" not in str(refused.value)


def test_a_password_is_in_no_repr():
    word = "s3cr3t"
    assert word not in repr(server(user="webcare", password=word))
