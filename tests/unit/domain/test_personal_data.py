"""The guard over what goes out in public: what a person would not want to see there is seen, and what everybody prints is not."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webcare.domain.personal_data import Personal, is_bsn, personal_data


def kinds(text):
    return [one.kind.value for one in personal_data(text)]


@pytest.mark.parametrize(
    ("text", "kind", "seen"),
    [
        ("Mail ons op marit.k@example.nl, dan", "email", "marit.k@example.nl"),
        ("zo: jan+pakket@mail.example.co.uk.", "email", "jan+pakket@mail.example.co.uk"),
        ("We storten op NL91 ABNA 0417 1643 00 vandaag", "iban", "NL91 ABNA 0417 1643 00"),
        ("rekening nl91abna0417164300.", "iban", "nl91abna0417164300"),
        ("BE68 5390 0754 7034 is van jou", "iban", "BE68 5390 0754 7034"),
        ("We bellen je op 06-12345678 terug", "phone", "06-12345678"),
        ("06 12 34 56 78?", "phone", "06 12 34 56 78"),
        ("(010) 123 45 67", "phone", "(010) 123 45 67"),
        ("+31 6 1234 5678", "phone", "+31 6 1234 5678"),
        ("0031612345678.", "phone", "0031612345678"),
        ("+32 470 12 34 56", "phone", "+32 470 12 34 56"),
        ("+31 (0)20 123 4567", "phone", "+31 (0)20 123 4567"),
        ("Woon je op 8011 AB 12?", "address", "8011 AB 12"),
        ("op 8011ab, nr 12a", "address", "8011ab, nr 12a"),
        ("Kerkstraat 12, 8011 AB Zwolle", "address", "12, 8011 AB"),
        ("1234AB 5-2", "address", "1234AB 5-2"),
        ("bsn 111222333", "bsn", "111222333"),
        ("1112.22.333", "bsn", "1112.22.333"),
        ("111 222 333", "bsn", "111 222 333"),
        ("bestelling LW-48213?", "order", "LW-48213"),
        ("je bestelnummer is 48213", "order", "48213"),
        ("Ordernr: A4821-3", "order", "A4821-3"),
        ("order #48213", "order", "48213"),
        ("klantnummer 900123", "order", "900123"),
        ("your invoice number 2026-0042", "order", "2026-0042"),
        ("pakket 3SABCD123456789", "order", "3SABCD123456789"),
        ("zending 20261125004213", "order", "20261125004213"),
        ("#4821355", "order", "#4821355"),
        ("123456789", "order", "123456789"),  # nine digits, no eleven-proof
    ],
)
def test_what_is_a_persons_own_is_seen(text, kind, seen):
    (found,) = personal_data(text)
    assert (found.kind, found.text) == (kind, seen)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hoi Marit, drie keer voor niets vrij nemen: dat is echt niet oké, sorry.",
        "Bel ons op 0800-1234567 of 0900 1234567, of 088 123 45 67",
        "Mail naar klantenservice@lindewaard.nl of info@example.com",
        "donderdag 26 november tussen 8 en 12 uur",
        "op 26-11-2026 om 12:30, 01-02-2026 12:00",
        "Het kost € 12.500,00 of €1234567,89",
        "in 2026 is 5 keer genoeg, sinds 1998 en 12 jaar lang",
        "De postcode is 8011 AB.",
        "https://example.nl/artikel/123456789012?x=06-12345678",
        "bestelling van gisteren; order voor morgen",
        "de bestelling van 2026 is er; vlucht KL1234",
        "Kijk op @lindewaard, #zomer2026",
        "Groet, Noor ^NO",
        "versie 10.4.2, 100% en 24/7",
    ],
)
def test_what_everybody_may_read_is_left_alone(text):
    assert personal_data(text) == ()


def test_several_are_told_in_the_order_in_which_they_stand_and_each_once():
    text = "Bestelling LW-48213 naar 8011 AB 12, bel 0612345678. LW-48213, ja."
    assert kinds(text) == ["order", "address", "phone"]


def test_what_is_seen_as_one_thing_is_not_seen_as_another():
    assert kinds("NL91ABNA0417164300") == ["iban"]
    assert kinds("+31612345678") == ["phone"]
    assert kinds("bsn: 111222333") == ["bsn"]


@given(st.integers(min_value=1, max_value=99_999_999))
def test_of_eleven_last_digits_at_most_one_passes_the_eleven_proof(front):
    digits = [f"{front:08}{last}" for last in range(10)]
    assert sum(is_bsn(one) for one in digits) <= 1


def iban(country, body):
    number = int("".join(str(int(letter, 36)) for letter in f"{body}{country}00"))
    return f"{country}{98 - number % 97:02}{body}"


@given(
    st.sampled_from(["NL", "BE", "DE", "FR", "GB"]),
    st.text("0123456789", min_size=11, max_size=26),
    st.integers(min_value=4, max_value=14),
)
def test_every_account_number_is_seen_and_none_with_a_digit_changed(country, body, place):
    right = iban(country, body)
    assert [one.text for one in personal_data(f"op {right}, ja") if one.kind is Personal.IBAN] == [right]
    other = right[:place] + ("1" if right[place] != "1" else "2") + right[place + 1 :]
    assert other not in {one.text for one in personal_data(other) if one.kind is Personal.IBAN}


@given(st.text())
def test_whatever_is_written_what_is_found_stands_in_it(text):
    assert all(one.text and one.text in text for one in personal_data(text))


@pytest.mark.parametrize(
    "text", ["a" * 10**6, "0" * 10**6, "1 " * 10**6, "NL91" + " A1" * 10**6, "a@" * 10**6, "0 (.-" * 10**6, "AB-" * 10**6]
)
def test_no_text_holds_it_up(text):
    began = time.process_time()
    personal_data(text)
    assert time.process_time() - began < 2  # a run that backtracks takes hours
