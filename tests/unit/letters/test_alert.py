"""An alert as people read it, in both languages; what it shows, and what it does not."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webcare.letters.alert import Detail, alert
from webcare.letters.page import TEMPLATES

NOW = datetime(2026, 11, 24, 19, 18, tzinfo=UTC)
URL = "https://webcare.example.nl"
SAID = "Derde keer dat de bezorger niet komt. Bel 06-12345678"


def facts(case=4885, **changes):
    values = {
        "case": case,
        "channel": "facebook:42",
        "kind": "comment",
        "urgency": "normal",
        "clock": "first_response",
        "step": "page",
        "rung": "page@0.9",
        "at": "2026-11-24T19:10:00Z",
        "deadline": "2026-11-24T20:10:00Z",
    }
    return {**values, **changes}


def told(*cases, **changes):
    values = {"language": "nl", "zone": ZoneInfo("Europe/Amsterdam"), "now": NOW, "public_url": URL}
    return alert({"cases": list(cases)}, **{**values, **changes})


class Reader(HTMLParser):
    """What a reader of the HTML sees, and where its links lead."""

    def __init__(self, html):
        super().__init__()
        self.words, self.links, self.hidden = [], [], 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.hidden += tag in {"head", "style", "title"}
        self.links += [value for name, value in attrs if tag == "a" and name == "href"]

    def handle_endtag(self, tag):
        self.hidden -= tag in {"head", "style", "title"}

    def handle_data(self, data):
        if not self.hidden:
            self.words += data.split()


def words_of(letter):
    """The words of the text without its links, and its links."""
    ours = r"https://webcare\.example\.nl\S*"  # what a customer writes may look like an address, and is none
    return re.sub(rf":? ?{ours}", "", letter.text).replace(",", " ").split(), re.findall(ours, letter.text)


def test_one_case_says_how_long_what_who_and_where():
    letter = told(facts(told=[{"name": "Daan", "at": "2026-11-24T14:10:00Z"}, {"name": "Milan"}]))
    assert letter.subject == "Nog 52 min: openbare reactie op Facebook"
    assert letter.text == (
        "Nog 52 min, tot vandaag 21:10\n"
        "Openbare reactie op Facebook. Wacht op een eerste antwoord.\n"
        "Weten het ook: Daan (15:10) en Milan.\n"
        "Open zaak 4885: https://webcare.example.nl/cases/4885\n"
        "\n"
        "Neem de zaak, dan weten de anderen dat jij het doet.\n"
    )


def test_the_same_in_english():
    letter = told(facts(deadline="2026-11-24T20:28:00Z", told=[]), language="en")
    assert letter.subject == "1 h 10 min left: public comment on Facebook"
    assert letter.text.startswith(
        "1 h 10 min left, until today 21:28\nPublic comment on Facebook. Waiting for a first reply.\nNobody else knows yet.\n"
    )


@pytest.mark.parametrize(
    ("changes", "subject", "line"),
    [
        (
            {"deadline": "2026-11-24T18:31:00Z", "step": "breach"},
            "47 min te laat: openbare reactie op Facebook",
            "liep tot vandaag 19:31",
        ),
        ({"urgency": "high"}, "Spoed, nog 52 min: openbare reactie op Facebook", "Openbare reactie op Facebook, spoed."),
        ({"unsure": True}, "Nog 52 min: openbare reactie op Facebook", "Openbare reactie op Facebook, kijk even."),
        ({"clock": "keep_in_loop"}, "Nog 52 min: openbare reactie op Facebook", "Wij zouden iets laten weten."),
        ({"deadline": NOW.isoformat()}, "Minder dan 1 min te laat: openbare reactie op Facebook", "liep tot vandaag 20:18"),
        (
            {"deadline": "2026-11-24T18:31:00Z", "ended_at": "2026-11-24T18:43:30Z"},
            "Was 12 min te laat: openbare reactie op Facebook",
            "Is intussen afgehandeld.",
        ),
    ],
)
def test_what_else_there_is_to_say(changes, subject, line):
    letter = told(facts(**changes))
    assert letter.subject == subject
    assert line in letter.text


def test_a_reply_window_that_closes_is_not_called_late():
    """The platform closes it; whether a promise is broken is another clock's business."""
    closing = told(facts(channel="whatsapp:1", kind="dm", clock="reply_window"))
    assert closing.subject == "Antwoorden kan nog 52 min: privébericht op WhatsApp"
    assert "Daarna kunnen we daar niet meer antwoorden." in closing.text
    closed = told(facts(clock="reply_window", deadline="2026-11-24T18:31:00Z", step="breach"), language="en")
    assert closed.subject.startswith("Time to reply there is up:")
    for letter in (closing, closed):
        assert "te laat" not in letter.text
        assert " late" not in letter.text
        assert 'class="late"' not in letter.html


