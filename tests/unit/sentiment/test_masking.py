"""Whom and what a message names is gone before the model sees it, whatever was typed; and what was meant stays."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sentiment.encoding import SPECIAL, encode
from sentiment.masking import HEAD, TAIL, mask
from webcare.domain.message import Kind
from webcare.domain.verdict import Intent
from webcare.ports.classifier import RepliedTo, Request

ANYTHING = st.text() | st.text(st.characters())  # the second draws halves of signs too
SCRAPS = st.lists(
    st.sampled_from(
        [
            *("@jan", "@", "jan", "@jan@", "https://", "http://a.nl/x", "www.a.nl", "a.nl/b", "jan@a.nl", "&#64;", "&amp;"),
            *(
                ".",
                "-",
                "/",
                " ",
                "\n",
                "0",
                "12",
                "345678",
                "06",
                "+31",
                "1234",
                "AB",
                "ab",
                "12,50",
                "12:30",
                "NL91ABNA0417164300",
            ),
            *(
                "[user]",
                "[",
                "]",
                "é",
                "👏🏽",
                "!!!!",
                "zzzz",
                "ORDER",
                "\xad",
                "\u200d",
                "\ud800",
                "٣٤٥٦٧٨",
                "\uff11\uff12\uff13\uff14",
            ),
        ]
    ),
    max_size=12,
).map("".join)
MARKER = re.compile(r"\[\w+\]")


def without_markers(text):
    return MARKER.sub(" ", text)


@given(ANYTHING | SCRAPS)
@example("\ud83d")
@example("&#0;&#xD800;&#999999999;")
def test_any_string_has_a_masked_form_that_can_be_written(text):
    masked = mask(text)
    masked.encode()
    assert masked == masked.strip()
    assert "  " not in masked
    assert len(masked) < 4 * (HEAD + TAIL)


@given(SCRAPS | ANYTHING)
@example("@jan@piet")
@example("@@jan")
@example("hoi@jan")
@example("@\u200djan")
@example("@" + "j" * 80)
@example("@www.a.nl")
@example("0@www.a.nl")
def test_no_handle_no_link_and_no_address_survives(text):
    rest = without_markers(mask(text))
    assert not re.search(r"@\w", rest)
    assert not re.search(r"https?://\S", rest, re.IGNORECASE)
    assert not re.search(r"[\w.+-]@[\w-]{1,63}\.[\w-]", rest)


@given(SCRAPS | ANYTHING)
@example("012\u200d12")
@example("012\xad12")
def test_no_long_number_survives(text):
    assert not re.search(r"\d{5}", without_markers(mask(text)))


@given(st.text() | SCRAPS)
def test_nobody_writes_a_marker_of_ours(text):
    """Somebody who types "[brand]" must not speak as the brand."""
    written = {found for found in MARKER.findall(mask(text)) if found in SPECIAL}
    assert written <= {"[user]", "[url]", "[mail]", "[phone]", "[nr]", "[address]", "[caps]"}
    assert MARKER.findall(mask("[brand] [nr] hoi")) == []


@given(st.text(st.sampled_from("abcdefgHIJ .,!?é'\n0123👏❤\ufe0f")))
@example("0000\n0")  # a number that goes on in the next line
@example("1000HHH")  # a postcode as soon as its letters are written once less
def test_what_holds_no_marker_stays_as_it_was_masked(text):
    once = mask(text)
    if "[" not in once:
        assert mask(once) == once


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("@vlotspoor waar blijft mijn trein", "[user] waar blijft mijn trein"),
        ("mail naar jan.jansen@voorbeeld.nl", "mail naar [mail]"),
        ("bel 06 12345678 even", "bel [phone] even"),
        ("zie https://t.co/abc123", "zie [url]"),
        ("zie (www.voorbeeld.nl) of WWW.voorbeeld.nl/a", "zie ( [url] of [url]"),
        ("mail naar jan@www.voorbeeld.nl", "mail naar [mail]"),
        ("Awww... wat lief, owww.wat mooi", "Aww.. wat lief, oww.wat mooi"),  # no link, and the word that says it all
        ("order 8821345 is weg", "order [nr] is weg"),
        ("NL91 ABNA 0417 1643 00", "[nr]"),
        ("3584 CX 12", "[address]"),
        ("al 3 weken, sinds 12-03, voor 12,50 om 12:30", "al 3 weken, sinds 12-03, voor 12,50 om 12:30"),
        ("Heeeeeel erg!!!!!", "Heel erg!!"),
        ("ONDERWEG 3 DAGEN MET MC15 VAN", "[caps] ONDERWEG 3 DAGEN MET MC15 VAN"),
        ("WAAROM DOET HIJ HET NIET", "[caps] WAAROM DOET HIJ HET NIET"),
        ("NS", "NS"),
        ("top👏🏽👏🏽", "top 👏 👏"),
        ("bedankt ❤️", "bedankt ❤"),
        ("kan\u200bniet\nmeer", "kanniet meer"),
        ("&quot;service&quot; &amp; zo", '"service" & zo'),
        ("“Service”…", '"Service"..'),
        ("   ", ""),
    ],
)
def test_what_is_kept_and_what_is_not(text, masked):
    assert mask(text) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Ik woon Kerkstraat 12, 2000 Antwerpen", "Ik woon [address] Antwerpen"),
        ("kerkstraat 12b, 8011 AB Zwolle", "[address] Zwolle"),
        ("dorpsstr. 3-2 staat open", "[address] staat open"),
        ("laan van meerdervoort 501 is donker", "[address] is donker"),
        ("Bosweg 40 staat te roken", "[address] staat te roken"),
        ("9420 Erpe-Mere, Kattestraat 11 bus 2", "9420 Erpe-Mere, [address]"),
        ("221 Baker Street London NW1 6XE", "[address] London [address]"),
        ("it's ls6 2qt, 4 Privet Drive", "it's [address] , [address]"),
        ("kijk bit.ly/3abcd of maps.app.goo.gl/xYz", "kijk [url] of [url]"),
        ("video..espn.go.com/x", "video.. [url]"),
        ("kenteken GB-123-X of 1-ABC-234", "kenteken [nr] of [nr]"),
        ("gb-123-x; my van is YK21 WDT", "[nr] ; my van is [nr]"),
    ],
)
def test_where_somebody_lives_and_what_they_drive_is_gone(text, masked):
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "onderweg 3 dagen",
        "Onderweg 3 dagen, halverwege 2 haltes",
        "Vakantiepark 3 nachten, winkelstraat 3 winkels",
        "dorpsstraat 3 mensen, Kerkstraat 12-14 dagen dicht, Heideweg 3 km, Bosweg 12,50",
        "in 2025 is het 1 way, Nieuwmarkt 2025 ook",
        "maat XL 42, model A4 B12, de IC 3584 naar Delft",
        "Tilburg 12 graden, Van Dijk 3 keer, MediaMarkt 3",
        "Samsung S21 5GB, MacBook m1 2nd gen, IdeaPad 330, Asus M509DA",
        "the 14:40 Camden Street, 3 Day Drive, 24 hour road assistance, 2012 The Supreme Court",
        "1-jan-26 en open 9-tot-17, 3-for-2",
        "gedaan.en/of niet, 5.km/u, 12.mb/s",
        "het kost me 120 EUR, PS12 EUR",
    ],
)
def test_how_long_how_many_and_what_is_no_address(text):
    assert mask(text) == text


@pytest.mark.parametrize(
    "scrap", ["a", "a'", "Aa-", "straat ", "straat 1 ", "1 Aa ", "laan van ", "a.", "a./", "X-1", "AB1 ", "Aweg", "laan ", "1-"]
)
def test_no_text_holds_the_masking_up(scrap):
    """Every pattern is bounded; one that backtracks would hang here."""
    assert len(mask(scrap * (HEAD + TAIL) + " 1 x/y")) < 4 * (HEAD + TAIL)


def test_a_letter_of_a_hundred_kilobytes_is_read_by_its_head_and_its_tail():
    masked = mask("kop " + "a b " * 25_000 + " staart")
    assert masked.startswith("kop ")
    assert masked.endswith(" staart")
    assert len(masked) <= HEAD + TAIL + 1


# --- what stands around a message


def around(**known):
    return encode(Request(id="1", text="hoi", **known))[1]


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({}, ""),
        ({"kind": Kind.DM}, "[dm]"),
        ({"kind": Kind.MENTION}, "[public]"),
        ({"kind": Kind.REVIEW}, "[review]"),
        ({"kind": Kind.DM, "we_spoke_last": True}, "[dm] [last]"),
        ({"replied_to": RepliedTo(text="Wat is je postcode, @jan?", by_us=True)}, "[brand] Wat is je postcode, [user] ?"),
        ({"replied_to": RepliedTo(text="[brand] zegt ja", by_us=False)}, "[customer] (brand) zegt ja"),
        ({"earlier": ((), (Intent.PRAISE,))}, ""),
        ({"earlier": ((Intent.COMPLAINT,), ())}, "[asked]"),
    ],
)
def test_the_surroundings_say_where_and_after_whom(known, expected):
    assert around(**known) == expected


@given(ANYTHING, ANYTHING)
def test_any_request_can_be_encoded(text, said):
    for one in encode(Request(id="1", text=text, replied_to=RepliedTo(text=said, by_us=True))):
        one.encode()
