"""The parts under the classifier: reading a text, naming its language, finding a phrase."""

from __future__ import annotations

import pytest

from sentiment.rules.evidence import spelled
from sentiment.rules.language import detect
from sentiment.rules.lexicon import lexicon
from sentiment.rules.phrases import Entry, PhraseBook
from sentiment.rules.text import read


def book(*phrases: str) -> PhraseBook:
    return PhraseBook.of(Entry(phrase=phrase, tag="t", weight=1.0) for phrase in phrases)


def found(phrase: str, text: str) -> list[str]:
    (sentence,) = read(text).sentences
    matches = book(phrase).matches(sentence.words, pauses=sentence.pauses)
    return [" ".join(sentence.words[m.start : m.end]) for m in matches]


def test_accents_capitals_and_curly_quotes_make_no_difference():
    assert read("Één GEÏRRITEERDE klant, \u2018m\u2019n pakket\u2019").words == read("een geirriteerde klant, 'm'n pakket'").words


def test_mentions_links_and_addresses_are_kept_as_what_they_are():
    reading = read("@ns zie https://ns.nl/x of mail jan@ns.nl")

    assert reading.words == ["<at>", "zie", "<url>", "of", "mail", "<email>"]
    assert (reading.mentions, reading.urls) == (1, 1)


def test_sentences_end_where_the_writer_ends_them():
    marks = [(s.words[0], s.mark) for s in read("Hoi! waar blijft de bus? echt?! nou...\nja").sentences]

    assert marks == [("hoi", "!"), ("waar", "?"), ("echt", "?!"), ("nou", "."), ("ja", "")]


@pytest.mark.parametrize("text", ["RT @kpn: storing in Breda", "RT @kpn storing in Breda"])
def test_a_retweet_is_not_the_writers_own(text):
    assert read(text).is_retweet


def test_words_before_a_retweet_are_the_writers_own():
    reading = read("schandalig dit RT @kpn: storing in Breda")

    assert not reading.is_retweet
    assert reading.words == ["schandalig", "dit"]


def test_a_cited_sentence_is_left_out_and_scare_quotes_stay():
    assert read('ze zeggen "wij staan altijd voor u klaar" maar niemand belt').words == [
        "ze",
        "zeggen",
        "<quote>",
        *["maar", "niemand", "belt"],
    ]
    assert "service" in read('jullie "service" is niks').words


def test_emoji_are_taken_out_of_the_words():
    reading = read("top 👍🏽 ❤️")

    assert reading.words == ["top"]
    assert {"👍", "❤"} <= set(reading.emoji)


def test_shouting_is_seen():
    assert read("WAAR BLIJFT MIJN PAKKET").shouts
    assert not read("NS en KPN").shouts


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("waar blijft mijn pakket", "nl"),
        ("da werkt hier ni meer he", "nl"),
        ("where is my parcel", "en"),
        ("ur app is broken mate", "en"),
        ("wo bleibt mein paket ich warte seit tagen", "und"),
        ("où est ma commande je ne comprends pas", "und"),
        ("donde esta mi pedido por favor", "und"),
        ("iPhone 12", "und"),
        ("", "und"),
        ("echt een epic fail deze update van jullie", "nl"),
    ],
)
def test_small_words_name_the_language(text, language):
    assert detect(read(text).words) == language


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("heeeel", "heel"),
        ("toppp", "top"),
        ("nie", "niet"),
        ("kunde", "kan je"),
        ("kunne", "kunnen"),
        ("belachlijk", "belachelijk"),
        ("onaceptabel", "onacceptabel"),
        ("terg", "terg"),
        ("dankjewel", "dank je wel"),
    ],
)
def test_slips_of_the_pen_are_read_as_meant(written, read_as):
    (sentence,) = read(written).sentences

    assert " ".join(spelled(sentence, [lexicon("nl")])[0]) == read_as


@pytest.mark.parametrize(
    ("phrase", "text", "expected"),
    [
        ("kapot", "alles is kapot", ["kapot"]),
        ("trein|bus rijdt", "de bus rijdt", ["bus rijdt"]),
        ("bestel*", "mijn bestelling", ["bestelling"]),
        ("*storing", "een internetstoring", ["internetstoring"]),
        ("werkt ~ niet", "werkt al weken niet", ["werkt al weken niet"]),
        ("werkt ~ niet", "werkt a b c d e f niet", []),
        ("werkt ~ niet", "werkt prima, nu niet", []),
        ("mooi ~~ weer", "mooi werk, alweer weer", ["mooi werk alweer weer"]),
        ("lekker (hoor) bezig", "lekker bezig", ["lekker bezig"]),
        ("lekker (hoor) bezig", "lekker hoor bezig", ["lekker hoor bezig"]),
        ("al <num> weken", "al 3 weken", ["al 3 weken"]),
        ("al <num> weken", "al drie weken", ["al drie weken"]),
        ("unable_to|can't log", "unable to log in", ["unable to log"]),
        ("unable_to|can't log", "can't log in", ["can't log"]),
        ("^ nee", "nee joh", ["nee"]),
        ("^ nee", "ik zei nee", []),
        ("dag $", "een fijne dag", ["dag"]),
        ("dag $", "dag allemaal", []),
    ],
)
def test_the_little_language_of_the_lists(phrase, text, expected):
    assert found(phrase, text) == expected


def test_a_longer_phrase_covers_the_shorter_one_inside_it():
    matches = book("slecht", "niet slecht").matches(["dat", "is", "niet", "slecht"])

    assert [m.entry.phrase for m in matches] == ["niet slecht"]


@pytest.mark.parametrize("phrase", ["~ niet", "(weer) niet", "be*", "*en"])
def test_a_phrase_that_would_fit_nearly_everything_is_refused(phrase):
    with pytest.raises(ValueError, match="phrase"):
        book(phrase)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_list_compiles_and_no_list_is_empty(language):
    words = lexicon(language)

    assert len(words.book.vocabulary) > 1000
    assert words.spelling
    assert {"negator", "but", "brandyou", "me"} <= set().union(*words.classes.exact.values())