def test_the_most_urgent_case_comes_first_and_each_case_once():
    letter = told(
        facts(3, deadline="2026-11-24T21:00:00Z"),
        facts(2, step="alert"),
        facts(2, step="page"),
        facts(2, clock="resolution", deadline="2026-11-26T20:10:00Z", step="alert"),
        facts(1, urgency="high", deadline="2026-11-25T09:00:00Z"),
    )
    assert words_of(letter)[1] == [f"{URL}/cases/{n}" for n in (1, 2, 3)]
    assert "Ook: nog 2 dagen. Is nog niet opgelost." in letter.text
    assert letter.subject == "Spoed: 3 zaken, de eerste: nog 13 u 42 min"


def test_ten_cases_are_spelled_out_and_the_rest_is_counted():
    letter = told(*(facts(n) for n in range(1, 15)), facts(99, deadline="2026-11-24T18:00:00Z"))
    links = words_of(letter)[1]
    assert links == [f"{URL}/cases/{n}" for n in (99, *range(1, 10))] + [URL]
    assert "En nog 5 zaken." in letter.text
    assert letter.subject == "15 zaken, 1 te laat"
    assert told(*(facts(n, deadline="2026-11-24T18:00:00Z") for n in (1, 2))).subject == "2 zaken te laat"


@pytest.mark.parametrize("detail", Detail)
@pytest.mark.parametrize("trusted", [False, True])
@pytest.mark.parametrize("kind", ["post", "comment", "mention", "review", "dm", None, "story_reply"])
def test_a_customer_is_shown_only_to_who_asked_and_private_only_to_the_trusted(detail, trusted, kind):
    """A kind that we do not know might be private."""
    letter = told(facts(kind=kind, customer="Marit K.", line=SAID), detail=detail, trusted=trusted)
    allowed = detail is Detail.LINE and (trusted or kind in {"post", "comment", "mention", "review"})
    assert ("Marit K.: „Derde keer dat de bezorger niet komt. Bel (telefoonnummer)”" in letter.text) is allowed
    assert ("Marit" in letter.html) is allowed
    assert ("bezorger" in letter.html) is allowed
    assert "Marit" not in letter.subject
    assert "12345678" not in letter.text + letter.html


def test_a_customer_cannot_write_our_letter():
    """Nor call everybody in a chat room."""
    line = '@everyone <!channel> <script>alert(1)</script> [klik](x) *vet* "\r\n\u202e"'
    letter = told(facts(customer="@here\r\nBcc: x", line=line), detail=Detail.LINE)
    said = letter.text.splitlines()[2]
    assert said.startswith("@\u2060here Bcc: x: „@\u2060everyone \u2039!channel\u203a")
    assert "<script" not in letter.html
    assert "\u202e" not in letter.text + letter.html
    assert not set("*[]<>`") & set(said)


def test_long_words_of_a_customer_are_cut_after_masking():
    letter = told(facts(customer="M" * 300, line="woord " * 20 + "06-12345678 " * 50), detail=Detail.LINE)
    assert not re.search(r"\d{3}", letter.text.splitlines()[2])
    assert len(letter.text.splitlines()[2]) < 260


def test_without_an_address_of_ours_there_are_numbers_in_place_of_links():
    letter = told(facts(), public_url=None)
    assert "Zaak 4885\n" in letter.text
    assert Reader(letter.html).links == []
    for wrong in ("javascript:alert(1)", "webcare.example.nl", "https://", "https://x y"):
        with pytest.raises(ValueError, match="public_url"):
            told(facts(), public_url=wrong)


def test_an_alert_without_cases_still_says_where_to_look():
    letter = told()
    assert letter.subject
    assert URL in letter.text


@pytest.mark.parametrize("language", ["nl", "en"])
def test_an_old_delivery_with_few_facts_is_still_told(language):
    old = {"case": 7, "channel": "", "deadline": "2026-11-24T20:10:00Z"}
    assert "cases/7" in told(old, language=language).text


texts = st.text(max_size=80)


@given(
    st.lists(
        st.builds(
            facts,
            st.integers(1, 99999),
            channel=st.one_of(st.sampled_from(["twitter:1", "email:x"]), texts),
            kind=st.sampled_from(["post", "dm", "review", None]),
            clock=st.sampled_from(["first_response", "reply_window", "resolution", "new_clock"]),
            step=st.sampled_from(["inbox", "alert", "page", "breach", "call the mayor"]),
            deadline=st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)).map(lambda d: d.isoformat() + "Z"),  # noqa: DTZ001 - the Z is behind it
            customer=st.none() | texts,
            line=st.none() | texts,
            told=st.none() | st.lists(st.fixed_dictionaries({"name": texts}), max_size=3),
        ),
        max_size=13,
    ),
    st.sampled_from(["nl", "en"]),
)
@settings(max_examples=40)
def test_text_and_html_say_the_same(cases, language):
    letter = told(*cases, language=language, detail=Detail.LINE, trusted=True)
    words, links = words_of(letter)
    page = Reader(letter.html)
    assert page.links == links
    assert "".join(page.words).replace(",", "").replace(".", "") == "".join(words).replace(".", "")
    assert "\n" not in letter.subject
    (letter.subject + letter.text + letter.html).encode()


# --- how it looks


