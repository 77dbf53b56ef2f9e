"""What a customer writes about themselves does not leave the house, however they write it."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from webcare.letters.redact import LONGEST, Secret, is_bsn, is_iban, redact
from webcare.letters.speech import LANGUAGES

MASKS = {secret: f"<{secret}>" for secret in Secret}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Bel me op 06-12345678.", "Bel me op <phone>."),
        ("piet.jansen@www.jansen.nl of a@b.www.nl", "<link> of <link>"),  # the first half of it stayed
        ("bel 0612345678 of +31 (0)20 123 45 67", "bel <phone> of <phone>"),
        ("00 32 475 12 34 56 (België)", "<phone> (België)"),
        ("020 7946 0958 please", "<phone> please"),
        ("6 12 34 56 78", "<number>"),
        ("NL91 ABNA 0417 1643 00 is mijn rekening", "<iban> is mijn rekening"),
        ("op 12 nov NL91ABNA0417164300 overgemaakt", "op 12 nov <iban> overgemaakt"),
        ("be68 5390 0754 7034", "<iban>"),
        ("bsn 111222333, bestelling 4512345", "bsn <bsn>, bestelling <number>"),
        ("bsn 1112.22.333", "bsn <bsn>"),
        ("kaart 4111 1111 1111 1111", "kaart <number>"),
        ("Mail jan.de-vries+x@voorbeeld.co.uk!", "Mail <email>!"),
        ("Ik woon Kerkstraat 12b, 1234 AB Utrecht", "Ik woon <address>, <postcode> Utrecht"),
        ("Laan van Meerdervoort 501, 2563 av Den Haag", "<address>, <postcode> Den Haag"),
        ("dorpsstr. 3-2", "<address>"),
        ("Plein 1944 12 1234ab", "<address> <postcode>"),
        ("12 High Street, SW1A 1AA London", "<address>, <postcode> London"),
        ("4 Privet Drive", "<address>"),
        ("zie https://x.example/?p=1234AB snel", "zie <link> snel"),
        # by odd characters
        ("\uff10\uff16\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18", "<phone>"),
        ("\u0660\u0666\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668", "<phone>"),
        ("0\u200b6\u20601\u00ad2 3\u00a045\u202f67 8", "<phone>"),
        ("06\u201312345678", "<phone>"),
        ("jan@\u200bvoorbeeld.nl", "<email>"),
    ],
)
def test_what_is_masked(text, shown):
    assert redact(text, MASKS) == shown


@pytest.mark.parametrize(
    "text",
    [
        "In 2025 is het al 3 keer mis, kostte € 1.299,00 op 24-11-2026",
        "Mijn iPad 9 met 256 GB is na 2 weken kapot, om 21:10",
        "levering 123 staat op 2026-11-24; zaak 4512",
        "Rotterdam 2025 of 2026, dat is de vraag",
        "2 weeks on the way now",
        "Lekker bezig weer 👏 Ik had wéér vrij genomen.",
        "Awww... wat lief, owww.wat mooi",  # each was a link once
    ],
)
def test_what_says_nothing_about_a_person_stays(text):
    assert redact(text, MASKS) == text


around = st.text(st.sampled_from("abcxyz ,.!?\n"), max_size=12)
separators = st.sampled_from(["", " ", "-", ".", " - ", "\u00a0", "\u2009"])


@given(around, st.text(string.digits, min_size=5, max_size=40), around)
def test_no_long_number_remains(before, number, after):
    assert not re.search(r"\d{5}", redact(f"{before}{number}{after}", MASKS))


@given(around, st.text(string.digits, min_size=8, max_size=8), separators, around)
@example("x", "12345678", " ", "y")
def test_no_dutch_mobile_number_remains(before, number, separator, after):
    shown = redact(f"{before} 06{separator}{number[:4]}{separator}{number[4:]} {after}", MASKS)
    assert not any(c.isdigit() for c in shown)


def checked_iban(bank, account, country="NL"):
    check = 98 - int("".join(str(int(c, 36)) for c in f"{bank}{account}{country}00")) % 97
    return f"{country}{check:02d}{bank}{account}"


@given(
    around,
    st.text(string.ascii_uppercase, min_size=4, max_size=4),
    st.text(string.digits, min_size=10, max_size=10),
    st.booleans(),
    st.booleans(),
    around,
)
def test_no_account_number_remains(before, bank, account, in_groups, in_small_letters, after):
    iban = checked_iban(bank, account)
    assert is_iban(iban)
    written = " ".join(iban[i : i + 4] for i in range(0, len(iban), 4)) if in_groups else iban
    written = written.lower() if in_small_letters else written
    shown = redact(f"{before} {written} {after}", MASKS)
    assert "<iban>" in shown
    assert not any(c.isdigit() for c in shown)


@given(st.text(string.digits, min_size=8, max_size=8).filter(lambda n: int(n) > 0))
def test_a_changed_digit_breaks_a_bsn(eight):
    check = sum(weight * int(digit) for weight, digit in zip(range(9, 1, -1), eight, strict=True)) % 11
    assume(check < 10)  # no such number is given out
    number = f"{eight}{check}"
    assert is_bsn(number)
    for place in range(9):
        other = str((int(number[place]) + 1) % 10)
        assert not is_bsn(number[:place] + other + number[place + 1 :])


@pytest.mark.parametrize("wrong", ["NL92ABNA0417164300", "NL91", "", "NL91ABNA04171643é0", "NL91 ABNA 0417 1643 00"])
def test_what_is_no_account_number(wrong):
    assert not is_iban(wrong)


@pytest.mark.parametrize("wrong", ["111222334", "000000000", "11122233", "", "11122233a"])
def test_what_is_no_citizen_number(wrong):
    assert not is_bsn(wrong)


@given(
    st.text(string.ascii_lowercase + string.digits + "._+-", min_size=1, max_size=20).filter(lambda s: s[0].isalnum()),
    st.from_regex(r"[a-z]{1,10}(\.[a-z]{1,10})?\.(nl|com|co\.uk|example)", fullmatch=True),
)
@example("0", "awww.nl")
def test_no_mail_address_remains(local, domain):
    assert "@" not in redact(f"mail {local}@{domain} graag", MASKS)


@given(st.text(max_size=200))
def test_masking_twice_changes_nothing_more(text):
    for masks in (MASKS, *(words.alert.masked for words in LANGUAGES.values())):
        once = redact(text, masks)
        assert redact(once, masks) == once


@given(st.text(max_size=300))
def test_a_line_is_one_line_that_can_be_sent(text):
    shown = redact(text, MASKS)
    assert shown.isprintable() or not shown.strip() or "\n" not in shown
    shown.encode()


@pytest.mark.parametrize(
    "text", ["0" * 9000, "a" * 9000, "a." * 4500, "1 " * 4500, "AB12" * 2000, "x@" * 4500, "(0" * 4500, "straat" * 1500]
)
def test_nothing_makes_it_slow(text):
    """Every pattern is bounded; a pattern that is not would hang here."""
    assert len(redact(text, MASKS)) <= LONGEST * 10