def style():
    return re.search(r"<style>(.*)</style>", (TEMPLATES / "frame.html.j2").read_text(encoding="utf-8"), re.DOTALL)[1]


def colours(css):
    """Selector -> property -> colour, of the first rule that names it."""
    found = {}
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", css):
        for selector in selectors.split(","):
            for name, colour in re.findall(r"(?<![-\w])(color|background): (#[0-9a-f]{6})", body):
                found.setdefault(selector.strip(), {})[name] = colour
    return found


def contrast(one, other):
    """WCAG 2.2, https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""

    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        *((f".s{n}", ".letter") for n in (1, 2, 3, 4)),
        *(("p", ".letter"), (".grey", ".letter"), (".link", ".letter"), ("p", ".quote"), (".btn-a", ".btn"), (".late", ".late")),
    ],
)
def test_every_word_can_be_read_in_both_themes(theme, ink, ground):
    css = style()
    dark = css.index("@media (prefers-color-scheme: dark)")
    found = colours(css[:dark] if theme == "light" else css[dark:].partition("{")[2])
    assert contrast(found[ink]["color"], found[ground]["background"]) >= 4.5


def test_styles_stand_in_the_tags_and_dark_colours_in_the_head():
    html = told(facts()).html
    assert 'style="' in html
    assert html.count("<style>") == 1
    assert "prefers-color-scheme: dark" in html
    assert not re.search(r"<(?:img|link|script|iframe)|url\(", html)


def test_headings_go_down_by_one():
    html = told(facts(1), facts(2)).html
    levels = [int(level) for level in re.findall(r"<h(\d)", html)]
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


# --- acting from it


LINK = f"{URL}/a/USwAAAAABwHInzy1ZGQA9d7PlA_TXV8zqiUv"


def test_the_link_that_needs_no_login_is_one_short_line_before_the_case():
    letter = told(facts(), link=LINK)
    assert f"Gezien, oppakken of doorgeven: {LINK}\nOpen zaak 4885: {URL}/cases/4885\n" in letter.text
    assert Reader(letter.html).links == [LINK, f"{URL}/cases/4885"]
    assert max(len(line) for line in letter.text.splitlines()) <= 160  # one text message


def test_in_a_bundle_each_case_has_its_own_place_on_that_page():
    letter = told(facts(1), facts(2), link=LINK)
    assert [link for link in Reader(letter.html).links if "/a/" in link] == [f"{LINK}?c=1", f"{LINK}?c=2"]


def test_without_a_link_there_is_no_word_of_it():
    assert "doorgeven" not in told(facts()).text
    assert "/a/" not in told(facts()).html


# --- why you


@pytest.mark.parametrize(
    ("why", "dutch", "english"),
    [
        ({"yours": True}, "De zaak is van jou, daarom hoor jij het eerst.", "The case is yours, so you hear of it first."),
        (
            {"skipped": [["oncall", "quiet hours", "Noor"]]},
            "Noor heeft rusttijd, daarom hoor jij het.",
            "Noor has quiet hours, so you hear of it.",
        ),
        (
            {"skipped": [["oncall", "no contact method"], ["next", "nobody on call"]]},
            "De dienst is niet te bereiken en er is niemand voor de achterwacht, daarom hoor jij het.",
            "The first level cannot be reached and there is nobody for the second level, so you hear of it.",
        ),
        (
            {"holder": "Noor", "away": "off shift"},
            "Noor heeft de zaak en geen dienst meer, daarom hoor jij het.",
            "Noor has the case and is off shift, so you hear of it.",
        ),
        (
            {"holder": "Noor", "silent_min": 20},
            "Noor heeft de zaak en antwoordde niet binnen 20 min, daarom hoor jij het.",
            "Noor has the case and did not answer within 20 min, so you hear of it.",
        ),
        (
            {"gave_back": "Noor"},
            "Noor heeft de zaak niet meer, daarom hoor jij het.",
            "Noor has the case no more, so you hear of it.",
        ),
        ({"no_answer_from": "Noor"}, "Noor reageerde niet, daarom hoor jij het.", "Noor did not respond, so you hear of it."),
        (
            {"no_answer_from": "Noor", "silent_min": 15},
            "Noor reageerde niet binnen 15 min, daarom hoor jij het.",
            "Noor did not respond within 15 min, so you hear of it.",
        ),
        ({"passed_on_by": "Noor"}, "Noor gaf dit aan jou door.", "Noor passed this on to you."),
        ({"holder": "Noor"}, "Noor heeft de zaak.", "Noor has the case."),  # a miss: the lead always hears of it
        ({"a later version": "knows more"}, "", ""),
    ],
)
def test_it_says_why_this_reader_hears_of_it(why, dutch, english):
    for language, said in (("nl", dutch), ("en", english)):
        letter = told(facts(why_you=why), language=language)
        plain_letter = told(facts(), language=language)
        more = [line for line in letter.text.splitlines() if line not in plain_letter.text.splitlines()]
        assert more == ([said] if said else [])
        assert said in " ".join(Reader(letter.html).words)
